"""Recordings of a real proxy, judged against the ids that were recorded beside the logs and that the tool is not shown.

The score is taken from the file that --outcomes writes, by code that shares nothing with the tool.
"""

import csv
import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

TESTDATA = Path(__file__).parents[1] / "testdata"
RECORDINGS = TESTDATA / "recordings"
NAMES = sorted(path.name for path in RECORDINGS.iterdir() if path.is_dir())
PROGRAM = Path(sys.executable).with_name("mirrorcheck")
UNTOLD = "shadow-slow"  # see test_pairs


@dataclass(frozen=True, slots=True)
class Score:
    """Originals called missed, those that were, those that are both; pairs made, and those of one request."""

    named: int
    missed: int
    rightly_named: int
    pairs: int
    right_pairs: int


@dataclass(frozen=True, slots=True)
class Run:
    """What one run wrote: the report, and one row per line of the logs."""

    report: dict[str, dict[str, int | float]]
    rows: tuple[dict[str, str], ...]

    def counts(self, side: str, outcome: str) -> int:
        """How many rows of a side have the outcome."""
        return sum(row["side"] == side and row["outcome"] == outcome for row in self.rows)


def run(folder: Path, *arguments: str) -> str:
    """Run the installed program in a folder; returns what it printed."""
    ran = subprocess.run(  # noqa: S603  # the program is this project's own
        [PROGRAM, "analyze", *arguments], cwd=folder, capture_output=True, text=True, check=True
    )
    assert ran.stderr == ""
    return ran.stdout


@cache
def analyzed(name: str) -> Run:
    """Run the program on copies of a recording's logs, with no truth beside them."""
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for log in ("v1.log", "v2.log"):
            shutil.copy(RECORDINGS / name / log, folder / log)
        printed = run(folder, "--primary", "v1.log", "--shadow", "v2.log", "--outcomes", "all.csv", "--json")
        with (folder / "all.csv").open(newline="") as table:
            return Run(json.loads(printed), tuple(csv.DictReader(table)))


@cache
def scored(name: str) -> Score:
    """Compare a run's rows with the recorded ids."""
    truth = json.loads((RECORDINGS / name / "truth.json").read_text())
    primary, shadow = truth["request_of_line"]["v1"], truth["request_of_line"]["v2"]
    never_mirrored = {*truth.get("direct_requests", []), *truth.get("probe_requests", [])}
    rows = [row for row in analyzed(name).rows if row["side"] == "primary"]
    copied = set(shadow)
    named = {int(row["line"]) for row in rows if row["outcome"] == "missed"}
    # A request is missed once, however many attempts it took: its first line stands for it.
    missed = {primary.index(request) + 1 for request in set(primary) - copied - never_mirrored - {-1}}
    pairs = [
        (primary[int(row["line"]) - 1], shadow[int(row["pair_line"]) - 1]) for row in rows if row["outcome"] == "paired"
    ]
    right = sum(request == copy != -1 for request, copy in pairs)
    return Score(len(named), len(missed), len(named & missed), len(pairs), right)


def test_misses_are_named_rightly() -> None:
    """Pooled over all recordings, recall and precision of the named misses are at least 98 %.

    Measured: 1,455 of 1,460 named, and as many named rightly (99.7 %), the others among identical requests.
    """
    scores = [scored(name) for name in NAMES]
    rightly = sum(score.rightly_named for score in scores)
    assert rightly >= 0.98 * sum(score.missed for score in scores)
    assert rightly >= 0.98 * sum(score.named for score in scores)


def test_pairs() -> None:
    """Pooled over the recordings, at least 95 % of the pairs are of one request; measured: 4,354 of 4,390.

    Left out is the slow shadow: it takes 50 ms to 2.5 s at random, so identical requests overtake each other and
    nothing in lines with stamps of one second tells them apart (there 336 of 500 are right). Its counts are held
    below all the same.
    """
    scores = [scored(name) for name in NAMES if name != UNTOLD]
    assert sum(score.right_pairs for score in scores) >= 0.95 * sum(score.pairs for score in scores)


