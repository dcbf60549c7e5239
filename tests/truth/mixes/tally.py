"""Counts what was said of the logs of one class, and what of it was wrong."""

from collections.abc import Iterable
from dataclasses import astuple, dataclass

from mirrorcheck.checks.verdicts import CheckResult
from tests.truth.judge import REFUSED
from tests.truth.mixes.classes import Mix
from tests.truth.mixes.judge import Judged


@dataclass(frozen=True, slots=True)
class Tally:
    """Of so many logs of a class, in how many something was wrong, and what was said of those with one ratio.

    false_pass: an untrue check passed. hidden: --expect 100 passed in spite of a few misses. false_fail: the check of
    what is true failed. outside: the truth is not in the range of missed requests. masked: of these, those in which
    other copies can stand for as many missed requests, and nothing tells. lost: lines in no class, or in two. steady:
    logs without an outage, of which `true_pass` pass the check of what is true and `cannot_tell` are inconclusive.
    refused: mirrorcheck did not judge them.
    """

    mix: Mix
    logs: int
    false_pass: int
    hidden: int
    false_fail: int
    outside: int
    masked: int
    lost: int
    steady: int
    true_pass: int
    cannot_tell: int
    refused: int

    def __add__(self, other: "Tally") -> "Tally":
        """The counts of both, of other logs of the same class."""
        ours, theirs = astuple(self)[1:], astuple(other)[1:]
        return Tally(self.mix, *(one + more for one, more in zip(ours, theirs, strict=True)))


def tally(mix: Mix, each: Iterable[Judged]) -> Tally:
    """Count what was judged of one class."""
    logs = list(each)
    return Tally(
        mix,
        logs=len(logs),
        false_pass=sum(log.false_pass for log in logs),
        hidden=sum(log.hidden for log in logs),
        false_fail=sum(log.false_fail for log in logs),
        outside=sum(log.outside for log in logs),
        masked=sum(log.masked for log in logs),
        lost=sum(not log.adds_up for log in logs),
        steady=sum(log.of_truth is not None for log in logs),
        true_pass=sum(log.of_truth == CheckResult.PASS for log in logs),
        cannot_tell=sum(log.of_truth == CheckResult.INCONCLUSIVE for log in logs),
        refused=sum(log.word == REFUSED for log in logs),
    )
