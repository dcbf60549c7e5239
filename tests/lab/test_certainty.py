"""What a tool calls certain, on cases small enough to count by hand."""

from tests.lab.catalogue import SCENARIOS
from tests.lab.certainty import Certainty, find
from tests.lab.limits import Moments
from tests.lab.loglines import Seen
from tests.lab.outcomes import Answer, Row
from tests.lab.score import Share
from tests.lab.truth import Line, Made, Truth

STEADY = next(scenario for scenario in SCENARIOS if scenario.name == "sampled-50-c1")


def claimed(rows: list[Row], v1: list[int], v2: list[int], end_ms: list[int]) -> Certainty:
    """Judge rows of the primary, all of one key, that end at these moments; `v1`, `v2`: the request of each line."""
    request_of: dict[Line, int | None] = {("v1", number): request for number, request in enumerate(v1, start=1)}
    request_of |= {("v2", number): request for number, request in enumerate(v2, start=1)}
    moments = {("v1", number): end for number, end in enumerate(end_ms, start=1)}
    true = Truth(request_of, moments, 0.0, frozenset(), frozenset(), (), Made(1, "", "", ""))
    seen = [Seen(line, end / 1000, ("k",)) for line, end in moments.items()]
    return find(true, Moments(STEADY, true), Answer(tuple(rows), {}), seen)


def test_certain_and_right() -> None:
    """A miss and a pair, both called certain and both true."""
    rows = [Row(("v1", 1), "paired", ("v2", 1), 1), Row(("v1", 2), "missed", None, 1)]
    found = claimed(rows, [0, 1], [0], [0, 5000])
    assert found == Certainty(Share(1, 1), Share(1, 1), Share(0, 0), Share(1, 1), Share(1, 1))


def test_certain_and_wrong() -> None:
    """The two are exchanged: both claims are wrong."""
    rows = [Row(("v1", 1), "paired", ("v2", 1), 1), Row(("v1", 2), "missed", None, 1)]
    found = claimed(rows, [0, 1], [1], [0, 5000])
    assert (found.misses, found.pairs) == (Share(0, 1), Share(0, 1))


def test_one_of_two() -> None:
    """Said to be one of two, the wrong name holds if the request next to it was missed, and not if one beyond was."""
    pairs = [Row(("v1", 1), "paired", ("v2", 1), 2), Row(("v1", 2), "paired", ("v2", 2), 2)]
    rows = [*pairs, Row(("v1", 3), "missed", None, 2)]
    beyond = claimed(rows, [0, 1, 2], [1, 2], [0, 1000, 1500])
    beside = claimed(rows, [0, 1, 2], [0, 2], [0, 1000, 1500])
    assert (beyond.held, beside.held) == (Share(0, 1), Share(1, 1))
    assert beyond.named == beyond.misses + Share(0, 1) == Share(0, 1)
    assert (beyond.pairs, beyond.made) == (Share(0, 0), Share(0, 2))
