"""Reads each folder of `cases`: its `objects.yaml` on top of `base.yaml`, against its `expected.txt`.

`MIRRORCHECK_REFRESH=1 pytest tests/mesh` writes the expected files anew.
"""

import os
from pathlib import Path

import pytest

from tests.mesh.cases import CASES, load, reading_of, text_of


@pytest.mark.parametrize("case", sorted(CASES.iterdir()), ids=lambda case: case.name)
def test_case(case: Path) -> None:
    """The rule is read as the case expects, and everything that is wrong is said."""
    found = text_of(reading_of(load(case)))
    expected = case / "expected.txt"
    if os.environ.get("MIRRORCHECK_REFRESH"):
        expected.write_text(found)
    assert found == expected.read_text()
