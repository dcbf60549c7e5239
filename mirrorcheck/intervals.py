"""Counts of successes and trials come in, exact confidence intervals of the proportion go out."""

from dataclasses import dataclass


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

    # Late, because it takes 0.2 s and most commands need no interval.
    from scipy.special import betainccinv, betaincinv

    failures = trials - successes
    tail = (1.0 - confidence) / 2.0
    low = float(betaincinv(successes, failures + 1, tail)) if successes else 0.0
    high = float(betainccinv(successes + 1, failures, tail)) if failures else 1.0
    return Interval(low, high, confidence)
