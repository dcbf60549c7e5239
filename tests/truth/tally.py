"""Counts what was said of the logs of one cell, and what of it was wrong."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from mirrorcheck.checks.verdicts import CheckResult
from tests.truth.cells import Cell
from tests.truth.judge import REFUSED, Judged

CANNOT_TELL, NOT_MIRRORING = "CANNOT TELL", "NOT MIRRORING"


@dataclass(frozen=True, slots=True)
class Tally:
    """Of so many logs of a cell: how many checks passed and failed, which words were said, and what was wrong.

    false_pass: a check passed that is not true. all_fail: each of these failed. true_pass, false_fail: the check of
    what is true of a mirror passed, and failed. no_mirror, cannot_tell, refused: that word was said. answers_pass: the
    check that the answers are equal passed. outside: the truth lies outside of what is stated. lost: lines that are in
    no class, or in two.
    """

    cell: Cell
    logs: int
    false_pass: int
    all_fail: int
    true_pass: int
    false_fail: int
    no_mirror: int
    cannot_tell: int
    refused: int
    answers_pass: int
    outside: int
    lost: int


def tally(cell: Cell, each: Iterable[Judged]) -> Tally:
    """Count what was judged of one cell."""
    logs = list(each)
    words = Counter(log.word for log in logs)
    return Tally(
        cell,
        logs=len(logs),
        false_pass=sum(log.false_pass for log in logs),
        all_fail=sum(set(log.untrue.values()) == {CheckResult.FAIL} for log in logs),
        true_pass=sum(log.of_truth == CheckResult.PASS for log in logs),
        false_fail=sum(log.false_fail for log in logs),
        no_mirror=words[NOT_MIRRORING],
        cannot_tell=words[CANNOT_TELL],
        refused=words[REFUSED],
        answers_pass=sum(log.of_answers == CheckResult.PASS for log in logs),
        outside=sum(log.outside for log in logs),
        lost=sum(not log.adds_up for log in logs),
    )
