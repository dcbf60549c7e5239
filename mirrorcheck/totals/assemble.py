"""Puts a report together, section by section."""

from dataclasses import astuple
from itertools import groupby
from typing import TypedDict

from mirrorcheck import __version__
from mirrorcheck.outcomes.exclusions import about_exclusions, exclusions
from mirrorcheck.outcomes.likeness.differences import differences
from mirrorcheck.outcomes.settle import Settled
from mirrorcheck.outcomes.sides.model import Sides
from mirrorcheck.pairing import Outcome
from mirrorcheck.report import model as report
from mirrorcheck.settings import Settings
from mirrorcheck.sources.feed import ENDLESS_US
from mirrorcheck.totals import rule_absent, rule_effects, totals, verdict
from mirrorcheck.totals.breakdown import Groups, explain, missed_by, missed_examples
from mirrorcheck.totals.inputs import filters, line_counts, side_report
from mirrorcheck.totals.lines_table import outcome_table
from mirrorcheck.totals.probes import tally, unseen
from mirrorcheck.totals.responses import compare_responses
from mirrorcheck.totals.rule_absent import Stretch
from mirrorcheck.totals.sampling import judge_sampling
from mirrorcheck.totals.totals import SAVED, DecidedOriginals, LiveFacts, moment
from mirrorcheck.totals.warnings import RatioEvidence, warnings
from mirrorcheck.totals.while_mirroring import while_on


def make_report(settled: Settled, sides: Sides, settings: Settings, live: LiveFacts = SAVED) -> report.Report:
    """Put the report together; live: what a live source added to the lines.

    One section after the other: threads gained nothing in paired runs over a million pairs.
    """
    originals = totals.decided_originals(settled, settings.horizon_us)
    # Where it is open which originals were missed, it is open when, and so whether a rule explains them.
    off = () if settled.open_which else rule_absent.clipped(rule_absent.absences(live.rules), originals)
    counts, mesh = _counts(settled, settings), _mesh(live, off)
    ratios = _ratios(settled, settings, originals, live, off)
    misses, copies = _misses(settled, originals, ratios, off), _copies(settled, settings)
    phases, ratio_range, copying = ratios["phases"], ratios["ratio_range"], ratios["copying"]
    evidence = RatioEvidence(
        originals, phases, ratios["sampling"], misses["missed_by"], counts["writes_mirrored"], copies["proxies"]
    )
    # Nothing is said of a rule where chance may have paired what was not copied.
    expected = settings.expected is not None
    of_rule = () if settled.open else rule_effects.warnings(live, originals, phases, expected=expected)
    return report.Report(
        verdict=verdict.verdict(originals, phases, counts["originals"], counts["shadow"], ratio_range, copying),
        warnings=warnings(settled, sides, evidence)
        + unseen(counts["probes"])
        + about_exclusions(counts["exclusions"], counts["originals"])
        + of_rule,
        make_table=lambda: outcome_table(settled),
        **_inputs(settled, sides, settings),
        **counts,
        **ratios,
        **while_on(originals, phases, mesh["rule_off"], mesh["rules"], known=ratios["missed_range"] is None),
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


def _inputs(settled: Settled, sides: Sides, settings: Settings) -> _Inputs:
    return {
        "version": __version__,
        "sides_determined_by": sides.determined_by,
        "primary": side_report(settled.primary, "primary (v1)"),
        "shadow_side": side_report(settled.shadow, "shadow (v2)"),
        "other_lines": line_counts(sides.other) if sides.other else None,
        "filters": filters(settled, settings),
    }


class _Counts(TypedDict):
    originals: report.Originals
    shadow: report.ShadowLines
    retries: report.Retries
    writes_mirrored: dict[str, int]
    exclusions: report.Exclusions
    probes: tuple[report.ProbeRun, ...]


def _counts(settled: Settled, settings: Settings) -> _Counts:
    retries, pairing = settled.originals(Outcome.RETRY), settled.pairing
    return {
        "originals": totals.originals_of(settled),
        "shadow": totals.shadow_lines_of(settled),
        "retries": report.Retries(retries, str(pairing.retries), min(retries, pairing.presumed_retries)),
        "writes_mirrored": verdict.writes_mirrored(settled),
        "exclusions": exclusions(settled, settings),
        "probes": tally(settled, settings.run),
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


def _ratios(
    settled: Settled, settings: Settings, originals: DecidedOriginals, live: LiveFacts, off: tuple[Stretch, ...]
) -> _Ratios:
    phases = totals.cut(originals, settled, settings.horizon_us, rule_absent.cuts_us(live))
    phases = rule_absent.counted(phases, originals, off)
    missed_range = verdict.missed_range(settled)
    paired = int(originals.paired.sum())
    one_phase = len(phases) <= 1 and missed_range is None
    ratio = totals.ratio(paired, len(originals.row) - paired, one_phase=one_phase)
    return {
        "ratio": ratio,
        "ratio_range": verdict.ratio_range(settled, missed_range),
        "missed_range": missed_range,
        "phases": phases,
        "timeline": totals.timeline(originals),
        "sampling": judge_sampling(originals.drawn, [phase.originals for phase in phases]),
        "copying": verdict.copying(settled),
        "expected": verdict.expected(live.percent if settings.expected is None else settings.expected, ratio),
    }


class _Misses(TypedDict):
    missed_by: Groups
    explanation: str
    missed_examples: tuple[report.MissedLine, ...]


def _misses(settled: Settled, originals: DecidedOriginals, ratios: _Ratios, off: tuple[Stretch, ...]) -> _Misses:
    groups = missed_by(settled, originals, ratios["timeline"])
    return {
        "missed_by": groups,
        "explanation": explain(groups, ratios["phases"], ratios["timeline"]),
        "missed_examples": missed_examples(settled, originals, rule_absent.in_any(originals.logged_us, off)),
    }


class _Copies(TypedDict):
    offset: report.Offset | None
    proxies: tuple[report.Proxy, ...]
    responses: report.Responses
    likeness: report.Likeness | None


def _copies(settled: Settled, settings: Settings) -> _Copies:
    learnt = settled.learnt
    return {
        "offset": totals.offset(settled),
        "proxies": totals.proxies(settled),
        "responses": compare_responses(settled, settings.horizon_us),
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
