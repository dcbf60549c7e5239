"""Many keys at once, cut into runs and pieces, reach what each key reaches by itself."""

import random
from collections import defaultdict
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mirrorcheck.pairing.match import match
from mirrorcheck.pairing.merge import Timed, merge
from mirrorcheck.pairing.model import Ints
from tests.pairing.reference import NOTHING, Best, Line, by_assignment, by_table
from tests.sample import examples, sampled

pytestmark = pytest.mark.usefixtures("way")

Keyed = tuple[int, int]  # key, time


@dataclass(frozen=True, slots=True)
class Case:
    """Both sides, a horizon, and the resolution of the stamps."""

    originals: list[Keyed]
    copies: list[Keyed]
    horizon: int
    resolution: int = 1


@st.composite
def clusters(draw: st.DrawFn) -> Case:
    """Few keys whose lines come in bursts, with pauses shorter and longer than the horizon between them."""
    horizon = draw(st.integers(1, 60))
    centres = draw(st.lists(st.integers(0, 6 * horizon), min_size=1, max_size=5))
    keyed = st.tuples(
        st.integers(1, 2), st.builds(int.__add__, st.sampled_from(centres), st.integers(0, max(1, horizon // 3)))
    )
    return Case(
        draw(st.lists(keyed, max_size=12)),
        draw(st.lists(keyed, max_size=12)),
        horizon,
        draw(st.sampled_from([1, 1, 7])),
    )


def timed(lines: list[Keyed], resolution: int) -> Timed:
    """One side as the matcher takes it, rows in the order given."""
    times = np.array([time for _, time in lines], np.int64)
    return Timed(
        np.array([key for key, _ in lines], np.uint64), times, times - times % resolution, np.arange(len(lines))
    )


def run_match(case: Case) -> tuple[Ints, Ints]:
    """Match the case's lines."""
    merged = merge(
        timed(case.originals, case.resolution), timed(case.copies, case.resolution), case.horizon + case.resolution
    )
    pairs = match(merged, case.horizon)
    return merged.row[pairs.original], merged.row[pairs.copy]


def reached(case: Case) -> Best:
    """Check that the matching is one to one, of one key and within the horizon; return its pairs and cost."""
    rows, partners = run_match(case)
    assert len(set(rows.tolist())) == len(set(partners.tolist())) == len(rows) == len(partners)
    cost = 0
    for row, partner in zip(rows.tolist(), partners.tolist(), strict=True):
        (key, time), (copy_key, copy_time) = case.originals[row], case.copies[partner]
        assert key == copy_key
        resolution = case.resolution
        assert abs(copy_time - copy_time % resolution - (time - time % resolution)) <= case.horizon
        cost += abs(copy_time - time)
    return Best(len(rows), cost)


def by_key(case: Case) -> dict[int, tuple[list[Line], list[Line]]]:
    """The lines of each key, by side."""
    sides: dict[int, tuple[list[Line], list[Line]]] = defaultdict(lambda: ([], []))
    for side, lines in enumerate((case.originals, case.copies)):
        for key, time in lines:
            sides[key][side].append((time, time - time % case.resolution))
    return sides


def best(case: Case) -> Best:
    """Each key matched by itself, by the table."""
    return sum((by_table(*sides, case.horizon) for sides in by_key(case).values()), NOTHING)


@pytest.mark.unmeasured
@examples(300)
@given(case=clusters())
@example(case=Case([(1, 0), (1, 50)], [(1, 51), (1, 100)], 60))
@example(case=Case([(1, 0), (1, 50), (2, 0)], [(1, 51), (1, 100), (2, 1)], 60))
@example(case=Case([(1, 0), (1, 10), (1, 30)], [(1, 11), (1, 31), (1, 40)], 30))
@example(case=Case([(1, 0), (1, 20), (1, 21)], [(1, 9), (1, 22), (1, 60)], 60))
@example(case=Case([], [(1, 0)], 5))
@example(case=Case([], [], 5))
def test_as_good_as_each_key_by_itself(case: Case) -> None:
    """Cutting at short pauses changes neither the number of pairs nor their total time difference."""
    found = reached(case)
    assert found == best(case)
    assert found == sum((by_assignment(*sides, case.horizon) for sides in by_key(case).values()), NOTHING)


@examples(150)
@given(case=clusters(), seed=st.integers(0, 1_000))
def test_order_of_rows(case: Case, seed: int) -> None:
    """The order in which the lines are given changes neither the number of pairs nor their total time difference."""
    source = random.Random(seed)
    shuffled = Case(
        source.sample(case.originals, len(case.originals)),
        source.sample(case.copies, len(case.copies)),
        case.horizon,
        case.resolution,
    )
    assert reached(shuffled) == reached(case)


def bursts(seed: int, kept: float) -> Case:
    """A few hundred lines of a few busy keys in bursts, a share of them copied, some late, some copied twice."""
    source = random.Random(seed)
    originals, copies = [], []
    for burst in range(40):
        begin = burst * source.choice([50, 400, 2_500])
        for _ in range(source.randrange(1, 12)):
            line = source.randrange(6), begin + source.randrange(200)
            originals.append(line)
            wait = source.randrange(20) if source.random() < 0.9 else source.randrange(900)
            copies += [(line[0], line[1] + wait - 5)] * (source.random() < kept)
            copies += [(line[0], line[1] + wait)] * (source.random() < 0.05)
    return Case(originals, copies, source.choice([300, 900, 3_000]))


@pytest.mark.parametrize("seed", sampled(range(12), 4))
@pytest.mark.parametrize("kept", [0.5, 0.97, 1.0])
def test_bursts(seed: int, kept: float) -> None:
    """Long runs, with few lines left over or many, are matched as well as each key by itself."""
    case = bursts(seed, kept)
    assert reached(case) == best(case)


INVERSE = pow(0x9E3779B97F4A7C15, -1, 1 << 64)


@given(keys=st.lists(st.integers(0, 7), min_size=1, max_size=40))
def test_keys_that_sort_alike(keys: list[int]) -> None:
    """Keys are told apart also where the part of them that is sorted by is the same: runs are of one key, in time."""
    hostile = [((5 << 32) + key) * INVERSE % (1 << 64) for key in keys]
    lines = [(key, second) for second, key in enumerate(hostile)]
    merged = merge(timed(lines[::2], 1), timed(lines[1::2], 1), pause_us=1_000)
    rows = 2 * merged.row + merged.is_copy
    found = [[hostile[row] for row in rows[merged.run == run]] for run in range(merged.run.max() + 1)]
    assert all(len(set(run)) == 1 for run in found)
    assert len(found) == len(set(keys))
    assert all((np.diff(merged.time_us[merged.run == run]) > 0).all() for run in range(len(found)))
