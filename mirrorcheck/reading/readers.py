"""Reads several sources side by side: in threads, or by processes if there are some."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from queue import SimpleQueue
from threading import Event

from mirrorcheck.concurrency import outcomes, processors
from mirrorcheck.errors import InputError
from mirrorcheck.reading.column_store import Store
from mirrorcheck.reading.constants import READING_THREADS
from mirrorcheck.reading.detection import Formats, recognize
from mirrorcheck.reading.observe import Filter
from mirrorcheck.reading.stream import Stream, observed
from mirrorcheck.reading.stream_reader import Job, Read, Shared, read_logged
from mirrorcheck.reading.workers import GoneError, Worker
from mirrorcheck.settings import Settings
from mirrorcheck.sources.files import Inputs, Progress, Source
from mirrorcheck_parsers import Format

_Reader = Callable[[Job, Progress], Stream]


def read_inputs(
    inputs: Inputs, settings: Settings, progress: Progress | None = None, workers: Sequence[Worker] = ()
) -> list[Stream]:
    """Read what was named as the settings say; see `read_streams`. The workers end when all is read."""
    formats = Formats(settings.log_format, _given_formats(settings), settings.container)
    streams = read_streams(inputs.sources, formats, Filter.of(settings), progress, workers)
    for worker in workers:
        worker.end()
    return streams


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
    workers: Sequence[Worker] = (),
) -> list[Stream]:
    """Read all sources; `progress` gets the number of stored bytes read since its last call. workers: those to read by.

    A log of JSON whose later lines have keys that the first ones lack is read again, as if all lines had been searched
    before, and so are others where that changes what all logs have.
    Raises InputError where a source is damaged or none of its lines is in a known format, UsageError for a bad format.
    """
    stopped = Event()
    readers = _desk(workers, len(sources))
    desk: SimpleQueue[_Reader] = SimpleQueue()
    for reader in readers:
        desk.put(reader)
    with ThreadPoolExecutor(len(readers)) as pool:
        try:
            meters = [_Meter(progress, stopped) for _ in sources]
            each = list(zip(sources, meters, strict=True))
            found = outcomes([pool.submit(_format, source, formats, meter) for source, meter in each])
            read = partial(_read, partial(_take, desk), meters, pool)
            jobs = _jobs(sources, found, exclusions)
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


class _Meter:
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
        self.watch(place)
        if self._progress and place > self._seen:
            self._progress(place - self._seen)
            self._seen = place


def _format(source: Source, formats: Formats, meter: _Meter) -> Format | None:
    recognized = recognize(source, formats, meter)
    meter.rewind()
    return recognized.detection.format if recognized else None


def _jobs(sources: Sequence[Source], formats: Sequence[Format | None], exclusions: Filter) -> list[Job]:
    shared = Shared.of(formats)
    each = zip(sources, formats, strict=True)
    return [Job(source, format_, exclusions, shared.within(format_)) for source, format_ in each]


def _read(
    take: _Reader, meters: Sequence[_Meter], pool: ThreadPoolExecutor, jobs: Mapping[int, Job]
) -> dict[int, Stream]:
    """Do the jobs; their places are those of the meters."""
    # The longest first: whoever is free takes the next, and the last should not keep the others waiting.
    order = sorted(jobs, key=lambda place: -jobs[place].source.size())
    read = outcomes([pool.submit(take, jobs[place], meters[place]) for place in order])
    return dict(zip(order, read, strict=True))


def _desk(workers: Sequence[Worker], sources: int) -> list[_Reader]:
    """What can take a job: the worker processes, and this one if processors and sources are left for it."""
    desk: list[_Reader] = [partial(_there, worker) for worker in workers]
    if not desk:
        return [_here] * READING_THREADS
    return desk if len(desk) >= min(sources, processors()) else [*desk, _here]


def _take(desk: SimpleQueue[_Reader], job: Job, meter: Progress) -> Stream:
    reader = desk.get()
    try:
        return reader(job, meter)
    finally:
        desk.put(reader)


def _here(job: Job, meter: Progress) -> Stream:
    """Read in this process."""
    store = Store(job.source.size())
    read = read_logged(job, meter, store.append)
    return observed(job.source, read, store.columns())


def _there(worker: Worker, job: Job, meter: Progress) -> Stream:
    """Read in another process; if that is gone, nothing is lost but its time."""
    store = Store(job.source.size())
    with suppress(GoneError):
        for answer in worker.ask(job):
            match answer:
                case int():
                    meter(answer)
                case dict():
                    store.append(answer)
                case Read():
                    return observed(job.source, answer, store.columns())
                case InputError():
                    raise answer
    return _here(job, meter)
