"""Merges the lines of both sides in order of key and time, and numbers the runs of a key that may pair."""

from dataclasses import dataclass

import numpy as np

from mirrorcheck.pairing import compiled
from mirrorcheck.pairing.model import Bools, Ints, Keys


@dataclass(frozen=True, slots=True, eq=False)
class Merged:
    """Lines of both sides in order of key, then time; columns of length n + m. A line's index here is its place.

    row: int64, row in its own side. is_copy: bool. time_us, logged_us: int64, on the common clock; `logged_us` is what
    the horizon judges. run: int64, number of the run: no line of a run can pair with a line of another one.
    """

    row: Ints
    is_copy: Bools
    time_us: Ints
    logged_us: Ints
    run: Ints

    def __len__(self) -> int:
        return len(self.row)

    def take(self, places: Ints) -> "Merged":
        """Some of the lines, in their order."""
        return Merged(
            self.row[places], self.is_copy[places], self.time_us[places], self.logged_us[places], self.run[places]
        )

    def thinned(self, places: Ints, pause_us: int) -> "Merged":
        """Some of the lines; without the others, runs may fall apart at pauses longer than `pause_us`."""
        left = self.take(places)
        return Merged(
            left.row, left.is_copy, left.time_us, left.logged_us, _number_runs(left.run, left.time_us, pause_us)
        )

    def groups(self, apart_us: int) -> Ints:
        """Number of the group of each line, from 0: the same run, no pause longer than `apart_us`."""
        return _number_runs(self.run, self.time_us, apart_us)

    def count_sides(self, group: Ints) -> tuple[Ints, Ints]:
        """Originals and copies of each group, int64, whose lines are numbered in their order from 0 on."""
        if compiled.kernel:
            originals, copies = np.empty((2, int(group[-1]) + 1 if len(group) else 0), np.int64)
            compiled.kernel.count_sides(group, self.is_copy, originals, copies)
            return originals, copies
        copies = np.bincount(group, weights=self.is_copy).astype(np.int64)
        return np.bincount(group) - copies, copies

    def begun(self, group: Ints, within_us: tuple[int, int]) -> Bools:
        """By group, whose lines are numbered in their order: its first line lies after a moment, and up to another."""
        first_us = self.time_us[np.flatnonzero(np.diff(group, prepend=-1))]
        begun: Bools = (first_us > within_us[0]) & (first_us <= within_us[1])
        return begun

    def of_originals(self, flags: Bools) -> Bools:
        """Bool by place of what is known by row of the originals, False for copies."""
        by_place = np.zeros(len(self), np.bool_)
        originals = ~self.is_copy
        by_place[originals] = flags[self.row[originals]]
        return by_place

    def on_one_axis(self, apart: int) -> Ints:
        """Times laid out on one axis, on which different runs are more than `apart` from each other."""
        step = np.diff(self.time_us, prepend=self.time_us[:1])
        return np.cumsum(np.where(np.diff(self.run, prepend=0) != 0, 2 * apart + 1, step))

    def originals_before(self) -> Ints:
        """int64[n + m + 1]: how many of the first i lines are originals."""
        return np.concatenate(([0], np.cumsum(~self.is_copy)))


@dataclass(frozen=True, slots=True, eq=False)
class Timed:
    """Some lines of one side as the matcher sees them: columns of the whole side, and the rows of these lines."""

    key: Keys
    time_us: Ints
    logged_us: Ints
    row: Ints

    def take(self, rows: Ints) -> "Timed":
        """Other lines of the side."""
        return Timed(self.key, self.time_us, self.logged_us, rows)

    def columns(self) -> tuple[Keys, Ints, Ints, Ints]:
        """All columns, as the kernel takes them: without gaps."""
        key, row = np.ascontiguousarray(self.key), np.ascontiguousarray(self.row)
        return key, np.ascontiguousarray(self.time_us), np.ascontiguousarray(self.logged_us), row


def merge(originals: Timed, copies: Timed, pause_us: int) -> Merged:
    """Sort both sides together by key and time; a new run starts with a key or after a pause longer than `pause_us`."""
    sides = (originals, copies)
    if compiled.kernel:
        count = len(originals.row) + len(copies.row)
        row, time_us, logged_us, run = (np.empty(count, np.int64) for _ in range(4))
        is_copy = np.empty(count, np.bool_)
        compiled.kernel.merge(*(side.columns() for side in sides), pause_us, row, is_copy, time_us, logged_us, run)
        return Merged(row, is_copy, time_us, logged_us, run)
    key = np.concatenate([side.key[side.row] for side in sides])
    time_us = np.concatenate([side.time_us[side.row] for side in sides])
    order, key = _in_order(key, time_us)
    row = np.concatenate([side.row for side in sides])[order]
    logged_us = np.concatenate([side.logged_us[side.row] for side in sides])[order]
    time_us = time_us[order]
    return Merged(row, order >= len(originals.row), time_us, logged_us, _number_runs(key, time_us, pause_us))


def _number_runs(key: Ints | Keys, time_us: Ints, pause_us: int) -> Ints:
    if compiled.kernel:
        run = np.empty(len(key), np.int64)
        compiled.kernel.number_runs(key, time_us, pause_us, run)
        return run
    starts = np.ones(len(key), np.bool_)
    starts[1:] = (key[1:] != key[:-1]) | (np.diff(time_us) > pause_us)
    return np.cumsum(starts) - 1


def _in_order(key: Keys, time_us: Ints) -> tuple[Ints, Keys]:
    """The order by key and time (at equal times the original stands first), and the keys in it.

    Numbers sort many times faster than places do, so what is sorted is one number a line: its key, which is a number
    of a line, and its place in time.
    """
    by_time = np.argsort(time_us, kind="stable")  # fast on two sides that are each nearly in order
    width = np.uint64(max(1, len(key).bit_length()))
    numbers = (key[by_time] << width) | np.arange(len(key), dtype=np.uint64)
    numbers.sort()
    return by_time[(numbers & ((np.uint64(1) << width) - np.uint64(1))).astype(np.int64)], numbers >> width
