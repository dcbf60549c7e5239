"""Times `mirrorcheck analyze` on logs and on logs that are so many times as long, beside logs of one hot request.

    python -m benchmarks.long --lines 2000000 --times 10

What a line takes and the memory at the peak are to be the same however long the logs are. The logs of two million
lines a side have 0.7 GB; those that are ten times as long have 7 GB, under benchmarks/data.
"""

import argparse
import sys
from pathlib import Path

from benchmarks.run import Run, logs, measure

_PROGRAM = str(Path(sys.executable).with_name("mirrorcheck"))


def main() -> None:
    """Print what a line takes, and the ratios."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--lines", type=int, default=2_000_000, help="requests in the primary's shorter log")
    parser.add_argument("--times", type=int, default=10, help="how many times as long the longer one is")
    arguments = parser.parse_args()
    short, long = arguments.lines, arguments.lines * arguments.times
    runs = {"short": _run(short), "long": _run(long), "hot": _run(short, hot=True)}
    lines = {"short": short, "long": long, "hot": short}
    for name, run in runs.items():
        each_us = 1e6 * run.processor_seconds / lines[name]
        print(
            f"{name:6} {lines[name]:12,} requests {run.seconds:8.2f} s {each_us:6.2f} us each {run.peak_mib:6,.0f} MiB"
        )
    for name in ("long", "hot"):
        one, other = (runs[each].processor_seconds / lines[each] for each in (name, "short"))
        memory = runs[name].peak_mib / runs["short"].peak_mib
        print(f"{name} to short: a request {one / other:5.2f}, peak memory {memory:5.2f}")


def _run(lines: int, *, hot: bool = False) -> Run:
    primary, shadow = logs(lines, hot=hot)
    return measure([_PROGRAM, "analyze", "--primary", str(primary), "--shadow", str(shadow)])


if __name__ == "__main__":
    main()
