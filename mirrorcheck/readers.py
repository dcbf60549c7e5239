"""Sources in, a stream for each out, read side by side: in threads, or by processes if there are some."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor
from functools import partial
from queue import SimpleQueue
from threading import Event

from mirrorcheck.detection import Formats, recognize
from mirrorcheck.ingest import Job, Progress, read_logged
from mirrorcheck.observe import Filter, Store
from mirrorcheck.reading_process import read_by
from mirrorcheck.sources.files import Source
from mirrorcheck.stream import Shared, Stream, observed
from mirrorcheck.threads import outcomes
from mirrorcheck.workers import GoneError, Worker
from mirrorcheck_parsers import Format

_THREADS = 2  # the parser's work is in numpy and polars, which let others run
_Reader = Callable[[Job, Progress], Stream]


def read_streams(
    sources: Sequence[Source],
    formats: Formats,
    exclusions: Filter,
    progress: Progress | None = None,
    workers: Sequence[Worker] = (),
) -> list[Stream]:
    """Read all sources; `progress` is told how many stored bytes more have been read. workers: those to read by.

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
            shared = _shared(found)
            jobs = [Job(source, format_, exclusions, shared) for source, format_ in zip(sources, found, strict=True)]
            # The longest first: whoever is free takes the next, and the last should not keep the others waiting.
            order = sorted(range(len(jobs)), key=lambda place: -sources[place].size())
            read = outcomes([pool.submit(_take, desk, jobs[place], meters[place]) for place in order])
            return [stream for _, stream in sorted(zip(order, read, strict=True), key=lambda done: done[0])]
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

    def __call__(self, place: int) -> None:
        self.watch(place)
        if self._progress and place > self._seen:
            self._progress(place - self._seen)
            self._seen = place


def _format(source: Source, formats: Formats, meter: _Meter) -> Format | None:
    recognized = recognize(source, formats, meter.watch)
    return recognized.detection.format if recognized else None


def _shared(found: Sequence[Format | None]) -> Shared:
    """What the logs have in common."""
    formats = [each for each in found if each]
    fields = frozenset.intersection(*(format_.fields for format_ in formats)) if formats else frozenset[str]()
    return Shared(fields, all(format_.clock == "start" for format_ in formats))


def _desk(workers: Sequence[Worker], sources: int) -> list[_Reader]:
    """Those who can take a job: the processes, and this one where there are processors and sources left for it."""
    desk: list[_Reader] = [partial(_there, worker) for worker in workers]
    if not desk:
        return [_here] * _THREADS
    return desk if len(desk) >= min(sources, os.cpu_count() or 1) else [*desk, _here]


def _take(desk: SimpleQueue[_Reader], job: Job, meter: Progress) -> Stream:
    reader = desk.get()
    try:
        return reader(job, meter)
    finally:
        desk.put(reader)


def _here(job: Job, meter: Progress) -> Stream:
    """Read in this process."""
    store = Store(job.source.size())
    return observed(read_logged(job, meter, store.append), store.columns())


def _there(worker: Worker, job: Job, meter: Progress) -> Stream:
    """Read in another process; if that is gone, nothing is lost but its time."""
    try:
        return read_by(worker, job, meter)
    except GoneError:
        return _here(job, meter)
