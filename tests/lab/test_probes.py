"""Probes through scenarios of the lab: of each, what became of it is told as the proxy's ids have it."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.lab.catalogue import SCENARIOS
from tests.lab.probes import COUNT, hold, play, why_not
from tests.lab.scenario import Scenario
from tests.lab.test_lab import nginx
from tests.sample import sampled

pytestmark = pytest.mark.unmeasured

__all__ = ["nginx"]

_COUNT = 150
_BY_NAME = {scenario.name: scenario for scenario in SCENARIOS}


@pytest.mark.usefixtures("nginx")
@pytest.mark.parametrize(
    ("name", "shows"),
    sampled(
        [
            ("retried-50", ("copied_once", "not_copied")),
            ("two-policies-70-30-c1", ("copied_once", "copied_more_than_once", "not_copied")),
            ("shadow-killed", ("copied_once", "not_copied")),
            ("shadow-slow-50", ("copied_once", "not_copied")),
            ("primary-refusing", ("copied_once", "without_original")),
        ],
        1,
    ),
)
def test_each_probe_is_told_as_it_was(name: str, shows: tuple[str, ...], tmp_path: Path) -> None:
    """Counts by class are exact, each pair is of one request, and what the scenario is for did happen."""
    held = hold(play(_BY_NAME[name], tmp_path, count=_COUNT))
    assert held.told == held.true
    assert held.wrong == 0
    assert held.pairs == held.true["copied_once"] + held.true["copied_more_than_once"] > 0
    assert {each for each in held.true if held.true[each]} == {"seen", *shows}
    assert held.true["seen"] + held.true["without_original"] <= _COUNT


@pytest.mark.long
@pytest.mark.usefixtures("nginx")
@pytest.mark.parametrize("share", [50.0, 100.0, 0.0])
def test_probes_are_exact(share: float, tmp_path: Path) -> None:
    """At 100, 50 and 0 % of a mesh without any trouble; one path is answered with 404."""
    held = hold(play(Scenario(f"probed-{share:g}", "probes", policies=(share,)), tmp_path))
    assert held.told == held.true
    assert (held.wrong, held.pairs) == (0, held.true["copied_once"])
    assert (held.true["seen"], held.true["copied_more_than_once"], held.true["without_original"]) == (COUNT, 0, 0)
    # Each is drawn for itself: five standard deviations of as many draws.
    assert abs(held.pairs - COUNT * share / 100) <= (43 if share == 50.0 else 0)


def test_few_scenarios_cannot_carry_probes() -> None:
    """Only those whose clocks are set afterwards; the same meshes with clocks that are right can."""
    refused = {scenario.name for scenario in SCENARIOS if why_not(scenario)}
    assert refused == {
        name for name, scenario in _BY_NAME.items() if "clocks off" in scenario.about or "v2 2.4 s" in scenario.about
    } | {"drifting-50"}


def test_unknown_scenario() -> None:
    """Wrong usage ends with status 2 and says what to do."""
    words = [sys.executable, "-m", "tests.lab.probes", "no-such"]
    ran = subprocess.run(words, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False)
    assert ran.returncode == 2
    assert "no scenario 'no-such': python -m tests.lab --list shows all" in ran.stderr
