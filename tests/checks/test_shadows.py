"""Checks of several shadows: each is judged as alone, every output names it, and the worst makes the status."""

import json
from pathlib import Path
from random import Random
from xml.etree import ElementTree as ET

import pytest

from tests.logs import requests, write
from tests.program import Ran, call

LOGS = ("--primary", "v1.log", "--shadow", "v2=v2.log", "--shadow", "v3=v3.log")


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    """A folder with the logs of a primary, a shadow that got everything, and one that got two thirds."""
    originals = requests(300)
    write(tmp_path / "v1.log", originals)
    write(tmp_path / "v2.log", [each.copy() for each in originals])
    drawn = set(Random(1).sample(range(300), 200))
    write(tmp_path / "v3.log", [each.copy() for number, each in enumerate(originals) if number in drawn])
    return tmp_path


def judged(folder: Path, *words: str) -> Ran:
    """Judge both shadows."""
    return call(folder, "assert", *LOGS, *words)


def test_each_check_is_what_it_is_alone(logs: Path) -> None:
    """But for the shadow that it names."""
    checks = ("--expect", "100", "--max-orphans", "0", "--json")
    document = json.loads(judged(logs, *checks).out)
    assert (document["verdict"], document["exit_status"]) == ("fail", 1)
    for shadow in document["shadows"]:
        name = shadow["name"]
        alone = json.loads(call(logs, "assert", "--primary", "v1.log", "--shadow", f"{name}.log", *checks).out)
        own = [each for each in document["checks"] if each["shadow"] == name]
        assert own == [{**each, "shadow": name} for each in alone["checks"]]
        assert (shadow["verdict"], shadow["not_judged"]) == (alone["verdict"], alone["not_judged"])


@pytest.mark.parametrize(("checks", "status"), [("--min-ratio 50", 0), ("--min-ratio 66", 3), ("--min-ratio 90", 1)])
def test_the_worst_makes_the_status(checks: str, status: int, logs: Path) -> None:
    """Fail beats inconclusive beats pass, whichever shadow it is of."""
    assert judged(logs, *checks.split()).status == status
    assert judged(logs, *checks.split(), "--shadow-name", "v2").status == 0
    assert judged(logs, *checks.split(), "--shadow-name", "v3").status == status


def test_every_output_names_the_shadow(logs: Path) -> None:
    """JUnit its cases and properties, Markdown its rows and notes, GitHub its annotations."""
    ran = judged(logs, "--min-ratio", "90", "--junit", "mirror.xml", "--markdown", "mirror.md", "--github")
    suite = ET.parse(logs / "mirror.xml").getroot()  # noqa: S314  # our own document
    assert [case.get("name") for case in suite.iter("testcase")] == [
        "v2: minimum mirror ratio",
        "v3: minimum mirror ratio",
    ]
    properties = {each.get("name"): each.get("value") for each in suite.iter("property")}
    assert (properties["v2.min-ratio.count"], properties["v3.min-ratio.count"]) == ("300", "200")
    markdown = (logs / "mirror.md").read_text()
    assert "| ✅ PASS | v2: minimum mirror ratio |" in markdown
    assert "| ❌ FAIL | v3: minimum mirror ratio |" in markdown
    assert "::error title=mirrorcheck%3A v3%3A minimum mirror ratio fail::" in ran.out
