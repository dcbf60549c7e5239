"""Holds the lines of one log that are not decided, so that several can be read in step by the time of their lines."""

from collections.abc import Callable, Generator, Iterator

import numpy as np
import polars as pl

from mirrorcheck.concurrency import made_ahead
from mirrorcheck.reading.column_store import joined, some
from mirrorcheck.reading.observe import Bools, Columns
from mirrorcheck.reading.stream import Stream, observed
from mirrorcheck.reading.stream_reader import Job, Read, StreamReader, read_logged
from mirrorcheck.sources.files import CHUNK, Progress, Source

ENDLESS_US = 1 << 62
_ORIGIN = ("pod", "container", "labels", "cluster")  # columns
_NAMED = ("pod", "container", "labels", "upstream_cluster")  # fields

Batches = Generator[Columns, None, None]


class SteppedLog:
    """A log of which the lines that are held are not yet decided, or logged after those that are to be.

    read_us: the latest stamp so far; ENDLESS_US once all of it was read. late: lines read since the last step that are
    of a time that is decided. disorder_us: how far a line came after a later one, at most. in_order: its lines come in
    order of their time, and not in that of the log.
    """

    def __init__(self, source: Source, read: Callable[[], Read], batches: Batches, *, in_order: bool = False) -> None:
        """read: gives what was read so far but for the observations. batches: these, bit by bit."""
        self.source, self.in_order = source, in_order
        self._read, self._batches = read, batches
        self._held: list[Columns] = []
        self._taken: Columns = {}
        self._seen: pl.DataFrame | None = None  # the first lines of each origin, where lines name theirs
        self._decided_us = -ENDLESS_US
        self._began_us = -ENDLESS_US  # the latest stamp of what was read first
        self.late, self.disorder_us = 0, 0
        self._ends: list[tuple[int, int]] = []  # the latest stamp and the number of lines of each of them
        self.read_us, self.span_us = -ENDLESS_US, 0

    def read_on(self) -> None:
        """Read the next bit of some ten thousand lines."""
        before_us, columns = self.read_us, next(self._batches, None)
        if columns is None:
            self.read_us = ENDLESS_US
        elif columns:
            self._note(columns)
            self.read_us = max(before_us, self._ends[-1][0])
            self.span_us = self.read_us - before_us

    def goes_back(self, by_us: int) -> bool:
        """Whether at least half of what was read last was logged by so much before the last of what was read first."""
        if len(self._held) <= 1:
            return False
        last_us = self._held[-1]["time_us"].astype(np.int64, copy=False)
        return float(np.median(last_us)) < self._began_us - by_us

    def close(self) -> None:
        """Read no more."""
        self._batches.close()

    @property
    def ended(self) -> bool:
        """Whether all of it was read."""
        return self.read_us == ENDLESS_US

    @property
    def grown(self) -> bool:
        """Whether the log has keys of JSON that its first lines lack, so that it is to be read again."""
        return self._read().grown is not None

    @property
    def lines(self) -> int:
        """How many lines are held."""
        return sum(lines for _, lines in self._ends)

    def take(self, until_us: int, decided_us: int) -> Stream:
        """The lines that are held and logged before an instant, as a stream; the others stay.

        decided_us: up to here lines will be decided by then, so that others of that time come late.
        """
        self._decided_us, self.late = decided_us, 0
        columns = joined(self._held)
        due = columns["time_us"].astype(np.int64, copy=False) < until_us if columns else np.zeros(0, np.bool_)
        self._held, self._ends = [], []
        if not due.all():
            self._keep(some(columns, ~due))
            columns = some(columns, due)
        self._taken = columns
        stream = observed(self.source, self._read(), columns)
        if any(map(stream.logs, _NAMED)):
            seen = _firsts(stream.table)
            self._seen = seen if self._seen is None else _firsts(pl.concat([self._seen, seen]))
        return stream

    def put_back(self, undecided: Bools) -> None:
        """Hold some of the lines again that were taken last, bool by line."""
        taken, self._taken = self._taken, {}
        if undecided.any():
            # In front of those that were not taken, so that lines stay in order.
            later, self._held, self._ends = (self._held, self._ends), [], []
            self._keep(some(taken, undecided))
            self._held += later[0]
            self._ends += later[1]

    def whole(self) -> Stream:
        """All that was read: counts, samples and format, and of the lines the first of each pod and container."""
        columns = {} if self._seen is None else {name: self._seen[name].to_numpy() for name in self._seen.columns}
        return observed(self.source, self._read(), columns)

    def _note(self, columns: Columns) -> None:
        times_us = columns["time_us"].astype(np.int64, copy=False)
        self.late += int((times_us <= self._decided_us).sum())
        latest_us = np.maximum(np.maximum.accumulate(times_us), self.read_us)
        self.disorder_us = max(self.disorder_us, int((latest_us - times_us).max()))
        if self._began_us == -ENDLESS_US:
            self._began_us = int(times_us.max())
        self._keep(columns)

    def _keep(self, columns: Columns) -> None:
        times_us = columns["time_us"]
        self._held.append(columns)
        self._ends.append((int(times_us.max()), len(times_us)))


def log_in_turn(job: Job, meter: Progress, bytes_at_once: int = CHUNK) -> SteppedLog:
    """A log whose lines are taken as they come; bytes_at_once: read at most for a bit."""
    if job.format is None:
        read = read_logged(job, meter, lambda _: None)  # there is nothing to keep
        return SteppedLog(job.source, lambda: read, _no_batches())
    reader, batches = observations(job, meter, bytes_at_once)
    return SteppedLog(job.source, reader.read, batches)


def _no_batches() -> Batches:
    yield from ()


def observations(job: Job, meter: Progress, bytes_at_once: int = CHUNK) -> tuple[StreamReader, Batches]:
    """The reader of a log with requests, and the observations of its batches as they are read; {} of one without."""
    kept: list[Columns] = []
    assert job.format is not None  # noqa: S101  # for the type checker: whoever calls asks for it
    reader = StreamReader(job.format, job.exclusions, job.shared, keep=kept.append)
    return reader, _read(reader, kept, _cut(job.source.chunks(meter), bytes_at_once))


def _read(reader: StreamReader, kept: list[Columns], chunks: Iterator[bytes]) -> Batches:
    for decided in made_ahead(reader.decided(chunks)):
        reader.keep(reader.observed(decided))
        yield kept.pop() if kept else {}


def _firsts(table: pl.DataFrame) -> pl.DataFrame:
    """The first line of each origin, in the order of the log."""
    first = table.with_row_index("row").group_by(_ORIGIN).agg(pl.col("row").sort_by("line").first())
    return table[first["row"]].sort("line")


def _cut(chunks: Iterator[bytes], most: int) -> Iterator[bytes]:
    """The same text in pieces of at most so many bytes."""
    for chunk in chunks:
        yield from (chunk[start : start + most] for start in range(0, len(chunk), most))
