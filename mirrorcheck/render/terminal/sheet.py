"""Sets labelled pieces of text as lines that fit a width, hostile characters escaped; styles verdicts, draws bars."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NoReturn, Self

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from mirrorcheck.render.text import cut
from mirrorcheck.render.visible import speaks_utf, visible

MARGIN = 2
CONTENT = 16
OUTDENT = 4
WIDEST = 110  # columns of a sheet on a console
_NARROWEST_FLEX = 16
_BARS = "▁▂▃▄▅▆▇█"
_ASCII_BARS = "_.:-=+*#"
# Green, red and magenta stand out on white as well as on black; yellow does not.
_VERDICT_STYLES = {
    "MIRRORING": "bold green",
    "NOT MIRRORING": "bold red",
    "NO DATA": "bold red",
}

# A unit stays on the line of its number.
_BREAKS = re.compile(r" +(?!(?:%|ms|s)(?:[ ,.;:)]|$))")


class PlainConsole(Console):
    """A console without highlights; a closed pipe is a BrokenPipeError, where rich would end with status 1."""

    def __init__(self, **options: object) -> None:
        super().__init__(highlight=False, **options)  # type: ignore[arg-type]  # those of rich

    def on_broken_pipe(self) -> NoReturn:
        """Raise it where something is printed."""
        raise BrokenPipeError


@dataclass(frozen=True, slots=True)
class Piece:
    """Some text, from anywhere, the rich style it is shown in, and whether it stays on one line."""

    text: str
    style: str = ""
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table: its label (empty: none) and its cells."""

    label: str
    cells: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Columns:
    """How a table is set: which columns stand to the right, and which one gives way where there is no room."""

    right: frozenset[int] = frozenset()
    flex: int | None = None


@dataclass(frozen=True, slots=True)
class Layout:
    """Where words go: the label's margin, the column of the text, and how much further in its later lines stand."""

    indent: int = CONTENT
    hang: int = 0
    margin: int = MARGIN
    label_style: str = "bold"


