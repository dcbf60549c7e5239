"""Names of cells come in on the command line; the tables of what mirrorcheck says of such logs go out."""

import argparse
import sys
from collections.abc import Callable, Iterable, Sequence
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path

from tests.truth import table
from tests.truth.cells import every_cell, published_cells
from tests.truth.judge import Judged, judge_all
from tests.truth.mixes.classes import every_mix
from tests.truth.mixes.judge import judge_all as judge_mixes
from tests.truth.mixes.table import published, section, write
from tests.truth.mixes.tally import tally as tally_mix
from tests.truth.tally import tally
from tests.truth.workers import judged as judged_by

SEEDS = 200
"""Logs of each published cell."""
_EXAMPLES = """
examples:
  python -m tests.truth --list                                what there is
  python -m tests.truth --seeds 20 --cells 'split-50/*'       make and judge 20 logs of each load of a split
  python -m tests.truth --seeds 5 --full --cells 'robin/*'    the same of every combination, published or not
  python -m tests.truth --wrong --cells 'split-50/*'          besides, name the logs that are judged wrongly
  python -m tests.truth --write                               all published cells, and write their part of VERDICTS.md
  python -m tests.truth --mixes --seeds 5 --wrong             5 logs of every mix, naming those judged wrongly
  python -m tests.truth --mixes --cells 'one/*' --first 7 --seeds 1 --keep logs
                                                              keep the logs of seed 7, each with what is true
  python -m tests.truth --mixes --write                       all mixes, and write their part of VERDICTS.md
  python -m tests.truth --mixes --more --seeds 50 --write     50 logs of each mix more than are published there
"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line, make and judge logs, print or write the tables."""
    parser = _parser()
    given = parser.parse_args(arguments)
    if given.write and (given.cells or given.full):
        parser.error("--write takes all published cells: give neither --cells nor --full")
    if given.full and given.mixes:
        parser.error("all mixes are published: give --mixes without --full")
    if given.more and (not given.mixes or given.cells):
        parser.error("--more adds to the published table of all mixes: give --mixes, and no --cells")
    if given.keep and not given.mixes:
        parser.error("--keep keeps logs of mixes: give --mixes, too")
    if given.mixes:
        _mixes(given)
    else:
        _cells(given)


def _cells(given: argparse.Namespace) -> None:
    """Splits and mirrors, under one load each."""
    cells = [cell for cell in (every_cell() if given.full else published_cells()) if _wanted(cell.name, given.cells)]
    if given.list:
        _print(cell.name for cell in cells)
        return
    tallies = []
    for judged in judged_by(judge_all, cells, _seeds(given), given.workers):
        tallies.append(tally(judged[0].cell, judged))
        if given.wrong:
            _tell(_told(each) for each in judged if _is_wrong(each))
    _publish(table.section(tallies), table.write, given)


def _mixes(given: argparse.Namespace) -> None:
    """Every mix of what happens."""
    mixes = [mix for mix in every_mix() if _wanted(mix.name, given.cells)]
    if given.list:
        _print(mix.name for mix in mixes)
        return
    if given.keep:
        given.keep.mkdir(parents=True, exist_ok=True)
    known = {each.mix: each for each in published()} if given.more else {}
    if known:
        given.first = 1 + max(each.logs for each in known.values())
    tallies = []
    for judged in judged_by(partial(judge_mixes, keep=given.keep), mixes, _seeds(given), given.workers):
        new = tally_mix(judged[0].mix, judged)
        tallies.append(known[new.mix] + new if known else new)
        if given.wrong:
            _tell(str(each) for each in judged if each.wrong)
    _publish(section(tallies), write, given)


def _seeds(given: argparse.Namespace) -> range:
    return range(given.first, given.first + given.seeds)


def _publish(text: str, write: Callable[[str], None], given: argparse.Namespace) -> None:
    if given.write:
        write(text)
    else:
        sys.stdout.write(text)


def _print(names: Iterable[str]) -> None:
    sys.stdout.write("".join(f"{name}\n" for name in names))


def _tell(lines: Iterable[str]) -> None:
    sys.stderr.write("".join(f"{line}\n" for line in lines))


def _wanted(name: str, globs: Sequence[str]) -> bool:
    return not globs or any(fnmatchcase(name, glob) for glob in globs)


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
    parser.add_argument("--cells", nargs="+", default=[], metavar="GLOB", help="only cells or mixes of these names")
    parser.add_argument("--mixes", action="store_true", help="mixes of what happens, instead of splits and mirrors")
    parser.add_argument("--full", action="store_true", help="every combination, not only the published cells")
    parser.add_argument("--more", action="store_true", help="go on after the published logs, and add to their counts")
    parser.add_argument("--wrong", action="store_true", help="name what is judged wrongly on standard error")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep the logs of mixes, and what is true of them")
    parser.add_argument("--workers", type=int, default=1, help="processes at once")
    parser.add_argument("--list", action="store_true", help="only name the cells")
    parser.add_argument("--write", action="store_true", help="to VERDICTS.md instead of standard output")
    return parser


if __name__ == "__main__":
    main()
