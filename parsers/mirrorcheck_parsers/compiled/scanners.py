"""Has the kernel cut lines that surely are of a format into columns."""

from typing import Protocol

import numpy as np

from mirrorcheck_parsers import scanning
from mirrorcheck_parsers.columnwise.columns import Columns, LineIndex
from mirrorcheck_parsers.columnwise.words import PADDING, Mask, Positions
from mirrorcheck_parsers.compiled.table import KeyTable, Table, make_key_table, make_table
from mirrorcheck_parsers.exact.late import LateKeys
from mirrorcheck_parsers.formats.format import Format


class Scanner(Protocol):
    """What cuts the lines of a text; those that it leaves out may be records all the same."""

    def cut(self, text: bytes, lines: LineIndex) -> tuple[bytes, Columns]:
        """Cut the lines of a padded text; gives the text that all places are in, which begins with this one."""


class TextScanner:
    """Cuts lines of text of one format, for one thread at a time."""

    def __init__(self, format: Format, table: Table) -> None:
        self._format, self._table = format, table
        self._program = scanning.kernel.TextProgram(table)

    def cut(self, text: bytes, lines: LineIndex) -> tuple[bytes, Columns]:
        """Cut the lines."""
        out = _room(self._table, lines)
        taken = self._program.scan(text, *_bounds(lines), out)
        return text, _columns(self._format, self._table, out[:, :taken])


class ObjectScanner:
    """Cuts lines of JSON, or of pairs, of one format, for one thread at a time.

    A line with a key that is new is left to the exact way, which shows it to `late`; once nothing more is to be
    learned of the key, it is passed over here.
    """

    def __init__(self, format: Format, late: LateKeys, table: KeyTable) -> None:
        self._format, self._late, self._table = format, late, table
        self._passed = 0
        self._program = scanning.kernel.ObjectProgram(table)

    def cut(self, text: bytes, lines: LineIndex) -> tuple[bytes, Columns]:
        """Cut the lines."""
        if len(self._late.settled) > self._passed:
            self._passed = len(self._late.settled)
            table = _key_table(self._format, self._late)
            if table:
                self._table, self._program = table, scanning.kernel.ObjectProgram(table)
        out = _room(self._table, lines)
        taken, unescaped = self._program.scan(text, *_bounds(lines), out)
        columns = _columns(self._format, self._table, out[:, :taken])
        return (text + unescaped + bytes(PADDING) if unescaped else text), columns


def _room(table: Table | KeyTable, lines: LineIndex) -> Positions:
    return np.empty((2 + 2 * len(table.columns) + len(table.numbers), len(lines.start)), np.int64)


def _bounds(lines: LineIndex) -> tuple[Positions, Positions, Mask]:
    return np.ascontiguousarray(lines.start), np.ascontiguousarray(lines.stop), np.ascontiguousarray(lines.among)


def _columns(format: Format, table: Table | KeyTable, out: Positions) -> Columns:
    """Name the columns that the kernel filled."""
    row, times, *fields = out
    columns = len(table.columns)
    spans = zip(table.columns, fields[:columns], fields[columns : 2 * columns], strict=True)
    return Columns(
        row,
        {name: (begin, end) for name, begin, end in spans},
        {format.clock_column.name: times} if format.clock_column else {},
        dict(zip(table.numbers, fields[2 * columns :], strict=True)),
    )


def _key_table(format: Format, late: LateKeys) -> KeyTable | None:
    return make_key_table(format, format.late.keys() - late.settled, late.settled)


def text_scanner(format: Format) -> TextScanner | None:
    """Give what cuts lines of a format; None where the kernel was not compiled or does not know such lines."""
    table = make_table(format) if scanning.kernel and not format.keys else None
    return TextScanner(format, table) if table else None


def object_scanner(format: Format, late: LateKeys) -> ObjectScanner | None:
    """Give what cuts lines of JSON, or of pairs, of a format, None as text_scanner does."""
    table = _key_table(format, late) if scanning.kernel else None
    return ObjectScanner(format, late, table) if table else None
