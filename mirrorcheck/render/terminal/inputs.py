"""The sections on what was read: files, sides, other lines, filters."""

from collections.abc import Sequence
from pathlib import PurePath

from mirrorcheck.render.terminal.sheet import Columns, Layout, Piece, Row, Sheet
from mirrorcheck.render.text import TimeFormat, counted, duration, number
from mirrorcheck.report.model import Filters, LineCounts, ProbeRun, Report, SideReport

_MOST_FILES = 4
_MOST_NAMES = 4
_MOST_SAMPLES = 3
_MOST_GAPS = 5
_LONG_NAME = 24
_WHOLE_SECOND_MS = 1000.0


def write_sides(sheet: Sheet, report: Report, clock: TimeFormat) -> None:
    """Write the sides, the day, the proxies that mirrored, and the delay of the copies."""
    sheet.blank()
    sides = (report.primary, report.shadow_side)
    columns = Columns(right=frozenset({2}), flex=0)
    parts = _distinct_parts(sides)
    spans = [clock.span(side.first, side.last) if side.first and side.last else "" for side in sides]
    beside = [row for side, span in zip(sides, spans, strict=True) for row in _side_rows(side, span, parts)]
    if sheet.fits(beside, columns):
        sheet.table(beside, columns)
    else:
        sheet.table([row for side in sides for row in _side_rows(side, "", parts)], columns)
        for index, (side, span) in enumerate(zip(sides, spans, strict=True)):
            sheet.flow("" if index else "time", Piece(f"{side.label}: {span or 'no lines'}"))
    for side in sides:
        if side.pods:
            sheet.flow(f"{side.label.partition(' ')[0]} pods", Piece(_listed(side.pods)))
    if clock.title():
        sheet.flow("date", Piece(clock.title()))
    if report.sides_determined_by:
        sheet.flow("sides", Piece(f"determined by {report.sides_determined_by}", "dim"))
    _write_notes(sheet, sides)
    _write_rules(sheet, report, clock)
    _write_proxies(sheet, report)
    _write_likeness(sheet, report)
    _write_delay(sheet, report)
    _write_probes(sheet, report)
    _write_gaps(sheet, report, clock)


def _side_rows(side: SideReport, span: str, parts: int) -> list[Row]:
    name = _short(side.files[0].name, parts) if len(side.files) == 1 else counted(len(side.files), "file")
    whole = (Piece(name), Piece(side.format), Piece(counted(side.lines.parsed, "line")), Piece(span))
    rows = [Row(side.label, whole)]
    if 1 < len(side.files) <= _MOST_FILES:
        for file in side.files:
            lines = Piece(counted(file.lines.parsed, "line"), "dim")
            rows.append(Row("", (Piece(_short(file.name, parts)), Piece(file.format, "dim"), lines)))
    return rows


def _short(name: str, parts: int) -> str:
    path = PurePath(name).parts
    return name if len(name) <= _LONG_NAME or len(path) <= parts else "/".join(("...", *path[-parts:]))


def _distinct_parts(sides: Sequence[SideReport]) -> int:
    # v1/access.log and v2/access.log differ in their folders only.
    names = [PurePath(file.name).name for side in sides for file in side.files]
    return 1 if len(set(names)) == len(names) else 2


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _MOST_NAMES
    # One left over would take no more room than saying so.
    return ", ".join(names) if more <= 1 else f"{', '.join(names[:_MOST_NAMES])} and {number(more)} more"


def _write_rules(sheet: Sheet, report: Report, clock: TimeFormat) -> None:
    for index, rule in enumerate(report.rules):
        since = Piece(f"from {clock.time(rule.from_)}", "dim") if len(report.rules) > 1 else Piece("")
        sheet.flow("" if index else "rule", Piece(rule.text), since)


def _write_notes(sheet: Sheet, sides: Sequence[SideReport]) -> None:
    """Write the assumptions of the reading, once where they are the same for both sides."""
    by_side = {side.label: "; ".join(side.notes) for side in sides if side.notes}
    same = len(by_side) == len(sides) and len(set(by_side.values())) == 1
    lines = [next(iter(by_side.values()))] if same else [f"{label}: {notes}" for label, notes in by_side.items()]
    for index, line in enumerate(lines):
        sheet.flow("" if index else "read", Piece(line, "dim"))


