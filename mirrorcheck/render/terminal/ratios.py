"""The sections on how much was copied, and when: ratios, phases, timeline, sums."""

from collections.abc import Iterator, Sequence

from mirrorcheck.render.terminal.misses import as_sampled
from mirrorcheck.render.terminal.sheet import CONTENT, Columns, Layout, Piece, Row, Sheet, bar, share_style
from mirrorcheck.render.text import TimeFormat, counted, equation, hundredths, number, percent, within
from mirrorcheck.report.model import Expected, Phase, Ratio, Report, Retries, RuleOff, TimelineBin

_MOST_PHASES = 12
_MOST_STRETCHES = 3  # without a rule, by their moments
_EVIDENCE = {
    "certain": "identified by request id or attempt count",
    "proven": "presumed, as the failures of isolated requests prove",
    "thin": "presumed on thin evidence, so counts that rest on them are ranges",
    "refuted": "refuted: what looks like a retry was mirrored too",
}


def write_ratios(sheet: Sheet, report: Report, clock: TimeFormat) -> None:
    """Write the ratio, overall and while mirroring was on, its range, its phases and its timeline."""
    sheet.blank()
    if report.ratio.value is None and report.ratio_range is None:
        sheet.flow("ratio", Piece("none: there is no original to judge"))
    else:
        _write_ratio(sheet, report, clock)
    if report.expected is not None:
        _write_expected(sheet, report.expected)
    if len(report.phases) > 1:
        _write_phases(sheet, report.phases, clock)
    if report.timeline:
        _write_timeline(sheet, report.timeline, clock)


def _write_ratio(sheet: Sheet, report: Report, clock: TimeFormat) -> None:
    found = report.ratio_range
    value = f"{hundredths(found.low)} to {percent(found.high)}" if found else _value(report.ratio)
    # With a rule that was away, the row below has an interval of its own mostly, and needs the room.
    why = "the ratio changed" if report.rule_off else "no interval: the ratio changed"
    whole = why if len(report.phases) > 1 and report.ratio.low is None else ""
    rows = [
        Row("ratio", (Piece(value, "bold"), Piece(within(report.ratio)), Piece(_of(report.ratio)), Piece(whole, "dim")))
    ]
    on = report.ratio_while_on
    other = (on.paired, on.missed) != (report.ratio.paired, report.ratio.missed)
    # With sampling the first and the last request are hardly ever both copied, and it means nothing.
    if report.on_from and report.on_to and other and not as_sampled(report):
        span = Piece(clock.span(report.on_from, report.on_to))
        rows.append(Row("while on", (Piece(_value(on), "bold"), Piece(within(on)), Piece(_of(on)), span)))
    indent = sheet.table(rows, Columns(right=frozenset({0, 2})))
    if report.rule_off:
        sheet.flow("", *_without(report.rule_off, clock), layout=Layout(indent))
    if found:
        sheet.flow("", Piece(f"a range: {found.why}"), layout=Layout(indent))


def _without(stretches: Sequence[RuleOff], clock: TimeFormat) -> Iterator[Piece]:
    yield Piece("without", "dim")
    for each in stretches[:_MOST_STRETCHES]:
        yield Piece(f"{clock.span(each.from_, each.to)},", "dim", whole=True)
    if len(stretches) > _MOST_STRETCHES:
        yield Piece(f"{number(len(stretches) - _MOST_STRETCHES)} more,", "dim")
    yield Piece("when no rule mirrored", "dim")


def _value(ratio: Ratio) -> str:
    return "none" if ratio.value is None else percent(ratio.value)


def _of(ratio: Ratio) -> str:
    return f"{number(ratio.paired)} of {number(ratio.paired + ratio.missed)}"


def _write_expected(sheet: Sheet, expected: Expected) -> None:
    result = {
        None: Piece("cannot be judged: the ratio has no interval"),
        True: Piece("inside the interval", "green"),
        False: Piece("outside the interval", "red"),
    }[expected.within_interval]
    sheet.flow("expected", Piece(f"{expected.percent:g} %:"), result)


def _write_phases(sheet: Sheet, phases: Sequence[Phase], clock: TimeFormat) -> None:
    shown = phases if len(phases) <= _MOST_PHASES + 1 else phases[:_MOST_PHASES]
    rows: list[Row] = []
    for phase in shown:
        value = Piece(_value(phase.ratio), share_style(phase.paired, phase.missed))
        cells = (Piece(clock.span(phase.from_, phase.to)), Piece(_of(phase.ratio)), value, Piece(within(phase.ratio)))
        rows.append(Row("" if rows else "phases", cells))
    sheet.table(rows, Columns(right=frozenset({1, 2})))
    if len(shown) < len(phases):
        sheet.flow("", Piece(f"and {number(len(phases) - len(shown))} more", "dim"))


def _write_timeline(sheet: Sheet, timeline: Sequence[TimelineBin], clock: TimeFormat) -> None:
    room = max(sheet.width - CONTENT, 1)
    # Neighbours share a character where there are more bins than characters.
    each = -(-len(timeline) // room)
    groups = [timeline[start : start + each] for start in range(0, len(timeline), each)]
    sheet.strip("over time", [_bar(group, utf=sheet.utf) for group in groups])
    start, end = clock.time(timeline[0].from_), clock.time(timeline[-1].to)
    gap = max(len(groups) - len(start) - len(end), 1)
    sheet.strip("", [Piece(start + " " * gap + end, "dim")])


def _bar(bins: Sequence[TimelineBin], *, utf: bool) -> Piece:
    return bar(sum(each.paired for each in bins), sum(each.missed for each in bins), utf=utf)


def write_sums(sheet: Sheet, report: Report) -> None:
    """Write the partitions of originals and shadow lines as equations, and what is known of retries."""
    sheet.blank()
    originals, shadow = report.originals, report.shadow
    wide = len(number(max(originals.total, shadow.total)))
    of_originals = (
        (originals.paired, "paired", True),
        (originals.missed, "missed", True),
        (originals.retry, "retry", False),
        (originals.excluded, "excluded", False),
        (originals.unobserved, "unobserved", False),
    )
    of_shadow = (
        (shadow.paired, "paired", True),
        (shadow.orphan, "orphan", False),
        (shadow.duplicate, "duplicate", False),
        (shadow.direct, "direct", False),
        (shadow.excluded, "excluded", False),
        (shadow.unobserved, "unobserved", False),
    )
    sums = (("originals", originals.total, of_originals), ("shadow lines", shadow.total, of_shadow))
    for label, total, classes in sums:
        pieces = (Piece(part, whole=True) for part in equation(classes))
        whole = Piece(f"{number(total):>{wide}}", "bold", whole=True)
        sheet.flow(label, whole, *pieces, layout=Layout(hang=wide + 1))
    _write_retries(sheet, report.retries)


def _write_retries(sheet: Sheet, retries: Retries) -> None:
    evidence = _EVIDENCE.get(retries.evidence, retries.evidence)
    if retries.count:
        of = "" if retries.presumed in {0, retries.count} else f"; {number(retries.presumed)} are presumed"
        attempts = counted(retries.count, "further attempt")
        sheet.flow("retries", Piece(f"{attempts} of the proxy, no originals of their own ({evidence}{of})"))
    elif retries.presumed:
        lines = counted(retries.presumed, "line")
        sheet.flow("retries", Piece(f"{lines} may be further attempts of the proxy ({evidence})"))
