"""Sources in, a stream for each out, read side by side: in threads, or long texts in processes of their own."""

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from queue import SimpleQueue
from threading import Event

from mirrorcheck.detection import Formats, recognize
from mirrorcheck.ingest import Job, Progress, read_logged
from mirrorcheck.observe import Filter, Store
from mirrorcheck.reading_process import GoneError, ReadingProcess
from mirrorcheck.sources.files import Source
from mirrorcheck.stream import Shared, Stream, observed
from mirrorcheck.threads import outcomes
from mirrorcheck_parsers import Format

_THREADS = 2  # the parser's work is in numpy and polars, which let others run
_LONG = 1 << 26  # stored bytes of a source that is worth a process
_Reader = Callable[[Job, Progress], Stream]


def read_streams(
    sources: Sequence[Source], formats: Formats, exclusions: Filter, progress: Progress | None = None
) -> list[Stream]:
    """Read all sources; `progress` is told how many stored bytes more have been read.

    A log of JSON whose later lines have keys that the first ones lack is read again, as if all lines had been looked at
    before, and so are others where that changes what all logs have.
    Raises InputError where a source is damaged or none of its lines is in a known format, UsageError for a bad format.
    """
    stopped = Event()
    processes = _worthwhile_processes(sources)
    with _desk(processes) as desk, ThreadPoolExecutor(1 + processes if processes else _THREADS) as pool:
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
    """Do the jobs, whose places are those of the meters."""
    # The longest first: whoever is free takes the next, and the last should not keep the others waiting.
    order = sorted(jobs, key=lambda place: -jobs[place].source.size())
    read = outcomes([pool.submit(take, jobs[place], meters[place]) for place in order])
    return dict(zip(order, read, strict=True))


def _worthwhile_processes(sources: Sequence[Source]) -> int:
    """How many processes besides this one: for long texts that another process can open too."""
    if not sys.executable or any(source.path is None for source in sources):
        return 0
    long = sum(source.size() >= _LONG for source in sources)
    return max(0, min(long, os.cpu_count() or 1) - 1)


@contextmanager
def _desk(processes: int) -> Iterator[SimpleQueue[_Reader]]:
    """Those who can take a job: this process, and others beside it or a second thread."""
    desk: SimpleQueue[_Reader] = SimpleQueue()
    desk.put(_here)
    if not processes:
        desk.put(_here)
        yield desk
        return
    started: list[ReadingProcess] = []
    try:
        with suppress(OSError):  # no room for another process: fewer will do
            for _ in range(processes):
                started.append(ReadingProcess())
                desk.put(partial(_there, started[-1]))
        yield desk
    finally:
        for process in started:
            process.end()


def _take(desk: SimpleQueue[_Reader], job: Job, meter: Progress) -> Stream:
    reader = desk.get()
    try:
        return reader(job, meter)
    finally:
        desk.put(reader)


def _here(job: Job, meter: Progress) -> Stream:
    """Read in this process."""
    store = Store()
    return observed(read_logged(job, meter, store.append), store.columns())


def _there(process: ReadingProcess, job: Job, meter: Progress) -> Stream:
    """Read in another process; if that is gone, nothing is lost but its time."""
    try:
        return process.read(job, meter)
    except GoneError:
        return _here(job, meter)
