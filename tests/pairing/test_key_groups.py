"""Groups of keys of many pieces stay few kinds, with as many lines as they hold."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mirrorcheck.pairing.second_copies import KeyGroups, ambiguous_share
from tests.sample import examples

kinds = st.tuples(st.integers(1, 400), st.integers(0, 500), st.integers(0, 400), st.integers(1, 5))


def made(of: list[tuple[int, int, int, int]]) -> KeyGroups:
    """Groups of so many originals, copies and pairs, and how many groups."""
    columns = np.array([(n, copies, min(n, copies, pairs), groups) for n, copies, pairs, groups in of], np.int64).T
    return KeyGroups(*columns)


@examples(200)
@given(of=st.lists(kinds, min_size=1, max_size=40), most=st.integers(50, 2000))
def test_halved_groups_hold_the_same(of: list[tuple[int, int, int, int]], most: int) -> None:
    """Lines and pairs stay as many, in no more ways than asked for, unless every original is alone."""
    groups = made(of)
    found = groups.bounded(most)
    for column in ("originals", "copies", "pairs"):
        before, after = (int((getattr(each, column) * each.groups).sum()) for each in (groups, found))
        assert before == after
    assert found.ways() <= most or found.originals.max() <= 1
    assert (found.pairs <= np.minimum(found.originals, found.copies)).all()


def test_few_kinds_stay_as_they_are() -> None:
    """What is weighed quickly is not touched."""
    groups = made([(300, 300, 299, 2), (5, 6, 5, 7)])
    assert groups.bounded() is groups


def test_what_is_halved_once_hides_nearly_as_much() -> None:
    """Two policies at a half hide a seventh fewer misses in groups of fifty than in groups of a hundred."""
    chance = np.random.default_rng(1)
    copies = chance.binomial(200, 0.5, 500).tolist()
    each_kind = [(100, each, each, 1) for each in copies] + [(1, 1, 1, 500), (1, 0, 0, 250), (1, 2, 1, 250)]
    groups = KeyGroups.all([made(each_kind)])
    whole, halves = (ambiguous_share(each, 0.0) for each in (groups, groups.bounded(groups.ways() - 1)))
    assert whole.hidden > 10_000
    assert 0.8 < halves.hidden / whole.hidden <= 1
