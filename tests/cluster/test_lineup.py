"""Where lines that come again go on after those told before."""

from hypothesis import given
from hypothesis import strategies as st

from mirrorcheck.cluster.logs.cursor import Lineup, LineupMatch


@given(st.lists(st.integers(0, 3), max_size=12), st.lists(st.integers(0, 3), max_size=12))
def test_longest_tail(told: list[int], come: list[int]) -> None:
    """What is new begins after the longest tail of what was told that the lines begin with."""
    keys = [hash(b"%d" % number) for number in told]
    lines = [b"%d" % number for number in come]
    sizes = [size for size in range(1, len(told) + 1) if told[-size:] == come[:size]]
    one_by_one, at_once = Lineup(keys), Lineup(keys)
    at_once.feed(lines)
    for line in lines:
        one_by_one.feed([line])
    assert one_by_one.match == at_once.match
    if sizes or not told:
        assert at_once.match is LineupMatch.FOUND
        assert at_once.new() == one_by_one.new() == lines[max(sizes, default=0) :]
    elif any(told[start : start + len(come)] == come for start in range(len(told))):
        assert at_once.match is LineupMatch.SHORT
    else:
        assert at_once.match is LineupMatch.MISSING