@pytest.mark.parametrize(
    ("name", "paired", "missed", "retry"),
    [
        ("all-copied-busy", 1500, 0, 0),
        ("gateway-behind-sidecars", 600, 0, 0),
        ("primary-retried", 500, 0, 210),
        ("sampled-50", 492, 508, 0),
        ("shadow-restarted", 522, 228, 0),
        ("shadow-slow", 500, 0, 0),
    ],
)
def test_counts(name: str, paired: int, missed: int, retry: int) -> None:
    """The counts are exact, in the table and in the report alike, and no copy is left without its original."""
    found = analyzed(name)
    for outcome, count in (("paired", paired), ("missed", missed), ("retry", retry)):
        assert found.counts("primary", outcome) == found.report["originals"][outcome] == count
    assert found.report["originals"]["total"] == paired + missed + retry
    assert found.report["shadow"]["paired"] == found.report["shadow"]["total"] == paired
    assert found.report["ratio"]["value"] == pytest.approx(paired / (paired + missed))


@pytest.mark.parametrize(
    ("name", "primary", "shadow"),
    [
        ("two-policies", {"paired": 400, "missed": 400}, {"paired": 400, "duplicate": 400}),
        (
            "direct-behind-gateway",
            {"paired": 376, "missed": 324, "excluded": 20},
            {"paired": 376, "direct": 120, "excluded": 20},
        ),
    ],
)
def test_shadow_lines_of_other_kinds(name: str, primary: dict[str, int], shadow: dict[str, int]) -> None:
    """Second copies, direct traffic and probes are counted exactly, and apart from copies and orphans."""
    found = analyzed(name)
    for side, section, counts in (("primary", "originals", primary), ("shadow", "shadow", shadow)):
        assert {outcome: found.counts(side, outcome) for outcome in counts} == counts
        assert found.report[section]["total"] == sum(counts.values())


@pytest.mark.parametrize("name", NAMES)
def test_rows(name: str) -> None:
    """There is one row for each line of either log, and partners name each other."""
    rows = {(row["side"], int(row["line"])): row for row in analyzed(name).rows}
    sizes = {log: len((RECORDINGS / name / log).read_bytes().splitlines()) for log in ("v1.log", "v2.log")}
    expected = {("primary", line) for line in range(1, sizes["v1.log"] + 1)}
    assert set(rows) == expected | {("shadow", line) for line in range(1, sizes["v2.log"] + 1)}
    for (side, line), row in rows.items():
        assert bool(row["pair_line"]) == (row["outcome"] == "paired")
        if row["pair_line"]:
            other = "shadow" if side == "primary" else "primary"
            assert rows[other, int(row["pair_line"])]["pair_line"] == str(line)


@pytest.mark.parametrize("name", ["article.log", "article-verbatim.txt"])
def test_article(tmp_path: Path, name: str) -> None:
    """The experiment this project grew out of: 2 of 2 while mirroring was on, then none of 3, eight minutes later."""
    shutil.copy(TESTDATA / name, tmp_path / name)
    report = json.loads(run(tmp_path, name, "--json"))
    originals = report["originals"]
    assert (originals["total"], originals["paired"], originals["missed"]) == (5, 2, 3)
    assert [(phase["originals"], phase["paired"], phase["missed"]) for phase in report["phases"]] == [
        (2, 2, 0),
        (3, 0, 3),
    ]
    assert [phase["from"] for phase in report["phases"]] == [
        "2018-02-12T15:20:16.000000Z",
        "2018-02-12T15:28:30.000000Z",
    ]
    assert [proxy["address"] for proxy in report["proxies"]] == ["10.240.0.29"]
    assert report["ratio_while_on"]["value"] == 1
