"""Names of files and settings in, a `Report` out: the whole pipeline, as a notebook or the command line calls it."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from importlib.metadata import version
from os import PathLike, fspath

from mirrorcheck import breakdown, findings, report, sides, summary
from mirrorcheck.answers import compare_answers
from mirrorcheck.errors import UsageError
from mirrorcheck.ingest import Progress, Stream, fetch, read_streams
from mirrorcheck.observe import Filter
from mirrorcheck.outcome_table import outcome_table
from mirrorcheck.outcomes import Settled, Span, settle
from mirrorcheck.settings import PRIMARY_PODS, SHADOW_PODS, Settings, complete, parse_moment
from mirrorcheck.sources.files import Source, open_sources, refuse_shared

Name = str | PathLike[str]
_TWO = 2
_ZONE = re.compile(rb"([+-])(\d\d):?(\d\d)$")


def analyze(
    *files: Name,
    primary: Sequence[Name] = (),
    shadow: Sequence[Name] = (),
    horizon: float | str = "60s",
    since: str | None = None,
    until: str | None = None,
    exclude_path: Sequence[str] = (),
    exclude_agent: Sequence[str] = (),
    overlap: bool = False,
    presumed_retries: bool = True,
    expect: float | None = None,
    log_format: str | None = None,
    primary_pods: Sequence[str] = PRIMARY_PODS,
    shadow_pods: Sequence[str] = SHADOW_PODS,
) -> report.Report:
    """Read saved access logs and find out whether every request to the primary was mirrored to the shadow.

    Give either `primary` and `shadow` (paths or globs, one or more each), or `files`: two logs whose sides the shadow marker
    tells, or captures whose lines carry pod names. `horizon` in seconds, or as "500ms", "60s", "5m". The other arguments are
    the options of `mirrorcheck analyze` under the same names.

    Raises mirrorcheck.UsageError for arguments that do not fit together, mirrorcheck.InputError for unreadable input.
    """
    settings = complete(
        horizon=horizon if isinstance(horizon, str) else f"{horizon}s",
        since=since,
        until=until,
        exclude_path=exclude_path,
        exclude_agent=exclude_agent,
        overlap=overlap,
        presumed_retries=presumed_retries,
        expect=expect,
        log_format=log_format,
        primary_pods=primary_pods,
        shadow_pods=shadow_pods,
    )
    return analyze_sources(Inputs.open(_names(files), _names(primary), _names(shadow)), settings)


def _names(names: Sequence[Name]) -> tuple[str, ...]:
    one = isinstance(names, str | PathLike)
    return tuple(fspath(name) for name in ([names] if one else names))


class Inputs:
    """The sources of an analysis: those of either side, or those whose sides are still to be told."""

    def __init__(self, primary: Sequence[Source], shadow: Sequence[Source], mixed: Sequence[Source]) -> None:
        self.primary, self.shadow, self.mixed = tuple(primary), tuple(shadow), tuple(mixed)

    @classmethod
    def open(cls, files: Sequence[str], primary: Sequence[str], shadow: Sequence[str]) -> "Inputs":
        """Open all files; raises UsageError where the three lists do not fit together."""
        if files and (primary or shadow):
            message = f"stray file {files[0]} beside --primary/--shadow: quote a glob ('v1-*.log'), or repeat the option for each file."
            raise UsageError(message)
        if not files and not (primary and shadow):
            missing = "--shadow" if primary else "--primary" if shadow else "input"
            message = f"no {missing} is given. Use --primary V1.LOG --shadow V2.LOG, or name the captures: mirrorcheck analyze FILE..."
            raise UsageError(message)
        if [*files, *primary, *shadow].count("-") > 1:
            message = "standard input (-) can be read once only. Name it once."
            raise UsageError(message)
        inputs = cls(open_sources(primary), open_sources(shadow), open_sources(files))
        refuse_shared(inputs.primary, inputs.shadow)
        return inputs

    @property
    def sources(self) -> tuple[Source, ...]:
        """All of them, the primary's first."""
        return self.primary + self.shadow + self.mixed


def analyze_sources(inputs: Inputs, settings: Settings, progress: Progress | None = None) -> report.Report:
    """Run the pipeline; `progress` is told how many stored bytes more have been read."""
    streams = read_streams(inputs.sources, settings.log_format, Filter.of(settings), progress)
    told = _tell_sides(inputs, streams, settings)
    return make_report(settle(told, settings, _span(streams, settings)), told, settings)


