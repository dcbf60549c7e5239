"""The kernel stays inside of what it is given, whatever a line holds: `make fuzz`, but for a few lines."""

import subprocess
import sys
from pathlib import Path

import pytest

from mirrorcheck_parsers import KNOWN, LAYERS, scanning

pytestmark = pytest.mark.skipif(scanning.kernel is None, reason="the kernel was not compiled")


@pytest.mark.unmeasured
def test_no_byte_outside_of_a_line_is_touched() -> None:
    """Damaged lines of every format and layer are read, or left, and the memory checker has nothing to say."""
    command = [sys.executable, "-m", "tests.fuzz", "--lines", "64"]
    done = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    told = done.stdout.splitlines()
    assert len(told) > len(KNOWN) + len(LAYERS) // 2
    assert told[-1].startswith("columns: ")
