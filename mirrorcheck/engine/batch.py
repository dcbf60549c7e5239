"""Open sources and settings in, a `Report` out: the whole pipeline."""

import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from importlib.metadata import version

from mirrorcheck.concurrency import background, import_meanwhile
from mirrorcheck.errors import UsageError
from mirrorcheck.outcomes.exclusions import about_exclusions, exclusions
from mirrorcheck.outcomes.settle import JudgedSpan, Settled, settle
from mirrorcheck.outcomes.sides import by_name as sides_by_name
from mirrorcheck.outcomes.sides import sides
from mirrorcheck.outcomes.sides.common_hop import without_common_hop
from mirrorcheck.outcomes.sides.unparsed import refuse_unparsed, refuse_unread
from mirrorcheck.reading.containers import keep_containers
from mirrorcheck.reading.fetch import fetch
from mirrorcheck.reading.newest_first import oldest_first
from mirrorcheck.reading.readers import read_inputs
from mirrorcheck.reading.repeated import without_repeats
from mirrorcheck.reading.required_fields import refuse_unlogged
from mirrorcheck.reading.stream import Stream
from mirrorcheck.reading.workers import Worker
from mirrorcheck.report import model as report
from mirrorcheck.settings import Settings, parse_moment
from mirrorcheck.sources.inputs import Inputs
from mirrorcheck.totals import breakdown, rule_effects
from mirrorcheck.totals import rule_absent as rule_off
from mirrorcheck.totals import totals as summary
from mirrorcheck.totals import verdict as findings
from mirrorcheck.totals import warnings as cautions
from mirrorcheck.totals import while_mirroring as while_on
from mirrorcheck.totals.lines_table import outcome_table
from mirrorcheck.totals.probes import tally, unseen
from mirrorcheck.totals.responses import compare_responses
from mirrorcheck.totals.sampling import judge_sampling

_TWO = 2
_ZONE = re.compile(rb"([+-])(\d\d):?(\d\d)$")


def analyze_sources(inputs: Inputs, settings: Settings, workers: Sequence[Worker]) -> report.Report:
    """Run the pipeline. workers: processes to read by, if any; they end when all is read.

    Raises UsageError where the sides cannot be told or are the same one, InputError for unreadable input.
    """
    return analyze_streams(inputs, settings, read_inputs(inputs, settings, workers=workers))


def analyze_streams(inputs: Inputs, settings: Settings, streams: Sequence[Stream]) -> report.Report:
    """Run the pipeline behind the reading: the streams are those of the inputs."""
    refuse_unlogged(streams, settings)
    streams = keep_containers(oldest_first(_without_repeats(inputs, streams)), settings.containers)
    refuse_unread(streams)
    streams = without_common_hop(streams)
    told = _tell_sides(inputs, streams, settings)
    refuse_unparsed(told)
    if _some_missed(told):
        # Intervals need it, and importing it takes as long as reading 100,000 lines: do that while the pairing works.
        import_meanwhile("scipy.special")
    settled = settle(told, settings, _span(streams, settings))
    if inputs.mixed:  # else the user said which side is which
        _refuse_one_side(settled)
    return make_report(settled, told, settings)


def _without_repeats(inputs: Inputs, streams: Sequence[Stream]) -> list[Stream]:
    """Streams whose sides are still to be told are of one log only where their lines name the pod."""
    primary, shadow = len(inputs.primary), len(inputs.primary) + len(inputs.shadow)
    mixed = streams[shadow:]
    told = all(map(sides_by_name.says_whose, mixed))
    return [
        *without_repeats(streams[:primary]),
        *without_repeats(streams[primary:shadow]),
        *(without_repeats(mixed) if told else mixed),
    ]


