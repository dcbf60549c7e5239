"""Says beneath a check of the ratio what it rests on: misses by name, phases, the ends of logs, what is open."""

from collections.abc import Iterator
from datetime import UTC, datetime

from mirrorcheck.checks.checked_ratio import CheckedRatio
from mirrorcheck.checks.expectations import percent
from mirrorcheck.checks.verdicts import Check, CheckResult
from mirrorcheck.report.model import MissedLine, Report
from mirrorcheck.totals.verdict import counted

_NAMED = 3  # misses named beneath a check
_MAX_DECIMALS = 8
_CERTAIN, _OPEN = "certain", "unless its copy did not parse"


def because(report: Report, checked: CheckedRatio, check: Check, *, nearly_all: bool) -> tuple[str, ...]:
    """Sentences beneath a check of the ratio; where `nearly_all` is expected, misses are named one by one."""
    notes = [*_accepted(report, checked)]
    if check.verdict != CheckResult.PASS:
        if not checked.originals:
            notes.append("there is no request to judge: no data never passes")
        if report.missed_range and checked.missed_low < checked.missed_high:
            ends = f"between {checked.missed_low:,} and {checked.missed_high:,}"
            notes.append(f"{ends} are missed: {report.missed_range.why}")
        notes += [*_more(check, checked), *_edges(report, checked)]
    if check.verdict == CheckResult.FAIL and nearly_all:
        notes += [*_misses(report, checked)]
    return tuple(notes)


def _accepted(report: Report, checked: CheckedRatio) -> Iterator[str]:
    """What was taken on trust, and what the numbers rest on besides independent draws."""
    if report.retries.presumed:
        lines = counted(report.retries.presumed, "line", "lines")
        yield f"accepts {lines} as retries that no id proves (--no-presumed-retries counts them as misses)"
    if checked.off_before + checked.off_after:
        yield f"excluded {checked.off_before:,} before the first copy and {checked.off_after:,} after the last"
    yield from _while_rule_off(checked)
    stretch = checked.stretches[0] if checked.stretches else None
    if stretch and stretch.discrepancy is not None:
        yield "copies are counted off rather than drawn, so the ratio is exact but for one or two requests"
    elif stretch and stretch.inflation > 1.0:
        yield f"misses come together, so the interval is that of {stretch.inflation:.1f} times fewer requests"


def _while_rule_off(checked: CheckedRatio) -> Iterator[str]:
    """What was left out because the rule mirrored nothing."""
    if checked.off_by_rule:
        spans = ", ".join(when(each.from_, each.to) for each in checked.rule_off)
        yield f"excluded {checked.off_by_rule:,} while the rule mirrored nothing or proxies took it over: {spans}"
    if any(each.parts > 1 for each in checked.stretches):
        yield "what lies on either side is judged as one: the rule came back as it was, and its ratio but for chance"


def _more(check: Check, checked: CheckedRatio) -> Iterator[str]:
    if check.verdict != CheckResult.INCONCLUSIVE:
        return
    if check.more:
        yield f"needs about {_rounded(check.more):,} more requests"
    elif checked.sure and check.p_value is not None:
        yield "the ratio found lies on the border: no number of requests would settle it"


def _edges(report: Report, checked: CheckedRatio) -> Iterator[str]:
    """Misses that the edges of the shadow's logs may explain."""
    before, after = report.missed_before_on or 0, report.missed_after_on or 0
    if checked.while_on or not report.ratio.paired or not report.phases:
        return
    off = (0 if report.phases[0].paired else before) + (0 if report.phases[-1].paired else after)
    if off:
        yield (
            f"{off:,} of {report.ratio.missed:,} misses lie before the first copy or after the last: mirroring was off "
            "(--while-on leaves them out), or the shadow's log does not cover them (--overlap)"
        )


def _misses(report: Report, checked: CheckedRatio) -> Iterator[str]:
    """Which they are, and what they have in common."""
    if report.explanation and not checked.off_by_rule:
        yield report.explanation
    first, last = checked.stretches[0].from_, checked.stretches[-1].to
    within = (line for line in report.missed_examples if first <= line.time <= last)
    shown = [line for line in within if not any(off.from_ <= line.time <= off.to for off in checked.rule_off)][:_NAMED]
    yield from (_named(line) for line in shown)
    rest = checked.missed - len(shown)
    if shown and rest > 0:
        yield f"and {rest:,} more, named in --outcomes FILE"


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


def count_text(low: int, high: int) -> str:
    """A count, or a range of counts such as 3 to 5."""
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


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
