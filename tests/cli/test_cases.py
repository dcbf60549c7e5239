"""Runs each folder of `cases`: its `cmd` in a copy of the folder, against what `expected.*` holds.

A missing `expected.out` or `expected.err` stands for no output, a missing `expected.status` for 0, a missing `stdin`
for an empty one. `MIRRORCHECK_REFRESH=1 pytest tests/cli` writes the expected files anew.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CASES = Path(__file__).parent / "cases"
TESTDATA = Path(__file__).parents[2] / "testdata"


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


@pytest.mark.parametrize("case", sorted(CASES.iterdir()), ids=lambda case: case.name)
def test_case(case: Path, tmp_path: Path) -> None:
    """The command writes what the case expects to either stream, and exits with its status."""
    folder = shutil.copytree(case, tmp_path / case.name, symlinks=True)
    stdin = folder / "stdin"
    environment = {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": os.pathsep.join(sys.path),
        "TESTDATA": str(TESTDATA),
        "NO_COLOR": "1",
        "COLUMNS": "80",
        "TZ": "UTC",
        "LC_ALL": "C.UTF-8",
    }
    ran = subprocess.run(  # noqa: S603  # the cases are this project's own
        ["/bin/sh", folder / "cmd"],
        cwd=folder,
        env=environment,
        input=stdin.read_bytes() if stdin.exists() else b"",
        capture_output=True,
        check=False,
    )
    found = {"out": ran.stdout.decode(), "err": ran.stderr.decode(), "status": f"{ran.returncode}\n"}
    defaults = {"status": "0\n"}
    if os.environ.get("MIRRORCHECK_REFRESH"):
        for name, text in found.items():
            refresh(case, name, text, defaults.get(name, ""))
    assert found == {name: expected(case, name, defaults.get(name, "")) for name in found}


def test_help_imports_nothing_heavy() -> None:
    """Help is there at once: the libraries for tables, clusters and screens are imported when they are needed."""
    code = (
        "import sys; from mirrorcheck import cli\n"
        "print(*{'httpx', 'kubernetes', 'numpy', 'pandas', 'polars', 'rich', 'scipy'} & sys.modules.keys())"
    )
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path)}
    ran = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)  # noqa: S603  # this project's own
    assert ran.stdout.strip() == ""
