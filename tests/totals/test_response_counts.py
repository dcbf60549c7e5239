"""Counts of answers leave a range open: its ends are those of the best and the worst way to pair the lines."""

from itertools import combinations, permutations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mirrorcheck.reading.observe import ABSENT
from mirrorcheck.report.model import CountedResponses
from mirrorcheck.totals.responses import Responded, count_responses
from tests.sample import examples

Statuses = tuple[int, ...]
Group = tuple[int, Statuses, Statuses]
_KNOWN = (200, 404, 500, 503)


def groups(statuses: tuple[int, ...]) -> st.SearchStrategy[Group]:
    """A number of pairs, and at least as many statuses of originals and of copies."""
    lines = st.lists(st.sampled_from(statuses), max_size=4).map(tuple)
    return st.tuples(lines, lines).flatmap(
        lambda sides: st.tuples(st.integers(0, min(map(len, sides))), st.just(sides[0]), st.just(sides[1]))
    )


def counted(*groups_: Group) -> CountedResponses:
    """What is said of these groups together."""
    originals, copies = [group[1] for group in groups_], [group[2] for group in groups_]
    pairs = np.array([each[0] for each in groups_], np.int64)
    return count_responses(pairs, answered(originals), answered(copies))


def answered(lines: list[Statuses]) -> Responded:
    """The lines of one side, by group."""
    statuses = [status for each in lines for status in each]
    return Responded(np.repeat(np.arange(len(lines)), [len(each) for each in lines]), np.array(statuses, np.int64))


def all_ways(group: Group) -> tuple[set[int], set[int]]:
    """How many statuses changed, and how many server errors are new, in every way to form the pairs of a group."""
    pairs, originals, copies = group
    ways = [
        list(zip(chosen, order, strict=True))
        for chosen in combinations(originals, pairs)
        for order in permutations(copies, pairs)
    ]
    changes = {sum(before != after for before, after in way) for way in ways}
    return changes, {sum(before < 500 <= after for before, after in way) for way in ways}


@examples(150)
@given(st.lists(groups(_KNOWN), min_size=1, max_size=3))
def test_ends_are_those_of_all_ways_to_pair(drawn: list[Group]) -> None:
    """No way to pair the lines has fewer changes than the low end or more than the high one, and some have as many."""
    found, ways = counted(*drawn), [all_ways(group) for group in drawn]
    assert found.pairs == found.status_compared == sum(pairs for pairs, *_ in drawn)
    assert found.status_changes == tuple(sum(end(changes) for changes, _ in ways) for end in (min, max))
    assert found.new_server_errors == tuple(sum(end(errors) for _, errors in ways) for end in (min, max))


@examples(150)
@given(groups((*_KNOWN, ABSENT)), st.data())
def test_what_lacks_may_have_been_any_status(group: Group, data: st.DataObject) -> None:
    """Whatever the absent statuses were, the changes lie between the ends."""
    found = counted(group)
    whole = data.draw(st.permutations(_KNOWN * 2))
    pairs, *sides = group
    originals, copies = (tuple(whole.pop() if each == ABSENT else each for each in side) for side in sides)
    changes, errors = all_ways((pairs, originals, copies))
    assert found.status_changes_low <= min(changes)
    assert max(changes) <= found.status_changes_high
    assert found.new_server_errors_low <= min(errors)
    assert max(errors) <= found.new_server_errors_high


def test_one_status_on_both_sides_is_exact() -> None:
    """Equal answers are equal in any order, and so are those that all changed."""
    assert counted((4, (200,) * 5, (200,) * 4)) == CountedResponses(4, 4, 0, 0, 0, 0)
    assert counted((4, (200,) * 4, (500,) * 6)) == CountedResponses(4, 4, 4, 4, 4, 4)
    assert counted((2, (200, 500), (500, 200))) == CountedResponses(2, 2, 0, 2, 0, 1)
