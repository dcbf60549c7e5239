"""How far off the found changes are, on a truth small enough to count by hand."""

from typing import Any

import pytest

from tests.lab.changes import Change, held
from tests.lab.truth import Made, Truth

# Ten requests, one every 100 ms; what changes at 450 ms lies before the request number 5, counted from 0.
LINES = {("v1", number + 1): number for number in range(10)}
MOMENTS = {("v1", number + 1): number * 100 for number in range(10)}


def truth(*events: tuple[float, str]) -> Truth:
    """Truth with these events."""
    return Truth(LINES, MOMENTS, 0.0, frozenset(), frozenset(), events, Made(1, "", "", ""))


def report(*sizes: int) -> dict[str, Any]:
    """A report whose phases have so many originals."""
    return {"phases": [{"originals": size} for size in sizes]}


@pytest.mark.parametrize(
    ("sizes", "found_at", "off_by", "extra"),
    [((5, 5), 5, 0, 0), ((4, 6), 4, 1, 0), ((10,), None, None, 0), ((2, 4, 4), 6, 1, 1)],
)
def test_one_change(sizes: tuple[int, ...], found_at: int | None, off_by: int | None, extra: int) -> None:
    """The nearest cut stands for the change, and cuts that stand for none are left over."""
    changes, left = held(truth((0.45, "mirror 30")), report(*sizes))
    assert changes == [Change("mirror 30", 5, found_at)]
    assert (changes[0].off_by, left) == (off_by, extra)


def test_each_cut_stands_for_one_change() -> None:
    """Of two changes only one is found when there is one cut; a freeze changes no ratio."""
    changes, left = held(truth((0.15, "v2 stop"), (0.45, "v2 start"), (0.5, "v2 freeze")), report(2, 8))
    assert [change.found_at for change in changes] == [2, None]
    assert left == 0
