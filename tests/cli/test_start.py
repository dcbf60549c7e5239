"""What a command imports, which is most of what a short log takes: each library only where a run needs it."""

import os
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

from tests.sample import sampled

HEAVY = {
    *("crossplane", "dateutil", "httpx", "kubernetes", "msgspec", "numpy", "pandas", "polars", "pydantic"),
    *("rich", "scipy", "statistics", "mirrorcheck_parsers", "typer", "urllib3"),
}
AT_THE_END = "import atexit, sys; atexit.register(lambda: print(*sys.modules, file=sys.stderr)); "
PROGRAM = "from mirrorcheck.cli.main import main; main()"


def imported_by(*words: str) -> set[str]:
    """The modules that a command has imported at its end."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", AT_THE_END + PROGRAM, *words]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603  # this project's own
    return set(ran.stderr.splitlines()[-1].split())


@pytest.mark.parametrize("words", [["--help"], ["analyze", "--help"], ["probe", "--help"]])
def test_help_is_there_at_once(words: list[str]) -> None:
    """The libraries for tables, clusters and screens are imported when they are needed."""
    assert HEAVY & imported_by(*words) == {"typer"}


@pytest.mark.parametrize("words", [["analyze", "--bogus"], ["analyze", "v1.log", "v2.log"]])
def test_wrong_usage_is_told_at_once(words: list[str]) -> None:
    """Without the tables that a report would need, and what reads other words than texts; rich knows what is seen."""
    assert HEAVY & imported_by(*words) == {"typer", "rich"}


def test_only_the_command_that_runs_is_imported() -> None:
    """The list of the commands tells of each without importing it."""
    commands = {f"mirrorcheck.cli.{each}" for each in ("analyze", "assert_", "list_formats", "probe", "watch")}
    assert commands & imported_by("--help") == set()
    assert commands & imported_by("analyze", "--help") == {"mirrorcheck.cli.analyze"}


def test_the_version_needs_no_parser() -> None:
    """It says which kernels are in use, and imports at most what it takes to load these."""
    assert HEAVY & imported_by("--version") <= {"typer", "mirrorcheck_parsers", "numpy"}


@pytest.mark.parametrize("copied", sampled([0.99, 1.0, 0.5], 1))
def test_a_report_needs_tables_and_a_terminal(tmp_path: Path, copied: float) -> None:
    """No library of statistics, though its ratios have intervals; none of clusters, documents or dates."""
    random = Random(1)
    lines = [f'192.0.2.1 - - [22/Nov/2026:10:00:{n // 50:02} +0000] "GET /{n} HTTP/1.1" 200 1' for n in range(3000)]
    (tmp_path / "v1.log").write_text("".join(f'{line} "-" "curl/8" "-"\n' for line in lines))
    copies = [f'{line} "-" "curl/8" "192.0.2.9"\n' for line in lines if random.random() < copied]
    (tmp_path / "v2.log").write_text("".join(copies))
    primary, shadow = str(tmp_path / "v1.log"), str(tmp_path / "v2.log")
    found = HEAVY & imported_by("analyze", "--primary", primary, "--shadow", shadow)
    assert found == {"typer", "mirrorcheck_parsers", "numpy", "polars", "rich"}