def _tell_sides(inputs: Inputs, streams: Sequence[Stream], settings: Settings) -> sides.Sides:
    if not inputs.mixed:
        return sides.by_option(streams[: len(inputs.primary)], streams[len(inputs.primary) :])
    if any(stream.logs("pod") for stream in streams):
        return sides.by_pods(streams, settings.primary_pods, settings.shadow_pods)
    if len(streams) == _TWO:
        return sides.by_marker(*streams)
    message = (
        f"the lines of {streams[0].source.name} carry no pod names, so their sides cannot be told. "
        "Use --primary FILE --shadow FILE, or give exactly two logs."
    )
    raise UsageError(message)


def _span(streams: Sequence[Stream], settings: Settings) -> Span:
    """The span of --since and --until; what they leave out (date, zone) is that of the first line."""
    if settings.since is None and settings.until is None:
        return Span()
    first = min((s for s in streams if s.table.height), key=lambda s: int(s.table["time_us"][0]), default=None)
    day = _stamp(first) if first else datetime(1970, 1, 1, tzinfo=UTC)
    ends = Span()
    since_us = summary.micros(parse_moment(settings.since, "--since", day)) if settings.since else ends.since_us
    until_us = summary.micros(parse_moment(settings.until, "--until", day)) if settings.until else ends.until_us
    if since_us > until_us:
        message = f"--since {settings.since} is after --until {settings.until}. Swap them."
        raise UsageError(message)
    return Span(since_us, until_us)


def _stamp(stream: Stream) -> datetime:
    """When a stream's first line was logged, in the zone it was logged in."""
    row = stream.table[0]
    text = fetch(stream, row["line"].to_numpy(), ["time_local", "time_iso8601"])
    zone = _ZONE.search(text["time_local"][0] or text["time_iso8601"][0])
    offset = timedelta()
    if zone:
        offset = timedelta(hours=int(zone[2]), minutes=int(zone[3])) * (-1 if zone[1] == b"-" else 1)
    return summary.moment(row["time_us"][0]).astimezone(timezone(offset))


def make_report(settled: Settled, told: sides.Sides, settings: Settings) -> report.Report:
    """Put together what the stages found."""
    originals = summary.decided(settled)
    phases = summary.cut(originals, settled, settings.horizon_us)
    ratio = summary.ratio(int(originals.paired.sum()), int((~originals.paired).sum()), one_phase=len(phases) <= 1)
    while_on, on_from, on_to = summary.ratio_while_on(originals, phases)
    timeline = summary.timeline(originals)
    groups = breakdown.missed_by(settled, originals, timeline)
    missed_range = findings.missed_range(settled)
    shadow_lines = summary.shadow_lines_of(settled)
    return report.Report(
        version=version("mirrorcheck"),
        verdict=findings.verdict(originals, phases, shadow_lines),
        sides_told_by=told.told_by,
        primary=summary.side_report(settled.primary, "primary (v1)"),
        shadow_side=summary.side_report(settled.shadow, "shadow (v2)"),
        other_lines=summary.line_counts(told.other) if told.other else None,
        originals=summary.originals_of(settled),
        shadow=shadow_lines,
        ratio=ratio,
        ratio_range=findings.ratio_range(settled, missed_range),
        missed_range=missed_range,
        ratio_while_on=while_on,
        on_from=on_from,
        on_to=on_to,
        phases=phases,
        timeline=timeline,
        offset=summary.offset(settled),
        proxies=summary.proxies(settled),
        missed_by=groups,
        explanation=breakdown.explain(groups, phases),
        missed_examples=breakdown.missed_examples(settled, originals),
        answers=compare_answers(settled),
        retries=summary.retries(settled),
        writes_mirrored=findings.writes_mirrored(settled),
        warnings=findings.warnings(settled, told, originals, phases, groups),
        filters=_filters(settings, settled),
        expected=findings.expected(settings.expect, ratio),
        make_table=lambda: outcome_table(settled),
    )


def _filters(settings: Settings, settled: Settled) -> report.Filters:
    span = settled.span
    return report.Filters(
        exclude_agents=settings.exclude_agents,
        exclude_paths=settings.exclude_paths,
        since=summary.moment(span.since_us) if settings.since else None,
        until=summary.moment(span.until_us) if settings.until else None,
        overlap=settings.overlap,
        horizon_s=settings.horizon_us / summary.SECOND_US,
        presumed_retries=settings.presume_retries,
    )
