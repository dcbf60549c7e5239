"""Runs the whole pipeline over saved logs."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone

from mirrorcheck.errors import UsageError
from mirrorcheck.outcomes.settle import JudgedSpan, Settled, settle
from mirrorcheck.outcomes.sides import by_name as sides_by_name
from mirrorcheck.outcomes.sides import model as sides
from mirrorcheck.outcomes.sides.common_hop import without_common_hop
from mirrorcheck.outcomes.sides.unparsed import refuse_unparsed, refuse_unread
from mirrorcheck.reading.containers import keep_containers
from mirrorcheck.reading.fetch import fetch
from mirrorcheck.reading.readers import read_inputs
from mirrorcheck.reading.repeated import without_repeats
from mirrorcheck.reading.required_fields import refuse_unlogged
from mirrorcheck.reading.stream import Stream, oldest_first
from mirrorcheck.report import model as report
from mirrorcheck.settings import Settings, parse_moment
from mirrorcheck.sources.files import Inputs, Progress
from mirrorcheck.totals import timeline
from mirrorcheck.totals.assemble import finish
from mirrorcheck.totals.lines_table import outcome_table
from mirrorcheck.totals.timeline import SAVED
from mirrorcheck.totals.totals import Totals, fold

_TWO = 2
_ZONE = re.compile(rb"([+-])(\d\d):?(\d\d)$")


def analyze_sources(inputs: Inputs, settings: Settings, progress: Progress | None = None) -> report.Report:
    """Run the pipeline.

    Raises UsageError where the sides cannot be determined or are the same one, InputError for unreadable input.
    """
    return analyze_streams(inputs, settings, read_inputs(inputs, settings, progress))


def analyze_streams(inputs: Inputs, settings: Settings, streams: Sequence[Stream]) -> report.Report:
    """Run the pipeline behind the reading: the streams are those of the inputs."""
    return report_of(inputs, settings, *settle_streams(inputs, settings, streams))


def report_of(inputs: Inputs, settings: Settings, both: sides.Sides, settled: Settled) -> report.Report:
    """The report on settled lines."""
    found = fold(settled, settings)
    if inputs.mixed:  # else the user said which side is which
        refuse_one_side(found)
    return finish(found, both, settings, SAVED, lambda: [outcome_table(settled)])


def settle_streams(inputs: Inputs, settings: Settings, streams: Sequence[Stream]) -> tuple[sides.Sides, Settled]:
    """Determine the sides, and give every line its outcome."""
    refuse_unlogged(streams, settings)
    streams = keep_containers(oldest_first(_without_repeats(inputs, streams)), settings.container)
    refuse_unread(streams)
    streams = without_common_hop(streams)
    both = _find_sides(inputs, streams, settings)
    refuse_unparsed(both)
    return both, settle(both, settings, judged_span(streams, settings))


def _without_repeats(inputs: Inputs, streams: Sequence[Stream]) -> list[Stream]:
    """Streams whose sides are still open are of one log only where their lines name the pod."""
    primary, shadow = len(inputs.primary), len(inputs.primary) + len(inputs.shadow)
    mixed = streams[shadow:]
    named = all(map(sides_by_name.names_origins, mixed))
    return [
        *without_repeats(streams[:primary]),
        *without_repeats(streams[primary:shadow]),
        *(without_repeats(mixed) if named else mixed),
    ]


def _find_sides(inputs: Inputs, streams: Sequence[Stream], settings: Settings) -> sides.Sides:
    if not inputs.mixed:
        return sides.by_option(streams[: len(inputs.primary)], streams[len(inputs.primary) :])
    says_whose = any(map(sides_by_name.names_origins, streams)) or sides_by_name.names_clusters(streams, settings)
    if says_whose and (len(streams) != _TWO or sides_by_name.matches_sides(streams, settings)):
        return sides_by_name.by_name(streams, settings)
    if len(streams) == _TWO:
        return sides.by_marker(*streams)
    nameless = next((stream for stream in streams if stream.counts.parsed), None)
    if nameless is None:
        return sides_by_name.by_name(streams, settings)
    raise UsageError(
        f"the lines of {nameless.source.name} carry no pod names, so their sides are unknown. "
        f"{sides_by_name.nameless_way_out(nameless)}Use --primary FILE --shadow FILE, or give exactly two logs."
    )


def refuse_one_side(found: Totals) -> None:
    """Two logs of one shadow: the same proxy's address ends every line of both, and nothing pairs, or all is equal."""
    if found.findings.looks_like_one_side(found.partition, open_=found.doubts.open):
        raise UsageError(
            "both sides look like logs of the shadow: every line of both carries the marker of the same proxy. "
            "Say which is which with --primary FILE --shadow FILE."
        )


def judged_span(streams: Sequence[Stream], settings: Settings) -> JudgedSpan:
    """The span of --since and --until; what they leave out (date, zone) is that of the first line."""
    if settings.since is None and settings.until is None:
        return JudgedSpan()
    first = min((s for s in streams if s.table.height), key=lambda s: int(s.table["time_us"][0]), default=None)
    day = _stamp(first) if first else datetime(1970, 1, 1, tzinfo=UTC)
    ends = JudgedSpan()
    since_us, until_us = ends.since_us, ends.until_us
    if settings.since is not None:
        since_us = timeline.micros(parse_moment(settings.since, "--since", day))
    if settings.until is not None:
        until_us = timeline.micros(parse_moment(settings.until, "--until", day))
    if since_us > until_us:
        raise UsageError(f"--since {settings.since} is after --until {settings.until}. Swap them, or give their dates.")
    return JudgedSpan(since_us, until_us)


def _stamp(stream: Stream) -> datetime:
    """When a stream's first line was logged, in the zone it was logged in."""
    row = stream.table[0]
    text = fetch(stream, row["line"].to_numpy(), ["time_local", "time_iso8601"])
    zone = _ZONE.search(text["time_local"][0] or text["time_iso8601"][0])
    offset = timedelta()
    if zone:
        offset = timedelta(hours=int(zone[2]), minutes=int(zone[3])) * (-1 if zone[1] == b"-" else 1)
    return timeline.moment(row["time_us"][0]).astimezone(timezone(offset))
