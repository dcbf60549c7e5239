"""The published benchmarks still run, on a few lines; what they time is left out here, as it is the machine's."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.sample import sampled

pytestmark = pytest.mark.unmeasured

ROOT = Path(__file__).parents[1]


def run(*words: str) -> str:
    """What a benchmark prints."""
    command = [sys.executable, *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603  # our own words
    assert not done.returncode, done.stderr
    return done.stdout


def test_all_programs_find_the_same_misses() -> None:
    """All four programs say the same of the generated logs, or the benchmark ends with 1."""
    told = run("benchmarks/run.py", "--lines", "2000", "--runs", "1")
    assert "mirrorcheck analyze" in told
    assert told.count("\nto ") == 3


@pytest.mark.parametrize("name", sampled(["wrappers", "formats"], 1))
def test_all_formats_are_read(name: str) -> None:
    """Every format that the table names is generated, detected and read to its last line."""
    assert " 1.00 " in run("-m", f"benchmarks.{name}", "--lines", "500", "--runs", "1")
