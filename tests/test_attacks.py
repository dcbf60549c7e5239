"""The logs of attacks in testdata are those that the script beside them makes."""

import gzip
import runpy
from pathlib import Path

import pytest

CASES = Path(__file__).parents[1] / "testdata" / "cases"


@pytest.mark.long
def test_logs_of_attacks_are_those_of_the_script(tmp_path: Path) -> None:
    """The script makes the same lines again, and no log of a name that it gives is another's."""
    runpy.run_path(str(CASES / "make_attacks.py"))["main"](tmp_path)
    made, kept = (_texts(folder) for folder in (tmp_path, CASES / "attacks"))
    assert made.keys() == kept.keys()
    assert [name for name in made if made[name] != kept[name]] == []


def _texts(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): gzip.decompress(file.read_bytes()) for file in folder.glob("*/*.log.gz")}
