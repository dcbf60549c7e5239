"""Counts settled lines: ratio, phases, timeline, delay, proxies, and what a live source added."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import groupby

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mirrorcheck.outcomes.settle import Settled
from mirrorcheck.outcomes.sides.model import SideLines
from mirrorcheck.pairing import Outcome
from mirrorcheck.pairing.clock import SECOND_US
from mirrorcheck.report import model as report
from mirrorcheck.sources.feed import Gap, RuleSeen
from mirrorcheck.totals import phases
from mirrorcheck.totals.exchangeable import Change, Exchangeable, hidden_change
from mirrorcheck.totals.intervals import binomial_interval

CONFIDENCE = 0.95
_BINS = 60
_MOST_PROXIES = 50
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, eq=False)
class DecidedOriginals:
    """The originals that the ratio rests on, in order of their time.

    row: int64[n], row of the primary's table. logged_us: int64[n], as logged. paired: bool[n]. drawn: bool[n], the same
    for what is said of their order, see `Exchangeable`: in sum as many. change: of the ratio, which this may hide.
    """

    row: NDArray[np.int64]
    logged_us: NDArray[np.int64]
    paired: NDArray[np.bool_]
    drawn: NDArray[np.bool_]
    change: Change | None = None


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


def decided_originals(settled: Settled, horizon_us: int) -> DecidedOriginals:
    """The originals of the ratio in order of time."""
    rows = np.flatnonzero(settled.in_ratio)
    rows = rows[np.argsort(settled.primary.placed_us[rows], kind="stable")]
    logged_us = settled.primary.table["time_us"].to_numpy()[rows]
    paired = settled.original_outcome[rows] == Outcome.PAIRED
    found = Exchangeable(paired, settled.primary.placed_us[rows], settled.alike[rows], settled.pairing.reach_us)
    return DecidedOriginals(
        rows, np.maximum.accumulate(logged_us), paired, found.drawn(horizon_us), hidden_change(found)
    )


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
    originals: DecidedOriginals,
    settled: Settled,
    horizon_us: int,
    at_us: tuple[Sequence[int], Sequence[int]] = ((), ()),
) -> tuple[report.Phase, ...]:
    """The phases of the timeline, cut at the first instants of `at_us` in any case, at the others if it changes there.

    One phase where it is not known which originals were missed, and so not when.
    """
    if settled.open_which and len(originals.row):
        paired, count = int(originals.paired.sum()), len(originals.row)
        begin, end = moment(int(originals.logged_us[0])), moment(int(originals.logged_us[-1]))
        mean = ratio(paired, count - paired, one_phase=False)
        return (report.Phase(begin, end, count, paired, count - paired, mean),)
    given_us, perhaps_us = at_us
    places = np.searchsorted(originals.logged_us, np.array(sorted((*given_us, *perhaps_us)), np.int64))
    stretches = zip(np.split(originals.logged_us, places), np.split(originals.drawn, places), strict=True)
    found = [p for times_us, paired in stretches for p in phases.cut_phases(times_us, paired, horizon_us=horizon_us)]
    given = set(np.searchsorted(originals.logged_us, np.array(given_us, np.int64)).tolist())
    return tuple(
        report.Phase(moment(p.from_us), moment(p.to_us), p.originals, p.paired, p.missed, ratio(p.paired, p.missed))
        for p in _joined(found, set(places.tolist()) - given)
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


def timeline(originals: DecidedOriginals) -> tuple[report.TimelineBin, ...]:
    """At most 60 bins of equal length, whole seconds where the span allows it."""
    if not len(originals.row):
        return ()
    first, last = int(originals.logged_us[0]), int(originals.logged_us[-1])
    width = max(1, -(-(last - first + 1) // _BINS))
    width = -(-width // SECOND_US) * SECOND_US if last - first >= SECOND_US else width
    number = (originals.logged_us - first) // width
    count = int(number[-1]) + 1
    total = np.bincount(number, minlength=count)
    paired = np.bincount(number, weights=originals.paired, minlength=count).astype(np.int64)
    return tuple(
        report.TimelineBin(moment(first + i * width), moment(first + (i + 1) * width), int(n), int(p), int(n - p))
        for i, (n, p) in enumerate(zip(total, paired, strict=True))
    )


def offset(settled: Settled) -> report.Offset | None:
    """The delay of the copies' lines, None without pairs, and where these may be no pairs at all."""
    if not len(settled.delay_us) or settled.open:
        return None
    quantiles = np.quantile(settled.delay_us, [0.5, 0.99, 0.0, 1.0]) / 1000
    return report.Offset(*(round(float(q), 3) for q in quantiles))


def proxies(settled: Settled) -> tuple[report.Proxy, ...]:
    """The last hops of the paired copies, most frequent first; nothing where the marker is not X-Forwarded-For."""
    paired = np.flatnonzero(settled.shadow_outcome == Outcome.PAIRED)
    if not settled.marker.strips_hop or not len(paired):
        return ()
    rows = pl.DataFrame({"row": paired, "hop": settled.shadow.table["hop"].to_numpy()[paired]})
    groups = rows.group_by("hop").agg(pl.col("row").first(), pl.len()).filter(pl.col("hop") != 0)
    groups = groups.sort(["len", "row"], descending=[True, False]).head(_MOST_PROXIES)
    chains = texts(settled.shadow, groups["row"].to_numpy(), "xff")
    return tuple(
        report.Proxy(_proxy(settled, row, chain), count, count / len(paired))
        for row, chain, count in zip(groups["row"], chains, groups["len"], strict=True)
    )


def _proxy(settled: Settled, row: int, chain: str) -> str:
    """The first hop that the mirror added to a chain; those of proxies in front of all servers were removed."""
    shadow, behind = settled.shadow, settled.marker.behind
    place = 1 if behind is None else int(behind[row])
    place += bool(shadow.parts[shadow.part[row]].stream.common_hop)
    return chain.split(",")[-place].strip()


def texts(side: SideLines, rows: NDArray[np.int64], field: str) -> list[str]:
    r"""The text of a field for some rows of a side, in their order; bytes that are no UTF-8 become \\xhh."""
    return [text.decode("utf-8", "backslashreplace") for text in side.texts(rows, [field])[field]]


def originals_of(settled: Settled) -> report.Originals:
    """The partition of the originals."""
    classes = (Outcome.PAIRED, Outcome.MISSED, Outcome.RETRY, Outcome.EXCLUDED, Outcome.UNOBSERVED)
    return report.Originals(settled.primary.table.height, *map(settled.originals, classes))


def shadow_lines_of(settled: Settled) -> report.ShadowLines:
    """The partition of the shadow lines."""
    classes = (
        Outcome.PAIRED,
        Outcome.ORPHAN,
        Outcome.DUPLICATE,
        Outcome.DIRECT,
        Outcome.EXCLUDED,
        Outcome.UNOBSERVED,
    )
    return report.ShadowLines(settled.shadow.table.height, *map(settled.shadow_lines, classes))
