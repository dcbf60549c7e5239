"""The verdict of each check, with the numbers it rests on, and that of all together."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

NO_DATA = "there is nothing to judge: no data never passes"
_LEAST = 0.1  # percent that are given as a number


class CheckResult(StrEnum):
    """What can be said of an expectation."""

    PASS = "pass"  # noqa: S105  # a verdict
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"

    @property
    def word(self) -> str:
        """The verdict as it is shown."""
        return self.value.upper()


def joint(verdicts: Collection[CheckResult]) -> CheckResult:
    """The verdict of several: fail beats inconclusive beats pass; without any nothing passes."""
    if CheckResult.FAIL in verdicts:
        return CheckResult.FAIL
    return CheckResult.PASS if set(verdicts) == {CheckResult.PASS} else CheckResult.INCONCLUSIVE


@dataclass(frozen=True, slots=True)
class Check:
    """One expectation held against a report.

    shadow: of which of several it is, empty where there is one. name: for people. option: the one that asked for it,
    without dashes. expected, found, evidence: in words, without any text of a log. notes: what would turn the verdict,
    whom it concerns, what was accepted; may hold text of a log.

    The numbers: value is what was found (a ratio from 0 to 1, or a count), low and high its interval or range, count of
    total what it rests on. p_value: of the test that the expectation holds, None where nothing was tested. more: about
    how many requests would settle it.
    """

    name: str
    option: str
    verdict: CheckResult
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
    shadow: str = ""

    @property
    def title(self) -> str:
        """The name behind that of the shadow, where there are several."""
        return f"{self.shadow}: {self.name}" if self.shadow else self.name


@dataclass(frozen=True, slots=True)
class NotJudged:
    """How many lines no verdict rests on, and why.

    Of the primary: excluded_asked, by options; excluded, for what they are; uncorroborated, those of `excluded` that
    only their own text excludes, None where an older report does not say (excluded_asked is 0 then); unparsed;
    unobserved; repeated, as two files hold them, though they may be requests of their own. unparsed_shadow: of the
    shadow. presumed: lines taken as retries that no id proves; retries: those that ids prove. unread: the share of the
    primary's time, 0 to 1, that was not read; None but for a watched cluster.
    """

    excluded_asked: int
    excluded: int
    uncorroborated: int | None
    unparsed: int
    unparsed_shadow: int
    unobserved: int
    presumed: int
    unread: float | None = None
    retries: int = 0
    repeated: int = 0

    @property
    def words(self) -> str:
        """What there is of them, in words; empty where there is nothing."""
        counts = {
            "excluded as asked": self.excluded_asked,
            "excluded": self.excluded,
            "unparsed": self.unparsed,
            "unparsed of the shadow": self.unparsed_shadow,
            "unobserved": self.unobserved,
            "presumed to be retries": self.presumed,
            "retries by id": self.retries,
            "counted once of two files": self.repeated,
        }
        words = [f"{count:,} {name}" for name, count in counts.items() if count]
        if self.unread:
            percent = f"{100 * self.unread:.1f} %" if 100 * self.unread >= _LEAST else f"under {_LEAST} %"
            words.append(f"{percent} of the watching unread")
        return ", ".join(words)


@dataclass(frozen=True, slots=True)
class Verdicts:
    """All checks and their joint verdict; of_shadows: the same of each, by its name, where there are several."""

    checks: tuple[Check, ...]
    confidence: float
    not_judged: NotJudged | None = None
    of_shadows: Mapping[str, "Verdicts"] = field(default_factory=dict)

    @classmethod
    def together(cls, of_shadows: Mapping[str, "Verdicts"]) -> "Verdicts":
        """The verdicts on several shadows as those of all; each stays what it is of the shadow alone."""
        checks = (replace(check, shadow=name) for name, each in of_shadows.items() for check in each.checks)
        return cls(tuple(checks), next(iter(of_shadows.values())).confidence, None, of_shadows)

    @property
    def verdict(self) -> CheckResult:
        """The joint verdict."""
        return joint([check.verdict for check in self.checks])

    def having(self, verdict: CheckResult) -> tuple[Check, ...]:
        """The checks with a verdict."""
        return tuple(check for check in self.checks if check.verdict == verdict)
