"""What a log does not hold is absent: it is no difference, no failure, and no number in a report."""

import json
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

import mirrorcheck
from mirrorcheck.report.dump import to_document
from tests.logs import PROXY, START

Values = dict[str, object]


def write(path: Path, *records: Values, shadow: bool = False) -> Path:
    """Write a log in JSON, a request a second for a page of its own, and one for each of these values."""
    lines = []
    for number, values in enumerate(records):
        moment = START + timedelta(seconds=number)
        usual = {"time": f"{moment:%Y-%m-%dT%H:%M:%S.250Z}", "method": "GET", "path": f"/{number}"}
        lines.append(json.dumps({**usual, "xff": f"10.0.0.1,{PROXY}" if shadow else "10.0.0.1", **values}))
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


def report(folder: Path, primary: list[Values], shadow: list[Values]) -> mirrorcheck.Report:
    """Analyze two such logs."""
    return mirrorcheck.analyze(
        primary=write(folder / "v1.jsonl", *primary), shadow=write(folder / "v2.jsonl", *shadow, shadow=True)
    )


def test_only_what_both_sides_log_is_compared(tmp_path: Path) -> None:
    """A null, a missing key and a word are neither equal to a status nor another one."""
    full: Values = {"status": 200, "size": 12, "duration_ms": 2}
    primary: list[Values] = [full, {**full, "status": None}, {"size": 12}, full, full]
    shadow: list[Values] = [
        full,
        full,
        full,
        {"status": "-", "size": "", "duration_ms": None},
        {**full, "status": 503, "size": 13},
    ]
    responses = report(tmp_path, primary, shadow).responses
    assert (responses.paired, responses.compared) == (5, 5)
    assert (responses.status_compared, responses.status_equal, responses.new_server_errors) == (2, 1, 1)
    assert [(each.primary, each.shadow) for each in responses.status_changes] == [(200, 503)]
    assert (responses.bytes_compared, responses.bytes_equal, responses.bytes_differ) == (4, 3, 1)
    assert responses.bytes_differ_status_equal == 0
    assert responses.latency_compared == 3


@pytest.mark.parametrize("lacking", [0, 1])
def test_a_side_without_any_status(tmp_path: Path, lacking: int) -> None:
    """Nothing is compared, nothing is broken down by it, and no number stands for it in any document."""
    sides: list[list[Values]] = [[{"status": 200}] * 9, [{"status": 200}] * 9]
    sides[lacking] = [{}] * 9
    sides[1] = sides[1][:6]
    found = report(tmp_path, *sides)
    assert (found.originals.paired, found.originals.missed) == (6, 3)
    assert (found.responses.status_compared, found.responses.status_equal, found.responses.new_server_errors) == (
        0,
        0,
        0,
    )
    assert ("status" in found.missed_by) == (lacking == 1)
    assert {line.status for line in found.missed_examples} == ({None} if lacking == 0 else {200})
    assert "-1" not in json.dumps(to_document(found)["responses"])
    by_side = {side: each["status"].to_list() for (side,), each in found.table.group_by("side")}
    assert by_side["shadow" if lacking else "primary"] == [None] * (6 if lacking else 9)
    assert found.table.schema["status"] == pl.Int64
    assert found.outcomes["status"].isna().sum() == (6 if lacking else 9)


def test_an_absent_status_is_no_failed_attempt(tmp_path: Path) -> None:
    """Lines without a status are not taken for failed ones that were tried again."""
    twice: list[Values] = [
        {"path": f"/{number // 2}", "time": f"2026-11-22T10:00:{number:02}.1Z"} for number in range(40)
    ]
    found = report(tmp_path, twice, twice)
    assert found.originals.retry == 0
    assert found.originals.paired == 40
