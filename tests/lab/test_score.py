"""The scorer, on cases small enough to count by hand."""

from dataclasses import replace

import pytest

from tests.lab.loglines import Seen
from tests.lab.outcomes import Answer, Row
from tests.lab.score import Count, Share, judge
from tests.lab.truth import Line, Made, Truth


def truth(v1: list[int | None], v2: list[int | None], direct: frozenset[int] = frozenset()) -> Truth:
    """Truth of two logs, from the request of each line."""
    request_of: dict[Line, int | None] = {("v1", number): request for number, request in enumerate(v1, start=1)}
    request_of |= {("v2", number): request for number, request in enumerate(v2, start=1)}
    return Truth(request_of, dict.fromkeys(request_of, 0), 0.0, direct, frozenset(), (), Made(1, "", "", ""))


def answer(v1: list[str | int], v2: list[str | int]) -> Answer:
    """An answer that pairs a line with the line of the other side whose number it is given, or says the word."""
    rows = []
    for side, other, said in (("v1", "v2", v1), ("v2", "v1", v2)):
        for number, each in enumerate(said, start=1):
            paired = isinstance(each, int)
            rows.append(
                Row((side, number), "paired" if paired else str(each), (other, each) if isinstance(each, int) else None)
            )
    return Answer(tuple(rows), {})


def test_all_right() -> None:
    """An answer that is the truth has every share full and every count exact."""
    score = judge(
        truth([0, 1, 1, 2], [0, 1, 1, 9, 8], direct=frozenset({8})),
        answer([1, 2, "retry", "missed"], [1, 2, "duplicate", "orphan", "direct"]),
    )
    assert (score.precision, score.recall, score.pairs) == (Share(1, 1), Share(1, 1), Share(2, 2))
    assert score.counts == {kind: Count(1, 1) for kind in ("missed", "retry", "duplicate", "orphan", "direct")}
    assert score.lines == Share(9, 9)


def test_the_wrong_of_two_is_called_missed() -> None:
    """The count is exact, yet nothing is named rightly, and the one pair is of two requests."""
    score = judge(truth([0, 1], [1]), answer([1, "missed"], [1]))
    assert score.counts["missed"] == Count(1, 1)
    assert (score.precision, score.recall, score.pairs) == (Share(0, 1), Share(0, 1), Share(0, 1))


def test_a_lazy_answer_is_not_rewarded() -> None:
    """Who names nothing has no recall; who calls everything missed has no precision."""
    true = truth([0, 1, 2, 3], [0, 1, 2])
    nothing = judge(true, answer(["unobserved"] * 4, ["unobserved"] * 3))
    assert nothing.counts["missed"].left_open == 4
    assert (nothing.recall, nothing.pairs, nothing.unobserved) == (Share(0, 1), Share(0, 0), 7)
    everything = judge(true, answer(["missed"] * 4, ["orphan"] * 3))
    assert (everything.precision, everything.recall) == (Share(1, 4), Share(1, 1))
    assert not everything.counts["orphan"].right


def test_attempts_called_missed_one_by_one() -> None:
    """A request whose two attempts are both called missed is named once, and once too often."""
    score = judge(truth([0, 0], []), answer(["missed", "missed"], []))
    assert (score.precision, score.recall) == (Share(1, 2), Share(1, 1))


def test_lines_without_a_number() -> None:
    """They cannot be judged, except that they must not be called missed."""
    score = judge(truth([None, None, 0], [0]), answer(["missed", "excluded", 1], [3]))
    assert score.precision == Share(0, 1)
    assert score.counts["missed"] == Count(0, 1)


def test_rows_left_out() -> None:
    """An answer with fewer rows than lines shows it."""
    assert judge(truth([0, 1], [0]), answer([1], [1])).lines == Share(2, 3)


@pytest.mark.parametrize(("low", "high", "right"), [(0, 2, True), (1, 1, True), (2, 3, False)])
def test_range(low: int, high: int, right: bool) -> None:  # noqa: FBT001  # a case's outcome
    """Where the report gives a range, that must hold the truth."""
    said = replace(answer(["missed"], []), report={"missed_range": {"low": low, "high": high}})
    assert judge(truth([0], []), said).counts["missed"].right is right


@pytest.mark.parametrize(("apart_s", "alike"), [(1.0, 2), (5.0, 0)])
def test_requests_like_those_named_wrongly(apart_s: float, alike: int) -> None:
    """A wrong name and the one it should have been are alike when they have one key within a second."""
    originals = [Seen(("v1", 1), 0.0, ("k",)), Seen(("v1", 2), apart_s, ("k",))]
    assert judge(truth([0, 1], [1]), answer([1, "missed"], [1]), originals).alike == Share(alike, 2)
