"""What a look finds: all lines that are held, settled, and the totals of those that were evicted."""

from dataclasses import dataclass, replace

from mirrorcheck.engine import constants
from mirrorcheck.engine.ledger import NOTHING, Ledger
from mirrorcheck.engine.snapshot import NoSight
from mirrorcheck.engine.stream_state import StreamState, Watermarks
from mirrorcheck.errors import UsageError
from mirrorcheck.outcomes.settle import Settled
from mirrorcheck.outcomes.sides.model import Sides
from mirrorcheck.reading.required_fields import Unlogged
from mirrorcheck.report.model import Report, Sight, Warning_
from mirrorcheck.settings import MOST_UNOBSERVED, Settings
from mirrorcheck.sources.feed import Decided, Note
from mirrorcheck.totals import rule_absent
from mirrorcheck.totals.assemble import finish
from mirrorcheck.totals.lines_spool import LinesSpool
from mirrorcheck.totals.timeline import LiveFacts
from mirrorcheck.totals.verdict import percent

_DOUBTED = {"MIRRORING": "UNCLEAR"}


@dataclass(frozen=True, slots=True)
class Look:
    """One evaluation of all lines that are held, and the events beside them.

    decided: up to when lines are decided that go after this look, None where none do.
    ledger: what is known of lines that are not held any more; spool: where they were laid aside, if they are asked for.
    unlogged: options that no log can serve so far. no_sight: what cannot be read now; sight: how much was read.
    rule_unknown: why the rule is unknown now, and since when; empty if it is known.
    """

    sides: Sides
    settled: Settled
    watermarks: Watermarks
    states: tuple[StreamState, ...]
    facts: LiveFacts
    notes: tuple[Note, ...]
    decided: Decided | None = None
    ledger: Ledger = NOTHING
    spool: LinesSpool | None = None
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
        facts = replace(self.facts, gaps=gaps)
        whole = self.ledger.with_all(self.settled, settings, facts)
        return _with_sight(
            finish(
                whole, self.sides, settings, facts, lambda: self.ledger.tables(self.settled, self.sides, self.spool)
            ),
            self.sight,
        )


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
