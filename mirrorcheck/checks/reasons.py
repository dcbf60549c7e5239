"""A check of the ratio and its report in, what would turn it out: the misses by name, their phase, edges, doubts."""

from collections.abc import Iterator
from datetime import UTC, datetime

from mirrorcheck.checks.expectations import percent
from mirrorcheck.checks.stretches import CheckedRatio
from mirrorcheck.checks.verdicts import Check, CheckResult
from mirrorcheck.report.model import MissedLine, Report

_NAMED = 3  # misses named beneath a check
_MAX_DECIMALS = 8
_CERTAIN, _OPEN = "certain", "unless its copy did not parse"


def because(report: Report, looked_at: CheckedRatio, check: Check, *, nearly_all: bool) -> tuple[str, ...]:
    """Sentences beneath a check of the ratio; where `nearly_all` is expected, misses are named one by one."""
    notes = [*_accepted(report, looked_at)]
    if check.verdict != CheckResult.PASS:
        notes += [*_data(looked_at), *_open(report, looked_at), *_more(check, looked_at), *_edges(report, looked_at)]
    if check.verdict == CheckResult.FAIL and nearly_all:
        notes += [*_misses(report, looked_at)]
    return tuple(notes)


def _accepted(report: Report, looked_at: CheckedRatio) -> Iterator[str]:
    """What was taken on trust, and what the numbers rest on besides independent draws."""
    if report.retries.presumed:
        lines = _counted(report.retries.presumed, "line", "lines")
        yield f"accepts {lines} as retries that no id proves (--no-presumed-retries counts them as misses)"
    if looked_at.off_before + looked_at.off_after:
        yield f"excluded {looked_at.off_before:,} before the first copy and {looked_at.off_after:,} after the last"
    yield from _while_rule_off(looked_at)
    stretch = looked_at.stretches[0] if looked_at.stretches else None
    if stretch and stretch.discrepancy is not None:
        yield "copies are counted off rather than drawn, so the ratio is exact but for one or two requests"
    elif stretch and stretch.inflation > 1.0:
        yield f"misses come together, so the interval is that of {stretch.inflation:.1f} times fewer requests"


def _while_rule_off(looked_at: CheckedRatio) -> Iterator[str]:
    """What was left out because the mesh was told to mirror nothing."""
    if looked_at.off_by_rule:
        spans = ", ".join(when(each.from_, each.to) for each in looked_at.rule_off)
        yield f"excluded {looked_at.off_by_rule:,} while the rule mirrored nothing or proxies took it over: {spans}"
    if any(each.parts > 1 for each in looked_at.stretches):
        yield "what lies on either side is judged as one: the rule came back as it was, and its ratio but for chance"


def _data(looked_at: CheckedRatio) -> Iterator[str]:
    if not looked_at.originals:
        yield "there is no request to judge: no data never passes"


def _open(report: Report, looked_at: CheckedRatio) -> Iterator[str]:
    if report.missed_range and looked_at.missed_low < looked_at.missed_high:
        yield f"between {looked_at.missed_low:,} and {looked_at.missed_high:,} are missed: {report.missed_range.why}"


def _more(check: Check, looked_at: CheckedRatio) -> Iterator[str]:
    if check.verdict != CheckResult.INCONCLUSIVE:
        return
    if check.more:
        yield f"needs about {_rounded(check.more):,} more requests"
    elif looked_at.sure and check.p_value is not None:
        yield "the ratio found lies on the border: no number of requests would settle it"


def _edges(report: Report, looked_at: CheckedRatio) -> Iterator[str]:
    """Misses that the edges of the shadow's logs may explain."""
    before, after = report.missed_before_on or 0, report.missed_after_on or 0
    if looked_at.while_on or not report.ratio.paired or not report.phases:
        return
    off = (0 if report.phases[0].paired else before) + (0 if report.phases[-1].paired else after)
    if off:
        yield (
            f"{off:,} of {report.ratio.missed:,} misses lie before the first copy or after the last: mirroring was off "
            "(--while-on leaves them out), or the shadow's log does not cover them (--overlap)"
        )


def _misses(report: Report, looked_at: CheckedRatio) -> Iterator[str]:
    """Which they are, and what they have in common."""
    if report.explanation and not looked_at.off_by_rule:
        yield report.explanation
    first, last = looked_at.stretches[0].from_, looked_at.stretches[-1].to
    shown = [line for line in report.missed_examples if first <= line.time <= last and _counts(line, looked_at)]
    shown = shown[:_NAMED]
    yield from (_named(line) for line in shown)
    rest = looked_at.missed - len(shown)
    if shown and rest > 0:
        yield f"and {rest:,} more, named in --outcomes FILE"


def _counts(line: MissedLine, looked_at: CheckedRatio) -> bool:
    return not any(off.from_ <= line.time <= off.to for off in looked_at.rule_off)


def _named(line: MissedLine) -> str:
    sure = f"one of {line.candidates} identical" if line.candidates > 1 else _OPEN if line.open else _CERTAIN
    at = line.time.astimezone(UTC)
    request = f"{line.method} {line.target}" + ("" if line.status is None else f" {line.status}")
    return f"missed: {at:%H:%M:%S} {request} ({sure}), {line.file} line {line.line}"


def when(start: datetime, end: datetime) -> str:
    """Two moments of a day, or with their dates where they lie on two."""
    start, end = start.astimezone(UTC), end.astimezone(UTC)
    form = "%H:%M:%S" if start.date() == end.date() else "%Y-%m-%d %H:%M:%S"
    return f"{start:{form}} - {end:{form}}"


def ratio_text(value: float, low: float | None, high: float | None) -> str:
    """A ratio and its interval, such as 49.30 % [46.2, 52.4]."""
    shown = f"{_hundredths(value, 2)} %"
    return shown if low is None or high is None else f"{shown} {interval(low, high)}"


def span_text(lowest: float, highest: float, low: float | None, high: float | None) -> str:
    """A ratio, or a range of ratios such as 89.04 to 100.00 %, and its interval."""
    shown = ratio_text(highest, low, high)
    return shown if lowest == highest else f"{_hundredths(lowest, 2)} to {shown}"


def interval(low: float, high: float) -> str:
    """An interval in percent, with as many decimals as its width is worth, such as [98.68, 99.44]."""
    decimals = 1
    while 0 < (high - low) * 100 * 10**decimals < 20 and decimals < _MAX_DECIMALS:  # noqa: PLR2004  # twenty steps wide
        decimals += 1
    low_text, high_text = (percent(end) if end in {0.0, 1.0} else _hundredths(end, decimals) for end in (low, high))
    return f"[{low_text}, {high_text}]"


def _hundredths(ratio: float, decimals: int) -> str:
    shown = f"{ratio * 100:.{decimals}f}"
    if float(shown) in {0.0, 100.0} and ratio not in {0.0, 1.0} and decimals < _MAX_DECIMALS:
        return _hundredths(ratio, decimals + 1)
    return shown


def _rounded(count: int) -> int:
    """Two digits, rounded up: more would pretend that the ratio found stays as it is."""
    step: int = 10 ** max(0, len(str(count)) - 2)
    return -(-count // step) * step


def _counted(count: int, one: str, several: str) -> str:
    return f"{count:,} {one if count == 1 else several}"
