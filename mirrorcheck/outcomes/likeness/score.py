"""Finds the certain pairs by keys and times of lines of both sides, and how many of them chance explains."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from mirrorcheck.outcomes import constants
from mirrorcheck.pairing.model import Ints

Codes = NDArray[np.uint64]


@dataclass(frozen=True, slots=True, eq=False)
class Certain:
    """Pairs of a key that stands once on each side, with delays near each other: places of originals and copies.

    found: of all delays. by_chance: how many would be as near to each other by chance. near: the share of delays that
    are. single: keys that stand once, on the side that has fewer.
    """

    original: Ints
    copy: Ints
    found: int
    by_chance: float
    near: float
    single: int

    @property
    def above_chance(self) -> float:
        """How many pairs chance does not explain."""
        return len(self.original) - self.by_chance

    @property
    def is_clear(self) -> bool:
        """Whether these are pairs of originals and copies, not of requests that happen to be alike.

        Most delays are near each other and many more than by chance. Where times show little, keys must: a key that
        stands once in one of two independent streams stands once in the other with a chance of at most 1/e, however
        frequent it is (k = 1 of a Poisson distribution).
        """
        pairs = len(self.original)
        if self.above_chance < constants.CERTAIN_SIGMAS * sqrt(self.by_chance + 1):
            return False
        if pairs < max(self.found / 2, constants.LEAST_SINGLE * self.single):
            return False
        if self.near <= constants.NEAR_BY_CHANCE:
            return True
        deviation = sqrt(constants.ONCE * (1 - constants.ONCE) * self.single)
        return pairs >= constants.ONCE * self.single + constants.CERTAIN_SIGMAS * deviation


def codes(originals: Sequence[Hashable], copies: Sequence[Hashable]) -> tuple[Codes, Codes]:
    """Number keys of any kind: equal numbers for equal keys."""
    known: dict[Hashable, int] = {}
    numbers = [[known.setdefault(key, len(known)) for key in keys] for keys in (originals, copies)]
    return np.array(numbers[0], np.uint64), np.array(numbers[1], np.uint64)


@dataclass(frozen=True, slots=True)
class Reach:
    """How far apart a pair may be logged, and how coarse the stamps are; microseconds."""

    horizon_us: int
    resolution_us: int


def certain_pairs(keys: Codes, times_us: Ints, copied_keys: Codes, copied_us: Ints, reach: Reach) -> Certain:
    """Find the pairs of keys that stand once on each side, among those the ones whose delays are near each other."""
    single, places = _once(keys)
    copied_single, copied_places = _once(copied_keys)
    _, own, copied = np.intersect1d(single, copied_single, assume_unique=True, return_indices=True)
    original, copy = places[own], copied_places[copied]
    delay_us = copied_us[copy] - times_us[original]
    fewer = min(len(single), len(copied_single))
    within = np.abs(delay_us) <= reach.horizon_us
    original, copy, delay_us = original[within], copy[within], delay_us[within]
    if not len(delay_us):
        return Certain(original, copy, 0, 0.0, 0.0, fewer)
    found = []
    for width_us in _widths(times_us, copied_us, reach.resolution_us):
        first_us = _densest(delay_us, width_us)
        dense = (delay_us >= first_us) & (delay_us <= first_us + width_us)
        near = _near(times_us, copied_us, first_us, first_us + width_us, reach.horizon_us)
        outside = len(delay_us) - int(dense.sum())
        chance = outside * near / (1 - near) if near < 1 else 0.0
        found.append(Certain(original[dense], copy[dense], len(delay_us), chance, near, fewer))
    return max(found, key=lambda each: (each.is_clear, each.above_chance))


def _once(keys: Codes) -> tuple[Codes, Ints]:
    distinct, places, counts = np.unique(keys, return_index=True, return_counts=True)
    return distinct[counts == 1], places[counts == 1]


def _widths(times_us: Ints, copied_us: Ints, resolution_us: int) -> list[int]:
    """How far apart delays may be: some seconds or less, but a fraction of the span, else they show nothing."""
    span_us = max(int(times_us.max()), int(copied_us.max())) - min(int(times_us.min()), int(copied_us.min()))
    least_us = max(1, resolution_us)
    return list(
        dict.fromkeys(
            max(least_us, min(width_us, span_us // constants.SPAN_STEPS)) for width_us in constants.DELAY_WIDTHS_US
        )
    )


def _densest(delay_us: Ints, width_us: int) -> int:
    """Where the stretch of this width with the most delays begins."""
    ordered = np.sort(delay_us)
    held = np.searchsorted(ordered, ordered + width_us, "right") - np.arange(len(ordered))
    return int(ordered[np.argmax(held)])


def _near(times_us: Ints, copied_us: Ints, low_us: int, high_us: int, horizon_us: int) -> float:
    """Of any line of one side and any of the other within the horizon, the share with a delay from low to high."""
    ordered = np.sort(copied_us)

    def within(low: int, high: int) -> int:
        first = np.searchsorted(ordered, times_us + low, "left")
        return int((np.searchsorted(ordered, times_us + high, "right") - first).sum())

    every = within(-horizon_us, horizon_us)
    return within(low_us, high_us) / every if every else 0.0
