"""Lines of a screen that fit a width, with everything hostile escaped."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from rich.cells import cell_len
from rich.text import Text

from mirrorcheck.render.terminal.sheet import Piece
from mirrorcheck.render.text import cut, number
from mirrorcheck.render.visible import speaks_utf, visible

LABEL = 12  # cells from the left edge to what stands beside a label
GUTTER = 2
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECOND_US = 1_000_000
_US_DIGITS_HIDDEN = 3
_LAST_US = (datetime.max.replace(tzinfo=UTC) - _EPOCH) // timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: title, width in cells (0: what the others leave), whether it is aligned to the right."""

    title: str
    width: int = 0
    right: bool = False


@dataclass(frozen=True, slots=True)
class Panel:
    """A part of the screen: its width in cells, and the encoding of the terminal."""

    width: int
    encoding: str = "utf-8"

    @property
    def utf(self) -> bool:
        """Whether the terminal can show any character."""
        return speaks_utf(self.encoding)

    def cells(self, text: str) -> int:
        """Return how many cells `text` takes once it is harmless."""
        return cell_len(visible(text, self.encoding))

    def fitting(self, room: int, *choices: str) -> str:
        """Return the first of `choices`, longest first, that fits into `room` cells; empty if none does."""
        return next((choice for choice in choices if self.cells(choice) <= room), "")

    def line(self, *pieces: Piece, right: Sequence[Piece] = (), style: str = "") -> Text:
        """Return one line: a margin of one cell, pieces (the last is cut if need be), and `right` at the other edge."""
        tail = Text(" ").join(Text(visible(each.text, self.encoding), each.style) for each in right if each.text)
        line = Text(" ")
        room = self.width - 1 - (tail.cell_len + 1 + GUTTER if tail.plain else 0)
        for piece in pieces:
            shown = cut(piece.text, room, self.encoding)
            line.append(shown, piece.style)
            room -= cell_len(shown)
        if tail.plain:
            line.append(" " * (self.width - 1 - tail.cell_len - line.cell_len)).append_text(tail)
        if style:
            line.append(" " * (self.width - line.cell_len))
            line.stylize_before(style)
        return self.clipped(line)

    def rule(self, title: str, right: str = "") -> Text:
        """Return a line across the panel with a title in it."""
        stroke = "─" if self.utf else "-"
        title = cut(title, self.width - 6, self.encoding)
        right = right if self.cells(right) + cell_len(title) + 10 < self.width else ""
        line = Text().append(stroke * 2, "dim").append(f" {title} " if title else "", "bold")
        tail = f" {visible(right, self.encoding)} " if right else ""
        line.append(stroke * (self.width - line.cell_len - cell_len(tail) - 2), "dim")
        return self.clipped(line.append(tail).append(stroke * 2, "dim"))

    def row(self, columns: Sequence[Column], cells: Iterable[Piece], flex: int) -> Text:
        """Return one row of a table; the column of width 0 takes what is left, at most `flex` cells."""
        fixed = sum(column.width for column in columns) + GUTTER * (len(columns) - 1)
        line = Text(" ")
        for index, (column, cell) in enumerate(zip(columns, cells, strict=True)):
            width = column.width or max(min(self.width - 1 - fixed, flex), 1)
            shown = cut(cell.text, width, self.encoding)
            padding = " " * (width - cell_len(shown))
            line.append(" " * GUTTER if index else "").append(padding if column.right else "")
            line.append(shown, cell.style).append("" if column.right else padding)
        line.rstrip()
        return self.clipped(line)

    def clipped(self, line: Text) -> Text:
        """Return the line without what would stand beyond the edge."""
        if line.cell_len > self.width:
            line.truncate(max(self.width, 0))
        return line


def time_of(at_us: int, *, fine: bool = False) -> str:
    """Return the time of day in UTC of an instant, with milliseconds if `fine`."""
    return f"{moment(at_us):%H:%M:%S.%f}"[:-_US_DIGITS_HIDDEN] if fine else f"{moment(at_us):%H:%M:%S}"


def moment(at_us: int) -> datetime:
    """Return an instant in microseconds since 1970 as a datetime in UTC, the nearest that there is."""
    return _EPOCH + timedelta(microseconds=min(max(at_us, 0), _LAST_US))


def iso(at_us: int) -> str:
    """Return an instant in ISO 8601, such as 2026-11-22T15:21:04.123Z."""
    return moment(at_us).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def seconds(span_us: int) -> str:
    """Return a span as whole seconds, such as 63 s; what a log's clock puts ahead of ours is 0 s."""
    return f"{max(span_us, 0) // SECOND_US:,} s"


def elapsed(span_us: int) -> str:
    """Return a span as hours, minutes and seconds, such as 00:04:12."""
    whole = max(span_us, 0) // SECOND_US
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}"


def short(count: float, width: int) -> str:
    """Return a count in `width` cells: whole with separators or, too long for that, by powers of ten (1.2e15)."""
    scientific = (f"{count:.{digits}e}".replace("e+0", "e").replace("e+", "e") for digits in (1, 0))
    return next((text for text in (number(count), *scientific) if len(text) <= width), f"{count:.0e}")
