"""The nouns of a look: what is known of all lines that are held, and of those that were let go."""

from dataclasses import dataclass, replace

from mirrorcheck import rule_off
from mirrorcheck.analysis import make_report
from mirrorcheck.errors import UsageError
from mirrorcheck.live.eye import Eye
from mirrorcheck.live.frontier import Frontier
from mirrorcheck.outcomes import Settled
from mirrorcheck.pairing import Outcome
from mirrorcheck.reading.asked_fields import Unlogged
from mirrorcheck.report import Report, Warning_
from mirrorcheck.settings import Settings
from mirrorcheck.sides import Sides
from mirrorcheck.sources.feed import Note
from mirrorcheck.summary import Watched, moment


@dataclass(frozen=True, slots=True)
class Past:
    """How many lines were let go, by what became of them (index: `Outcome`), and of the originals in the ratio.

    until_us: originals up to here were let go, 0 before any was.
    """

    until_us: int = 0
    originals: tuple[int, ...] = (0,) * len(Outcome)
    shadow: tuple[int, ...] = (0,) * len(Outcome)
    paired: int = 0
    missed: int = 0

    def warning(self) -> Warning_:
        """What a reader of the report must know of it."""
        text = (
            f"the report begins at {moment(self.until_us):%Y-%m-%d %H:%M:%S} UTC: of {sum(self.originals):,} originals "
            f"before, {self.paired:,} were paired and {self.missed:,} missed, and their lines were let go. "
            "--save keeps all of them."
        )
        return Warning_("let_go", text)

    def __add__(self, later: "Past") -> "Past":
        return Past(
            later.until_us,
            tuple(a + b for a, b in zip(self.originals, later.originals, strict=True)),
            tuple(a + b for a, b in zip(self.shadow, later.shadow, strict=True)),
            self.paired + later.paired,
            self.missed + later.missed,
        )


@dataclass(frozen=True, slots=True)
class Found:
    """What a look found: the settled lines, how far they are complete, and all that was told beside them.

    The gaps of silent streams are in their eyes. unlogged: what was asked for, and no log has so far.
    """

    told: Sides
    settled: Settled
    frontier: Frontier
    eyes: tuple[Eye, ...]
    watched: Watched
    notes: tuple[Note, ...]
    past: Past
    unlogged: Unlogged | None = None

    def refuse_unlogged(self) -> None:
        """Raise UsageError where a field was asked for that no log has."""
        if self.unlogged:
            raise UsageError(self.unlogged.message)

    def report(self, settings: Settings) -> Report:
        """All of it as `analyze` reports saved logs."""
        watched = replace(self.watched, gaps=(*self.watched.gaps, *rule_off.unseen(self.watched.rules)))
        report = make_report(self.settled, self.told, settings, watched)
        return replace(report, warnings=(self.past.warning(), *report.warnings)) if self.past.until_us else report
