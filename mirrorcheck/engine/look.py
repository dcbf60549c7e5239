"""What a look finds: all lines that are held, settled, and the counts of those that were evicted."""

from dataclasses import dataclass, replace

from mirrorcheck.engine import constants
from mirrorcheck.engine.snapshot import NoSight
from mirrorcheck.engine.stream_state import StreamState, Watermarks
from mirrorcheck.errors import UsageError
from mirrorcheck.outcomes.settle import Settled
from mirrorcheck.outcomes.sides.model import Sides
from mirrorcheck.pairing import Outcome
from mirrorcheck.reading.required_fields import Unlogged
from mirrorcheck.report.model import Report, Sight, Warning_
from mirrorcheck.settings import MOST_UNOBSERVED, Settings
from mirrorcheck.sources.feed import Note
from mirrorcheck.totals import rule_absent
from mirrorcheck.totals.assemble import make_report
from mirrorcheck.totals.timeline import LiveFacts, moment
from mirrorcheck.totals.verdict import percent

_DOUBTED = {"MIRRORING": "UNCLEAR"}


@dataclass(frozen=True, slots=True)
class Evicted:
    """The counts of evicted lines by outcome (index: `Outcome`), and of the originals in the ratio.

    until_us: originals up to here were evicted, 0 before any was.
    """

    until_us: int = 0
    originals: tuple[int, ...] = (0,) * len(Outcome)
    shadow: tuple[int, ...] = (0,) * len(Outcome)
    paired: int = 0
    missed: int = 0

    def warning(self) -> Warning_:
        """The warning in the report."""
        text = (
            f"the report begins at {moment(self.until_us):%Y-%m-%d %H:%M:%S} UTC: of {sum(self.originals):,} originals "
            f"before, {self.paired:,} were paired and {self.missed:,} missed, and their lines were let go. "
            "--save keeps all of them."
        )
        return Warning_("let_go", text)

    def __add__(self, later: "Evicted") -> "Evicted":
        return Evicted(
            later.until_us,
            tuple(a + b for a, b in zip(self.originals, later.originals, strict=True)),
            tuple(a + b for a, b in zip(self.shadow, later.shadow, strict=True)),
            self.paired + later.paired,
            self.missed + later.missed,
        )


@dataclass(frozen=True, slots=True)
class Look:
    """One evaluation of all lines that are held, and the events beside them.

    unlogged: options that no log can serve so far. no_sight: what cannot be read now; sight: how much was read.
    rule_unknown: why the rule is unknown now, and since when; empty if it is known.
    """

    sides: Sides
    settled: Settled
    watermarks: Watermarks
    states: tuple[StreamState, ...]
    facts: LiveFacts
    notes: tuple[Note, ...]
    evicted: Evicted
    unlogged: Unlogged | None = None
    no_sight: NoSight | None = None
    sight: Sight | None = None
    rule_unknown: str = ""

    def refuse_unlogged(self) -> None:
        """Raise UsageError where a field was asked for that no log has."""
        if self.unlogged:
            raise UsageError(self.unlogged.message)

    def report(self, settings: Settings) -> Report:
        """The report, as `analyze` makes it of saved logs."""
        rules = self.facts.rules
        gaps = (*self.facts.gaps, *rule_absent.unseen(rules), *rule_absent.doubtful(rules))
        report = make_report(self.settled, self.sides, settings, replace(self.facts, gaps=gaps))
        warnings = [self.evicted.warning()] if self.evicted.until_us else []
        return _with_sight(replace(report, warnings=(*warnings, *report.warnings)), self.sight)


def _with_sight(report: Report, sight: Sight | None) -> Report:
    """Add how much of the watching was read; if much was not, the verdict covers only what was."""
    if sight is None:
        return report
    report = replace(report, sight=sight)
    if max(sight.unread, sight.shadow_unread) < constants.UNREAD_WARNING:
        return report
    read = f"{percent(1 - sight.unread)} %"
    text = (
        f"of the time or the lines of the primary's streams {percent(sight.unread)} % was not read, of the shadow's "
        f"{percent(sight.shadow_unread)} %: what was logged then is in no count, or unobserved."
    )
    verdict = report.verdict
    if sight.unread > MOST_UNOBSERVED and report.ratio.value is not None:
        sentence = f"{verdict.sentence}, in the {read} of the watching that was read"
        verdict = replace(verdict, word=_DOUBTED.get(verdict.word, verdict.word), sentence=sentence)
    return replace(report, verdict=verdict, warnings=(Warning_("no_sight", text), *report.warnings))
