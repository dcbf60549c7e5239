"""Names of cells come in on the command line; the tables of what mirrorcheck says of such logs go out."""

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from fnmatch import fnmatchcase
from functools import partial
from multiprocessing import get_context

from tests.truth import table
from tests.truth.cells import Cell, every_cell, published_cells
from tests.truth.judge import Judged, judge_all
from tests.truth.tally import tally

SEEDS = 200
"""Logs of each published cell."""
_EXAMPLES = """
examples:
  python -m tests.truth --list                                what there is
  python -m tests.truth --seeds 20 --cells 'split-50/*'       make and judge 20 logs of each load of a split
  python -m tests.truth --seeds 5 --full --cells 'robin/*'    the same of every combination, published or not
  python -m tests.truth --wrong --cells 'split-50/*'          besides, name the logs that are judged wrongly
  python -m tests.truth --write                               all published cells, and write VERDICTS.md
"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line, make and judge logs, print or write the tables."""
    parser = _parser()
    given = parser.parse_args(arguments)
    if given.write and (given.cells or given.full):
        parser.error("--write takes all published cells: give neither --cells nor --full")
    cells = [cell for cell in (every_cell() if given.full else published_cells()) if _wanted(cell, given.cells)]
    if given.list:
        sys.stdout.write("".join(f"{cell.name}\n" for cell in cells))
        return
    tallies = []
    for judged in _judged(cells, range(given.first, given.first + given.seeds), given.workers):
        tallies.append(tally(judged[0].cell, judged))
        if given.wrong:
            sys.stderr.write("".join(f"{_told(each)}\n" for each in judged if _is_wrong(each)))
    text = table.section(tallies)
    if given.write:
        table.write(text)
    else:
        sys.stdout.write(text)


def _wanted(cell: Cell, globs: Sequence[str]) -> bool:
    return not globs or any(fnmatchcase(cell.name, glob) for glob in globs)


def _judged(cells: Sequence[Cell], seeds: range, workers: int) -> Iterator[list[Judged]]:
    """What was said of the logs of each cell, by processes that take a core each."""
    os.environ["POLARS_MAX_THREADS"] = "1"  # small logs: threads cost more than they save
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        yield from pool.map(partial(judge_all, seeds=seeds), cells)


def _is_wrong(log: Judged) -> bool:
    return log.false_pass or log.false_fail or log.outside or not log.adds_up


def _told(log: Judged) -> str:
    """What is wrong of a log, in a line."""
    kinds = {"pass": log.false_pass, "fail": log.false_fail, "outside": log.outside, "lost": not log.adds_up}
    wrong = ",".join(kind for kind, is_so in kinds.items() if is_so)
    stated = "nothing stated" if log.stated is None else f"{100 * log.stated[0]:.2f} to {100 * log.stated[1]:.2f} %"
    return (
        f"{log.cell.name} seed {log.seed}: {wrong}: {log.word}, {stated}, warnings {' '.join(log.warnings) or 'none'}"
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.truth",
        description="Make logs whose truth is known, and count how often mirrorcheck is wrong about them.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--seeds", type=int, default=SEEDS, help="logs of each cell")
    parser.add_argument("--first", type=int, default=1, metavar="SEED", help="the first of them")
    parser.add_argument("--cells", nargs="+", default=[], metavar="GLOB", help="only cells of these names")
    parser.add_argument("--full", action="store_true", help="every combination, not only the published cells")
    parser.add_argument("--wrong", action="store_true", help="name what is judged wrongly on standard error")
    parser.add_argument("--workers", type=int, default=1, help="processes at once")
    parser.add_argument("--list", action="store_true", help="only name the cells")
    parser.add_argument("--write", action="store_true", help="to VERDICTS.md instead of standard output")
    return parser


if __name__ == "__main__":
    main()
