"""Settled lines in, the totals out: counts, ratio, phases, timeline, delay and proxies."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import groupby, pairwise

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mirrorcheck.outcomes.likeness.differences import differences
from mirrorcheck.outcomes.settle import Settled
from mirrorcheck.outcomes.sides.model import Part, SideLines
from mirrorcheck.pairing import Outcome
from mirrorcheck.reading.fetch import fetch
from mirrorcheck.reading.stream_reader import Counts
from mirrorcheck.report import model as report
from mirrorcheck.sources.feed import ENDLESS_US, Gap, RuleSeen
from mirrorcheck.totals import phases
from mirrorcheck.totals.exchangeable import Exchangeable
from mirrorcheck.totals.intervals import binomial_interval
from mirrorcheck.totals.uneven import Change, hidden_change

CONFIDENCE = 0.95
_BINS = 60
_MOST_PROXIES = 50
SECOND_US = 1_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, eq=False)
class DecidedOriginals:
    """The originals that the ratio rests on, in order of their time.

    row: int64[n], row of the primary's table. logged_us: int64[n], as logged. paired: bool[n]. drawn: bool[n], the same
    for what is said of their order, see `drawn.Exchangeable`: in sum as many. change: of the ratio, that this may hide.
    """

    row: NDArray[np.int64]
    logged_us: NDArray[np.int64]
    paired: NDArray[np.bool_]
    drawn: NDArray[np.bool_]
    change: Change | None = None


@dataclass(frozen=True, slots=True)
class LiveFacts:
    """What a live source told besides lines: where it lost some, and the rules in force, oldest first."""

    gaps: tuple[Gap, ...] = ()
    rules: tuple[RuleSeen, ...] = ()

    @property
    def rule_changes_us(self) -> tuple[int, ...]:
        """When another percentage came into force."""
        return tuple(
            new.at_us for old, new in pairwise(self.rules) if (old.expect, old.mirrors) != (new.expect, new.mirrors)
        )

    @property
    def percent(self) -> float | None:
        """What the only rule asks for; with several there is no one number that the whole could be held against."""
        return self.rules[0].expect if self.rules and not self.rule_changes_us else None


SAVED = LiveFacts()


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
        return (_one_phase(originals),)
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
    """The phases, of which neighbours of one ratio are one where only such a place parts them."""
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


def _one_phase(originals: DecidedOriginals) -> report.Phase:
    paired, count = int(originals.paired.sum()), len(originals.row)
    begin, end = moment(int(originals.logged_us[0])), moment(int(originals.logged_us[-1]))
    return report.Phase(begin, end, count, paired, count - paired, ratio(paired, count - paired, one_phase=False))


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


def likeness(settled: Settled) -> report.Likeness | None:
    """How copies differ, None where they are what they usually are."""
    learnt = settled.learnt
    return report.Likeness(differences(learnt), learnt.pairs, learnt.by) if learnt else None


def _proxy(settled: Settled, row: int, chain: str) -> str:
    """The first hop that the mirror added to a chain; those of proxies in front of all servers were left out."""
    shadow, behind = settled.shadow, settled.marker.behind
    place = 1 if behind is None else int(behind[row])
    place += bool(shadow.parts[shadow.part[row]].stream.common_hop)
    return chain.split(",")[-place].strip()


def texts(side: SideLines, rows: NDArray[np.int64], field: str) -> list[str]:
    r"""The text of a field for some rows of a side, in their order; bytes that are no UTF-8 become \\xhh."""
    found: dict[int, str] = {}
    numbers = side.table["line"].to_numpy()
    for number, part in enumerate(side.parts):
        own = np.unique(rows[side.part[rows] == number])
        own = own[np.argsort(numbers[own])]
        for row, text in zip(own.tolist(), fetch(part.stream, numbers[own], [field])[field], strict=True):
            found[row] = text.decode("utf-8", "backslashreplace")
    return [found[row] for row in rows.tolist()]


def originals_of(settled: Settled) -> report.Originals:
    """The partition of the originals."""
    count = settled.originals
    return report.Originals(
        settled.primary.table.height,
        count(Outcome.PAIRED),
        count(Outcome.MISSED),
        count(Outcome.RETRY),
        count(Outcome.EXCLUDED),
        count(Outcome.UNOBSERVED),
    )


def shadow_lines_of(settled: Settled) -> report.ShadowLines:
    """The partition of the shadow lines."""
    count = settled.shadow_lines
    return report.ShadowLines(
        settled.shadow.table.height,
        count(Outcome.PAIRED),
        count(Outcome.ORPHAN),
        count(Outcome.DUPLICATE),
        count(Outcome.DIRECT),
        count(Outcome.EXCLUDED),
        count(Outcome.UNOBSERVED),
    )


def side_report(side: SideLines, label: str) -> report.SideReport:
    """What was read of a side."""
    files = tuple(
        report.FileReport(part.stream.source.name, _format_name(part), line_counts(part.counts)) for part in side.parts
    )
    times = side.table["time_us"]
    resolutions = [part.stream.format.resolution_us for part in side.parts if part.stream.format]
    samples = (
        report.UnparsedSample(part.stream.source.name, s.line, s.reason, s.text.decode("utf-8", "backslashreplace"))
        for part in side.parts
        for s in part.samples
    )
    foreign = (
        report.ForeignSample(part.stream.source.name, s.line, s.text.decode("utf-8", "backslashreplace"))
        for part in side.parts
        for s in part.foreign_samples
    )
    total = sum((part.counts for part in side.parts), Counts())
    return report.SideReport(
        label=label,
        files=files,
        format=" + ".join(dict.fromkeys(f.format for f in files)) or "no lines",
        lines=line_counts(total),
        pods=tuple(dict.fromkeys(pod for part in side.parts for pod in part.pods)),
        first=moment(int(times.min())) if len(times) else None,  # type: ignore[arg-type]  # an int column's minimum
        last=moment(int(times.max())) if len(times) else None,  # type: ignore[arg-type]  # an int column's maximum
        resolution_ms=max(resolutions, default=0) / 1000,
        unparsed_samples=tuple(samples)[:20],
        notes=tuple(dict.fromkeys(note for part in side.parts for note in _notes(part))),
        foreign_samples=tuple(foreign)[:20],
    )


def line_counts(counts: Counts) -> report.LineCounts:
    """The counts under their name in the report."""
    return report.LineCounts(
        counts.read,
        counts.parsed,
        counts.foreign,
        counts.unparsed,
        counts.rejoined,
        counts.repeated,
        counts.unproven,
    )


def _format_name(part: Part) -> str:
    return part.stream.format.name if part.stream.format else "no lines"


def _notes(part: Part) -> tuple[str, ...]:
    return part.stream.format.notes if part.stream.format else ()


def gaps_of(watched: LiveFacts) -> tuple[report.Gap, ...]:
    """Where lines may have been lost, in order of time."""
    return tuple(
        report.Gap(gap.pod, gap.container, moment(gap.from_us), _moment_or_none(gap.to_us), gap.reason)
        for gap in sorted(watched.gaps, key=lambda gap: (gap.from_us, gap.pod))
    )


def _moment_or_none(us: int) -> datetime | None:
    return moment(us) if us < ENDLESS_US else None


def rules_of(watched: LiveFacts) -> tuple[report.SeenRule, ...]:
    """What the mesh was told, each time that it was told another thing."""
    said = (
        report.SeenRule(moment(rule.at_us), rule.expect, rule.text, rule.mirrors, rule.primary, rule.shadow)
        for rule in watched.rules
    )
    return tuple(next(same) for _, same in groupby(said, key=lambda each: replace(each, from_=_EPOCH)))


def retries(settled: Settled) -> report.Retries:
    """How many lines are further attempts, and on what evidence."""
    count = settled.originals(Outcome.RETRY)
    return report.Retries(count, str(settled.pairing.retries), min(count, settled.pairing.presumed_retries))
