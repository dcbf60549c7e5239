"""Numbers of which quantiles are asked for: all of them up to a million, beyond that how often each one occurs.

More than a million different ones are rounded, each by half a percent at most, as DDSketch does (Masson, Rim and Lee,
2019); the least and the greatest stay.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mirrorcheck.pairing.model import Floats, Ints

MOST_NUMBERS = 1 << 20
_ROUNDED = 0.005  # of a number, at most
_SMALLEST = 1e-6
_STEP = np.log((1 + _ROUNDED) / (1 - _ROUNDED))

Numbers = NDArray[np.int64 | np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Quantiles:
    """Numbers, int64 or float64, in any order; or, with counts (int64), ascending, each with how often it occurs."""

    numbers: Numbers
    counts: Ints | None = None

    def __len__(self) -> int:
        return len(self.numbers) if self.counts is None else int(self.counts.sum())

    def __add__(self, other: "Quantiles") -> "Quantiles":
        if self.counts is None and other.counts is None:
            return Quantiles(np.append(self.numbers, other.numbers)).bounded()
        counts = np.append(self.how_often(), other.how_often())
        return _counted(np.append(self.numbers, other.numbers), counts).bounded()

    def bounded(self, most: int = MOST_NUMBERS) -> "Quantiles":
        """The same in at most so many numbers."""
        if len(self.numbers) <= most:
            return self
        counted = _counted(self.numbers, self.how_often())
        return counted if len(counted.numbers) <= most else _rounded(counted)

    def at(self, levels: list[float] | Floats) -> Floats:
        """The quantiles at levels from 0 to 1, float64, between two numbers as numpy does it; of some numbers."""
        if self.counts is None:
            found: Floats = np.quantile(self.numbers, levels)
            return found
        place = np.asarray(levels) * (len(self) - 1)
        below = np.floor(place).astype(np.int64)
        ends = np.cumsum(self.counts)
        low, high = (
            self.numbers[np.searchsorted(ends, each, side="right")].astype(np.float64)
            for each in (below, np.minimum(below + 1, len(self) - 1))
        )
        between: Floats = low + (high - low) * (place - below)
        return between

    def median(self) -> float:
        """The median, of some numbers."""
        return float(self.at([0.5])[0])

    def how_often(self) -> Ints:
        """By number."""
        return np.ones(len(self.numbers), np.int64) if self.counts is None else self.counts


def _counted(numbers: Numbers, counts: Ints) -> Quantiles:
    """How often each of the numbers occurs."""
    order = np.argsort(numbers, kind="stable")
    ascending = numbers[order]
    first = np.flatnonzero(np.append(True, ascending[1:] != ascending[:-1]))
    return Quantiles(ascending[first], np.add.reduceat(counts[order], first))


def _rounded(counted: Quantiles) -> Quantiles:
    """Numbers that differ by less than a percent are one, near all of them."""
    numbers = counted.numbers
    size = np.abs(numbers.astype(np.float64))
    level = np.ceil(np.log(np.maximum(size, _SMALLEST)) / _STEP)
    near = np.sign(numbers) * 2 * np.exp(level * _STEP) / (np.exp(_STEP) + 1)
    near = near.clip(numbers[0], numbers[-1])
    near[[0, -1]] = numbers[[0, -1]]
    whole = numbers.dtype == np.int64
    return _counted(np.rint(near).astype(np.int64) if whole else near, counted.how_often())
