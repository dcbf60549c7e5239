"""Times reading on one processor beside two, of two logs and of one.

    python -m benchmarks.threads --lines 2000000

Each reading is a process of its own that may use so many processors; what counts is the time between its start and its
end on the wall, without imports.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time

from benchmarks.run import logs
from mirrorcheck.reading.detection import Formats
from mirrorcheck.reading.observe import Filter
from mirrorcheck.reading.readers import read_streams
from mirrorcheck.sources.files import open_sources


def read(processors: int, names: list[str]) -> float:
    """Return the seconds it takes to read the logs on so many processors."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:processors])
    sources = open_sources(names)
    began = time.perf_counter()
    read_streams(sources, Formats(), Filter(None, None))
    return time.perf_counter() - began


def seconds(processors: int, names: list[str]) -> float:
    """Do the same in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.threads", "--read", str(processors), *names]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def main() -> None:
    """Print how many times as fast two processors read."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--lines", type=int, default=2_000_000, help="lines of each log")
    parser.add_argument("--runs", type=int, default=5, help="readings of each kind")
    parser.add_argument("--read", nargs="+", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.read:
        print(read(int(arguments.read[0]), arguments.read[1:]))
        return
    both = [str(log) for log in logs(arguments.lines)]
    for what, names in (("two logs", both), ("one log", both[:1])):
        ratios = [seconds(1, names) / seconds(2, names) for _ in range(arguments.runs)]
        print(f"{what:10} {statistics.median(ratios):5.2f} times as fast on two processors")


if __name__ == "__main__":
    main()
