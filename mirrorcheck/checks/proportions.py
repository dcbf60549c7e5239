"""Tests counts against a band of ratios by exact binomial bounds (Clopper and Pearson, 1934)."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Self

from mirrorcheck.checks.verdicts import CheckResult
from mirrorcheck.totals.intervals import binomial_ends
from mirrorcheck.totals.tails import beta_share

_MOST_REQUESTS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Band:
    """The ratios that an expectation allows, 0 to 1, both ends inclusive; an end at 0 or 1 cannot be broken."""

    low: float
    high: float

    @property
    def two_sided(self) -> bool:
        """Whether a ratio can lie on either side of it."""
        return self.low > 0.0 and self.high < 1.0

    def tail(self, confidence: float) -> float:
        """The chance of error that each end of an interval is given, so that both together keep the confidence."""
        return (1.0 - confidence) / (2.0 if self.two_sided else 1.0)

    @classmethod
    def around(cls, expected: float, within: float) -> Self:
        """The band of a ratio and its tolerance, cut off at 0 and 1."""
        # Percentages such as 50 - 5 are exact, their hundredths are not: 0.5 - 0.05 is more than 0.45.
        return cls(max(0.0, round(expected - within, 12)), min(1.0, round(expected + within, 12)))


@dataclass(frozen=True, slots=True)
class Sample:
    """How many of how many were hits.

    inflation: how many times more they vary than independent draws. discrepancy: where they were counted off instead of
    drawn, how far the count may stray; else None. whys: what makes a sample one end of a range.
    """

    hits: float
    trials: float
    inflation: float = 1.0
    discrepancy: float | None = None

    @property
    def ratio(self) -> float:
        """Hits per trial; 0 without trials."""
        return self.hits / self.trials if self.trials else 0.0

    def scaled(self, trials: float) -> Self:
        """The same ratio on another number of trials."""
        return replace(self, hits=self.ratio * trials, trials=trials)

    def bounds(self, tail: float) -> tuple[float, float]:
        """The lowest and highest ratio that explain the sample, each with a chance of error of `tail`."""
        if not self.trials:
            return 0.0, 1.0
        if self.discrepancy is not None:
            # One more: where the first of the counted requests stood in the count is not known.
            slack = (self.discrepancy + 1.0) / self.trials
            return max(0.0, self.ratio - slack), min(1.0, self.ratio + slack)
        return binomial_ends(self.hits / self.inflation, (self.trials - self.hits) / self.inflation, tail)

    def chance_below(self, ratio: float) -> float:
        """How likely as few hits or fewer are where `ratio` is true."""
        hits, misses = self.hits / self.inflation, (self.trials - self.hits) / self.inflation
        return beta_share(1.0 - ratio, misses, hits + 1.0) if misses > 0 else 1.0

    def chance_above(self, ratio: float) -> float:
        """How likely as many hits or more are where `ratio` is true."""
        hits, misses = self.hits / self.inflation, (self.trials - self.hits) / self.inflation
        return beta_share(ratio, hits, misses + 1.0) if hits > 0 else 1.0


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a sample says of a band: the verdict, its interval, and the p-value of the band holding.

    side: -1 where the ratio lies below the band, 1 above, 0 in it.
    """

    verdict: CheckResult
    low: float
    high: float
    p_value: float
    side: int


def judge(band: Band, sample: Sample, confidence: float) -> Judgement:
    """Pass where the whole interval lies within the band, fail where it lies outside, else inconclusive."""
    tail = band.tail(confidence)
    low, high = sample.bounds(tail)
    side = -1 if sample.ratio < band.low else 1 if sample.ratio > band.high else 0
    verdict = CheckResult.INCONCLUSIVE
    if not sample.trials:
        return Judgement(verdict, low, high, 1.0, 0)
    if band.low <= low and high <= band.high:
        verdict = CheckResult.PASS
    elif high < band.low or low > band.high:
        verdict = CheckResult.FAIL
    return Judgement(verdict, low, high, _p_value(band, sample, verdict), side)


def _p_value(band: Band, sample: Sample, verdict: CheckResult) -> float:
    if sample.discrepancy is not None:
        return 0.0 if verdict == CheckResult.FAIL else 1.0
    sides = 2.0 if band.two_sided else 1.0
    below = sample.chance_below(band.low) if sample.ratio < band.low else 1.0
    above = sample.chance_above(band.high) if sample.ratio > band.high else 1.0
    return min(1.0, sides * below, sides * above)


def join(judged: Sequence[Judgement]) -> Judgement:
    """What the ends of a range say together: they must agree, and to fail on either side of the band is not to."""
    low, high = min(each.low for each in judged), max(each.high for each in judged)
    verdicts, sides = {each.verdict for each in judged}, {each.side for each in judged}
    agreed = len(verdicts) == 1 and len(sides) == 1
    verdict = judged[0].verdict if agreed else CheckResult.INCONCLUSIVE
    p_value = max(each.p_value for each in judged) if len(sides) == 1 else 1.0
    return Judgement(verdict, low, high, p_value, judged[0].side if len(sides) == 1 else 0)


def requests_more(judge_at: Callable[[float], CheckResult], trials: int) -> int | None:
    """About how many requests more settle it if the ratio stays; None where a thousand million do not.

    `judge_at` gives the verdict on so many trials at the ratio found.
    """
    if trials and judge_at(trials) != CheckResult.INCONCLUSIVE:
        return 0
    low, high = max(trials, 1), 2 * max(trials, 1)
    while judge_at(high) == CheckResult.INCONCLUSIVE:
        low, high = high, 2 * high
        if high > _MOST_REQUESTS:
            return None
    while high - low > max(1, high // 1000):
        middle = (low + high) // 2
        low, high = (middle, high) if judge_at(middle) == CheckResult.INCONCLUSIVE else (low, middle)
    return high - trials


def holm(p_values: Iterable[float], alpha: float) -> list[bool]:
    """Which of several hypotheses are rejected with a chance of any error of at most `alpha` (Holm, 1979)."""
    values = list(p_values)
    rejected = [False] * len(values)
    for rank, index in enumerate(sorted(range(len(values)), key=values.__getitem__)):
        if values[index] > alpha / (len(values) - rank):
            break
        rejected[index] = True
    return rejected
