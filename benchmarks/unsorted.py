"""Times `mirrorcheck analyze` on long logs whose lines are in no order, or newest first, beside the same logs in order.

    python -m benchmarks.unsorted --lines 4000000

The lines of whole-second stamps lose their order within a second when they are shuffled, so that identical requests are
paired with less certainty; the ratios are of time and memory alone. What lay in the temporary folder at most is given
by the line.
"""

import argparse
import multiprocessing
import os
import random
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.run import Run, logs, measure

_PROGRAM = str(Path(sys.executable).with_name("mirrorcheck"))
_LOOK_S = 0.1


def main() -> None:
    """Print what each order takes, and the ratios to logs in order."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--lines", type=int, default=4_000_000, help="requests in the primary's log")
    arguments = parser.parse_args()
    paths = logs(arguments.lines)
    runs = {"in order": _run(*paths)}
    for name, order in (("newest first", _newest_first), ("shuffled", _shuffled)):
        with tempfile.TemporaryDirectory(dir=paths[0].parent) as folder:
            runs[name] = _run(*(_written(order, path, Path(folder) / path.name) for path in paths))
    first = runs["in order"][0]
    for name, (run, laid_aside) in runs.items():
        print(
            f"{name:13} {run.seconds:7.2f} s {run.processor_seconds:7.2f} s CPU {run.peak_mib:6,.0f} MiB, to in order: "
            f"{run.seconds / first.seconds:5.2f} {run.processor_seconds / first.processor_seconds:5.2f} "
            f"{run.peak_mib / first.peak_mib:5.2f}, laid aside {laid_aside / (2 * arguments.lines):5.0f} bytes a line"
        )


def _run(primary: Path, shadow: Path) -> tuple[Run, int]:
    """Analyze two logs; also the bytes in the temporary folder at most."""
    with tempfile.TemporaryDirectory() as folder, _most_in(Path(folder)) as most:
        command = ["env", f"TMPDIR={folder}", _PROGRAM, "analyze", "--primary", str(primary), "--shadow", str(shadow)]
        run = measure(command)
    return run, max(most)


@contextmanager
def _most_in(folder: Path) -> Iterator[list[int]]:
    """Sizes of a folder while it is looked at."""
    sizes, ended = [0], threading.Event()

    def look() -> None:
        while not ended.wait(_LOOK_S):
            sizes.append(sum(_size(Path(name, file)) for name, _, files in os.walk(folder) for file in files))

    looking = threading.Thread(target=look)
    looking.start()
    try:
        yield sizes
    finally:
        ended.set()
        looking.join()


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:  # it was read meanwhile
        return 0


def _written(order: Callable[[list[bytes]], None], path: Path, to: Path) -> Path:
    """Write a log with its lines in another order; returns its path."""
    # In a process of its own: Linux counts what a parent holds at the fork as its child's peak memory.
    writing = multiprocessing.get_context("spawn").Process(target=_write, args=(order, path, to))
    writing.start()
    writing.join()
    return to


def _write(order: Callable[[list[bytes]], None], path: Path, to: Path) -> None:
    lines = path.read_bytes().splitlines(keepends=True)
    order(lines)
    to.write_bytes(b"".join(lines))


def _newest_first(lines: list[bytes]) -> None:
    lines.reverse()


def _shuffled(lines: list[bytes]) -> None:
    random.Random(1).shuffle(lines)  # noqa: S311  # for a log, not a secret


if __name__ == "__main__":
    main()