class Sheet:
    """Lines for a terminal of `width` cells: labels at a margin, content in a column of its own beside them.

    No text reaches `lines` but through `visible`, so no log can move the cursor, and none is read as markup.
    """

    def __init__(self, width: int, encoding: str) -> None:
        self.width = width
        self.encoding = encoding
        self.utf = speaks_utf(encoding)
        self.lines: list[Text] = []

    @classmethod
    def on(cls, console: Console) -> Self:
        """Begin a sheet for a console, in at most 110 columns."""
        return cls(min(console.width, WIDEST), console.encoding)

    def print(self, console: Console) -> None:
        """Print the lines as they are set: rich neither wraps nor cuts them."""
        for line in self.lines:
            console.print(line, soft_wrap=True)

    def blank(self) -> None:
        """Separate what follows by a blank line, once."""
        if self.lines and self.lines[-1].plain:
            self.lines.append(Text())

    def flow(self, label: str, *pieces: Piece, layout: Layout = Layout()) -> None:
        """Write pieces, with a space between, as words that wrap under the column that `layout` names."""
        line = self._labelled(label, layout.indent, layout.label_style, layout.margin)
        hang = layout.indent + layout.hang
        for index, word in enumerate(self._words(pieces, self.width - hang)):
            if index and cell_len(line.plain) + 1 + cell_len(word.text) > self.width:
                self._put(line)
                line = Text(" " * hang)
            elif index:
                line.append(" ", word.style)
            line.append(word.text, word.style)
        self._put(line)

    def strip(self, label: str, pieces: Iterable[Piece]) -> None:
        """Write pieces side by side on one line, cut off at the width."""
        line = self._labelled(label, CONTENT)
        for piece in pieces:
            line.append(visible(piece.text, self.encoding), piece.style)
        self._put(line)

    def quote(self, piece: Piece) -> None:
        """Write text on one line of its own, as it is but for escapes and a cut in its middle."""
        self.strip("", [Piece(cut(piece.text, self.width - CONTENT, self.encoding), piece.style)])

    def table(self, rows: Sequence[Row], columns: Columns) -> int:
        """Write rows in columns, with too little room from the margin on, and then as words that wrap.

        Returns the indent that the rows got. A column without text takes no room.
        """
        for indent, gutter in ((CONTENT, 3), (CONTENT, 2), (OUTDENT, 2)):
            widths = self._widths(rows, columns, self.width - indent, gutter)
            if widths is not None:
                for row in rows:
                    self._put_row(row, widths, columns, indent, gutter)
                return indent
        for row in rows:
            self.flow(row.label, *row.cells)
        return CONTENT

    def fits(self, rows: Sequence[Row], columns: Columns) -> bool:
        """Return whether a table has the room to stand beside its labels."""
        return self._widths(rows, columns, self.width - CONTENT, 2) is not None

    def _put_row(self, row: Row, widths: Sequence[int], columns: Columns, indent: int, gutter: int) -> None:
        line = self._labelled(row.label, indent)
        start = cell_len(line.plain)
        for column, (cell, width) in enumerate(zip(row.cells, widths, strict=False)):
            if not width:
                continue
            shown = cut(cell.text, width, self.encoding)
            padding = " " * (width - cell_len(shown))
            to_the_right = column in columns.right
            line.append(" " * (gutter if cell_len(line.plain) > start else 0) + (padding if to_the_right else ""))
            line.append(shown, cell.style)
            line.append("" if to_the_right else padding)
        self._put(line)

    def _widths(self, rows: Sequence[Row], columns: Columns, room: int, gutter: int) -> list[int] | None:
        widths = [0] * max((len(row.cells) for row in rows), default=0)
        for row in rows:
            for column, cell in enumerate(row.cells):
                # Nothing needs more than the room there is, and a hostile cell may be a megabyte.
                shown = cut(cell.text, self.width, self.encoding) if column == columns.flex else cell.text
                widths[column] = max(widths[column], cell_len(visible(shown, self.encoding)))
        excess = sum(widths) + gutter * (sum(width > 0 for width in widths) - 1) - room
        if excess > 0 and columns.flex is not None:
            least = min(widths[columns.flex], _NARROWEST_FLEX)
            given = min(excess, widths[columns.flex] - least)
            widths[columns.flex] -= given
            excess -= given
        return widths if excess <= 0 else None

    def _words(self, pieces: Iterable[Piece], width: int) -> Iterable[Piece]:
        for piece in pieces:
            text = visible(piece.text, self.encoding)
            for word in [text] if piece.whole else _BREAKS.split(text):
                if word:
                    yield Piece(cut(word, width, self.encoding), piece.style)

    def _labelled(self, label: str, indent: int, style: str = "bold", margin: int = MARGIN) -> Text:
        label = cut(label, self.width - margin, self.encoding)
        line = Text(" " * margin).append(label, style)
        if label and cell_len(line.plain) >= indent:
            self._put(line)
            line = Text()
        line.append(" " * (indent - cell_len(line.plain)))
        return line

    def _put(self, line: Text) -> None:
        line.rstrip()
        if cell_len(line.plain) > self.width:
            line.truncate(self.width)
        self.lines.append(line)


def verdict_style(word: str) -> str:
    """Return the rich style of a verdict's word."""
    return _VERDICT_STYLES.get(word, "bold magenta")


def share_style(paired: int, missed: int) -> str:
    """Return the rich style of a share of originals that were copied."""
    if not missed:
        return "green"
    return "magenta" if paired else "red"


def bar(paired: int, missed: int, *, utf: bool) -> Piece:
    """Return one character for the share copied; a space where there is no original."""
    if not paired + missed:
        return Piece(" ")
    bars = _BARS if utf else _ASCII_BARS
    # The lowest bar is nothing and the highest everything: a single miss, or a single copy, is seen.
    level = paired * (len(bars) - 1) // (paired + missed)
    if paired and not level:
        level = 1
    return Piece(bars[level], share_style(paired, missed))
