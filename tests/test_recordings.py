"""Recordings of a real proxy, judged against the ids that were recorded beside the logs and that the tool is not shown.

The score is taken from the file that --outcomes writes, by code that shares nothing with the tool.
"""

import csv
import json
import shutil
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from tests.program import call
from tests.recordings import NAMES, RECORDINGS, TESTDATA, sides, truth

UNTOLD = "shadow-slow"  # see test_pairs


@dataclass(frozen=True, slots=True)
class Score:
    """Originals called missed, those that were, those that are both; pairs made, and those of one request.

    certain_misses, certain_pairs: those of them called certain; rightly: those that are.
    """

    named: int
    missed: int
    rightly_named: int
    pairs: int
    right_pairs: int
    certain_misses: int
    rightly_missed: int
    certain_pairs: int
    rightly_paired: int


@dataclass(frozen=True, slots=True)
class Run:
    """What one run wrote: the report, and one row per line of the logs."""

    report: dict[str, Any]
    rows: tuple[dict[str, str], ...]

    def counts(self, side: str, outcome: str) -> int:
        """How many rows of a side have the outcome."""
        return sum(row["side"] == side and row["outcome"] == outcome for row in self.rows)


def run(folder: Path, *arguments: str) -> str:
    """Analyze logs in a folder; returns what was printed."""
    ran = call(folder, "analyze", *arguments)
    assert (ran.status, ran.err) == (0, "")
    return ran.out


@cache
def analyzed(name: str) -> Run:
    """Run the program on copies of a recording's logs, with no truth beside them."""
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        words = []
        for side, logs in sides(name).items():
            for log in logs:
                shutil.copy(log, folder)
                words += [f"--{side}", log.name]
        printed = run(folder, *words, "--outcomes", "all.csv", "--json")
        with (folder / "all.csv").open(newline="") as table:
            return Run(json.loads(printed), tuple(csv.DictReader(table)))


@cache
def scored(name: str) -> Score:
    """Compare a run's rows with the recorded ids."""
    true = truth(name)
    request_of, missed = true.request_of, true.requests - true.copied
    rows = [row for row in analyzed(name).rows if row["side"] == "primary"]
    named = [request_of[row["file"], int(row["line"])] for row in rows if row["outcome"] == "missed"]
    pairs = [
        (request_of[row["file"], int(row["line"])], request_of[row["pair_file"], int(row["pair_line"])])
        for row in rows
        if row["outcome"] == "paired"
    ]
    right = sum(request == copy != -1 for request, copy in pairs)
    sure = [row for row in rows if row["candidates"] == "1"]
    sure_misses = [request_of[row["file"], int(row["line"])] for row in sure if row["outcome"] == "missed"]
    sure_pairs = [
        request_of[row["file"], int(row["line"])] == request_of[row["pair_file"], int(row["pair_line"])] != -1
        for row in sure
        if row["outcome"] == "paired"
    ]
    # A request is missed once, however many attempts it took: what is named a second time is named wrongly.
    return Score(
        named=len(named),
        missed=len(missed),
        rightly_named=len(set(named) & missed),
        pairs=len(pairs),
        right_pairs=right,
        certain_misses=len(sure_misses),
        rightly_missed=len(set(sure_misses) & missed),
        certain_pairs=len(sure_pairs),
        rightly_paired=sum(sure_pairs),
    )


def test_misses_are_named_rightly() -> None:
    """Pooled over all recordings, recall and precision of the named misses are at least 98 %.

    Measured: 2,112 of 2,113 named, and 2,100 rightly (99.4 %), the others among requests that look alike.
    """
    scores = [scored(name) for name in NAMES]
    rightly = sum(score.rightly_named for score in scores)
    assert rightly >= 0.98 * sum(score.missed for score in scores)
    assert rightly >= 0.98 * sum(score.named for score in scores)


def test_pairs() -> None:
    """Pooled over the recordings, at least 95 % of the pairs are of one request; measured: 5,533 of 5,576.

    Left out is the slow shadow: it takes 50 ms to 2.5 s at random, so identical requests overtake each other and
    nothing in lines with stamps of one second tells them apart (there 336 of 500 are right). Its counts are held
    below all the same.
    """
    scores = [scored(name) for name in NAMES if name != UNTOLD]
    assert sum(score.right_pairs for score in scores) >= 0.95 * sum(score.pairs for score in scores)


def test_what_is_called_certain() -> None:
    """Pooled over the recordings, 99.5 % of what is called certain is right, and nine in ten misses are called so.

    Measured: 2,079 of 2,112 misses, all rightly, and 5,090 of 6,076 pairs, 5,089 rightly.
    """
    scores = [scored(name) for name in NAMES]
    certain_misses = sum(score.certain_misses for score in scores)
    certain_pairs = sum(score.certain_pairs for score in scores)
    assert sum(score.rightly_missed for score in scores) >= 0.995 * certain_misses
    assert sum(score.rightly_paired for score in scores) >= 0.995 * certain_pairs
    assert certain_misses >= 0.9 * sum(score.named for score in scores)
    assert certain_pairs >= 0.8 * sum(score.pairs for score in scores)


