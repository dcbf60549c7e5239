import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import betainc, betaincinv, gammainc, gammaincc

from mirrorcheck.totals.tails import beta_quantile, beta_share, gamma_rest, gamma_share

COUNTS = st.floats(1.0, 1e6)
SHARES = st.floats(1e-6, 1.0 - 1e-6)
LEAST = 1e-200  # of what is compared by its ratio


@given(SHARES, COUNTS, COUNTS)
def test_beta_share_is_the_incomplete_beta_function(share: float, one: float, other: float) -> None:
    """It is what scipy gives, however far out."""
    assert beta_share(share, one, other) == pytest.approx(float(betainc(one, other, share)), rel=1e-8, abs=LEAST)


@given(st.floats(1e-9, 1.0 - 1e-9), COUNTS, COUNTS)
def test_beta_quantile_is_its_inverse(chance: float, one: float, other: float) -> None:
    """So is the inverse."""
    assert beta_quantile(chance, one, other) == pytest.approx(float(betaincinv(one, other, chance)), rel=1e-8)


@pytest.mark.parametrize(("one", "other"), [(5e8, 5e8), (1.0, 1e9), (999_999_990.0, 11.0)])
def test_a_thousand_million_counts_are_not_too_many(one: float, other: float) -> None:
    """Logs may be long, too."""
    assert beta_quantile(0.025, one, other) == pytest.approx(float(betaincinv(one, other, 0.025)), rel=1e-8)


@pytest.mark.parametrize(("share", "chance"), [(-0.1, 0.0), (0.0, 0.0), (1.0, 1.0), (1.1, 1.0)])
def test_all_shares_lie_between_0_and_1(share: float, chance: float) -> None:
    """None is below 0 and none above 1."""
    assert beta_share(share, 3.0, 4.0) == chance


@given(st.integers(1, 4000).map(lambda freedom: freedom / 2), st.floats(0.0, 3.0))
def test_gamma_share_and_rest_are_the_incomplete_gamma_functions(shape: float, of_mean: float) -> None:
    """Both are what scipy gives, on both sides of the mean."""
    reach = shape * of_mean
    assert gamma_share(reach, shape) == pytest.approx(float(gammainc(shape, reach)), rel=1e-8, abs=LEAST)
    assert gamma_rest(reach, shape) == pytest.approx(float(gammaincc(shape, reach)), rel=1e-8, abs=LEAST)
