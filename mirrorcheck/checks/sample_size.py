"""Computes how many requests it takes to judge an expectation: on all at once, and one by one."""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray

from mirrorcheck.checks.expectations import Expectations
from mirrorcheck.checks.proportions import Band
from mirrorcheck.checks.sequential import EveryRequest, SequentialTest, sequential
from mirrorcheck.checks.verdicts import CheckResult
from mirrorcheck.errors import UsageError

_MOST = 2_000_000
_NEIGHBOURS = 40  # power goes up and down from one number to the next, since counts are whole
_RUNS = 400
_MOST_DRAWS = 5_000_000
_SEED = 5
_LONGER = 8  # times the fixed number, after which a sequential run counts as undecided


@dataclass(frozen=True, slots=True)
class SampleSize:
    """Requests needed if the expected ratio is true.

    fixed: for the check to pass with the power asked for. mean, most: what the sequential test looks at before it
    passes, on average and in a share `power` of runs. dead: when it fails a mirror that copies nothing (or, where
    nothing is expected, everything).
    """

    fixed: int
    mean: int
    most: int
    dead: int


def sample_size(wanted: Expectations, power: float) -> SampleSize:
    """How many requests --expect and --within need; raises UsageError where no sensible number does."""
    test = sequential(wanted)
    if test is None or wanted.expect is None:
        raise UsageError("nothing to plan for. Give --expect and, below 100, --within.")
    dead = _steps(test, np.full(_MOST, wanted.expect == 0.0))
    if isinstance(test, EveryRequest):
        return SampleSize(test.requests, test.requests, test.requests, dead)
    fixed = _fixed(test.band, wanted.expect, wanted.confidence, power)
    steps = _simulated(test, wanted.expect, _LONGER * fixed)
    return SampleSize(fixed, ceil(steps.mean()), ceil(np.quantile(steps, power)), dead)


def _steps(test: SequentialTest | EveryRequest, paired: NDArray[np.bool_]) -> int:
    """How many originals the test takes, with ever more of them in one go."""
    size = 64
    while test.verdict == CheckResult.INCONCLUSIVE and test.paired + test.missed < len(paired):
        seen = test.paired + test.missed
        test = test.after(paired[seen : seen + size])
        size *= 2
    return test.paired + test.missed


def _simulated(test: SequentialTest, ratio: float, most: int) -> NDArray[np.int64]:
    random = np.random.default_rng(_SEED)
    runs = max(20, min(_RUNS, _MOST_DRAWS // most))
    return np.array([_steps(test, random.random(most) < ratio) for _ in range(runs)])


def _fixed(band: Band, ratio: float, confidence: float, power: float) -> int:
    """The fewest requests from which on the check passes with this power, where `ratio` is true."""
    low, high = 0, 1
    while chance_of_pass(band, high, ratio, confidence) < power:
        low, high = high, 2 * high
        if high > _MOST:
            raise UsageError(
                f"more than {_MOST:,} requests would be needed. Widen --within, or lower --confidence or --power."
            )
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if chance_of_pass(band, middle, ratio, confidence) >= power else (middle, high)
    step = 1
    while step <= _NEIGHBOURS:
        if chance_of_pass(band, high + step, ratio, confidence) < power:
            high, step = high + step + 1, 0
        step += 1
    return high


def chance_of_pass(band: Band, requests: int, ratio: float, confidence: float) -> float:
    """How likely the check of `band` passes on so many independent draws at `ratio`; exact but for rounding."""
    from scipy.special import bdtr

    low, high = passing_counts(band, requests, confidence)
    if low > high:
        return 0.0
    return float(bdtr(high, requests, ratio) - (bdtr(low - 1, requests, ratio) if low else 0.0))


def passing_counts(band: Band, requests: int, confidence: float) -> tuple[int, int]:
    """The fewest and the most hits of so many trials with the whole interval inside the band."""
    from scipy.special import betainc, betaincc

    tail = band.tail(confidence)
    low, high = 0, requests
    if band.low > 0.0:
        # The lower bound is within where so many hits or more are unlikely at the band's lower end.
        each = range(1, requests + 1)
        low = 1 + bisect_left(each, -tail, key=lambda hits: -float(betainc(hits, requests - hits + 1, band.low)))
    if band.high < 1.0:
        each = range(requests)
        high = bisect_right(each, tail, key=lambda hits: float(betaincc(hits + 1, requests - hits, band.high))) - 1
    return low, high
