"""Counts what was said of the logs of one cell, and what of it was wrong."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from mirrorcheck.checks.verdicts import Verdict
from tests.truth.cells import Cell
from tests.truth.judge import REFUSED, Judged

CANNOT_TELL, NOT_MIRRORING = "CANNOT TELL", "NOT MIRRORING"


@dataclass(frozen=True, slots=True)
class Tally:
    """Of so many logs of a cell: how many checks passed and failed, which words were said, and what was wrong.

    passed, failed: of what is no mirror any check of a ratio above 0, and all of them; of a mirror the check of what is
    true. no_mirror, cannot_tell, refused: that word was said. answers_pass: the check that the answers are equal does.
    outside: the truth lies outside of what is stated. lost: lines that are in no class, or in two.
    """

    cell: Cell
    logs: int
    passed: int
    failed: int
    no_mirror: int
    cannot_tell: int
    refused: int
    answers_pass: int
    outside: int
    lost: int

    @property
    def wrong(self) -> int:
        """False passes of what is no mirror, false failures of a mirror."""
        return self.failed if self.cell.world.mirrors else self.passed


def tally(cell: Cell, each: Iterable[Judged]) -> Tally:
    """Count what was judged of one cell."""
    logs = list(each)
    words = Counter(log.word for log in logs)
    return Tally(
        cell,
        logs=len(logs),
        passed=sum(_passed(log) for log in logs),
        failed=sum(_failed(log) for log in logs),
        no_mirror=words[NOT_MIRRORING],
        cannot_tell=words[CANNOT_TELL],
        refused=words[REFUSED],
        answers_pass=sum(log.of_answers == Verdict.PASS for log in logs),
        outside=sum(log.outside for log in logs),
        lost=sum(not log.adds_up for log in logs),
    )


def _passed(log: Judged) -> bool:
    return log.of_truth == Verdict.PASS if log.cell.world.mirrors else log.false_pass


def _failed(log: Judged) -> bool:
    if log.cell.world.mirrors:
        return log.false_fail
    return bool(log.checks) and set(log.checks.values()) == {Verdict.FAIL}
