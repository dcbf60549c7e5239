"""The lab's command line, as far as it plays nothing."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.lab import table
from tests.lab.catalogue import SCENARIOS
from tests.lab.score import Share

ROOT = Path(__file__).parents[2]


def lab(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the lab from the project's folder."""
    return subprocess.run(
        [sys.executable, "-m", "tests.lab", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_list() -> None:
    """Each scenario has a line, and no two have one name."""
    names = [line.split()[0] for line in lab("--list").stdout.splitlines()]
    assert names == [scenario.name for scenario in SCENARIOS]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["no-such"], "error: no scenario 'no-such': --list shows all\n"),
        (["--write", "retried-50"], "--write takes all scenarios as they are"),
    ],
)
def test_wrong_usage(arguments: list[str], told: str) -> None:
    """Wrong usage ends with status 2 and says what to do."""
    ran = lab(*arguments)
    assert ran.returncode == 2
    assert told in ran.stderr


@pytest.mark.parametrize(
    ("right", "of", "written"), [(0, 0, "-"), (0, 9, "0.0"), (1, 3, "33.3"), (9999, 10000, "99.9"), (7, 7, "100")]
)
def test_percent(right: int, of: int, written: str) -> None:
    """A share is written as 100 only when nothing is wrong."""
    assert table.percent(Share(right, of)) == written
