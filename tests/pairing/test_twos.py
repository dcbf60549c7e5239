"""Copies that keep in step: how often two policies at 50 % would, and how soon a mirror shows that it does."""

import numpy as np
import pytest
from numpy.typing import NDArray

from mirrorcheck.pairing.twos import chance_of_twos
from tests.sample import sampled

Units = NDArray[np.int64]


def chance(originals: Units, copies: Units) -> float:
    """The bound for lines of one key that were logged in these units of time."""
    is_copy = np.repeat([False, True], [len(originals), len(copies)])
    return chance_of_twos(np.ones(len(is_copy), np.uint64), np.concatenate((originals, copies)), is_copy)


@pytest.mark.unmeasured
@pytest.mark.parametrize("a_unit", sampled([7, 1, 60], 2))
@pytest.mark.parametrize("requests", [60, 500])
def test_two_policies_are_ruled_out_as_rarely_as_it_says(requests: int, a_unit: int) -> None:
    """Each request is copied by none, one or both of two policies: a bound below 5 % comes in at most 5 % of logs."""
    rng = np.random.default_rng(requests + a_unit)
    unit = np.arange(requests) // a_unit
    found = [chance(unit, np.repeat(unit, rng.binomial(2, 0.5, requests))) for _ in range(300)]
    assert np.mean(np.array(found) < 0.05) <= 0.05


@pytest.mark.parametrize("late", [0, 3])
def test_a_mirror_keeps_in_step(late: int) -> None:
    """A hundred requests to one URL, each copied once within some units of time, rule two policies out."""
    rng = np.random.default_rng(late)
    unit = np.arange(100) * 2
    assert chance(unit, unit + rng.integers(0, late + 1, 100)) < 0.01


def test_few_looks_tell_little() -> None:
    """Three seconds of a burst, whose copies are as many as its requests but for a handful, rule nothing out."""
    originals, copies = (np.repeat([0, 1, 2], lines) for lines in ((105, 632, 63), (120, 618, 58)))
    assert chance(originals, copies) > 0.1
