"""Lines of both sides on one clock in, pairs out: cut into runs of a key, even runs paired by rank, others matched."""

from dataclasses import dataclass

import numpy as np

from mirrorcheck.pairing.assignment import KeyRun, match_run
from mirrorcheck.pairing.model import Bools, Ints, Keys
from mirrorcheck.pairing.shifts import best_partners

MIX = np.uint64(0x9E3779B97F4A7C15)  # 2^64 / golden ratio: spreads keys that are small numbers, too
_LINES_A_PASS = 20  # a pass over the columns costs about as much as that many lines in the exact matcher
_MOST_CELLS = 20_000_000  # numbers held at once


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

    def of_originals(self, flags: Bools) -> Bools:
        """Bool by place of what is known by row of the originals, False for copies."""
        by_place = np.zeros(len(self), np.bool_)
        originals = ~self.is_copy
        by_place[originals] = flags[self.row[originals]]
        return by_place

    def originals_before(self) -> Ints:
        """int64[n + m + 1]: how many of the first i lines are originals."""
        return np.concatenate(([0], np.cumsum(~self.is_copy)))


@dataclass(frozen=True, slots=True, eq=False)
class Timed:
    """One side as the matcher sees it: keys, times, and the rows they stand for."""

    key: Keys
    time_us: Ints
    logged_us: Ints
    row: Ints

    def take(self, rows: Ints) -> "Timed":
        """Some of the lines of a whole side, whose rows are 0, 1, 2 ..."""
        return Timed(self.key[rows], self.time_us[rows], self.logged_us[rows], rows)


def merge(originals: Timed, copies: Timed, pause_us: int) -> Merged:
    """Sort both sides together by key and time; a new run starts with a key or after a pause longer than `pause_us`."""
    key = np.concatenate([originals.key, copies.key])
    time_us = np.concatenate([originals.time_us, copies.time_us])
    order = _order(key, time_us)
    row = np.concatenate([originals.row, copies.row])[order]
    logged_us = np.concatenate([originals.logged_us, copies.logged_us])[order]
    time_us = time_us[order]
    return Merged(row, order >= len(originals.key), time_us, logged_us, _number_runs(key[order], time_us, pause_us))


def _number_runs(key: Ints | Keys, time_us: Ints, pause_us: int) -> Ints:
    starts = np.ones(len(key), np.bool_)
    starts[1:] = (key[1:] != key[:-1]) | (np.diff(time_us) > pause_us)
    return np.cumsum(starts) - 1


def _order(key: Keys, time_us: Ints) -> Ints:
    """An order that brings equal keys together, by time within them (at equal times the original stands first).

    Numbers sort many times faster than places do, so what is sorted is one number a line: as much of its key as there
    is room for beside its place in time. Keys that are equal so far are told apart afterwards.
    """
    by_time = np.argsort(time_us, kind="stable")  # fast on two sides that are each nearly in order
    key = key[by_time]
    width = np.uint64(max(1, len(key).bit_length()))
    numbers = (key * MIX >> width << width) | np.arange(len(key), dtype=np.uint64)
    numbers.sort()
    order = (numbers & ((np.uint64(1) << width) - np.uint64(1))).astype(np.int64)
    return by_time[_told_apart(order, key[order], numbers >> width)]


def _told_apart(order: Ints, key: Keys, sorted_by: Keys) -> Ints:
    """Order the lines of different keys, too, that had the same part of the key to be sorted by."""
    same = sorted_by[1:] == sorted_by[:-1]
    clash = same & (key[1:] != key[:-1])
    if clash.any():
        alike = np.concatenate(([0], np.cumsum(~same)))
        lines = np.flatnonzero(np.isin(alike, alike[1:][clash]))
        order[lines] = order[lines][np.lexsort((key[lines], alike[lines]))]
    return order


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Places of paired lines among the merged ones, int64 of equal length."""

    original: Ints
    copy: Ints

    def gap_us(self, merged: Merged) -> Ints:
        """How far apart the two lines were logged."""
        gap_us: Ints = np.abs(merged.logged_us[self.copy] - merged.logged_us[self.original])
        return gap_us

    def among(self, places: Ints) -> "Pairs":
        """The same pairs among the lines of which these were but some."""
        return Pairs(places[self.original], places[self.copy])


def match(merged: Merged, horizon_us: int) -> Pairs:
    """Pair the lines.

    The number of pairs is the largest possible and the sum of time differences the least for it, in every run.
    """
    runs = int(merged.run[-1]) + 1 if len(merged) else 0
    copies = np.bincount(merged.run, weights=merged.is_copy, minlength=runs).astype(np.int64)
    originals = np.bincount(merged.run, minlength=runs) - copies
    even = _pair_by_rank(merged, np.flatnonzero((originals == copies)[merged.run]))
    too_far = np.zeros(runs, np.bool_)
    too_far[merged.run[even.original[even.gap_us(merged) > horizon_us]]] = True
    near = ~too_far[merged.run[even.original]]
    uneven = np.flatnonzero(((originals != copies) & (originals > 0) & (copies > 0)) | too_far)
    begins, ends = np.searchsorted(merged.run, uneven, "left"), np.searchsorted(merged.run, uneven, "right")
    matched = [
        _match_stretch(merged, np.arange(begin, end), horizon_us)
        for begin, end in zip(begins.tolist(), ends.tolist(), strict=True)
    ]
    return Pairs(
        np.concatenate([even.original[near], *(pairs.original for pairs in matched)]),
        np.concatenate([even.copy[near], *(pairs.copy for pairs in matched)]),
    )


def _pair_by_rank(merged: Merged, lines: Ints) -> Pairs:
    """Pair runs (or pieces) with as many originals as copies rank by rank, which is their best matching.

    In order of time the i-th original of all of them meets the i-th copy, since every one has as many of both.
    """
    is_copy = merged.is_copy[lines]
    return Pairs(lines[~is_copy], lines[is_copy])


def _match_stretch(merged: Merged, lines: Ints, horizon_us: int) -> Pairs:
    """Match the lines of one run, column by column where few are left over and the horizon does not bind.

    All of the fewer lines paired at the least cost is a best matching, if each of its pairs is within the horizon.
    """
    is_copy = merged.is_copy[lines]
    originals, copies = lines[~is_copy], lines[is_copy]
    left_over = abs(len(originals) - len(copies))
    if left_over * _LINES_A_PASS <= len(lines) and left_over * len(lines) <= _MOST_CELLS:
        pairs = _match_few_left_over(merged, originals, copies)
        if not (pairs.gap_us(merged) > horizon_us).any():
            return pairs
    run = KeyRun(merged.time_us[lines].tolist(), merged.logged_us[lines].tolist(), is_copy.tolist())
    matched = np.array(match_run(run, horizon_us), np.int64).reshape(-1, 2)
    return Pairs(lines[matched[:, 0]], lines[matched[:, 1]])


def _match_few_left_over(merged: Merged, originals: Ints, copies: Ints) -> Pairs:
    times = merged.time_us
    if len(originals) >= len(copies):
        return Pairs(originals[best_partners(times[copies], times[originals])], copies)
    return Pairs(originals, copies[best_partners(times[originals], times[copies])])
