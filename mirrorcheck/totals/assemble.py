"""Puts a report together from totals, section by section."""

from collections.abc import Callable, Iterable
from dataclasses import astuple
from itertools import groupby
from typing import TypedDict

import polars as pl

from mirrorcheck import __version__
from mirrorcheck.outcomes.exclusions import about_exclusions
from mirrorcheck.outcomes.likeness.differences import differences
from mirrorcheck.outcomes.sides.model import Sides
from mirrorcheck.pairing import Outcome
from mirrorcheck.report import model as report
from mirrorcheck.settings import Settings
from mirrorcheck.sources.feed import ENDLESS_US
from mirrorcheck.totals import rule_absent, rule_effects, timeline, verdict
from mirrorcheck.totals.breakdown import Groups, explain
from mirrorcheck.totals.inputs import filters, line_counts, side_report
from mirrorcheck.totals.probes import tally, unseen
from mirrorcheck.totals.rule_absent import Stretch
from mirrorcheck.totals.sampling import judge_sampling
from mirrorcheck.totals.timeline import LiveFacts, moment
from mirrorcheck.totals.totals import Totals
from mirrorcheck.totals.warnings import Known, warnings
from mirrorcheck.totals.while_mirroring import while_on


def finish(
    found: Totals, sides: Sides, settings: Settings, live: LiveFacts, make_tables: Callable[[], Iterable[pl.DataFrame]]
) -> report.Report:
    """Put the report of totals together; sides: what was read. make_tables: makes the table of lines, in pieces.

    One section after the other: threads gained nothing in paired runs over a million pairs.
    """
    history = found.history
    # Where it is open which originals were missed, it is open when, and so whether a rule explains them.
    off = () if found.doubts.open_which else rule_absent.clipped(rule_absent.absences(live.rules), history)
    counts, mesh = _counts(found, settings), _mesh(live, off)
    ratios = _ratios(found, sides, settings, live, off)
    misses, copies = _misses(found, sides, ratios, off), _copies(found, sides)
    phases, ratio_range, copying = ratios["phases"], ratios["ratio_range"], ratios["copying"]
    known = Known(
        sides,
        found.findings,
        found.partition,
        found.doubts,
        history,
        phases,
        ratios["sampling"],
        misses["missed_by"],
        counts["writes_mirrored"],
        copies["proxies"],
        found.delay_us.median() / 1000 if len(found.delay_us) else 0.0,
    )
    # Nothing is said of a rule where chance may have paired what was not copied.
    expected = settings.expected is not None
    of_rule = () if found.doubts.open else rule_effects.warnings(live, history, phases, expected=expected)
    return report.Report(
        verdict=verdict.verdict(history, phases, counts["originals"], counts["shadow"], ratio_range, copying),
        warnings=warnings(known)
        + unseen(counts["probes"])
        + about_exclusions(counts["exclusions"], counts["originals"])
        + of_rule,
        make_tables=make_tables,
        **_inputs(found, sides, settings),
        **counts,
        **ratios,
        **while_on(history, phases, mesh["rule_off"], mesh["rules"], known=ratios["missed_range"] is None),
        **misses,
        **copies,
        **mesh,
    )


class _Inputs(TypedDict):
    version: str
    sides_determined_by: str
    primary: report.SideReport
    shadow_side: report.SideReport
    other_lines: report.LineCounts | None
    filters: report.Filters


def _inputs(found: Totals, sides: Sides, settings: Settings) -> _Inputs:
    return {
        "version": __version__,
        "sides_determined_by": sides.determined_by,
        "primary": side_report(sides.primary, found.primary_span, "primary (v1)"),
        "shadow_side": side_report(sides.shadow, found.shadow_span, "shadow (v2)"),
        "other_lines": line_counts(sides.other) if sides.other else None,
        "filters": filters(found.judged, settings),
    }


class _Counts(TypedDict):
    originals: report.Originals
    shadow: report.ShadowLines
    retries: report.Retries
    writes_mirrored: dict[str, int]
    exclusions: report.Exclusions
    probes: tuple[report.ProbeRun, ...]


