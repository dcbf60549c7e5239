"""Prints the reports on several shadows: a line for all, a table with a row for each, then each one's report."""

from rich.console import Console

from mirrorcheck.render.terminal.report import write_end, write_findings
from mirrorcheck.render.terminal.sheet import Columns, Layout, Piece, Row, Sheet, share_style, verdict_style
from mirrorcheck.render.text import hundredths, number, percent, within
from mirrorcheck.report.model import Report
from mirrorcheck.report.several import Reports

_TITLE = Layout(margin=0, label_style="bold underline")
_HEAD = ("shadow", "verdict", "ratio", "", "copied", "missed", "orphans")


def render_shadows(reports: Reports, console: Console, *, verbose: bool = False) -> None:
    """Print all reports in at most 110 columns; width, colour and encoding are those of `console`.

    verbose: with the first lines that are no requests.
    """
    sheet = Sheet.on(console)
    sheet.flow("", Piece(reports.sentence, "bold"), layout=Layout(indent=0, hang=2, margin=0))
    sheet.blank()
    sheet.table([_head(), *map(_row, reports, reports.values())], Columns(right=frozenset({2, 4, 5, 6}), flex=0))
    alike = len({(report.filters, report.exclusions) for report in reports.values()}) == 1
    for number_, (name, report) in enumerate(reports.items(), 1):
        sheet.blank()
        sheet.strip("", [])
        sheet.flow(name, layout=_TITLE)
        write_findings(sheet, report, verbose=verbose)
        if not alike or number_ == len(reports):
            write_end(sheet, report)
    sheet.print(console)


def _head() -> Row:
    return Row("", tuple(Piece(word, "dim") for word in _HEAD))


def _row(name: str, report: Report) -> Row:
    found, ratio = report.ratio_range, report.ratio
    value = "none" if ratio.value is None else percent(ratio.value)
    if found:
        value = f"{hundredths(found.low)} to {percent(found.high)}"
    missed = report.missed_range
    cells = (
        Piece(name, "bold"),
        Piece(report.verdict.word, verdict_style(report.verdict.word)),
        Piece(value, share_style(ratio.paired, ratio.missed)),
        Piece(within(ratio)),
        Piece(f"{number(ratio.paired)} of {number(ratio.paired + ratio.missed)}"),
        Piece(f"{number(missed.low)} to {number(missed.high)}" if missed else number(ratio.missed)),
        Piece(number(report.shadow.orphan)),
    )
    return Row("", cells)
