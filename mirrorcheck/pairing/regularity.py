"""Measures how regular requests are, and shifts a side in time to where a split would pair just as well."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from mirrorcheck.pairing import constants
from mirrorcheck.pairing.cells import Cells, Stamped, common_span, lay_together
from mirrorcheck.pairing.model import Ints, Keys

_MOST_LINES = 20_000


@dataclass(frozen=True, slots=True, eq=False)
class Returns:
    """After how many requests a key returns: if always after as many, rotation deals its requests out in turn.

    The primary's lines alone show it, since in a mirror each request is followed by its own copy. gap_us, requests:
    int64, of each original and the next one of its key, how far it is and how many originals on.
    """

    gap_us: Ints
    requests: Ints
    by_mix: float  # how likely two requests have one key

    @classmethod
    def among(cls, originals: Stamped) -> "Returns":
        """Take some originals that follow each other, from the middle."""
        begin = max(0, len(originals) - _MOST_LINES) // 2
        some = originals.take(np.arange(begin, min(len(originals), begin + _MOST_LINES)))
        some = some.take(np.argsort(some.time_us, kind="stable"))
        _, counts = np.unique(some.key, return_counts=True)
        order = np.argsort(some.key, kind="stable")
        same = some.key[order][1:] == some.key[order][:-1]
        by_mix = float((counts * (counts - 1)).sum()) / max(1, len(some) * (len(some) - 1))
        return cls(np.diff(some.time_us[order])[same], np.diff(order)[same], by_mix)

    def widest_us(self, resolution_us: int) -> float:
        """The widest that a cell may be: where keys return in turn, it must not hold several lines of one.

        Negative where they return within one stamp.
        """
        if _most_usual(self.requests) < constants.REGULAR * max(constants.FEW_RETURNS, len(self.requests)):
            return float("inf")
        return (float(np.median(self.gap_us)) - resolution_us) / 2

    def alike(self, width_us: int) -> float:
        """The share of returns within a width that take the usual number of requests; that of all where these are few.

        Ratio from 0 to 1: of requests each with a key of its own, rotation leaves no two lines of one key.
        """
        usual = max(self.by_mix, _most_usual(self.requests) / max(constants.FEW_RETURNS, len(self.requests)))
        near = self.requests[self.gap_us <= width_us]
        return max(usual, (_most_usual(near) + usual * constants.FEW_RETURNS) / (len(near) + constants.FEW_RETURNS))


def _most_usual(numbers: Ints) -> int:
    """Count the most frequent number, or those near the median: of a mixed load, hardly more than a tenth."""
    if not len(numbers):
        return 0
    median = np.median(numbers)
    return max(int(np.bincount(numbers).max()), int((np.abs(numbers - median) <= constants.NEAR_MEDIAN * median).sum()))


@dataclass(frozen=True, slots=True, eq=False)
class Shifts:
    """Both sides, the usual delay gone, and by how much the shadow is shifted against the primary.

    own_us: int64, the usual pause of each line's key, 0 where it has none. all_us: of all requests. A split has no
    direction: it pairs as well with the delay turned round.
    """

    originals: Stamped
    shadow: Stamped
    own_us: Ints
    all_us: int
    delay_us: int
    resolution_us: int

    @classmethod
    def of(cls, originals: Stamped, shadow: Stamped, delay_us: int, resolution_us: int) -> "Shifts":
        """Learn the pauses from the originals."""
        own_us = _pause_of_key(originals, shadow.key)
        all_us = int(np.median(np.diff(np.sort(originals.time_us)))) if len(originals) > 1 else 0
        return cls(originals, shadow, own_us, all_us, delay_us, resolution_us)

    def by(self, width_us: int) -> Iterator[Cells]:
        """Cells of the lines shifted a few times both ways; where a pause is shorter than a cell, by more than that.

        By whole steps of the stamps, or lines that the stamps put together would lie apart for that alone.
        """
        beyond_us = (3 * width_us // self.resolution_us + 1) * self.resolution_us
        own_us = np.where(self.own_us > 2 * width_us, self.own_us, beyond_us)
        all_us = self.all_us if self.all_us > 2 * width_us else beyond_us
        steps = [each for times in constants.SHIFTS for each in (times * own_us, times * all_us)]
        if abs(self.delay_us) > 2 * width_us:
            steps.append(2 * self.delay_us)
        for step_us in steps:
            ours, theirs = common_span(self.originals, self.shadow.shifted(step_us), 0)
            # Logs shorter than a few pauses do not show whether what is shifted pairs as well.
            if 2 * min(len(ours), len(theirs)) >= min(len(self.originals), len(self.shadow)):
                yield lay_together(ours, theirs, width_us)


def _pause_of_key(originals: Stamped, keys: Keys) -> Ints:
    """The median time from an original to the next one of its key, by these keys; 0 where there is none."""
    order = np.lexsort((originals.time_us, originals.key))
    key, pause_us = originals.key[order][1:], np.diff(originals.time_us[order])
    same = key == originals.key[order][:-1]
    key, pause_us = key[same], pause_us[same]
    if not len(key):
        return np.zeros(len(keys), np.int64)
    order = np.lexsort((pause_us, key))
    known, first, count = np.unique(key[order], return_index=True, return_counts=True)
    median_us = pause_us[order][first + count // 2]
    place = np.searchsorted(known, keys).clip(0, len(known) - 1)
    return np.where(known[place] == keys, median_us[place], 0)
