"""Judges from the order of copied and missed originals whether they were chosen independently.

A proxy that copies every second request strays less from its percentage than independent draws do, and misses that come
together stray more. Both show in the number of runs (Wald and Wolfowitz, 1940) and in how counts per block vary.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Self

import numpy as np

from mirrorcheck.report.model import Sampling
from mirrorcheck.totals import constants
from mirrorcheck.totals.history import History
from mirrorcheck.totals.tails import gamma_rest, gamma_share

INDEPENDENT, REGULAR, CLUSTERED = "independent", "regular", "clustered"
_BLOCKS = (10, 20, 40, 80, 160)


def judge_sampling(history: History, sizes: Sequence[int]) -> Sampling | None:
    """Judge originals in order of time; sizes: how many of them each phase has. None without any original."""
    if not len(history):
        return None
    parts = history.pieces(np.array(sizes, np.int64))
    runs = sum((_Runs.of(part) for part in parts if part.total >= constants.FEWEST_DRAWS), _Runs())
    spreads = [sum((each for part in parts for each in _spread(part, blocks)), _Spread()) for blocks in _BLOCKS]
    discrepancy = max(map(_discrepancy, parts))
    regular = runs.sigmas > constants.SIGMAS or any(each.low_tail < constants.BY_CHANCE for each in spreads)
    clustered = runs.sigmas < -constants.SIGMAS or any(each.high_tail < constants.BY_CHANCE for each in spreads)
    kind = INDEPENDENT
    # What only alternates often (retries counted as misses, say) is no counter, and its ratio is no surer for it.
    if discrepancy <= constants.COUNTER and regular:
        kind = REGULAR
    if clustered:
        kind = CLUSTERED  # the graver of the two: what varies more than draws is never taken for exact
    inflation = max((spread.index for spread in spreads), default=1.0) if kind == CLUSTERED else 1.0
    return Sampling(kind, max(1.0, inflation), discrepancy)


@dataclass(frozen=True, slots=True)
class _Runs:
    """Runs of equal outcomes, and how many independent draws give: mean and variance."""

    count: int = 0
    mean: float = 0.0
    variance: float = 0.0

    @classmethod
    def of(cls, history: History) -> Self:
        n, hits = history.total, int(history.drawn.sum())
        pairs = 2 * hits * (n - hits)
        if min(hits, n - hits) < constants.FEWEST_OF_A_KIND:
            return cls()
        variance = pairs * (pairs - n) / (n * n * (n - 1))
        return cls(history.runs(), pairs / n + 1, variance)

    def __add__(self, other: Self) -> Self:
        return type(self)(self.count + other.count, self.mean + other.mean, self.variance + other.variance)

    @property
    def sigmas(self) -> float:
        return (self.count - self.mean) / sqrt(self.variance) if self.variance > 0 else 0.0


@dataclass(frozen=True, slots=True)
class _Spread:
    """Chi-square of counts per block against independent draws, and its degrees of freedom."""

    chi_square: float = 0.0
    freedom: int = 0

    def __add__(self, other: Self) -> Self:
        return type(self)(self.chi_square + other.chi_square, self.freedom + other.freedom)

    @property
    def index(self) -> float:
        return self.chi_square / self.freedom if self.freedom else 1.0

    @property
    def low_tail(self) -> float:
        return gamma_share(self.chi_square / 2, self.freedom / 2) if self.freedom else 1.0

    @property
    def high_tail(self) -> float:
        return gamma_rest(self.chi_square / 2, self.freedom / 2) if self.freedom else 1.0


def _spread(history: History, blocks: int) -> Iterator[_Spread]:
    """How the counts of equal blocks vary, where blocks are large enough for chi-square."""
    before, hits = history.before(), history.drawn_before()
    length = int(before[-1]) // blocks
    ratio = float(hits[-1] / before[-1]) if before[-1] else 0.0
    variance = length * ratio * (1 - ratio)
    if variance >= constants.FEWEST_IN_BLOCK:
        # Blocks end where stretches do: where these are long, blocks are not quite equal.
        ends = np.searchsorted(before, np.arange(blocks + 1) * length)
        counts, lengths = np.diff(hits[ends]), np.diff(before[ends])
        # Around their own mean: the few originals after the last block shall not count.
        strays = counts - lengths * (counts.sum() / lengths.sum())
        yield _Spread(float((strays**2).sum() / variance), blocks - 1)


def _discrepancy(history: History) -> float:
    """The most that the running count of copies strays from the phase's own ratio, as far as stretches show it."""
    if not len(history):
        return 0.0
    before, hits = history.before()[1:], history.drawn_before()[1:]
    return float(np.abs(hits - hits[-1] / before[-1] * before).max())
