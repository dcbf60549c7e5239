from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirrorcheck.totals.intervals import binomial_interval


def test_no_trial_has_no_interval() -> None:
    """Nothing tried says nothing about the proportion, so there is no interval."""
    assert binomial_interval(0, 0) is None


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"), [(2, 5, 0.05274, 0.85337), (50, 100, 0.39832, 0.60168)]
)
def test_interval_equals_well_known_clopper_pearson(successes: int, trials: int, low: float, high: float) -> None:
    """The ends are those that R's binom.test gives."""
    interval = binomial_interval(successes, trials)
    assert interval is not None
    assert (interval.low, interval.high) == pytest.approx((low, high), abs=1e-5)
    assert interval.confidence == 0.95


def test_ends_are_exact_where_every_trial_agrees() -> None:
    """Without a failure the upper end is 1.0 itself, without a success the lower end is 0.0 itself."""
    all_paired, none_paired = binomial_interval(299, 299), binomial_interval(0, 299)
    assert all_paired is not None
    assert none_paired is not None
    assert (all_paired.high, none_paired.low) == (1.0, 0.0)
    assert all_paired.low == pytest.approx(0.025 ** (1 / 299), rel=1e-12)
    assert none_paired.high == pytest.approx(1.0 - 0.025 ** (1 / 299), rel=1e-9)


def test_299_without_a_miss_put_one_sided_95_percent_above_99_percent() -> None:
    """A one-sided bound at 95 % is the lower end of the two-sided interval at 90 %."""
    enough, too_few = binomial_interval(299, 299, 0.90), binomial_interval(298, 298, 0.90)
    assert enough is not None
    assert too_few is not None
    assert too_few.low < 0.99 <= enough.low


def chance(trials: int, counts: range, proportion: float) -> float:
    """How likely it is to see one of these numbers of successes, by the definition of the binomial distribution."""
    return sum(comb(trials, k) * proportion**k * (1.0 - proportion) ** (trials - k) for k in counts)


@given(st.integers(1, 80).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.floats(0.5, 0.999))
def test_each_end_leaves_half_of_the_rest_in_its_tail(seen: tuple[int, int], confidence: float) -> None:
    """At each end the count seen, or a more extreme one, is as likely as half of what the confidence leaves out."""
    successes, trials = seen
    interval = binomial_interval(successes, trials, confidence)
    assert interval is not None
    assert 0.0 <= interval.low <= successes / trials <= interval.high <= 1.0
    tail = pytest.approx((1.0 - confidence) / 2.0, rel=1e-6)
    if successes:
        assert chance(trials, range(successes, trials + 1), interval.low) == tail
    if successes < trials:
        assert chance(trials, range(successes + 1), interval.high) == tail


@pytest.mark.parametrize(("successes", "trials"), [(-1, 5), (6, 5), (1, 0), (0, -1)])
def test_impossible_counts_are_refused(successes: int, trials: int) -> None:
    """Counts that cannot be are an error of the caller, not an empty interval."""
    with pytest.raises(ValueError, match="successes"):
        binomial_interval(successes, trials)


@pytest.mark.parametrize("confidence", [0.0, 1.0, -0.5, 95.0])
def test_impossible_confidence_is_refused(confidence: float) -> None:
    """A percentage given as confidence is refused, not taken for certainty."""
    with pytest.raises(ValueError, match="confidence"):
        binomial_interval(1, 2, confidence)
