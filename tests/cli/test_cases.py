"""Runs each folder of `cases`: its `cmd` in a copy of the folder, against what `expected.*` holds.

A missing `expected.out` or `expected.err` stands for no output, a missing `expected.status` for 0, a missing `stdin`
for an empty one. `MIRRORCHECK_REFRESH=1 pytest tests/cli` writes the expected files anew.
"""

import os
import re
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from tests.program import Ran, run_script

CASES = Path(__file__).parent / "cases"
TESTDATA = Path(__file__).parents[2] / "testdata"
INTO = re.compile(r'cd "(?P<folder>\S+)" && ')


def expected(case: Path, name: str, default: str = "") -> str:
    """What a case expects, or what a missing file stands for."""
    path = case / f"expected.{name}"
    return path.read_text(encoding="utf-8") if path.exists() else default


def refresh(case: Path, name: str, found: str, default: str = "") -> None:
    """Write what was found as what is expected."""
    path = case / f"expected.{name}"
    path.unlink(missing_ok=True)
    if found != default:
        path.write_text(found, encoding="utf-8")


def run(folder: Path) -> Ran:
    """Run the command of a case, in this process where it needs no shell."""
    script = (folder / "cmd").read_text(encoding="utf-8").replace("$TESTDATA", str(TESTDATA))
    stdin = folder / "stdin"
    into = INTO.match(script)
    place = Path(into["folder"]) if into else folder
    shell = partial(run_in_shell, place, stdin.read_bytes() if stdin.exists() else b"")
    script = script[into.end() :] if into else script
    return shell(script) if stdin.exists() else run_script(script, place, shell, COLUMNS="80")


def run_in_shell(folder: Path, stdin: bytes, script: str) -> Ran:
    """Run what pipes, links or reads its standard input."""
    environment = {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": os.pathsep.join(sys.path),
        "NO_COLOR": "1",
        "COLUMNS": "80",
        "TZ": "UTC",
        "LC_ALL": "C.UTF-8",
    }
    command = ["/bin/sh", "-c", script]
    ran = subprocess.run(command, cwd=folder, env=environment, input=stdin, capture_output=True, check=False)  # noqa: S603  # the cases are this project's own
    return Ran(ran.returncode, ran.stdout.decode(), ran.stderr.decode())


@pytest.mark.parametrize("case", sorted(CASES.iterdir()), ids=lambda case: case.name)
def test_case(case: Path, tmp_path: Path) -> None:
    """The command writes what the case expects to either stream, and exits with its status."""
    ran = run(shutil.copytree(case, tmp_path / case.name, symlinks=True))
    found = {"out": ran.out, "err": ran.err, "status": f"{ran.status}\n"}
    defaults = {"status": "0\n"}
    if os.environ.get("MIRRORCHECK_REFRESH"):
        for name, text in found.items():
            refresh(case, name, text, defaults.get(name, ""))
    assert found == {name: expected(case, name, defaults.get(name, "")) for name in found}
