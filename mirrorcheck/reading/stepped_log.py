"""Reads one log bit by bit, so that several can be read in step with each other by the time of their lines."""

from collections.abc import Iterator

import numpy as np
import polars as pl

from mirrorcheck.concurrency import made_ahead
from mirrorcheck.reading.column_store import joined, some
from mirrorcheck.reading.observe import Bools, Columns
from mirrorcheck.reading.stream import Stream, observed
from mirrorcheck.reading.stream_reader import Job, StreamReader
from mirrorcheck.sources.files import CHUNK, Progress
from mirrorcheck_parsers import Decided

ENDLESS_US = 1 << 62
_ORIGIN = ("pod", "container", "labels", "cluster")  # columns
_NAMED = ("pod", "container", "labels", "upstream_cluster")  # fields


class SteppedLog:
    """A log of which the lines that are held are not yet decided, or logged after those that are to be.

    read_us: the latest stamp so far; ENDLESS_US once all of it was read. late: lines read since the last step that are
    of a time that is decided. grown: the log has keys of JSON that its first lines lack, so it is to be read again.
    """

    def __init__(self, job: Job, meter: Progress, bytes_at_once: int = CHUNK) -> None:
        assert job.format is not None  # noqa: S101  # for the type checker: `steps` asks for it
        self.source = job.source
        self._reader = StreamReader(job.format, job.exclusions, job.shared, keep=self._note)
        self._decided: Iterator[Decided] = made_ahead(
            self._reader.decided(_cut(job.source.chunks(meter), bytes_at_once))
        )
        self._held: list[Columns] = []
        self._taken: Columns = {}
        self._seen: pl.DataFrame | None = None  # the first lines of each origin, where lines name theirs
        self._decided_us = -ENDLESS_US
        self.late = 0
        self._ends: list[tuple[int, int]] = []  # the latest stamp and the number of lines of each of them
        self.read_us, self.span_us = -ENDLESS_US, 0

    def read_on(self) -> None:
        """Read the next bit of some ten thousand lines."""
        before_us, decided = self.read_us, next(self._decided, None)
        if decided is None:
            self.read_us = ENDLESS_US
            return
        self._reader.keep(self._reader.observed(decided))
        if self._ends:
            self.read_us = max(before_us, self._ends[-1][0])
            self.span_us = self.read_us - before_us

    @property
    def ended(self) -> bool:
        """Whether all of it was read."""
        return self.read_us == ENDLESS_US

    @property
    def grown(self) -> bool:
        """Whether keys came late."""
        return self._reader.grown is not None

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
        stream = observed(self.source, self._reader.read(), columns)
        if any(map(stream.logs, _NAMED)):
            seen = [stream.table] if self._seen is None else [self._seen, stream.table]
            self._seen = pl.concat(seen).unique(_ORIGIN, keep="first", maintain_order=True)
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
        return observed(self.source, self._reader.read(), columns)

    def _note(self, columns: Columns) -> None:
        self.late += int((columns["time_us"].astype(np.int64, copy=False) <= self._decided_us).sum())
        self._keep(columns)

    def _keep(self, columns: Columns) -> None:
        times_us = columns["time_us"]
        self._held.append(columns)
        self._ends.append((int(times_us.max()), len(times_us)))


def _cut(chunks: Iterator[bytes], most: int) -> Iterator[bytes]:
    """The same text in pieces of at most so many bytes."""
    for chunk in chunks:
        yield from (chunk[start : start + most] for start in range(0, len(chunk), most))
