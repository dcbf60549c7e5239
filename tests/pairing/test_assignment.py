"""One key's matching reaches what a table over all lines and scipy's assignment solver reach."""

import random
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mirrorcheck.pairing.assignment import match_run
from mirrorcheck.pairing.model import Bools, Ints
from tests.pairing.reference import NOTHING, Best, Line, by_assignment, by_table
from tests.sample import examples, sampled

pytestmark = pytest.mark.usefixtures("way")

moments = st.lists(st.integers(0, 60), max_size=9)
spread_out = st.lists(st.integers(0, 3_000), max_size=9)


def as_lines(times: list[int], resolution: int = 1) -> list[Line]:
    """Lines whose stamps are cut to `resolution`."""
    return [(time, time - time % resolution) for time in times]


class KeyRun(NamedTuple):
    """The lines of one key in order of time: what `match_run` takes."""

    time_us: Ints
    logged_us: Ints
    is_copy: Bools


def run_of(originals: list[Line], copies: list[Line]) -> KeyRun:
    """Both sides in order of time, an original before a copy of the same time."""
    lines = sorted(
        [(*line, False) for line in originals] + [(*line, True) for line in copies], key=lambda line: line[0]
    )
    times = np.array(lines, np.int64).reshape(-1, 3)
    return KeyRun(times[:, 0].copy(), times[:, 1].copy(), times[:, 2].astype(np.bool_))


def reached_by(run: KeyRun, horizon: int) -> Best:
    """Match the run: one to one, from originals to copies, within the horizon; returns what it reaches."""
    originals, copies = match_run(*run, horizon)
    assert len(set(originals.tolist())) == len(set(copies.tolist())) == len(originals) == len(copies)
    assert not run.is_copy[originals].any()
    assert run.is_copy[copies].all()
    assert (np.abs(run.logged_us[copies] - run.logged_us[originals]) <= horizon).all()
    return Best(len(originals), int(np.abs(run.time_us[copies] - run.time_us[originals]).sum()))


@pytest.mark.unmeasured
@examples(400)
@given(
    originals=moments | spread_out,
    copies=moments | spread_out,
    horizon=st.integers(0, 40) | st.integers(0, 1_000),
    resolution=st.sampled_from([1, 1, 10]),
)
@example(originals=[0, 50], copies=[51, 100], horizon=60, resolution=1)
@example(originals=[51, 100], copies=[0, 50], horizon=60, resolution=1)
@example(originals=[0, 50, 100, 150], copies=[51, 100, 151, 200], horizon=60, resolution=1)
@example(originals=[0, 50, 100], copies=[51, 101], horizon=60, resolution=1)
@example(originals=[5, 5, 5], copies=[5, 5], horizon=0, resolution=1)
@example(originals=[4, 6], copies=[5], horizon=5, resolution=1)
@example(originals=[5], copies=[4, 6], horizon=5, resolution=1)
@example(originals=[0], copies=[10], horizon=10, resolution=1)
@example(originals=[0], copies=[11], horizon=10, resolution=1)
@example(originals=[9], copies=[10], horizon=9, resolution=10)
@example(originals=[0, 1, 2, 3], copies=[], horizon=9, resolution=1)
def test_best_matching(originals: list[int], copies: list[int], horizon: int, resolution: int) -> None:
    """No matching within the horizon has more pairs, and none with as many has less total time difference."""
    first, second = as_lines(originals, resolution), as_lines(copies, resolution)
    assert (
        reached_by(run_of(first, second), horizon)
        == by_table(first, second, horizon)
        == by_assignment(first, second, horizon)
    )


@examples(150)
@given(
    originals=moments,
    copies=moments,
    horizon=st.integers(0, 40),
    ahead=st.integers(-30, 30),
)
@example(originals=[5], copies=[0], horizon=10, ahead=10)
@example(originals=[0, 30], copies=[1, 29], horizon=5, ahead=5)
def test_clocks_set_apart(originals: list[int], copies: list[int], horizon: int, ahead: int) -> None:
    """The horizon judges the stamps as logged, wherever a learnt offset within it has moved the lines in time."""
    ahead = max(-horizon, min(ahead, horizon))
    first = as_lines(originals)
    second = [(time, time + ahead) for time in copies]
    assert (
        reached_by(run_of(first, second), horizon)
        == by_table(first, second, horizon)
        == by_assignment(first, second, horizon)
    )


@pytest.mark.parametrize("seed", sampled(range(4), 2))
@pytest.mark.parametrize("kept", [0.3, 0.9, 1.0])
def test_long_run_without_a_pause(seed: int, kept: float) -> None:
    """A run that never pauses for longer than the horizon is matched best from its first line to its last."""
    source = random.Random(seed)
    originals = [source.randrange(6_000) for _ in range(250)]
    copies = [time + source.randrange(-20, 200) for time in originals if source.random() < kept]
    horizon = source.choice([60, 150, 400])
    first, second = as_lines(originals), as_lines(copies)
    assert (
        reached_by(run_of(first, second), horizon)
        == by_table(first, second, horizon)
        == by_assignment(first, second, horizon)
    )


def test_no_lines() -> None:
    """An empty run has no pairs."""
    assert reached_by(run_of([], []), 60) == NOTHING
