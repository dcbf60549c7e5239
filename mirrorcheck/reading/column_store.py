"""Columns that grow batch by batch, in as little room as may be."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mirrorcheck.reading.constants import FEWEST_ROWS, ROOM_MARGIN
from mirrorcheck.reading.observe import Bools, Columns


class Store:
    """Columns that grow at their end: the batches of one log, one after the other. Returned columns never change.

    A column whose rows are all the same takes no room.
    """

    def __init__(self, size: int = 0) -> None:
        """size: bytes of the whole log, where they are known: there will be room for as many lines as it may have."""
        self._size = size
        self._same: Columns = {}  # of one row each
        self._room: Columns = {}  # of `_capacity` rows each, of which `_rows` are taken
        self._capacity = 0
        self._rows = 0

    def append(self, batch: Columns) -> None:
        """Put a batch behind the others; all have the same columns."""
        if not self._rows:
            self._room, self._capacity = {}, 0
            self._same = {name: column[:1].copy() for name, column in batch.items()}
        rows = self._rows + len(next(iter(batch.values())))
        if rows > self._capacity:
            self._capacity = max(2 * rows, FEWEST_ROWS, self._foreseen(rows, batch))
            self._room = {name: self._moved(column[: self._rows]) for name, column in self._room.items()}
        for name in [name for name, same in self._same.items() if (batch[name] != same).any()]:
            self._room[name] = self._moved(np.broadcast_to(self._same.pop(name), self._rows))
        for name, room in self._room.items():
            room[self._rows : rows] = batch[name]
        self._rows = rows

    def _foreseen(self, rows: int, batch: Columns) -> int:
        """How many rows the log may have, by the bytes that these take; 0 where they are too few to estimate it."""
        if not self._size or rows < FEWEST_ROWS:
            return 0
        return int(rows * self._size / (int(batch["offset"][-1]) + 1) * ROOM_MARGIN)

    def _moved(self, column: NDArray[np.generic]) -> NDArray[np.generic]:
        # Memory in large pieces is had in large pages; that of many small arrays costs a page fault for every 4 KiB.
        room = np.empty(self._capacity, column.dtype)
        room[: len(column)] = column
        return room

    def columns(self) -> Columns:
        """All rows so far."""
        same = {name: np.broadcast_to(value, self._rows) for name, value in self._same.items()}
        return same | {name: room[: self._rows] for name, room in self._room.items()}

    def filter(self, kept: Bools) -> None:
        """Keep some of the rows."""
        self._room = {name: room[: self._rows][kept] for name, room in self._room.items()}
        self._rows = self._capacity = int(kept.sum())


def joined(parts: Sequence[Columns]) -> Columns:
    """Columns one after the other; those of which all rows are the same still take no room."""
    filled = [part for part in parts if part and len(next(iter(part.values())))]
    if len(filled) <= 1:
        return filled[0] if filled else {}
    count = sum(len(next(iter(part.values()))) for part in filled)
    return {name: _joined([part[name] for part in filled], count) for name in filled[0]}


def _joined(columns: Sequence[NDArray[np.generic]], count: int) -> NDArray[np.generic]:
    first = columns[0][0]
    if all(column.strides == (0,) and column[0] == first for column in columns):
        return np.broadcast_to(first, count)
    return np.concatenate(columns)


def some(columns: Columns, rows: Bools) -> Columns:
    """Some of the rows, bool by row."""
    count = int(rows.sum())
    return {
        name: np.broadcast_to(column[0], count) if column.strides == (0,) and count else column[rows]
        for name, column in columns.items()
    }
