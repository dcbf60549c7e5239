"""Sources in, a stream for each out, read side by side: in threads, or long texts in processes of their own.

Two threads of one interpreter read two logs in little less time than one after the other. A process costs a third of a
second before it reads, and reads at full speed.
"""

import os
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue
from threading import Event
from typing import BinaryIO, Literal, cast

import numpy as np
from numpy.typing import NDArray

from mirrorcheck.detection import Formats, recognize
from mirrorcheck.errors import InputError
from mirrorcheck.ingest import Progress, read_logged
from mirrorcheck.observe import Columns, Filter
from mirrorcheck.sources.files import Source
from mirrorcheck.stream import Shared, Stream, observed
from mirrorcheck.threads import outcomes
from mirrorcheck_parsers import Format

_THREADS = 2  # the parser's work is in numpy and polars, which let others run
_PAGE = 1 << 16  # bytes, at least as many as a page of any system has
_LONG = 1 << 26  # stored bytes of a source that is worth a process


def read_streams(
    sources: Sequence[Source], formats: Formats, exclusions: Filter, progress: Progress | None = None
) -> list[Stream]:
    """Read all sources; `progress` is told how many stored bytes more have been read.

    Raises InputError where a source is damaged or none of its lines is in a known format, UsageError for a bad format.
    """
    stopped = Event()
    processes = _worthwhile_processes(sources)
    with _desk(processes) as desk, ThreadPoolExecutor(1 + processes if processes else _THREADS) as pool:
        try:
            meters = [_Meter(progress, stopped) for _ in sources]
            found = outcomes(
                [pool.submit(_format, each, formats, meter) for each, meter in zip(sources, meters, strict=True)]
            )
            shared = _shared(found)
            readings = [_Reading(*each, exclusions, shared) for each in zip(sources, found, meters, strict=True)]
            # The longest first: whoever is free takes the next, and the last should not keep the others waiting.
            order = sorted(range(len(sources)), key=lambda place: -sources[place].size())
            read = outcomes([pool.submit(_take, desk, readings[place]) for place in order])
            return [stream for _, stream in sorted(zip(order, read, strict=True), key=lambda each: each[0])]
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


@dataclass(frozen=True, slots=True)
class _Reading:
    """What is to be read, and how; `format` is None where all lines are foreign."""

    source: Source
    format: Format | None
    meter: Progress
    exclusions: Filter
    shared: Shared

    def here(self) -> Stream:
        """Read it in this process."""
        return observed(*read_logged(self.source, self.format, self.exclusions, self.shared, self.meter))


_Reader = Callable[[_Reading], Stream]


def _take(desk: SimpleQueue[_Reader], reading: _Reading) -> Stream:
    reader = desk.get()
    try:
        return reader(reading)
    finally:
        desk.put(reader)


def _worthwhile_processes(sources: Sequence[Source]) -> int:
    """How many processes besides this one: for long texts that another process can open too."""
    if not sys.executable or any(source.path is None for source in sources):
        return 0
    long = sum(source.size() >= _LONG for source in sources)
    return max(0, min(long, os.cpu_count() or 1) - 1)


@contextmanager
def _desk(processes: int) -> Iterator[SimpleQueue[_Reader]]:
    """Those who can take a reading: this process, and others beside it or a second thread."""
    desk: SimpleQueue[_Reader] = SimpleQueue()
    desk.put(_Reading.here)
    if not processes:
        desk.put(_Reading.here)
        yield desk
        return
    with tempfile.TemporaryDirectory(prefix="mirrorcheck-", ignore_cleanup_errors=True) as folder:
        started: list[_Process] = []
        try:
            with suppress(OSError):  # no room for another process: fewer will do
                for number in range(processes):
                    started.append(_Process(Path(folder) / f"{number}.columns"))
                    desk.put(started[-1].read)
            yield desk
        finally:
            for process in started:
                process.end()


@dataclass(frozen=True, slots=True)
class _Job:
    """What a reading process is told: a source and its format, and where its table is to be left."""

    source: Source
    format: Format | None
    exclusions: Filter
    shared: Shared
    table: Path


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a column lies in a file: `length` values of a type from byte `start` on."""

    name: str
    kind: np.dtype[np.generic]
    start: int
    length: int

    def mapped(self, path: Path, mode: Literal["r", "r+"]) -> NDArray[np.generic]:
        """The column; its memory is the file's, which is kept until nobody uses it any more."""
        return np.memmap(path, self.kind, mode, self.start, self.length)


@dataclass(slots=True)
class _Shelf:
    """A file in which columns are laid out one behind the other."""

    path: Path
    places: list[_Place] = field(default_factory=list)
    _size: int = 0

    def room(self, name: str, length: int, kind: np.dtype[np.generic]) -> NDArray[np.generic]:
        """Memory for one more column."""
        place = _Place(name, kind, self._size, length)
        self.places.append(place)
        self._size += -(-length * kind.itemsize // _PAGE) * _PAGE
        os.truncate(self.path, self._size)
        return place.mapped(self.path, "r+")


@dataclass(frozen=True, slots=True, eq=False)
class _Left:
    """What a process has read: the stream without its table, and where the columns of that lie."""

    stream: Stream
    places: tuple[_Place, ...]

    def columns(self, path: Path) -> Columns:
        """The columns, whose file nobody else will use."""
        columns = {place.name: place.mapped(path, "r") for place in self.places if place.length}
        path.unlink()
        return columns


class _Process:
    """A process that reads one source after the other; what it cannot read is read here."""

    def __init__(self, table: Path) -> None:
        # -P: a file of the user's beside the logs must not be taken for a module.
        command = [sys.executable, "-P", "-c", "from mirrorcheck.readers import serve; serve()"]
        self._process = subprocess.Popen(  # noqa: S603  # our own interpreter with our own words
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self._jobs = cast("BinaryIO", self._process.stdin)
        self._answers = cast("BinaryIO", self._process.stdout)
        self._table = table

    def read(self, reading: _Reading) -> Stream:
        """Have a source read; raises what reading it here would raise."""
        job = _Job(reading.source, reading.format, reading.exclusions, reading.shared, self._table)
        try:
            return self._ask(job, reading.meter)
        except (EOFError, OSError, pickle.UnpicklingError):
            # It is gone: killed, or with no room for its table. Nothing is lost but its time.
            return reading.here()

    def _ask(self, job: _Job, meter: Progress) -> Stream:
        pickle.dump(job, self._jobs)
        self._jobs.flush()
        while True:
            told = pickle.load(self._answers)  # noqa: S301  # from our own process
            if isinstance(told, InputError):
                raise told
            if isinstance(told, _Left):
                return observed(told.stream, told.columns(job.table))
            meter(told)

    def end(self) -> None:
        """End the process, whatever it is doing."""
        self._process.kill()
        with suppress(OSError), self._process:  # what it was still to be told cannot be told any more
            pass


def serve() -> None:
    """Read what standard input asks for, one source after the other, until it ends."""
    answers = sys.stdout.buffer

    def tell(answer: int | InputError | _Left) -> None:
        pickle.dump(answer, answers)
        answers.flush()

    with suppress(EOFError):
        while True:
            _answer(pickle.load(sys.stdin.buffer), tell)  # noqa: S301  # from the process that started this one


def _answer(job: _Job, tell: Callable[[int | InputError | _Left], None]) -> None:
    job.table.touch()
    shelf = _Shelf(job.table)
    try:
        stream, _ = read_logged(job.source, job.format, job.exclusions, job.shared, tell, shelf.room)
    except InputError as error:
        tell(error)
    else:
        tell(_Left(stream, tuple(shelf.places)))
