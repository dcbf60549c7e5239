"""The kernels stay inside of what they are given, whatever that holds: `make fuzz`, but for a few lines."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mirrorcheck_parsers import KNOWN, LAYERS, scanning

pytestmark = pytest.mark.skipif(scanning.kernel is None, reason="the kernel was not compiled")


@pytest.mark.unmeasured
def test_no_byte_outside_of_a_line_is_touched() -> None:
    """Damaged lines are read, or left, and columns are paired, and the memory checker has nothing to say."""
    command = [sys.executable, "-m", "tests.fuzz", "--lines", "64"]
    quick = {**os.environ, "MIRRORCHECK_CFLAGS": "-O0"}  # compiling takes longer than these few lines do
    root = Path(__file__).parents[2]
    done = subprocess.run(command, cwd=root, env=quick, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    told = done.stdout.splitlines()
    assert len(told) > len(KNOWN) + len(LAYERS) // 2
    assert [line.partition(":")[0] for line in told[-2:]] == ["columns", "pairing"]
