"""Times `mirrorcheck analyze` beside three scripts that pair lines by rank, on generated logs.

All run as whole processes, imports included, in turns, so that a busy spell of the machine meets all of them. Raises
SystemExit where they do not find the same number of missed requests.
"""

import argparse
import os
import re
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
    """What one process took with its children: wall-clock and processor seconds, peak memory in MiB; what it said."""

    seconds: float
    processor_seconds: float
    peak_mib: float
    said: str


def logs(lines: int, *, hot: bool = False) -> tuple[Path, Path]:
    """Return the two logs of `lines` requests, generated unless this very generator has left them there before.

    hot: all requests are the same, and half of them are mirrored.
    """
    generator = HERE / "generate.py"
    kind = ["--hot"] if hot else []
    folder = HERE / "data" / f"{lines}{'-hot' if hot else ''}-{zlib.crc32(generator.read_bytes()):08x}"
    if not folder.exists():
        unfinished = folder.with_suffix(".unfinished")
        # In a process of its own: Linux counts what a parent holds at the fork as its child's peak memory.
        subprocess.run([sys.executable, str(generator), str(unfinished), "--lines", str(lines), *kind], check=True)
        unfinished.rename(folder)
    return folder / "v1.log", folder / "v2.log"


def measure(command: list[str]) -> Run:
    """Run `command` to its end; raise CalledProcessError unless it exits with 0."""
    start = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        said = process.stdout.read() if process.stdout else ""
        # wait4 rather than wait: it gives this one child's usage, where getrusage gives the maximum over all children.
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return Run(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / unit, said)


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
            each[0].said,
        )
        for name, each in taken.items()
    }


def missed(said: str) -> int:
    """Return how many requests a program says were missed; raise ValueError where it says nothing of the kind."""
    found = re.search(r"([\d,]*\d) missed|missed ([\d,]*\d)", said)
    if found is None:
        raise ValueError(said)
    return int((found[1] or found[2]).replace(",", ""))


def main() -> None:
    """Print the medians of all programs and the ratios between them."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--lines", type=int, default=2_000_000, help="requests in the primary's log")
    parser.add_argument("--runs", type=int, default=5, help="runs of each program")
    arguments = parser.parse_args()
    primary, shadow = map(str, logs(arguments.lines))
    tool = [str(Path(sys.executable).with_name("mirrorcheck")), "analyze", "--primary", primary, "--shadow", shadow]
    medians = compare(
        {
            "mirrorcheck analyze": tool,
            "Polars script": [sys.executable, str(HERE / "script_polars.py"), primary, shadow],
            "least Polars script": [sys.executable, str(HERE / "least_polars.py"), primary, shadow],
            "DuckDB script": [sys.executable, str(HERE / "script_duckdb.py"), primary, shadow],
        },
        arguments.runs,
    )
    if len({missed(run.said) for run in medians.values()}) > 1:
        sys.exit("\n".join(f"{name}: {missed(run.said):,} missed" for name, run in medians.items()))
    print(f"2 x {arguments.lines:,} lines, median of {arguments.runs} runs on {os.cpu_count()} cores")
    for name, run in medians.items():
        print(f"{name:22} {run.seconds:6.2f} s {run.processor_seconds:7.2f} s CPU {run.peak_mib:6,.0f} MiB")
    own, *scripts = medians
    for name in scripts:
        one, other = medians[own], medians[name]
        print(
            f"to {name:19} {one.seconds / other.seconds:6.2f}   {one.processor_seconds / other.processor_seconds:7.2f}"
            f"       {one.peak_mib / other.peak_mib:6.2f}"
        )


if __name__ == "__main__":
    main()
