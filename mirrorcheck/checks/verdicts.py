"""The nouns of a judgement: the verdict of each check, with the numbers it rests on, and that of all together."""

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """What can be said of an expectation."""

    PASS = "pass"  # noqa: S105  # a verdict
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"

    @property
    def word(self) -> str:
        """The verdict as it is shown."""
        return self.value.upper()


@dataclass(frozen=True, slots=True)
class Check:
    """One expectation held against a report.

    name: for people. option: the one that asked for it, without dashes. expected, found, evidence: in words, without
    any text of a log. notes: what would turn the verdict, whom it concerns, what was accepted; may hold text of a log.

    The numbers: value is what was found (a ratio from 0 to 1, or a count), low and high its interval or range, count of
    total what it rests on. p_value: of the test that the expectation holds, None where nothing was tested. more: about
    how many requests would settle it.
    """

    name: str
    option: str
    verdict: Verdict
    expected: str
    found: str
    evidence: str
    notes: tuple[str, ...] = ()
    value: float | None = None
    low: float | None = None
    high: float | None = None
    count: int | None = None
    total: int | None = None
    p_value: float | None = None
    more: int | None = None


@dataclass(frozen=True, slots=True)
class Verdicts:
    """All checks and their joint verdict: fail beats inconclusive beats pass."""

    checks: tuple[Check, ...]
    confidence: float

    @property
    def verdict(self) -> Verdict:
        """The joint verdict; without any check nothing passes."""
        each = {check.verdict for check in self.checks}
        if Verdict.FAIL in each:
            return Verdict.FAIL
        return Verdict.PASS if each == {Verdict.PASS} else Verdict.INCONCLUSIVE

    def having(self, verdict: Verdict) -> tuple[Check, ...]:
        """The checks with a verdict."""
        return tuple(check for check in self.checks if check.verdict == verdict)
