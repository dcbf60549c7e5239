"""The two baselines, on logs small enough to pair by hand."""

from pathlib import Path

from tests.lab import baseline
from tests.lab.outcomes import Row
from tests.logs import Request, write


def logs(folder: Path, originals: list[Request], copies: list[Request]) -> Path:
    """Write the two logs of a recording."""
    write(folder / "v1.log", originals)
    write(folder / "v2.log", copies)
    return folder


def partners(rows: tuple[Row, ...]) -> list[int | str]:
    """What became of each line of the primary: its partner's number, or the word."""
    return [row.partner[1] if row.partner else row.outcome for row in rows if row.line[0] == "v1"]


def test_the_first_of_three_is_missed(tmp_path: Path) -> None:
    """By order the copies go to the wrong originals, by the nearest time to the right ones."""
    originals = [Request(second=second) for second in (0, 10, 20)]
    folder = logs(tmp_path, originals, [each.copy() for each in originals[1:]])
    assert partners(baseline.by_order(folder).rows) == [1, 2, "missed"]
    assert partners(baseline.nearest(folder).rows) == ["missed", 1, 2]


def test_a_late_copy(tmp_path: Path) -> None:
    """By order a copy may come at any time, by the nearest time within two seconds."""
    folder = logs(tmp_path, [Request(second=0)], [Request(second=3).copy()])
    assert partners(baseline.by_order(folder).rows) == [1]
    assert partners(baseline.nearest(folder).rows) == ["missed"]
    assert [row.outcome for row in baseline.nearest(folder).rows] == ["missed", "orphan"]


def test_keys(tmp_path: Path) -> None:
    """A copy goes only to a request like it, whatever came before the proxy's hop."""
    originals = [Request(target="/a", xff="203.0.113.7"), Request(target="/b")]
    folder = logs(tmp_path, originals, [originals[1].copy(), originals[0].copy()])
    assert partners(baseline.by_order(folder).rows) == partners(baseline.nearest(folder).rows) == [2, 1]
