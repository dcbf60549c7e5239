"""Puts the lines of a log in order of their time that are in none, in bounded memory, and gives them bit by bit.

The log is read once: runs of its lines are sorted, and laid aside in a temporary folder where they are too many to be
held. Merged, they are as good as a log in order.
"""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from threading import Event, Lock
from typing import Self

import numpy as np
import polars as pl

from mirrorcheck.concurrency import outcomes
from mirrorcheck.reading import constants
from mirrorcheck.reading.column_store import joined
from mirrorcheck.reading.observe import Columns
from mirrorcheck.reading.stepped_log import ENDLESS_US, Batches, SteppedLog, observations
from mirrorcheck.reading.stream import newest_first
from mirrorcheck.reading.stream_reader import Job
from mirrorcheck.scratch import scratch_folder, written
from mirrorcheck.sources.files import CHUNK, Progress

_USE = "logs that are not in order of time"
_AT_ONCE = 2  # logs: each of them is read in two threads


class SortingRoom:
    """What logs that are sorted may hold, and a folder for what is beyond, which is made when it is needed.

    run_bytes: of the lines of each log that are sorted at once. stopped: no log is to be read on.
    """

    def __init__(self, size: int) -> None:
        """size: bytes that each of the logs that are read may hold, and all that were read together."""
        self.run_bytes, self.stopped = size, Event()
        self._left, self._lock = size, Lock()
        self._open, self._folder, self._written = ExitStack(), Path(), 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def holds(self, size: int) -> bool:
        """Whether so many bytes can be held until all is merged; the room is taken then."""
        with self._lock:
            fits = size <= self._left
            self._left -= size if fits else 0
            return fits

    def lay_aside(self, lines: Columns) -> Path:
        """Write some lines to a file of their own. Raises InputError where there is no room for it."""
        with self._lock:
            if not self._written:
                self._folder = self._open.enter_context(scratch_folder(_USE))
            self._written += 1
            path = self._folder / f"{self._written}.arrow"
        with written(_USE, self._folder):
            pl.DataFrame(lines).write_ipc(path, compression="lz4")
        return path


def sorted_logs(
    jobs: Sequence[tuple[Job, Progress]], room: SortingRoom, bytes_at_once: int = CHUNK
) -> list[SteppedLog]:
    """Read logs with requests to their ends; what they give then is in order of time.

    Lines of one time stay in the order of the log, or are turned as `oldest_first` turns them. bytes_at_once: read at
    most for a bit. Raises InputError where a source is damaged, or the temporary folder is full.
    """
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        try:
            return outcomes([pool.submit(_sorted_log, job, meter, room, bytes_at_once) for job, meter in jobs])
        except BaseException:
            # Without this, Ctrl-C or one bad file would wait until the other has been read to its end.
            room.stopped.set()
            raise


def _sorted_log(job: Job, meter: Progress, room: SortingRoom, bytes_at_once: int) -> SteppedLog:
    reader, batches = observations(job, meter, bytes_at_once)
    runs, rises, last_us = _Runs(room), 0, np.zeros(0, np.int64)
    for columns in batches:
        if room.stopped.is_set():
            raise CancelledError
        if columns:
            times_us = columns["time_us"].astype(np.int64, copy=False)
            rises += int(np.sign(np.diff(np.append(last_us, times_us))).sum())
            last_us = times_us[-1:]
            runs.add(columns)
    read = reader.read()
    turned = rises < 0 and newest_first(job.format)
    return SteppedLog(job.source, lambda: read, merged(runs.ended(), turned=turned), in_order=True)


class _Runs:
    """The lines of one log as runs that are in order of time each, and follow each other in the log."""

    def __init__(self, room: SortingRoom) -> None:
        self._room = room
        self._columns: Columns = {}  # with room for the lines of a run, of which `_rows` are there
        self._capacity = self._rows = 0
        self._laid: list[list[Path]] = []

    def add(self, batch: Columns) -> None:
        """Take the lines that follow."""
        count = len(batch["time_us"])
        if self._rows + count > self._capacity:
            self._lay_aside()
        if count > self._capacity:
            self._capacity = max(count, self._room.run_bytes // _row_bytes(batch))
            self._columns = {name: np.empty(self._capacity, column.dtype) for name, column in batch.items()}
        for name, column in batch.items():
            self._columns[name][self._rows : self._rows + count] = column
        self._rows += count

    def ended(self) -> list[Iterator[Columns]]:
        """All runs, piece by piece; what is laid aside is gone once it was given."""
        if self._rows and not self._laid and self._room.holds(self._rows * _row_bytes(self._columns)):
            return [_pieces(self._columns, self._rows)]
        self._lay_aside()
        self._columns = {}
        return list(map(_given, self._laid))

    def _lay_aside(self) -> None:
        if self._rows:
            self._laid.append(self._written(_pieces(self._columns, self._rows)))
            self._rows = 0
        if len(self._laid) > constants.MERGED_RUNS:  # more would be too many to hold a piece of each
            self._laid = [self._written(merged(map(_given, self._laid)))]

    def _written(self, pieces: Iterable[Columns]) -> list[Path]:
        return list(map(self._room.lay_aside, pieces))


def _row_bytes(columns: Columns) -> int:
    return sum(column.itemsize for column in columns.values())


def _pieces(columns: Columns, rows: int) -> Iterator[Columns]:
    """The first rows of some columns, in order of time."""
    order = np.argsort(columns["time_us"][:rows], kind="stable")
    size = max(constants.LEAST_PIECE, -(-rows // constants.MERGED_RUNS))
    for start in range(0, rows, size):
        yield {name: column[order[start : start + size]] for name, column in columns.items()}


def _between(lines: Columns, start: int, stop: int | None) -> Columns:
    return {name: column[start:stop] for name, column in lines.items()}


def _given(laid: list[Path]) -> Iterator[Columns]:
    for path in laid:
        lines = pl.read_ipc(path)
        path.unlink()
        yield {column.name: column.to_numpy() for column in lines}


def merged(runs: Iterable[Iterator[Columns]], *, turned: bool = False) -> Batches:
    """The lines of runs, which follow each other, in order of time; turned: those of one time the other way round.

    Of each run a piece is held.
    """
    fronts = [_Front(run) for run in runs]
    while any(front.until_us < ENDLESS_US for front in fronts):
        min(fronts, key=lambda front: front.until_us).read_on()
        until_us = min(front.until_us for front in fronts)
        due = joined([front.take(until_us) for front in fronts])
        if due:
            places = np.arange(len(due["time_us"]))[:: -1 if turned else 1]
            order = places[np.argsort(due["time_us"][places], kind="stable")]
            yield {name: column[order] for name, column in due.items()}


class _Front:
    """The first lines of a run that were not given yet; until_us: the last of them, before which all are there."""

    def __init__(self, run: Iterator[Columns]) -> None:
        self._run, self._held = run, Columns()
        self.until_us = -ENDLESS_US

    def read_on(self) -> None:
        """Hold the next piece, too."""
        piece = next(self._run, None)
        if piece is None:
            self.until_us = ENDLESS_US
        else:
            self._held = joined([self._held, piece])
            self.until_us = int(piece["time_us"][-1])

    def take(self, until_us: int) -> Columns:
        """Those before an instant, which are given with this."""
        count = int(np.searchsorted(self._held["time_us"], until_us)) if self._held else 0
        if not count:
            return {}
        taken, self._held = _between(self._held, 0, count), _between(self._held, count, None)
        return taken
