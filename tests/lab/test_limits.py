"""What logs allow, on cases small enough to count by hand."""

from collections.abc import Collection
from itertools import combinations

import pytest

from tests.lab import limits
from tests.lab.limits import Expected
from tests.lab.loglines import Seen
from tests.lab.outcomes import Answer, Row
from tests.lab.scenario import Clock, Scenario
from tests.lab.score import Share
from tests.lab.truth import Line, Made, Truth

KEY = ("GET /",)
OTHER = ("GET /other",)
PLAIN = Scenario("plain", "one proxy, one pod a side")


def recorded(v1: list[tuple[int, int]], v2: list[tuple[int, int]]) -> Truth:
    """Truth of two logs, from the request of each line and its moment in milliseconds."""
    lines: dict[Line, tuple[int, int]] = {("v1", number): line for number, line in enumerate(v1, start=1)}
    lines |= {("v2", number): line for number, line in enumerate(v2, start=1)}
    return Truth(
        {line: request for line, (request, _) in lines.items()},
        {line: ms for line, (_, ms) in lines.items()},
        1_000.0,
        frozenset(),
        frozenset(),
        (),
        Made(1, "", "", ""),
    )


def seen(true: Truth, side: str, others: Collection[int]) -> list[Seen]:
    """The lines of one side."""
    return [
        Seen(line, float(int(true.began_s + ms / 1000)), OTHER if true.request_of[line] in others else KEY)
        for line, ms in true.end_ms.items()
        if line[0] == side
    ]


def found(true: Truth, *rows: Row, scenario: Scenario = PLAIN, others: Collection[int] = ()) -> limits.Limits:
    """The limits of the recording, in which the requests `others` are unlike all the rest."""
    sides = (seen(true, "v1", others), seen(true, "v2", others))
    return limits.find(scenario, true, Answer(rows, {}), *sides)


@pytest.mark.parametrize(("requests", "copied"), [(1, 1), (2, 1), (3, 2), (5, 2), (4, 4), (3, 0)])
def test_pairs_by_order(requests: int, copied: int) -> None:
    """The best guess for each copy is the place it has in most of all ways to copy so many."""
    ways = list(combinations(range(requests), copied))
    best = sum(max(sum(way[i] == place for way in ways) for place in range(requests)) for i in range(copied))
    assert limits.pairs_by_order(requests, copied) == pytest.approx(best / len(ways))


def test_likes_of_one_second() -> None:
    """Of two identical requests in a second one was copied: a coin decides; one a second later is no like of them."""
    limit = found(recorded([(0, 100), (1, 600), (2, 1_300)], [(1, 601), (2, 1_301)]))
    assert limit.alone_pairs == Expected(1.5, 2)
    assert limit.alone_named == Expected(0.5, 1)


def test_seconds_of_a_clock_that_is_off() -> None:
    """Whether two lines are of one second is told by the true clock, not by that of their pod."""
    skewed = Scenario("s", "", clocks=(Clock("v1", ahead_s=0.5),))
    limit = found(recorded([(0, 600), (1, 1_400)], [(1, 901)]), scenario=skewed)
    assert limit.alone_pairs == Expected(0.5, 1)


def test_neighbours_tell() -> None:
    """A judge who knows the lines around a copy is in doubt only about the like that ended between them, too."""
    v1 = [(0, 100), (1, 400), (2, 450), (3, 500), (4, 800)]
    v2 = [(0, 101), (2, 451), (4, 801)]
    assert found(recorded(v1, v2), others={0, 4}).informed_pairs.right == pytest.approx(2 + 1 / 3)
    assert found(recorded([v1[0], v1[2], v1[4], (5, 900)], v2), others={0, 4}).informed_pairs == Expected(3.0, 3)


def test_usual_delays_tell() -> None:
    """Of two likes between the neighbours of a copy, the one is likelier that it follows after the usual time."""
    v1 = [(0, 0), (1, 300), (2, 500), (3, 900)]
    v2 = [(0, 400), (2, 900), (3, 1_300)]
    assert found(recorded(v1, v2), others={0, 3}).informed_pairs.right == pytest.approx(2.5)
    assert found(recorded([v1[0], (1, 880), *v1[2:]], v2), others={0, 3}).informed_pairs.right == 3.0


def test_errors_of_one_second() -> None:
    """A wrong pair, and a wrong name, are of one second where the right request is a like that ended in it."""
    rows = (
        Row(("v1", 1), "paired", ("v2", 1)),
        Row(("v1", 2), "missed", None),
        Row(("v1", 3), "paired", ("v2", 2)),
        Row(("v1", 4), "missed", None),
        Row(("v1", 5), "paired", ("v2", 3)),
    )
    v2 = [(1, 601), (3, 2_101), (4, 2_102)]
    limit = found(recorded([(0, 100), (1, 600), (2, 1_900), (3, 2_100), (4, 2_101)], v2), *rows)
    assert (limit.wrong_pairs, limit.wrong_names) == (Share(1, 2), Share(1, 2))