def _write_gaps(sheet: Sheet, report: Report, clock: TimeFormat) -> None:
    for index, gap in enumerate(report.gaps[:_MOST_GAPS]):
        span = clock.span(gap.from_, gap.to) if gap.to else f"from {clock.time(gap.from_)} on"
        sheet.flow("" if index else "not seen", Piece(gap.pod), Piece(span, whole=True), Piece(gap.reason))
    if len(report.gaps) > _MOST_GAPS:
        sheet.flow("", Piece(f"and {number(len(report.gaps) - _MOST_GAPS)} more", "dim"))


def _write_proxies(sheet: Sheet, report: Report) -> None:
    if len(report.proxies) == 1:
        only = report.proxies[0]
        sheet.flow("mirrored by", Piece(only.address), Piece(f"({_copies(only.copies)})", "dim"))
    elif report.proxies:
        shown = report.proxies[:_MOST_NAMES]
        for index, proxy in enumerate(shown):
            share = Piece(f"({_copies(proxy.copies)}, {proxy.share * 100:.1f} %)", "dim")
            sheet.flow("" if index else "mirrored by", Piece(proxy.address), share)
        if len(shown) < len(report.proxies):
            sheet.flow("", Piece(f"and {number(len(report.proxies) - len(shown))} more", "dim"))


def _write_likeness(sheet: Sheet, report: Report) -> None:
    if report.likeness is None:
        return
    by = f"(by {report.likeness.by})" if report.likeness.by else ""
    for index, difference in enumerate(report.likeness.differences or ("copies carry no sign of being one",)):
        sheet.flow("" if index else "differences", Piece(difference), Piece("" if index else by, "dim"))


def _copies(count: int) -> str:
    return f"{number(count)} {'copy' if count == 1 else 'copies'}"


def _write_delay(sheet: Sheet, report: Report) -> None:
    if report.offset is None:
        return
    offset = report.offset
    resolution = max(report.primary.resolution_ms, report.shadow_side.resolution_ms)
    if resolution >= _WHOLE_SECOND_MS and offset.median_ms >= 0:
        # A stamp cut to the second hides up to one second: what is shown must not claim less.
        most, all_ = duration(offset.p99_ms + resolution), duration(offset.max_ms + resolution)
        text = f"under {all_}" if most == all_ else f"99 % under {most}, all under {all_}"
    else:
        text = f"{duration(offset.median_ms)}, 99 % within {duration(offset.p99_ms)}, at most {duration(offset.max_ms)}"
    stamps = Piece(f"(stamps of {duration(resolution)})", "dim") if resolution >= _WHOLE_SECOND_MS else Piece("")
    sheet.flow("delay", Piece(text), stamps)


def _write_probes(sheet: Sheet, report: Report) -> None:
    judged = [run for run in report.probes if run.judged]
    others = [run for run in report.probes if not run.judged]
    for index, run in enumerate(judged[:_MOST_NAMES]):
        sheet.flow("" if index else "probes", Piece(f"run {run.run}:"), *_tallied(run))
    if judged and others:
        sheet.flow("", Piece(f"{counted(len(others), 'other run')} excluded", "dim"))
    for index, run in enumerate([] if judged else others[:_MOST_NAMES]):
        lines = f"{counted(run.originals, 'request')} and {_copies(run.copies)} of run {run.run} are excluded;"
        sheet.flow("" if index else "probes", Piece(lines), Piece(f"--probe {run.run} judges them", "dim", whole=True))
    more = len(judged or others) - _MOST_NAMES
    if more > 0:
        sheet.flow("", Piece(f"and {counted(more, 'more run')}", "dim"))


