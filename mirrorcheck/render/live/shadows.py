"""The lines of a screen for several shadows: one for each, the one that is shown below marked."""

from collections.abc import Sequence

from rich.text import Text

from mirrorcheck.engine.snapshot import Snapshot
from mirrorcheck.render.live.panel import Column, Panel, short
from mirrorcheck.render.live.ratios import ALARM
from mirrorcheck.render.terminal.sheet import Piece, verdict_style
from mirrorcheck.render.text import percent

_COUNT = 8  # cells
_LONGEST_NAME = 24
_COLUMNS = (
    Column("", 1),
    Column("shadow"),
    Column("verdict", len("STARTED AND STOPPED")),
    Column("ratio", len("100.00 %"), right=True),
    Column("missed", _COUNT + len(" missed"), right=True),
    Column("pending", _COUNT + len(" pending"), right=True),
)


def shadow_lines(snapshots: Sequence[Snapshot], shown: Snapshot, panel: Panel) -> list[Text]:
    """Return a line for each shadow."""
    mark = "▸" if panel.utf else ">"
    return [panel.row(_COLUMNS, _cells(each, mark if each is shown else ""), _LONGEST_NAME) for each in snapshots]


def _cells(snapshot: Snapshot, mark: str) -> tuple[Piece, ...]:
    overall, totals = snapshot.overall, snapshot.totals
    word = Piece(snapshot.verdict, verdict_style(snapshot.verdict) if overall.value is not None else "bold")
    if snapshot.no_sight:
        word = Piece("NO SIGHT", ALARM)
    if snapshot.silence:
        word = Piece("NO COPIES", ALARM)
    return (
        Piece(mark, "bold"),
        Piece(snapshot.shadow, "bold"),
        word,
        Piece("" if overall.value is None else percent(overall.value)),
        Piece(f"{short(overall.missed, _COUNT)} missed"),
        Piece(f"{short(totals.pending, _COUNT)} pending"),
    )
