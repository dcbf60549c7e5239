"""What is read off the decided originals: ratio, phases and timeline; and what a live source adds to lines."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import groupby

import numpy as np

from mirrorcheck.outcomes.settle import Settled
from mirrorcheck.outcomes.sides.model import SideLines
from mirrorcheck.pairing import Outcome
from mirrorcheck.pairing.clock import SECOND_US
from mirrorcheck.pairing.model import Bools, Ints
from mirrorcheck.report import model as report
from mirrorcheck.sources.feed import Gap, RuleSeen
from mirrorcheck.totals import phases
from mirrorcheck.totals.exchangeable import Exchangeable
from mirrorcheck.totals.history import History
from mirrorcheck.totals.intervals import binomial_interval
from mirrorcheck.totals.quantiles import Quantiles

CONFIDENCE = 0.95
_BINS = 60
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class LiveFacts:
    """What a live source adds to the lines: where it lost some, and the rules in force, oldest first."""

    gaps: tuple[Gap, ...] = ()
    rules: tuple[RuleSeen, ...] = ()

    @property
    def percent(self) -> float | None:
        """What the only rule asks for; with several there is no one number that the whole could be held against."""
        distinct = distinct_rules(self.rules)
        return distinct[0].expect if len(distinct) == 1 else None


SAVED = LiveFacts()


def distinct_rules(rules: Sequence[RuleSeen]) -> tuple[RuleSeen, ...]:
    """The rules that ask for something other than the one before them."""
    return tuple(next(same) for _, same in groupby(rules, key=lambda rule: (rule.expect, rule.mirrors)))


def rows_in_time(settled: Settled, among: Bools | None = None) -> Ints:
    """Rows of the originals of the ratio, or of some of them (bool by row), in order of time."""
    rows = np.flatnonzero(settled.in_ratio if among is None else settled.in_ratio & among)
    return rows[np.argsort(settled.primary.placed_us[rows], kind="stable")]


def history_of(settled: Settled, horizon_us: int, rows: Ints) -> History:
    """The history of originals of the ratio, rows of the primary's table in order of time."""
    logged_us = settled.primary.table["time_us"].to_numpy()[rows]
    paired = settled.original_outcome[rows] == Outcome.PAIRED
    found = Exchangeable(paired, settled.primary.placed_us[rows], settled.alike[rows], settled.pairing.reach_us)
    return History.of(np.maximum.accumulate(logged_us), paired, found.drawn(horizon_us), found.guess_us)


def moment(us: int) -> datetime:
    """A UTC datetime of microseconds since 1970."""
    return datetime.fromtimestamp(us // SECOND_US, UTC).replace(microsecond=us % SECOND_US)


def micros(when: datetime) -> int:
    """Microseconds since 1970 of an aware datetime, exactly."""
    return (when - _EPOCH) // timedelta(microseconds=1)


def ratio(paired: int, missed: int, *, one_phase: bool = True) -> report.Ratio:
    """The ratio of counts; without an interval where it mixes phases, since their misses are not independent."""
    total = paired + missed
    interval = binomial_interval(paired, total, CONFIDENCE) if one_phase else None
    return report.Ratio(
        value=paired / total if total else None,
        low=interval.low if interval else None,
        high=interval.high if interval else None,
        confidence=CONFIDENCE,
        paired=paired,
        missed=missed,
    )


def cut(
    history: History,
    horizon_us: int,
    at_us: tuple[Sequence[int], Sequence[int]] = ((), ()),
    *,
    open_which: bool = False,
) -> tuple[report.Phase, ...]:
    """The phases of the timeline, cut at the first instants of `at_us` in any case, at the others if it changes there.

    open_which: it is not known which originals were missed, and so not when: there is one phase.
    """
    if open_which and len(history):
        begin, end = moment(int(history.from_us[0])), moment(int(history.until_us[-1]))
        mean = ratio(history.hits, history.missed, one_phase=False)
        return (report.Phase(begin, end, history.total, history.hits, history.missed, mean),)
    given_us, perhaps_us = at_us
    places = np.searchsorted(history.from_us, np.array(sorted((*given_us, *perhaps_us)), np.int64))
    found = [phase for piece in history.split(places) for phase in piece.cut(horizon_us)]
    before = history.before()
    given = before[np.searchsorted(history.from_us, np.array(given_us, np.int64))]
    return tuple(
        report.Phase(moment(p.from_us), moment(p.to_us), p.originals, p.paired, p.missed, ratio(p.paired, p.missed))
        for p in _joined(found, set(before[places].tolist()) - set(given.tolist()))
    )


def _joined(found: Sequence[phases.Segment], perhaps: Collection[int]) -> Iterator[phases.Segment]:
    """Join neighbouring phases of one ratio where nothing but a place in `perhaps` parts them."""
    start, place = 0, 0
    for end, phase in enumerate(found, start=1):
        place += phase.originals
        if end == len(found) or place not in perhaps:
            parts = found[start:end]
            originals, paired = (
                np.array([getattr(p, name) for p in parts], np.int64) for name in ("originals", "paired")
            )
            yield from (_whole(parts[each]) for each in phases.join(originals, paired))
            start = end


def _whole(parts: Sequence[phases.Segment]) -> phases.Segment:
    return replace(
        parts[0],
        last=parts[-1].last,
        to_us=parts[-1].to_us,
        originals=sum(each.originals for each in parts),
        paired=sum(each.paired for each in parts),
    )


def bins(history: History) -> tuple[report.TimelineBin, ...]:
    """At most 60 bins of equal length, whole seconds where the span allows it."""
    if not len(history):
        return ()
    first, last = int(history.from_us[0]), int(history.from_us[-1])
    width = max(1, -(-(last - first + 1) // _BINS))
    width = -(-width // SECOND_US) * SECOND_US if last - first >= SECOND_US else width
    number = (history.from_us - first) // width
    count = int(number[-1]) + 1
    total, paired = (
        np.bincount(number, weights=column, minlength=count).astype(np.int64)
        for column in (history.originals, history.paired)
    )
    return tuple(
        report.TimelineBin(moment(first + i * width), moment(first + (i + 1) * width), int(n), int(p), int(n - p))
        for i, (n, p) in enumerate(zip(total, paired, strict=True))
    )


def offset(delay_us: Quantiles) -> report.Offset | None:
    """The delay of the copies' lines, None without pairs."""
    if not len(delay_us):
        return None
    quantiles = delay_us.at([0.5, 0.99, 0.0, 1.0]) / 1000
    return report.Offset(*(round(float(q), 3) for q in quantiles))


def texts(side: SideLines, rows: Ints, field: str) -> list[str]:
    r"""The text of a field for some rows of a side, in their order; bytes that are no UTF-8 become \\xhh."""
    return [text.decode("utf-8", "backslashreplace") for text in side.texts(rows, [field])[field]]
