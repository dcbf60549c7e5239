"""Times an analysis of two shadows of one primary, beside that of one.

    python -m benchmarks.shadows --lines 170000

Whole processes in turns, imports included; what counts is their processor time. The second shadow has the lines of the
first one, under another name.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys

from benchmarks.run import logs


def seconds(*words: str) -> float:
    """Return the processor time of an analysis."""
    before = os.times()
    subprocess.run([sys.executable, "-m", "mirrorcheck", "analyze", *words], stdout=subprocess.DEVNULL, check=True)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def main() -> None:
    """Print how many times as long two shadows take as one."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--lines", type=int, default=170_000, help="lines of each log")
    parser.add_argument("--runs", type=int, default=5, help="analyses of each kind")
    arguments = parser.parse_args()
    primary, shadow = logs(arguments.lines)
    other = shadow.with_name("v3.log")
    shutil.copyfile(shadow, other)
    one = ("--primary", str(primary), "--shadow", f"v2={shadow}")
    two = (*one, "--shadow", f"v3={other}")
    ratios = [seconds(*two) / seconds(*one) for _ in range(arguments.runs)]
    print(f"two shadows take {statistics.median(ratios):.2f} times the processor time of one")


if __name__ == "__main__":
    main()