def _counts(found: Totals, settings: Settings) -> _Counts:
    retries, doubts = found.partition.originals[Outcome.RETRY], found.doubts
    return {
        "originals": found.partition.originals_report(),
        "shadow": found.partition.shadow_report(),
        "retries": report.Retries(retries, str(doubts.retries), min(retries, doubts.presumed_retries)),
        "writes_mirrored": dict(sorted(found.writes.items())),
        "exclusions": found.exclusions,
        "probes": tally(found.probes, settings.run),
    }


class _Ratios(TypedDict):
    ratio: report.Ratio
    ratio_range: report.Range | None
    missed_range: report.MissedRange | None
    phases: tuple[report.Phase, ...]
    timeline: tuple[report.TimelineBin, ...]
    sampling: report.Sampling | None
    copying: report.Copying | None
    expected: report.Expected | None


def _ratios(found: Totals, sides: Sides, settings: Settings, live: LiveFacts, off: tuple[Stretch, ...]) -> _Ratios:
    history, partition = found.history, found.partition
    phases = timeline.cut(history, settings.horizon_us, rule_absent.cuts_us(live), open_which=found.doubts.open_which)
    phases = rule_absent.counted(phases, history, off)
    missed_range = verdict.missed_range(found.doubts, partition, sides.shadow)
    one_phase = len(phases) <= 1 and missed_range is None
    ratio = timeline.ratio(partition.paired, partition.missed, one_phase=one_phase)
    return {
        "ratio": ratio,
        "ratio_range": verdict.ratio_range(partition, missed_range),
        "missed_range": missed_range,
        "phases": phases,
        "timeline": timeline.bins(history),
        "sampling": judge_sampling(history, [phase.originals for phase in phases]),
        "copying": verdict.copying(found.doubts.copied),
        "expected": verdict.expected(live.percent if settings.expected is None else settings.expected, ratio),
    }


class _Misses(TypedDict):
    missed_by: Groups
    explanation: str
    missed_examples: tuple[report.MissedLine, ...]


def _misses(found: Totals, sides: Sides, ratios: _Ratios, off: tuple[Stretch, ...]) -> _Misses:
    if found.doubts.open:  # which requests were missed is not known
        return {"missed_by": {}, "explanation": "", "missed_examples": ()}
    groups = found.misses.by_trait(sides.primary, found.history, ratios["timeline"])
    open_ = verdict.unparsed_copies(sides.shadow) > 0
    return {
        "missed_by": groups,
        "explanation": explain(groups, ratios["phases"], ratios["timeline"]),
        "missed_examples": found.misses.first(sides.primary, off, open_=open_),
    }


class _Copies(TypedDict):
    offset: report.Offset | None
    proxies: tuple[report.Proxy, ...]
    responses: report.Responses
    likeness: report.Likeness | None


def _copies(found: Totals, sides: Sides) -> _Copies:
    learnt = found.learnt
    return {
        "offset": None if found.doubts.open else timeline.offset(found.delay_us),
        "proxies": found.proxies.proxies(sides.shadow),
        "responses": found.responses.responses(),
        "likeness": report.Likeness(differences(learnt), learnt.pairs, learnt.by) if learnt else None,
    }


class _Mesh(TypedDict):
    gaps: tuple[report.Gap, ...]
    rules: tuple[report.SeenRule, ...]
    rule_off: tuple[report.RuleOff, ...]


def _mesh(live: LiveFacts, off: tuple[Stretch, ...]) -> _Mesh:
    gaps = sorted(live.gaps, key=lambda gap: (gap.from_us, gap.pod))
    rules = (
        report.SeenRule(moment(rule.at_us), rule.expect, rule.text, rule.mirrors, rule.primary, rule.shadow)
        for rule in live.rules
    )
    return {
        "gaps": tuple(
            report.Gap(
                gap.pod,
                gap.container,
                moment(gap.from_us),
                moment(gap.to_us) if gap.to_us < ENDLESS_US else None,
                gap.reason,
            )
            for gap in gaps
        ),
        # Each time that another one came into force.
        "rules": tuple(next(same) for _, same in groupby(rules, key=lambda rule: astuple(rule)[1:])),
        "rule_off": tuple(report.RuleOff(moment(first_us), moment(last_us)) for first_us, last_us in off),
    }
