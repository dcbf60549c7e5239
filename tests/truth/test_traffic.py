"""Requests come at the rate, in the way and for the URLs that a load says."""

import numpy as np
import pytest

from tests.truth.traffic import ARRIVALS, BURSTY, CYCLE, POISSON, STEADY, UNIFORM, ZIPF, Load, asked_again, requests


@pytest.mark.parametrize("arrivals", ARRIVALS)
@pytest.mark.parametrize("rate", [0.2, 2000.0])
def test_rate_is_kept(arrivals: str, rate: float) -> None:
    """So many a second on average, in order."""
    at = requests(Load(rate, arrivals, 5), 40_000, np.random.default_rng(1)).at
    assert (np.diff(at) >= 0).all()
    assert len(at) / (at[-1] - at[0]) == pytest.approx(rate, rel=0.1)


def test_gaps_vary_as_the_arrivals_say() -> None:
    """Not at all, as draws do, or by far more."""
    spread = {
        arrivals: np.std(gaps) / np.mean(gaps)
        for arrivals in ARRIVALS
        for gaps in [np.diff(requests(Load(20.0, arrivals, 1), 20_000, np.random.default_rng(2)).at)]
    }
    assert spread[STEADY] == pytest.approx(0.0, abs=1e-6)
    assert spread[POISSON] == pytest.approx(1.0, rel=0.1)
    assert spread[BURSTY] > 3


def test_urls_are_asked_for_as_the_mix_says() -> None:
    """Each as often as any other, by rank, or one after the other."""
    counts = {
        mix: np.bincount(requests(Load(20.0, STEADY, 100, mix), 50_000, np.random.default_rng(3)).url, minlength=100)
        for mix in (UNIFORM, ZIPF, CYCLE)
    }
    assert counts[UNIFORM].min() > 400
    assert counts[UNIFORM].max() < 600
    assert counts[ZIPF][0] / counts[ZIPF][9] == pytest.approx(10, rel=0.15)
    assert (counts[CYCLE] == 500).all()


def test_urls_of_their_own_are_asked_for_again() -> None:
    """Each so many times, after so many seconds."""
    asked = asked_again(Load(20.0, POISSON, 1), 1000, np.random.default_rng(4), times=5, after_s=1.0)
    assert (np.bincount(asked.url) == 5).all()
    assert np.diff(asked.at[asked.url == 7]) == pytest.approx(1.0, abs=0.11)
