"""The section that names missed originals and what they have in common."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from itertools import zip_longest
from pathlib import PurePath

from mirrorcheck.render.terminal.sheet import Columns, Layout, Piece, Row, Sheet
from mirrorcheck.render.text import TimeFormat, number
from mirrorcheck.report.model import MissedGroup, MissedLine, Report
from mirrorcheck.totals.breakdown import NOTHING_IN_COMMON

_ALL = 100  # percent
_MOST_LINES = 6
_MOST_GROUPS = 4
_MOST_FURTHER_GROUPS = 3
_ALWAYS = ("path", "method", "status")
_WHERE_IT_VARIES = ("size", "remote_addr", "moment")
_TITLES = {"remote_addr": "client"}
_NOTHING = (Piece(""), Piece(""))


def write_misses(sheet: Sheet, report: Report, clock: TimeFormat) -> None:
    """Write what the misses have in common, the explanation, and the first of them; nothing without misses."""
    missed = report.originals.missed
    if not missed and not report.missed_range:
        return
    sheet.blank()
    if report.expected and as_sampled(report):
        expected = f"as an expected {report.expected.percent:g} % leaves; nothing sets them apart."
        named = Piece("Each is named in --outcomes FILE", "dim")
        sheet.flow("not copied", Piece(f"{number(missed)} originals, {expected}"), named)
        return
    if report.missed_range:
        span = f"{number(report.missed_range.low)} to {number(report.missed_range.high)}"
        sheet.flow("missed", Piece(span, "bold", whole=True), Piece(f"originals: {report.missed_range.why}"))
    by = report.missed_by
    always = {name: by[name] for name in _ALWAYS if by.get(name)}
    varying = {name: by[name] for name in _WHERE_IT_VARIES if len(by.get(name, ())) > 1}
    if len(report.phases) > 1:
        # The phases say when.
        varying.pop("moment", None)
    varying = {name: _timed(groups, clock) if name == "moment" else groups for name, groups in varying.items()}
    _write_groups(sheet, "missed by", always, _MOST_GROUPS, missed)
    _write_groups(sheet, "", varying, _MOST_FURTHER_GROUPS, missed)
    if report.explanation:
        sheet.blank()
        sheet.flow("", Piece(report.explanation))
    _write_examples(sheet, report, clock)


def as_sampled(report: Report) -> bool:
    """Whether a ratio below 100 % is the expected one, and only chance decided which requests were not copied."""
    expected = report.expected
    inside = expected is not None and bool(expected.within_interval) and 0 < expected.percent < _ALL
    return inside and report.explanation in {"", NOTHING_IN_COMMON}


def _timed(groups: Sequence[MissedGroup], clock: TimeFormat) -> tuple[MissedGroup, ...]:
    """Return groups by moment with each ISO moment written as elsewhere on the screen."""
    return tuple(replace(group, value=_time(group.value, clock)) for group in groups)


def _time(value: str, clock: TimeFormat) -> str:
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return value
    return value if moment.tzinfo is None else clock.time(moment)


def _write_groups(sheet: Sheet, label: str, by: dict[str, tuple[MissedGroup, ...]], most: int, missed: int) -> None:
    if not by:
        return
    if not label:
        sheet.blank()
    columns = Columns(right=frozenset(range(1, 2 * len(by), 2)), flex=0)
    rows: list[Row] = []
    # The number of originals with the value separates a cause from a coincidence, but it takes room.
    for beside in (True, False):
        blocks = [_block(name, groups, most, missed, beside=beside) for name, groups in by.items()]
        lines = zip_longest(*blocks, fillvalue=_NOTHING)
        rows = [Row("" if index else label, sum(line, ())) for index, line in enumerate(lines)]
        if sheet.fits(rows, columns):
            break
    sheet.table(rows, columns)


def _block(
    name: str, groups: Sequence[MissedGroup], most: int, missed: int, *, beside: bool
) -> list[tuple[Piece, ...]]:
    # One left over would take no more room than saying so.
    listed = groups if len(groups) <= most + 1 else groups[:most]
    wide = max(len(number(group.originals)) for group in listed)
    block: list[tuple[Piece, ...]] = [(Piece(_TITLES.get(name, name), "dim"), Piece(""))]
    for group in listed:
        of = f" of {number(group.originals):>{wide}}" if beside else ""
        block.append((Piece(group.value or "(none)"), Piece(f"{number(group.missed)}{of}")))
    rest = missed - sum(group.missed for group in listed)
    if rest > 0:
        # Stands under the misses, not under the originals.
        padding = " " * (len(" of ") + wide if beside else 0)
        block.append((Piece("all others", "dim"), Piece(f"{number(rest)}{padding}", "dim")))
    return block


def _write_examples(sheet: Sheet, report: Report, clock: TimeFormat) -> None:
    if not report.missed_examples:
        return
    several = len(report.primary.files) > 1
    shown = report.missed_examples[:_MOST_LINES]
    sheet.blank()
    cells = [_example(line, clock, several=several) for line in shown]
    rows = [Row("" if index else "first missed", line) for index, line in enumerate(cells)]
    indent = sheet.table(rows, Columns(flex=2))
    rest = report.originals.missed - len(shown)
    if rest > 0:
        sheet.flow("", Piece(f"and {number(rest)} more, named in --outcomes FILE", "dim"), layout=Layout(indent))


def _example(line: MissedLine, clock: TimeFormat, *, several: bool) -> tuple[Piece, ...]:
    return (
        Piece(clock.time(line.time)),
        Piece(line.method or "-"),
        Piece(line.target or "-"),
        Piece("-" if line.status is None else f"{line.status:03d}"),
        Piece(_certainty(line)),
        Piece(f"{PurePath(line.file).name}:{line.line}" if several else f"line {line.line}", "dim"),
    )


def _certainty(line: MissedLine) -> str:
    if line.candidates > 1:
        return f"one of {number(line.candidates)} identical"
    return "or copy unparsed" if line.open else "certain"
