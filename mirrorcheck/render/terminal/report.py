"""Prints a report; the answer to the user's question comes first."""

from collections.abc import Iterator
from datetime import datetime

from rich.console import Console

from mirrorcheck.render.terminal.inputs import write_filters, write_foreign, write_lines, write_sides
from mirrorcheck.render.terminal.misses import write_misses
from mirrorcheck.render.terminal.ratios import write_ratios, write_sums
from mirrorcheck.render.terminal.responses import write_responses
from mirrorcheck.render.terminal.sheet import OUTDENT, Layout, Piece, Sheet, verdict_style
from mirrorcheck.render.text import TimeFormat
from mirrorcheck.report.model import Report, Verdict


def render(report: Report, console: Console, *, verbose: bool = False) -> None:
    """Print the whole report in at most 110 columns; width, colour and encoding are those of `console`.

    verbose: with the first lines that are no requests.
    """
    sheet = Sheet.on(console)
    write_findings(sheet, report, verbose=verbose)
    write_end(sheet, report)
    sheet.print(console)


def write_findings(sheet: Sheet, report: Report, *, verbose: bool) -> None:
    """Write what was found, verdict first."""
    clock = TimeFormat.over(_moments(report))
    _write_verdict(sheet, report.verdict)
    write_sides(sheet, report, clock)
    write_ratios(sheet, report, clock)
    write_sums(sheet, report)
    write_misses(sheet, report, clock)
    write_responses(sheet, report.responses)
    _write_warnings(sheet, report)
    write_lines(sheet, report)
    if verbose:
        write_foreign(sheet, report)


def write_end(sheet: Sheet, report: Report) -> None:
    """Write what was left out, and where more is."""
    write_filters(sheet, report, TimeFormat.over(_moments(report)))
    _write_hints(sheet, report)


def _moments(report: Report) -> Iterator[datetime | None]:
    for side in (report.primary, report.shadow_side):
        yield from (side.first, side.last)
    for phase in report.phases:
        yield from (phase.from_, phase.to)
    for each in report.timeline:
        yield from (each.from_, each.to)
    for gap in report.gaps:
        yield from (gap.from_, gap.to)
    yield from (rule.from_ for rule in report.rules)
    yield from (line.time for line in report.missed_examples)
    yield from (report.on_from, report.on_to, report.filters.since, report.filters.until)


def _write_verdict(sheet: Sheet, verdict: Verdict) -> None:
    layout = Layout(margin=0, label_style=verdict_style(verdict.word))
    sheet.flow(verdict.word, Piece(verdict.sentence, "bold"), layout=layout)
    if verdict.detail:
        sheet.flow("", Piece(verdict.detail))


def _write_warnings(sheet: Sheet, report: Report) -> None:
    sheet.blank()
    for warning in report.warnings:
        sheet.flow("!", Piece(warning.text), layout=Layout(OUTDENT, label_style="bold magenta"))


def _write_hints(sheet: Sheet, report: Report) -> None:
    if report.primary.lines.parsed + report.shadow_side.lines.parsed:
        hints = ("each line and its partner: --outcomes FILE;", "all numbers: --json")
        sheet.flow("more", *(Piece(hint, "dim", whole=True) for hint in hints), layout=Layout(label_style="dim"))