def _tallied(run: ProbeRun) -> list[Piece]:
    of = "" if run.sent is None else f" of {number(run.sent)}"
    counts = {
        "copied once": run.copied_once,
        "copied more than once": run.copied_more_than_once,
        "not copied": run.not_copied,
        "unobserved": run.unobserved,
    }
    parts = [f"{number(run.seen or 0)}{of} seen by the primary"]
    parts += [f"{number(count)} {what}" for what, count in counts.items() if count]
    if run.without_original:
        parts.append(f"{number(run.without_original)} seen by the shadow only")
    return [*(Piece(f"{part},", whole=True) for part in parts[:-1]), Piece(parts[-1], whole=True)]


def write_lines(sheet: Sheet, report: Report) -> None:
    """Write the classes of the lines read where some are foreign, rejoined, of neither side or in no known format."""
    sides = (report.primary, report.shadow_side)
    counts = [(side.label, side.lines) for side in sides if _has_others(side.lines)]
    if report.other_lines is not None and report.other_lines.read:
        counts.append(("neither side", report.other_lines))
    if not counts:
        return
    sheet.blank()
    for index, (name, lines) in enumerate(counts):
        _write_counts(sheet, "" if index else "lines read", name, lines)
    samples = [sample for side in sides for sample in side.unparsed_samples[:_MOST_SAMPLES]]
    for index, sample in enumerate(samples):
        place = Piece(f"{sample.file}:{sample.line}")
        sheet.flow("" if index else "unparsed", place, Piece(sample.reason))
        sheet.quote(Piece(sample.text, "dim"))


def write_foreign(sheet: Sheet, report: Report) -> None:
    """Write the first lines of each side that are no requests."""
    samples = [sample for side in (report.primary, report.shadow_side) for sample in side.foreign_samples]
    for index, sample in enumerate(samples):
        sheet.flow("" if index else "no requests", Piece(f"{sample.file}:{sample.line}"))
        sheet.quote(Piece(sample.text, "dim"))


def _has_others(lines: LineCounts) -> bool:
    return bool(lines.foreign or lines.unparsed or lines.rejoined or lines.repeated)


def _write_counts(sheet: Sheet, label: str, name: str, lines: LineCounts) -> None:
    pieces = [Piece(f"{name}:"), Piece(number(lines.read)), Piece(f"= {number(lines.parsed)} parsed", whole=True)]
    others = ((lines.foreign, "foreign"), (lines.unparsed, "unparsed"), (lines.repeated, "repeated"))
    pieces += [Piece(f"+ {number(count)} {name}", whole=True) for count, name in others if count]
    if lines.rejoined:
        pieces.append(Piece(f"({number(lines.rejoined)} rejoined from two)", whole=True))
    sheet.flow(label, *pieces)


def write_filters(sheet: Sheet, report: Report, clock: TimeFormat) -> None:
    """Write what the user left out, what was excluded, and the horizon."""
    quiet = Layout(label_style="dim")
    sheet.blank()
    sheet.flow("excluded", Piece("; ".join(_exclusions(report.filters, clock)) or "nothing", "dim"), layout=quiet)
    for index, group in enumerate(report.exclusions.groups if report.exclusions else ()):
        text = f"{counted(group.lines, 'original')}: {group.what}, {group.why}"
        sheet.flow("" if index else "excluded", Piece(text, "dim"), layout=quiet)
    horizon = f"{duration(report.filters.horizon_s * 1000)}: how far apart an original and its copy may be logged"
    sheet.flow("horizon", Piece(horizon, "dim"), layout=quiet)


def _exclusions(filters: Filters, clock: TimeFormat) -> list[str]:
    parts = []
    if filters.exclude_agents:
        parts.append(f"agents {', '.join(filters.exclude_agents)}")
    if filters.exclude_paths:
        parts.append(f"paths {', '.join(filters.exclude_paths)}")
    if filters.since:
        parts.append(f"before {clock.time(filters.since)}")
    if filters.until:
        parts.append(f"after {clock.time(filters.until)}")
    if filters.overlap:
        parts.append("outside the span that the shadow's logs cover")
    if not filters.presumed_retries:
        parts.append("presuming retries: they count as misses")
    return parts