def _tell_sides(inputs: Inputs, streams: Sequence[Stream], settings: Settings) -> sides.Sides:
    if not inputs.mixed:
        return sides.by_option(streams[: len(inputs.primary)], streams[len(inputs.primary) :])
    says_whose = any(map(sides_by_name.says_whose, streams)) or sides_by_name.clusters_tell(streams, settings)
    if says_whose and (len(streams) != _TWO or sides_by_name.names_tell(streams, settings)):
        return sides_by_name.by_name(streams, settings)
    if len(streams) == _TWO:
        return sides.by_marker(*streams)
    nameless = next((stream for stream in streams if stream.counts.parsed), None)
    if nameless is None:
        return sides_by_name.by_name(streams, settings)
    message = (
        f"the lines of {nameless.source.name} carry no pod names, so their sides cannot be told. "
        f"{sides_by_name.nameless_way_out(nameless)}Use --primary FILE --shadow FILE, or give exactly two logs."
    )
    raise UsageError(message)


def _some_missed(told: sides.Sides) -> bool:
    """Whether the numbers of lines alone show that some were copied, and some not."""
    originals, copies = (sum(part.table.height for part in side) for side in (told.primary, told.shadow))
    return 0 < copies < originals


def _refuse_one_side(settled: Settled) -> None:
    """Two logs of one shadow: the same proxy's address ends every line of both, and nothing pairs, or all is equal."""
    if cautions.looks_like_one_side(settled):
        message = (
            "both sides look like logs of the shadow: every line of both carries the marker of the same proxy. "
            "Say which is which with --primary FILE --shadow FILE."
        )
        raise UsageError(message)


def _span(streams: Sequence[Stream], settings: Settings) -> JudgedSpan:
    """The span of --since and --until; what they leave out (date, zone) is that of the first line."""
    if settings.since is None and settings.until is None:
        return JudgedSpan()
    first = min((s for s in streams if s.table.height), key=lambda s: int(s.table["time_us"][0]), default=None)
    day = _stamp(first) if first else datetime(1970, 1, 1, tzinfo=UTC)
    ends = JudgedSpan()
    since_us, until_us = ends.since_us, ends.until_us
    if settings.since is not None:
        since_us = summary.micros(parse_moment(settings.since, "--since", day))
    if settings.until is not None:
        until_us = summary.micros(parse_moment(settings.until, "--until", day))
    if since_us > until_us:
        message = f"--since {settings.since} is after --until {settings.until}. Swap them, or give their dates."
        raise UsageError(message)
    return JudgedSpan(since_us, until_us)


def _stamp(stream: Stream) -> datetime:
    """When a stream's first line was logged, in the zone it was logged in."""
    row = stream.table[0]
    text = fetch(stream, row["line"].to_numpy(), ["time_local", "time_iso8601"])
    zone = _ZONE.search(text["time_local"][0] or text["time_iso8601"][0])
    offset = timedelta()
    if zone:
        offset = timedelta(hours=int(zone[2]), minutes=int(zone[3])) * (-1 if zone[1] == b"-" else 1)
    return summary.moment(row["time_us"][0]).astimezone(timezone(offset))


def make_report(
    settled: Settled, told: sides.Sides, settings: Settings, watched: summary.LiveFacts = summary.SAVED
) -> report.Report:
    """Put together what the stages found; `watched`: what the watching of a cluster told besides the lines."""
    with background() as threads:
        return _make_report(settled, told, settings, watched, threads)


