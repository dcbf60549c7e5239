"""Names of scenarios come in on the command line; the tables of how right mirrorcheck is on them go out."""

import argparse
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from tests.lab import accuracy, table
from tests.lab.catalogue import SCENARIOS
from tests.lab.programs import MissingProgramError, nginx
from tests.lab.reasons import falls_short
from tests.lab.recording import record
from tests.lab.run import Result, UnexpectedTruthError, judge, run
from tests.lab.scenario import Scenario

_EXAMPLES = """
examples:
  python -m tests.lab --list                      what there is
  python -m tests.lab sampled-50-c1 retried-50    play two scenarios
  python -m tests.lab --seed 7 --keep kept        play all with other requests, and keep the recordings
  python -m tests.lab --rescore kept              judge kept recordings again
  python -m tests.lab --write                     play all with the published seed and write ACCURACY.md
  python -m tests.lab --record DIR --requests 200 pods-50
                                                  only record, into DIR/pods-50, and fewer requests than usual

exit status: 0 all was played; 1 a scenario could not be played or did not show what it is for; 2 wrong usage
"""
_FAILURES = (OSError, TimeoutError, AssertionError, UnexpectedTruthError, subprocess.SubprocessError, ExceptionGroup)


def main() -> int:
    """Read the command line, play, print; returns the exit status."""
    parser = _parser()
    options = parser.parse_args()
    if options.write and (options.names or options.record or options.requests or options.rate):
        parser.error("--write takes all scenarios as they are: give no names, --record, --requests or --rate")
    chosen = [_changed(scenario, options.requests, options.rate) for scenario in _chosen(options.names)]
    seed = options.seed or (accuracy.PUBLISHED_SEED if options.write else 1)
    if options.list:
        sys.stdout.write("".join(f"{scenario.name:<26}{scenario.about}\n" for scenario in chosen))
        return 0
    if options.rescore:
        return _judged(chosen, options, lambda each: judge(each, options.rescore / f"{each.name}-{seed}"))
    try:
        nginx()
    except MissingProgramError as error:
        sys.stderr.write(f"error: {error}\n")
        return 2
    if options.record:
        return _each(chosen, lambda scenario: record(scenario, seed, options.record / scenario.name))
    return _judged(chosen, options, lambda each: run(each, seed, options.keep))


def _judged(chosen: Sequence[Scenario], options: argparse.Namespace, do: Callable[[Scenario], Result]) -> int:
    """Judge each scenario, print the tables, and write ACCURACY.md if that was asked for."""
    results: list[Result] = []
    status = _each(chosen, lambda scenario: results.append(do(scenario)))
    if results:
        _show(results)
    if options.write and status:
        sys.stderr.write("ACCURACY.md is not written: play what failed again with --keep, then --rescore --write\n")
    elif options.write:
        accuracy.write(results)
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.lab",
        description="Play scenarios with real Envoy and nginx, and judge mirrorcheck by the truth.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="a scenario; default: all")
    parser.add_argument("--seed", type=int, help="decides which requests are sent; default 1, with --write 21")
    parser.add_argument("--list", action="store_true", help="list the scenarios")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep the recordings, in DIR/NAME-SEED")
    action = parser.add_mutually_exclusive_group()
    action.add_argument("--rescore", type=Path, metavar="DIR", help="judge recordings that --keep left, play nothing")
    action.add_argument("--record", type=Path, metavar="DIR", help="only record, into DIR/NAME")
    parser.add_argument("--requests", type=int, metavar="N", help="send so many requests, whatever the scenario says")
    parser.add_argument("--rate", type=float, metavar="N", help="send so many a second, whatever the scenario says")
    parser.add_argument("--write", action="store_true", help="write ACCURACY.md, of all scenarios")
    return parser


def _chosen(names: Sequence[str]) -> list[Scenario]:
    known = {scenario.name: scenario for scenario in SCENARIOS}
    unknown = [name for name in names if name not in known]
    if unknown:
        sys.stderr.write(f"error: no scenario {unknown[0]!r}: --list shows all\n")
        sys.exit(2)
    return [known[name] for name in names] or list(SCENARIOS)


def _changed(scenario: Scenario, requests: int | None, rate: float | None) -> Scenario:
    return replace(scenario, requests=requests or scenario.requests, rate=rate or scenario.rate)


def _each(scenarios: Sequence[Scenario], do: Callable[[Scenario], None]) -> int:
    """Do something with each scenario; one that fails is named on stderr, and the others go on."""
    status = 0
    for number, scenario in enumerate(scenarios, start=1):
        sys.stderr.write(f"[{number}/{len(scenarios)}] {scenario.name}\n")
        try:
            do(scenario)
        except _FAILURES as error:
            sys.stderr.write(f"failed: {scenario.name}: {error!r}\n")
            status = 1
    return status


def _show(results: Sequence[Result]) -> None:
    width = shutil.get_terminal_size().columns
    for head, rows in (
        (table.ACCURACY_HEAD, table.accuracy(results)),
        (table.COUNTS_HEAD, table.counts(results)),
        (table.CERTAINTY_HEAD, table.certainty(results)),
        (table.LIMITS_HEAD, table.limits(each for each in results if falls_short(each))),
        (table.CHANGES_HEAD, table.changes(results)),
    ):
        if rows:
            sys.stdout.write(f"{table.text(head, rows)}\n{'-' * width}\n")


if __name__ == "__main__":
    sys.exit(main())
