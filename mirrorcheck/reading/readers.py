"""Reads several sources side by side, each in a thread: the scanner and numpy let others run."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor
from functools import partial
from threading import Event

from mirrorcheck.concurrency import outcomes, processors
from mirrorcheck.reading.column_store import Store
from mirrorcheck.reading.detection import Formats, recognize
from mirrorcheck.reading.observe import Filter
from mirrorcheck.reading.stream import Stream, observed
from mirrorcheck.reading.stream_reader import Job, Shared, read_logged
from mirrorcheck.settings import Settings
from mirrorcheck.sources.files import Inputs, Progress, Source
from mirrorcheck_parsers import Format


def read_inputs(
    inputs: Inputs, settings: Settings, progress: Progress | None = None, reader: "Reader | None" = None
) -> list[Stream]:
    """Read what was named as the settings say; see `read_streams`."""
    formats = Formats(settings.log_format, _given_formats(settings), settings.container)
    return read_streams(inputs.sources, formats, Filter.of(settings), progress, reader)


def _given_formats(settings: Settings) -> tuple[tuple[str, str], ...]:
    """What reads a user's files of formats is imported only where there is one."""
    if settings.formats is None and settings.nginx_conf is None:
        return ()
    from mirrorcheck.sources.formats import given_formats

    return given_formats(settings.formats, settings.nginx_conf)


def read_streams(
    sources: Sequence[Source],
    formats: Formats,
    exclusions: Filter,
    progress: Progress | None = None,
    reader: "Reader | None" = None,
) -> list[Stream]:
    """Read all sources; `progress` gets the number of stored bytes read since its last call. reader: does each job.

    A log of JSON whose later lines have keys that the first ones lack is read again, as if all lines had been searched
    before, and so are others where that changes what all logs have.
    Raises InputError where a source is damaged or none of its lines is in a known format, UsageError for a bad format.
    """
    stopped = Event()
    with ThreadPoolExecutor(processors()) as pool:
        try:
            meters = [Meter(progress, stopped) for _ in sources]
            jobs = _find_jobs(sources, formats, exclusions, meters, pool)
            read = partial(_read_all, reader or _read, meters, pool)
            streams = read(dict(enumerate(jobs)))
            grown = [streams[place].grown or job.format for place, job in enumerate(jobs)]
            again = {place: job for place, job in enumerate(_jobs(sources, grown, exclusions)) if job != jobs[place]}
            for place in again:
                del streams[place]  # it may take half of the memory there is
                meters[place].rewind()
            streams |= read(again)
            return [streams[place] for place in range(len(jobs))]
        except BaseException:
            # Without this, Ctrl-C or one bad file would wait until the other has been read to its end.
            stopped.set()
            raise


class Meter:
    """Turns places reached in a source into progress made, and ends the reading when another source failed."""

    def __init__(self, progress: Progress | None, stopped: Event) -> None:
        self._progress, self._stopped, self._seen = progress, stopped, 0

    def watch(self, _: int) -> None:
        """End the reading if it is to end."""
        if self._stopped.is_set():
            raise CancelledError

    def rewind(self) -> None:
        """Begin again."""
        if self._progress:
            self._progress(-self._seen)
        self._seen = 0

    def __call__(self, place: int) -> None:
        """Hear of the place reached."""
        self.watch(place)
        if self._progress and place > self._seen:
            self._progress(place - self._seen)
            self._seen = place


def _format(source: Source, formats: Formats, meter: Meter) -> Format | None:
    recognized = recognize(source, formats, meter)
    meter.rewind()
    return recognized.detection.format if recognized else None


def find_jobs(inputs: Inputs, settings: Settings, progress: Progress | None = None) -> tuple[list[Job], list[Meter]]:
    """Find how each source is to be read, and what is to be told of the progress."""
    formats = Formats(settings.log_format, _given_formats(settings), settings.container)
    meters = [Meter(progress, Event()) for _ in inputs.sources]
    with ThreadPoolExecutor(processors()) as pool:
        return _find_jobs(inputs.sources, formats, Filter.of(settings), meters, pool), meters


def _find_jobs(
    sources: Sequence[Source], formats: Formats, exclusions: Filter, meters: Sequence[Meter], pool: ThreadPoolExecutor
) -> list[Job]:
    each = zip(sources, meters, strict=True)
    found = outcomes([pool.submit(_format, source, formats, meter) for source, meter in each])
    return _jobs(sources, found, exclusions)


def _jobs(sources: Sequence[Source], formats: Sequence[Format | None], exclusions: Filter) -> list[Job]:
    shared = Shared.of(formats)
    each = zip(sources, formats, strict=True)
    return [Job(source, format_, exclusions, shared.within(format_)) for source, format_ in each]


Reader = Callable[[Job, Meter], Stream]
"""Reads a source as its job says."""


class ReadOnce:
    """Reads the sources of a primary once for all of its shadows, where they are read alike beside each of them."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self._sources, self._done = sources, list[tuple[Job, Stream]]()

    def __call__(self, job: Job, meter: Meter) -> Stream:
        """The stream of a source, kept for the next time if it is one of the primary's."""
        for done, stream in self._done:
            if done == job:
                meter(job.source.size())
                return stream
        stream = _read(job, meter)
        if any(job.source is source for source in self._sources):
            self._done.append((job, stream))
        return stream


def _read_all(
    reader: Reader, meters: Sequence[Meter], pool: ThreadPoolExecutor, jobs: Mapping[int, Job]
) -> dict[int, Stream]:
    """Do the jobs; their places are those of the meters."""
    # The longest first: whoever is free takes the next, and the last should not keep the others waiting.
    order = sorted(jobs, key=lambda place: -jobs[place].source.size())
    read = outcomes([pool.submit(reader, jobs[place], meters[place]) for place in order])
    return dict(zip(order, read, strict=True))


def _read(job: Job, meter: Meter) -> Stream:
    store = Store(job.source.size())
    read = read_logged(job, meter, store.append)
    return observed(job.source, read, store.columns())
