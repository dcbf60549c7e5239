"""Everything that a report says of lines, as totals that add up: those of a log are the sum of those of its pieces."""

from collections import Counter
from dataclasses import dataclass, fields
from typing import Self

import polars as pl

from mirrorcheck.outcomes.exclusions import added_exclusions, exclusions
from mirrorcheck.outcomes.likeness.differences import Learnt
from mirrorcheck.outcomes.settle import JudgedSpan, Settled
from mirrorcheck.report import model as report
from mirrorcheck.settings import Settings
from mirrorcheck.totals import rule_absent, verdict
from mirrorcheck.totals.breakdown import Misses
from mirrorcheck.totals.doubts import Doubts
from mirrorcheck.totals.findings import Findings
from mirrorcheck.totals.history import History
from mirrorcheck.totals.inputs import Span
from mirrorcheck.totals.partition import Partition
from mirrorcheck.totals.probes import added_lines, probe_lines
from mirrorcheck.totals.proxies import ProxyCounts
from mirrorcheck.totals.quantiles import Quantiles
from mirrorcheck.totals.responses import Compared
from mirrorcheck.totals.timeline import SAVED, LiveFacts, history_of, rows_in_time


@dataclass(frozen=True, slots=True, eq=False)
class Totals:
    """What is known of decided lines, in bounded room however many they are; a sum of totals is that of all lines.

    delay_us: of sure pairs. writes: mirrored requests with side effects, by method. probes: see `probe_lines`. learnt:
    how copies differ. judged: the time that is.
    """

    partition: Partition
    doubts: Doubts
    history: History
    delay_us: Quantiles
    misses: Misses
    responses: Compared
    proxies: ProxyCounts
    writes: Counter[str]
    exclusions: report.Exclusions
    probes: pl.DataFrame
    findings: Findings
    primary_span: Span
    shadow_span: Span
    learnt: Learnt | None
    judged: JudgedSpan

    def __add__(self, later: Self) -> Self:
        added = {
            each.name: getattr(self, each.name) + getattr(later, each.name)
            for each in fields(self)
            if each.name not in _OTHER
        }
        return type(self)(
            exclusions=added_exclusions(self.exclusions, later.exclusions),
            probes=added_lines(self.probes, later.probes),
            learnt=later.learnt or self.learnt,
            judged=self.judged,
            **added,
        )


_OTHER = ("exclusions", "probes", "learnt", "judged")


def fold(
    settled: Settled,
    settings: Settings,
    live: LiveFacts = SAVED,
    *,
    whole: bool = True,
    history: History | None = None,
) -> Totals:
    """The totals of settled lines.

    whole: nothing will be added, so that no more is kept than is shown. history: of the originals, where it is known.
    """
    rows = rows_in_time(settled)
    if history is None:
        history = history_of(settled, settings.horizon_us, rows)
    off = rule_absent.absences(live.rules)
    return Totals(
        partition=Partition.of(settled),
        doubts=Doubts.of(settled),
        history=history,
        delay_us=Quantiles(settled.delay_us),
        misses=Misses.of(settled, rows, off, whole=whole),
        responses=Compared.of(settled, settings.horizon_us),
        proxies=ProxyCounts.of(settled),
        writes=verdict.writes_mirrored(settled),
        exclusions=exclusions(settled, settings),
        probes=probe_lines(settled),
        findings=Findings.of(settled),
        primary_span=Span.of(settled.primary),
        shadow_span=Span.of(settled.shadow),
        learnt=settled.learnt,
        judged=settled.span,
    )
