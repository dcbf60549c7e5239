"""Pairs merged lines: even runs rank by rank, runs with a few lines left over column by column, others exactly."""

from dataclasses import dataclass

import numpy as np

from mirrorcheck.pairing import compiled
from mirrorcheck.pairing.assignment import best_partners, match_run
from mirrorcheck.pairing.merge import Merged
from mirrorcheck.pairing.model import Bools, Ints

_LINES_A_PASS = 20  # a pass over the columns costs about as much as that many lines in the exact matcher
_MOST_CELLS = 20_000_000  # numbers held at once


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Places of paired lines among the merged ones, int64 of equal length."""

    original: Ints
    copy: Ints

    def gap_us(self, merged: Merged) -> Ints:
        """How far apart the two lines were logged."""
        gap_us: Ints = np.abs(merged.logged_us[self.copy] - merged.logged_us[self.original])
        return gap_us

    def take(self, chosen: Bools) -> "Pairs":
        """Some of the pairs, bool by pair."""
        return Pairs(self.original[chosen], self.copy[chosen])

    def among(self, places: Ints) -> "Pairs":
        """The same pairs by place among more lines; places: int64, of the lines that were matched."""
        return Pairs(places[self.original], places[self.copy])


def match(merged: Merged, horizon_us: int) -> Pairs:
    """Pair the lines.

    The number of pairs is the largest possible and the sum of time differences the least for it, in every run.
    """
    even, begins, ends = _match_even(merged, horizon_us)
    matched = [
        _match_stretch(merged, begin, end, horizon_us)
        for begin, end in zip(begins.tolist(), ends.tolist(), strict=True)
    ]
    return Pairs(
        np.concatenate([even.original, *(pairs.original for pairs in matched)]),
        np.concatenate([even.copy, *(pairs.copy for pairs in matched)]),
    )


def _match_even(merged: Merged, horizon_us: int) -> tuple[Pairs, Ints, Ints]:
    """Pair rank by rank where that is best; and where each of the other runs begins and ends that may hold pairs.

    It is the best matching of runs with as many originals as copies, if each pair is within the horizon.
    """
    if compiled.kernel:
        original, copy = np.empty((2, len(merged) // 2), np.int64)
        uneven = np.empty((len(merged) // 2, 2), np.int64)
        columns = (merged.logged_us, merged.is_copy, merged.run)
        pairs, left = compiled.kernel.match_even(*columns, horizon_us, original, copy, uneven)
        return Pairs(original[:pairs], copy[:pairs]), uneven[:left, 0], uneven[:left, 1]
    runs = int(merged.run[-1]) + 1 if len(merged) else 0
    copies = np.bincount(merged.run, weights=merged.is_copy, minlength=runs).astype(np.int64)
    originals = np.bincount(merged.run, minlength=runs) - copies
    # In order of time the i-th original of all of them meets the i-th copy, since every one has as many of both.
    lines = np.flatnonzero((originals == copies)[merged.run])
    even = Pairs(lines[~merged.is_copy[lines]], lines[merged.is_copy[lines]])
    too_far = np.zeros(runs, np.bool_)
    too_far[merged.run[even.original[even.gap_us(merged) > horizon_us]]] = True
    even = even.take(~too_far[merged.run[even.original]])
    others = np.flatnonzero(((originals != copies) & (originals > 0) & (copies > 0)) | too_far)
    return even, np.searchsorted(merged.run, others, "left"), np.searchsorted(merged.run, others, "right")


def _match_stretch(merged: Merged, begin: int, end: int, horizon_us: int) -> Pairs:
    """Match the lines of one run, column by column where few are left over and the horizon does not bind.

    All of the fewer lines paired at the least cost is a best matching, if each of its pairs is within the horizon.
    """
    is_copy = merged.is_copy[begin:end]
    copies = int(is_copy.sum())
    left_over = abs(len(is_copy) - 2 * copies)
    if left_over * _LINES_A_PASS <= len(is_copy) and left_over * len(is_copy) <= _MOST_CELLS:
        lines = np.arange(begin, end)
        pairs = _match_few_left_over(merged, lines[~is_copy], lines[is_copy])
        if not (pairs.gap_us(merged) > horizon_us).any():
            return pairs
    run = slice(begin, end)
    original, copy = match_run(merged.time_us[run], merged.logged_us[run], is_copy, horizon_us)
    return Pairs(begin + original, begin + copy)


def _match_few_left_over(merged: Merged, originals: Ints, copies: Ints) -> Pairs:
    times = merged.time_us
    if len(originals) >= len(copies):
        return Pairs(originals[best_partners(times[copies], times[originals])], copies)
    return Pairs(originals, copies[best_partners(times[originals], times[copies])])
