"""The published benchmarks still run, on a few lines; what they time is left out here, as it is the machine's."""

import subprocess
import sys
from pathlib import Path

import pytest

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


def test_all_formats_and_wrappers_are_read() -> None:
    """Every line of the table is generated, detected and read to its last line."""
    told = run("-m", "benchmarks.lines", "--lines", "500", "--runs", "1")
    assert "nginx main                        1.00" in told
    assert told.count("\n") == 20


def test_logs_that_are_longer() -> None:
    """Short and long logs, and those of one hot request, are generated and analyzed."""
    told = run("-m", "benchmarks.long", "--lines", "1000", "--times", "3")
    assert told.count(" requests ") == 3
    assert told.count(" to short: ") == 2


def test_logs_in_other_orders() -> None:
    """Logs in order, newest first and shuffled are analyzed."""
    assert run("-m", "benchmarks.unsorted", "--lines", "1000").count(" to in order: ") == 3


def test_two_shadows_of_one_primary() -> None:
    """One and two are analyzed."""
    assert " times the processor time of one" in run("-m", "benchmarks.shadows", "--lines", "500", "--runs", "1")


@pytest.mark.long
def test_reading_on_two_processors() -> None:
    """Two logs and one are read on one processor and on two."""
    assert run("-m", "benchmarks.threads", "--lines", "2000", "--runs", "1").count(" times as fast ") == 2


def test_looks_of_a_watching() -> None:
    """A watching in event time ends with an exact report."""
    told = run("-m", "benchmarks.looks", "--pods", "4", "--rate", "20", "--seconds", "70")
    assert told.count(" held, ") == 2
    assert told.endswith(" exact\n")


@pytest.mark.long
def test_a_watching_of_a_cluster() -> None:
    """The process that users start watches a fake cluster, and its report is exact."""
    assert ", exact; gaps: none" in run("-m", "benchmarks.watching", "--pods", "4", "--rate", "20", "--seconds", "20")
