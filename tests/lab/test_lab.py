"""A handful of quick scenarios, played for real, and what ACCURACY.md claims of them.

Where a share is compared with the published one, two runs of n may differ by four standard errors of a difference of
two shares, and by two points at least: identical requests are swapped in clusters.
"""

import ast
import math
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from tests.lab import __main__, accuracy, baseline, changes, outcomes, programs, table, truth
from tests.lab.catalogue import SCENARIOS
from tests.lab.changes import Change
from tests.lab.leftovers import KNOWN, users
from tests.lab.recording import record
from tests.lab.run import check
from tests.lab.scenario import Scenario
from tests.lab.score import Score, Share, judge
from tests.sample import sampled

pytestmark = pytest.mark.unmeasured

QUICK = (
    "shadow-restarted",
    "retried-50",
    "sampled-50-c64",
    "two-policies-50-50-c32",
    "direct-gateway-50",
    "client-xff-gateway-50",
)
ROOT = Path(__file__).parents[2]
_BY_NAME = {scenario.name: scenario for scenario in SCENARIOS}


@dataclass(frozen=True, slots=True)
class Played:
    """A played scenario's truth and scores; without the ceiling, which would take as long again."""

    true: truth.Truth
    tool: Score
    baselines: tuple[Score, Score]
    changes: list[Change]


def play(scenario: Scenario, folder: Path) -> Played:
    """Play a scenario into a folder, and judge it."""
    record(scenario, accuracy.PUBLISHED_SEED, folder)
    true = truth.read(folder)
    check(scenario, true)
    answer = outcomes.ask(folder)
    assert not answer.refused
    both = (judge(true, baseline.by_order(folder)), judge(true, baseline.nearest(folder)))
    return Played(true, judge(true, answer), both, changes.held(true, answer.report)[0])


@pytest.fixture(scope="session")
def nginx() -> None:
    """Skip where nginx is not installed; fail there in CI, which must not forget it."""
    try:
        programs.nginx()
    except programs.MissingProgramError as error:
        if os.environ.get("CI") == "true":
            pytest.fail(str(error))
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def played(nginx: None, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Played]:  # noqa: ARG001
    """Play a scenario when its name is first asked for; nothing may still run when it is over."""
    kept, scratch = tmp_path_factory.mktemp("kept"), tmp_path_factory.mktemp("scratch")

    @cache
    def play_once(name: str) -> Played:
        before, tempfile.tempdir = tempfile.tempdir, str(scratch)
        try:
            found = play(_BY_NAME[name], kept / name)
        finally:
            tempfile.tempdir = before
        assert not KNOWN or users(scratch) == []
        assert list(scratch.iterdir()) == []
        return found

    return play_once


def published() -> dict[str, list[str]]:
    """The rows of ACCURACY.md's table, by scenario."""
    text = accuracy.PATH.read_text(encoding="utf-8")
    section = text.partition("## Every scenario")[2].partition("\n## ")[0]
    rows = [re.split(r" *\| *", line.strip("| ")) for line in section.splitlines() if line.startswith("| ")]
    return {row[0]: row[1:] for row in rows[2:]}


@pytest.mark.parametrize("name", sampled(QUICK, 1))
def test_counts(played: Callable[[str], Played], name: str) -> None:
    """The missed are exact, or within what is said; other counts are off by a hundredth of the lines at most."""
    score = played(name).tool
    assert score.counts["missed"].right
    assert score.lines.right == score.lines.of
    for kind, count in score.counts.items():
        assert abs(count.true - count.reported) <= 0.01 * score.lines.of or kind == "missed"


@pytest.mark.parametrize("name", sampled(QUICK, 1))
def test_as_published(played: Callable[[str], Played], tmp_path: Path, name: str) -> None:
    """Precision, recall and right pairs are not below what ACCURACY.md says, but for chance.

    What a busy machine does to one recording in many it does not do to the next one as well.
    """
    row = published()[name]
    if shortfalls(played(name).tool, row):
        assert not shortfalls(play(_BY_NAME[name], tmp_path / name).tool, row)


