"""Nothing but a number of lines in, the time and memory of `mirrorcheck analyze` beside the Polars script out.

Both run as whole processes, imports included, in turns, so that a busy spell of the machine meets both.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
import zlib
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Run:
    """What one process took: wall-clock seconds, processor seconds of all its threads, and its peak memory in MiB."""

    seconds: float
    processor_seconds: float
    peak_mib: float


def logs(lines: int) -> tuple[Path, Path]:
    """Return the two logs of `lines` requests, generated unless this very generator has left them there before."""
    generator = HERE / "generate.py"
    folder = HERE / "data" / f"{lines}-{zlib.crc32(generator.read_bytes()):08x}"
    if not folder.exists():
        unfinished = folder.with_suffix(".unfinished")
        # In a process of its own: Linux counts what a parent holds at the fork as its child's peak memory.
        subprocess.run([sys.executable, str(generator), str(unfinished), "--lines", str(lines)], check=True)
        unfinished.rename(folder)
    return folder / "v1.log", folder / "v2.log"


def measure(command: list[str]) -> Run:
    """Run `command` to its end with its output thrown away; raise CalledProcessError unless it exits with 0."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    # wait4 rather than wait: it gives this one child's usage, where getrusage gives the maximum over all children.
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return Run(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / unit)


def compare(commands: dict[str, list[str]], runs: int) -> dict[str, Run]:
    """Run the commands in turns and return for each the medians of what its runs took."""
    taken: dict[str, list[Run]] = {name: [] for name in commands}
    for _ in range(runs):
        for name, command in commands.items():
            taken[name].append(measure(command))
    return {
        name: Run(
            statistics.median(run.seconds for run in each),
            statistics.median(run.processor_seconds for run in each),
            statistics.median(run.peak_mib for run in each),
        )
        for name, each in taken.items()
    }


def main() -> None:
    """Print the medians of both programs and the ratio between them."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--lines", type=int, default=2_000_000, help="requests in the primary's log")
    parser.add_argument("--runs", type=int, default=5, help="runs of each program")
    arguments = parser.parse_args()
    primary, shadow = map(str, logs(arguments.lines))
    medians = compare(
        {
            "Polars script": [sys.executable, str(HERE / "baseline_polars.py"), primary, shadow],
            "mirrorcheck analyze": [
                str(Path(sys.executable).with_name("mirrorcheck")),
                *("analyze", "--primary", primary, "--shadow", shadow),
            ],
        },
        arguments.runs,
    )
    print(f"2 x {arguments.lines:,} lines, median of {arguments.runs} runs on {os.cpu_count()} cores")
    for name, run in medians.items():
        print(f"{name:20} {run.seconds:6.2f} s {run.processor_seconds:7.2f} s CPU {run.peak_mib:6,.0f} MiB")
    script, tool = medians.values()
    print(
        f"{'ratio':20} {tool.seconds / script.seconds:6.2f}   {tool.processor_seconds / script.processor_seconds:7.2f}"
    )


if __name__ == "__main__":
    main()
