"""Screens of hand-built reports in a pinned terminal; `python -m tests.render.screens` writes the golden ones anew."""

import io
from pathlib import Path

from rich.console import Console

from mirrorcheck.render.terminal.report import render
from mirrorcheck.report.model import Report
from tests.render.cases import CASES

GOLDEN = Path(__file__).parent / "golden"
WIDTHS = (80, 110)


def screen(report: Report, width: int, encoding: str = "utf-8", *, colour: bool = False) -> str:
    """Return what a terminal of this width and encoding is sent."""
    stream = io.TextIOWrapper(io.BytesIO(), encoding, newline="\n")
    console = Console(
        file=stream,
        width=width,
        color_system="standard" if colour else None,
        force_terminal=colour,
        no_color=not colour,
    )
    render(report, console)
    stream.seek(0)
    return stream.read()


def golden_file(name: str, width: int) -> Path:
    """Return where the screen of a case is kept."""
    return GOLDEN / f"{name}-{width}.txt"


if __name__ == "__main__":
    for name, report in CASES.items():
        for width in WIDTHS:
            golden_file(name, width).write_text(screen(report, width), encoding="utf-8")
