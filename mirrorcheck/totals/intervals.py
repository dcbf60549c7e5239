"""Exact confidence intervals of a proportion."""

from dataclasses import dataclass
from math import expm1, log

from mirrorcheck.totals.tails import beta_quantile


@dataclass(frozen=True, slots=True)
class Interval:
    """Two-sided confidence interval of a proportion; both ends lie in [0, 1]."""

    low: float
    high: float
    confidence: float


def binomial_interval(successes: int, trials: int, confidence: float = 0.95) -> Interval | None:
    """Return the exact (Clopper-Pearson) interval of `successes` in `trials`, None where there was no trial.

    `confidence` is two-sided: each end leaves out (1 - confidence) / 2. With no success `low` is exactly 0.0, without
    a failure `high` is exactly 1.0. Raises ValueError unless 0 <= successes <= trials and 0 < confidence < 1.
    """
    if not 0 <= successes <= trials:
        raise ValueError(f"successes must lie between 0 and the number of trials: {successes} of {trials}")
    if not 0.0 < confidence < 1.0:
        raise ValueError(f"confidence must lie strictly between 0 and 1: {confidence}")
    if trials == 0:
        return None

    low, high = binomial_ends(successes, trials - successes, (1.0 - confidence) / 2.0)
    return Interval(low, high, confidence)


def binomial_ends(successes: float, failures: float, tail: float) -> tuple[float, float]:
    """The lowest and the highest proportion that explain the counts, each with a chance of error of `tail`."""
    if not failures:
        return (tail ** (1.0 / successes) if successes else 0.0), 1.0
    if not successes:
        return 0.0, -expm1(log(tail) / failures)
    return beta_quantile(tail, successes, failures + 1.0), 1.0 - beta_quantile(tail, failures, successes + 1.0)