@pytest.mark.parametrize(
    ("name", "paired", "missed", "retry"),
    [
        ("all-copied-busy", 1000, 0, 0),
        ("gateway-behind-sidecars", 600, 0, 0),
        ("primary-retried", 500, 0, 210),
        ("sampled-50", 492, 508, 0),
        ("sampled-10-slow", 27, 293, 0),
        ("shadow-restarted", 522, 228, 0),
        ("shadow-slow", 500, 0, 0),
        ("client-retries-50", 124, 126, 0),
        ("client-xff-gateway-50", 111, 89, 0),
        ("shadow-frozen", 220, 0, 0),
        ("switched-down", 197, 63, 0),
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


def test_counts_of_pods() -> None:
    """With clocks learnt from whole seconds at most two requests are left open at the end, and the counts are exact."""
    found = analyzed("pods-50")
    originals = found.report["originals"]
    assert originals["paired"] == found.report["shadow"]["paired"] == found.report["shadow"]["total"] == 135
    assert originals["missed"] + originals["unobserved"] == 125
    assert originals["unobserved"] <= 2


@pytest.mark.parametrize(
    ("name", "primary", "shadow"),
    [
        ("two-policies", {"paired": 400, "missed": 400}, {"paired": 400, "duplicate": 400}),
        (
            "direct-behind-gateway",
            {"paired": 376, "missed": 324, "excluded": 20},
            {"paired": 376, "direct": 120, "excluded": 20},
        ),
        ("two-gateways-50", {"paired": 106, "missed": 134}, {"paired": 106, "direct": 100}),
        ("primary-refusing", {"paired": 169}, {"paired": 169, "orphan": 71}),
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
    rows = {(row["file"], int(row["line"])): row for row in analyzed(name).rows}
    sizes = {log.name: len(log.read_bytes().splitlines()) for logs in sides(name).values() for log in logs}
    assert set(rows) == {(log, line) for log, size in sizes.items() for line in range(1, size + 1)}
    for (log, line), row in rows.items():
        assert row["side"] == ("primary" if log.startswith("v1") else "shadow")
        assert bool(row["pair_line"]) == (row["outcome"] == "paired")
        if row["pair_line"]:
            partner = rows[row["pair_file"], int(row["pair_line"])]
            assert (partner["pair_file"], partner["pair_line"]) == (log, str(line))
            assert partner["side"] != row["side"]


def test_sampled_and_retried() -> None:
    """A proxy retries the primary and mirrors half of the requests: 92 retries, and 116 of 240 have no copy.

    Of one, the last line of its log, it says that a copy might still come; of some, that a failed request that was
    not copied and a retry of another look alike: the range holds the truth.
    """
    found = analyzed("retried-50")
    assert found.counts("primary", "retry") == 92
    assert found.counts("primary", "missed") + found.counts("primary", "unobserved") == 116
    assert found.report["missed_range"]["low"] <= 116 <= found.report["missed_range"]["high"]


def test_changed_percentage() -> None:
    """Mirroring is turned from 100 % down to 30 % before the request number 161, counted from 0; 2 off are allowed."""
    report = analyzed("switched-down").report
    phases = [phase["originals"] for phase in report["phases"]]
    assert sum(phases) == 260
    assert phases[0] == pytest.approx(161, abs=2)


def test_range_of_proven_retries() -> None:
    """Where retries are proven, what the range rests on are further ones, and the truth lies within: no interval is."""
    report = analyzed("retried-50").report
    missed = report["missed_range"]
    assert [report[name]["low"] for name in ("ratio", "ratio_while_on")] == [None, None]
    assert missed["low"] <= 116 <= missed["high"]
    assert "more may be retries" in missed["why"]


@pytest.mark.parametrize("name", ["sampled-50", "shadow-restarted", "client-xff-gateway-50"])
@pytest.mark.parametrize("kept", [slice(50), slice(100, 150)])
def test_primary_cut_short(tmp_path: Path, name: str, kept: slice) -> None:
    """Of a primary's log that is but a short piece, the truth lies within the range, and no copy is called direct.

    Save for one line: of a rare key, too, the copy may be that of a request that was cut off, and nothing shows it.
    """
    lines = (RECORDINGS / name / "v1.log").read_bytes().splitlines(keepends=True)
    (tmp_path / "v1.log").write_bytes(b"".join(lines[kept]))
    shutil.copy(RECORDINGS / name / "v2.log", tmp_path)
    report = json.loads(run(tmp_path, "--primary", "v1.log", "--shadow", "v2.log", "--json"))
    request_of = truth(name).request_of
    v1, v2 = ([request for (log, _), request in request_of.items() if log == f"{side}.log"] for side in ("v1", "v2"))
    missed = len(set(v1[kept]) - set(v2))
    said = report["missed_range"] or {"low": report["ratio"]["missed"], "high": report["ratio"]["missed"]}
    assert said["low"] <= missed <= said["high"] + report["originals"]["unobserved"] + 1
    assert report["shadow"]["direct"] == 0


def test_two_proxies() -> None:
    """Each of two gateways is known by its address, with the copies it made."""
    proxies = {proxy["address"]: proxy["copies"] for proxy in analyzed("two-gateways-50").report["proxies"]}
    assert set(proxies) == {"192.0.2.2", "192.0.2.3"}
    assert sum(proxies.values()) == 106


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
