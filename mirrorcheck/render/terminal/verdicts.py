"""Verdicts as lines for a terminal, one for each check, or as one JSON document."""

import json
from collections.abc import Sequence
from dataclasses import asdict, fields
from typing import TextIO

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from mirrorcheck.checks.verdicts import Check, CheckResult, Verdicts
from mirrorcheck.render.terminal.sheet import Layout, Piece, Sheet

SCHEMA = "mirrorcheck.verdicts/1"
_GUTTER = 2
_STYLES = {CheckResult.PASS: "bold green", CheckResult.FAIL: "bold red", CheckResult.INCONCLUSIVE: "bold magenta"}


def headline(verdicts: Verdicts, taken: CheckResult) -> str:
    """The joint verdict in a sentence; `taken` is what it counts as."""
    verdict, count = verdicts.verdict, len(verdicts.checks)
    many = {CheckResult.PASS: "pass", CheckResult.FAIL: "fail", CheckResult.INCONCLUSIVE: "are inconclusive"}
    having = len(verdicts.having(verdict))
    one = "passes" if verdict == CheckResult.PASS else "fails" if verdict == CheckResult.FAIL else "is inconclusive"
    if count == 1:
        sentence = f"the check {one}"
    elif having == count:
        sentence = f"all {count} checks {many[verdict]}"
    else:
        sentence = f"{having} of {count} checks {one if having == 1 else many[verdict]}"
    return sentence if taken == verdict else f"{sentence}, taken as {taken}"


def render(verdicts: Verdicts, taken: CheckResult, console: Console) -> None:
    """Print the verdicts, the joint one first; width, colour and encoding are those of `console`."""
    sheet = Sheet.on(console)
    word = verdicts.verdict.word
    title = Layout(len(word) + _GUTTER, margin=0, label_style=_STYLES[verdicts.verdict])
    sheet.flow(word, Piece(headline(verdicts, taken), "bold"), layout=title)
    sheet.blank()
    rows = [_cells(check) for check in verdicts.checks]
    widths = [max(cell_len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for check, row in zip(verdicts.checks, rows, strict=True):
        _write_row(sheet, check, row, widths)
        for note in check.notes:
            sheet.flow("", Piece(note), layout=Layout(_GUTTER + widths[0] + _GUTTER, hang=2))
    sheet.print(console)


def _cells(check: Check) -> tuple[str, ...]:
    return (check.verdict.word, check.title, f"expected {check.expected}", f"found {check.found}", check.evidence)


def _write_row(sheet: Sheet, check: Check, row: Sequence[str], widths: Sequence[int]) -> None:
    """One line in columns; where it is too narrow the evidence stands beneath, and then all of it as words."""
    indent = _GUTTER + widths[0] + _GUTTER
    style = _STYLES[check.verdict]
    if _GUTTER * len(row) + sum(widths) <= sheet.width:
        sheet.lines.append(_line(row, widths, style))
    elif _GUTTER * (len(row) - 1) + sum(widths[:-1]) <= sheet.width:
        sheet.lines.append(_line(row[:-1], widths, style))
        sheet.flow("", Piece(row[-1]), layout=Layout(indent))
    else:
        sheet.flow(row[0], *(Piece(cell) for cell in row[1:]), layout=Layout(indent, label_style=style))


def _line(row: Sequence[str], widths: Sequence[int], style: str) -> Text:
    line = Text(" " * _GUTTER).append(row[0].ljust(widths[0]), style)
    for cell, width in zip(row[1:], widths[1:], strict=False):
        line.append(" " * _GUTTER + cell.ljust(width))
    line.rstrip()
    return line


def to_document(verdicts: Verdicts, taken: CheckResult, status: int) -> dict[str, object]:
    """Return the verdicts as plain JSON values; a check's under the names of its fields."""
    return {
        "schema": SCHEMA,
        "verdict": verdicts.verdict.value,
        "taken_as": taken.value,
        "exit_status": status,
        "sentence": headline(verdicts, taken),
        "confidence": verdicts.confidence,
        "not_judged": asdict(verdicts.not_judged) if verdicts.not_judged else None,
        **_shadows(verdicts),
        "checks": [_document(check) for check in verdicts.checks],
    }


def _shadows(verdicts: Verdicts) -> dict[str, object]:
    """Of several shadows: the joint verdict on each, and what none of its verdicts rests on."""
    if not verdicts.of_shadows:
        return {}
    return {
        "shadows": [
            {
                "name": name,
                "verdict": each.verdict.value,
                "not_judged": asdict(each.not_judged) if each.not_judged else None,
            }
            for name, each in verdicts.of_shadows.items()
        ]
    }


def _document(check: Check) -> dict[str, object]:
    values = {field.name: getattr(check, field.name) for field in fields(check) if field.name != "shadow"}
    values |= {"shadow": check.shadow} if check.shadow else {}
    notes = [note.encode("utf-8", "backslashreplace").decode() for note in check.notes]
    return values | {"verdict": check.verdict.value, "notes": notes}


def dump(verdicts: Verdicts, taken: CheckResult, status: int, stream: TextIO) -> None:
    """Write the document to `stream` in ASCII, and a line end."""
    text = json.dumps(to_document(verdicts, taken, status), indent=2, allow_nan=False)
    # The one mark by which the log of a pipeline may hold a command anywhere in a line (GitHub's old form).
    stream.write(text.replace("##[", r"#\u0023[") + "\n")