def shortfalls(tool: Score, row: list[str]) -> list[str]:
    """The shares that are below the published ones by more than chance explains."""
    published_shares = {
        "precision": (tool.precision, row[3]),
        "recall": (tool.recall, row[4]),
        "pairs": (tool.pairs, row[5]),
    }
    return [
        f"{what}: {share.value:.3f} of {share.of}, published {cell} %"
        for what, (share, cell) in published_shares.items()
        if cell != "-" and share.of and share.value < float(cell) / 100 - tolerance(share, float(cell) / 100)
    ]


def tolerance(share: Share, claimed: float) -> float:
    """Four standard errors of the difference of two shares, at least two points."""
    return max(0.02, 4 * math.sqrt(2 * claimed * (1 - claimed) / share.of))


@pytest.mark.parametrize("name", sampled(QUICK, 1))
def test_better_than_the_baselines(played: Callable[[str], Played], name: str) -> None:
    """More pairs are right than by order of arrival or by the nearest time, wherever those are not all right."""
    for other in played(name).baselines:
        assert played(name).tool.pairs.value >= other.pairs.value - 0.005


def test_outage_found(played: Callable[[str], Played]) -> None:
    """The shadow's going away and coming back are found within 15 requests of the moment, a tenth of a second.

    A busy machine notes the moment late; the copies themselves end and begin again where they do.
    """
    restarted = played("shadow-restarted")
    true, changes = restarted.true, restarted.changes
    ended_ms = {true.request_of[line]: ms for line, ms in true.end_ms.items() if line[0] == "v1"}
    missed = [number in true.missed for number in sorted(ended_ms, key=lambda number: ended_ms[number])]
    edges = (missed.index(True), len(missed) - missed[::-1].index(True))
    assert len(changes) == len(edges)
    for change, edge in zip(changes, edges, strict=True):
        assert change.found_at is not None
        assert min(abs(change.found_at - place) for place in (change.true_at, edge)) <= 15


def test_every_scenario_is_published() -> None:
    """ACCURACY.md has a row for each scenario, none is left out, and none is of another time."""
    assert set(published()) - {table.POOLED, table.POOLED_TELLING} == {scenario.name for scenario in SCENARIOS}


def test_shares_no_code_with_the_tool() -> None:
    """No module of the lab imports mirrorcheck or its parsers."""
    for module in Path(__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not [name for name in names if name.startswith("mirrorcheck")], module.name


@pytest.mark.usefixtures("nginx")
@pytest.mark.skipif(not KNOWN, reason="this system does not show what its processes do")
@pytest.mark.parametrize("number", sampled([signal.SIGINT, signal.SIGTERM], 1))
def test_interrupted(tmp_path: Path, number: signal.Signals) -> None:
    """Ctrl-C or SIGTERM in the middle of a run ends the proxy and both servers, and removes the folder."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    lab = subprocess.Popen(
        [sys.executable, "-m", "tests.lab", "--record", str(tmp_path / "kept"), "sampled-10-slow"],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(scratch)},
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 180
    while len(users(scratch)) < 5 and time.monotonic() < deadline:  # Envoy, two nginx masters and their workers
        time.sleep(0.1)
    running = users(scratch)
    lab.send_signal(number)
    try:
        assert lab.wait(timeout=180) != 0
    finally:
        lab.kill()
        lab.wait()
    assert len(running) >= 5
    assert users(scratch) == []
    assert list(scratch.iterdir()) == []


def test_without_nginx(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A machine without nginx is told so in one line."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(programs, "ADMIN_FOLDERS", str(tmp_path))
    monkeypatch.setattr(sys, "argv", ["lab", "sampled-50-c1"])
    assert __main__.main() == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "apt-get install nginx-core" in told
