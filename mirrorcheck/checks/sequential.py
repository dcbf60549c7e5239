"""Tests originals one by one, with error rates that hold however often one looks at the verdict.

Feed it in event order, each original only when all earlier ones are decided (`live.decided`): a pair is known at once
and a miss only after the horizon, so in order of decision a mirror of 50 % looks like one of 100 %.

For each hypothesis that is to be rejected it keeps a likelihood ratio against the hypothesis' border: a martingale or
less while the hypothesis is true, so it ever reaches 1 / alpha with a chance of at most alpha (Ville, 1939; Wald,
1945). Above it stands a mixture: the ratio that is expected, where there is one, and all others beyond the border
(Robbins, 1970). No number of looks needs to be planned.
"""

from dataclasses import dataclass, replace
from math import inf, log
from typing import Self

import numpy as np
from numpy.typing import NDArray

from mirrorcheck.checks.expectations import Expectations
from mirrorcheck.checks.proportions import Band
from mirrorcheck.checks.verdicts import CheckResult

Bools = NDArray[np.bool_]
Counts = NDArray[np.int64]
Logs = NDArray[np.float64]

_ON_THE_EXPECTED = 0.9  # weight of the expected ratio: a healthy 100 % passes against 99 % after 309 instead of 299


@dataclass(frozen=True, slots=True)
class SequentialTest:
    """Whether a ratio lies in `band`; `expected` is where it should lie, None where that is not said.

    paired, missed: of the originals taken so far. above_low, below_high: the strongest evidence so far, as a
    natural logarithm, that the ratio is not below the band, and not above it. A verdict that is reached stays.
    """

    band: Band
    expected: float | None
    confidence: float
    paired: int = 0
    missed: int = 0
    above_low: float = -inf
    below_high: float = -inf
    verdict: CheckResult = CheckResult.INCONCLUSIVE

    def after(self, paired: Bools) -> Self:
        """The test after further originals, bool[n] in event order; those after the verdict are not taken."""
        if self.verdict != CheckResult.INCONCLUSIVE or not len(paired):
            return self
        hits, misses = _counts(self, paired)
        above = np.maximum.accumulate(np.maximum(self.not_below(hits, misses), self.above_low))
        below = np.maximum.accumulate(np.maximum(self.not_above(hits, misses), self.below_high))
        passes = np.minimum(above, below) >= -log(1.0 - self.confidence)
        broken = np.maximum(self.under(hits, misses), self.over(hits, misses))
        last, verdict = _decided(passes, broken >= -log(self.band.tail(self.confidence)))
        return replace(
            self,
            paired=int(hits[last]),
            missed=int(misses[last]),
            above_low=float(above[last]),
            below_high=float(below[last]),
            verdict=verdict,
        )

    def not_below(self, hits: Counts, misses: Counts) -> Logs:
        """Evidence, as a natural logarithm, that the ratio does not lie below the band; counts are int64[n]."""
        if self.band.low <= 0.0:
            return np.full(len(hits), inf)
        spread = _beyond(misses, hits, 1.0 - self.band.low)
        return self._with_expected(spread, hits, misses, self.band.low)

    def not_above(self, hits: Counts, misses: Counts) -> Logs:
        """The same that it does not lie above it."""
        if self.band.high >= 1.0:
            return np.full(len(hits), inf)
        spread = _beyond(hits, misses, self.band.high)
        return self._with_expected(spread, hits, misses, self.band.high)

    def _with_expected(self, spread: Logs, hits: Counts, misses: Counts, border: float) -> Logs:
        if self.expected is None:
            return spread
        at_expected = log(_ON_THE_EXPECTED) + _log_ratio(hits, misses, self.expected, border)
        mixture: Logs = np.logaddexp(at_expected, log(1.0 - _ON_THE_EXPECTED) + spread)
        return mixture

    def under(self, hits: Counts, misses: Counts) -> Logs:
        """The same that it lies below it."""
        return _beyond(hits, misses, self.band.low) if self.band.low > 0.0 else np.full(len(hits), -inf)

    def over(self, hits: Counts, misses: Counts) -> Logs:
        """The same that it lies above it."""
        return _beyond(misses, hits, 1.0 - self.band.high) if self.band.high < 1.0 else np.full(len(hits), -inf)


def _log_ratio(hits: Counts, misses: Counts, ratio: float, border: float) -> Logs:
    """Log-likelihood of `ratio` less that of `border`, which lies inside (0, 1); minus infinity where ruled out."""
    from scipy.special import xlogy

    found: Logs = xlogy(hits, ratio) + xlogy(misses, 1.0 - ratio) - hits * log(border) - misses * log(1.0 - border)
    return found


def _beyond(hits: Counts, misses: Counts, border: float) -> Logs:
    """The log of the mean likelihood ratio of all ratios below `border`, evenly weighted, against `border` itself."""
    from scipy.special import betainc, betaln

    with np.errstate(divide="ignore"):  # a share too small for a float is no evidence
        share = np.log(betainc(hits + 1.0, misses + 1.0, border))
    found: Logs = (
        betaln(hits + 1.0, misses + 1.0) + share - log(border) - hits * log(border) - misses * log(1.0 - border)
    )
    return found


@dataclass(frozen=True, slots=True)
class EveryRequest:
    """Whether every original is copied but for `allowed` (or with `copied` False whether none is).

    One too many decides at once, and without one it takes `requests`, as it does for a report.
    """

    requests: int
    allowed: int = 0
    copied: bool = True
    paired: int = 0
    missed: int = 0
    verdict: CheckResult = CheckResult.INCONCLUSIVE

    def after(self, paired: Bools) -> Self:
        """The test after further originals, bool[n] in event order; those after the verdict are not taken."""
        if self.verdict != CheckResult.INCONCLUSIVE or not len(paired):
            return self
        hits, misses = _counts(self, paired)
        fails = (misses if self.copied else hits) > self.allowed
        last, verdict = _decided(hits + misses >= max(1, self.requests), fails)
        return replace(self, paired=int(hits[last]), missed=int(misses[last]), verdict=verdict)


def _counts(test: SequentialTest | EveryRequest, paired: Bools) -> tuple[Counts, Counts]:
    """Copied and missed originals up to each of these, int64[n] each."""
    return test.paired + np.cumsum(paired, dtype=np.int64), test.missed + np.cumsum(~paired, dtype=np.int64)


def _decided(passes: Bools, fails: Bools) -> tuple[int, CheckResult]:
    """The first original that decides, or the last one, and the verdict there."""
    decided = np.flatnonzero(passes | fails)
    last = int(decided[0]) if len(decided) else len(passes) - 1
    return last, CheckResult.FAIL if fails[last] else CheckResult.PASS if passes[last] else CheckResult.INCONCLUSIVE


def sequential(wanted: Expectations) -> SequentialTest | EveryRequest | None:
    """The sequential test of what is expected of the mirror ratio; None where nothing is, or a share of misses only."""
    if wanted.band:
        return SequentialTest(wanted.band, wanted.expect, wanted.confidence)
    if wanted.expect is not None:
        allowed = wanted.max_missed.count or 0 if wanted.max_missed else 0
        everything = wanted.expect == 1.0
        return EveryRequest(wanted.min_requests, allowed if everything else 0, copied=everything)
    if wanted.min_ratio is not None:
        return SequentialTest(Band(wanted.min_ratio, 1.0), None, wanted.confidence)
    return None