def _make_report(
    settled: Settled, told: sides.Sides, settings: Settings, watched: summary.LiveFacts, threads: ThreadPoolExecutor
) -> report.Report:
    proxies = threads.submit(summary.proxies, settled)
    responses = threads.submit(compare_responses, settled, settings.horizon_us)
    writes = threads.submit(findings.writes_mirrored, settled)
    offset, probes = threads.submit(summary.offset, settled), tally(settled, settings.probe)
    originals = summary.decided_originals(settled, settings.horizon_us)
    timeline = summary.timeline(originals)
    grouped = threads.submit(breakdown.missed_by, settled, originals, timeline)
    phases = summary.cut(originals, settled, settings.horizon_us, rule_off.cuts_us(watched))
    # Where it is open which originals were missed, it is open when, and so whether a rule explains them.
    off = () if settled.open_which else rule_off.while_on(rule_off.rule_off(watched.rules), originals)
    phases = rule_off.counted(phases, originals, off)
    missed_range = findings.missed_range(settled)
    one_phase = len(phases) <= 1 and missed_range is None
    ratio = summary.ratio(int(originals.paired.sum()), int((~originals.paired).sum()), one_phase=one_phase)
    rules, stretches = summary.rules_of(watched), rule_off.nouns(off)
    on, on_from, on_to = while_on.ratio_while_on(originals, phases, stretches, rules, known=missed_range is None)
    before, after = while_on.missed_while_off(originals)
    sampling = judge_sampling(originals.drawn, [phase.originals for phase in phases])
    judged = cautions.RatioEvidence(originals, phases, sampling, grouped.result(), writes.result(), proxies.result())
    ratio_range, copying = findings.ratio_range(settled, missed_range), findings.copying(settled)
    excluded = exclusions(settled, settings)
    partition, shadow_lines = summary.originals_of(settled), summary.shadow_lines_of(settled)
    return report.Report(
        version=version("mirrorcheck"),
        verdict=findings.verdict(originals, phases, partition, shadow_lines, ratio_range, copying),
        sides_told_by=told.told_by,
        primary=summary.side_report(settled.primary, "primary (v1)"),
        shadow_side=summary.side_report(settled.shadow, "shadow (v2)"),
        other_lines=summary.line_counts(told.other) if told.other else None,
        originals=partition,
        shadow=shadow_lines,
        ratio=ratio,
        ratio_range=ratio_range,
        missed_range=missed_range,
        ratio_while_on=on,
        on_from=on_from,
        on_to=on_to,
        phases=phases,
        timeline=timeline,
        offset=offset.result(),
        proxies=proxies.result(),
        missed_by=judged.groups,
        explanation=breakdown.explain(judged.groups, phases, timeline),
        missed_examples=breakdown.missed_examples(settled, originals, rule_off.in_stretches(originals, off)),
        responses=responses.result(),
        retries=summary.retries(settled),
        writes_mirrored=dict(judged.writes),
        warnings=cautions.warnings(settled, told, judged)
        + unseen(probes)
        + about_exclusions(excluded, partition)
        + _about_rules(watched, originals, phases, settled, settings),
        filters=_filters(settings, settled),
        expected=findings.expected(watched.percent if settings.expect is None else settings.expect, ratio),
        gaps=summary.gaps_of(watched),
        rules=rules,
        rule_off=stretches,
        probes=probes,
        exclusions=excluded,
        missed_before_on=before,
        missed_after_on=after,
        sampling=sampling,
        copying=copying,
        likeness=summary.likeness(settled),
        make_table=lambda: outcome_table(settled),
    )


def _about_rules(
    watched: summary.LiveFacts,
    originals: summary.DecidedOriginals,
    phases: tuple[report.Phase, ...],
    settled: Settled,
    settings: Settings,
) -> tuple[report.Warning_, ...]:
    """Nothing where chance may have paired what was not copied."""
    if settled.open:
        return ()
    return rule_effects.warnings(watched, originals, phases, expected=settings.expect is not None)


def _filters(settings: Settings, settled: Settled) -> report.Filters:
    span = settled.span
    return report.Filters(
        exclude_agents=settings.exclude_agents,
        exclude_paths=settings.exclude_paths,
        since=summary.moment(span.since_us) if settings.since is not None else None,
        until=summary.moment(span.until_us) if settings.until is not None else None,
        overlap=settings.overlap,
        horizon_s=settings.horizon_us / summary.SECOND_US,
        presumed_retries=settings.presume_retries,
        only_paths=settings.only_paths,
    )
