"""Has the kernel cut lines that surely are of a format into columns."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from mirrorcheck_parsers import scanning
from mirrorcheck_parsers.columnwise.columns import Columns, LineIndex
from mirrorcheck_parsers.columnwise.words import Positions
from mirrorcheck_parsers.compiled.table import KeyTable, Table, make_key_table, make_table
from mirrorcheck_parsers.exact.late import LateKeys
from mirrorcheck_parsers.formats.format import Format
from mirrorcheck_parsers.formats.values import PAIRS


class Scanner(Protocol):
    """What cuts the lines of a text; those that it leaves out may be records all the same."""

    def cut(self, text: bytes, lines: LineIndex) -> Columns:
        """Cut the lines of a padded text."""


class _Program(Protocol):
    def scan(self, data: bytes, start: Positions, stop: Positions, among: NDArray[np.bool_], out: Positions) -> int: ...


class TextScanner:
    """Cuts lines of text of one format, for one thread at a time."""

    def __init__(self, format: Format, table: Table) -> None:
        self._format, self._table = format, table
        self._program = scanning.kernel.TextProgram(table)

    def cut(self, text: bytes, lines: LineIndex) -> Columns:
        """Cut the lines."""
        return _scan(self._program, self._format, self._table, text, lines)


class ObjectScanner:
    """Cuts lines of JSON of one format, for one thread at a time.

    A line with a key that is new is left to the exact way, which shows it to `late`; once nothing more is to be
    learned of the key, it is passed over here.
    """

    def __init__(self, format: Format, late: LateKeys, table: KeyTable) -> None:
        self._format, self._late, self._table = format, late, table
        self._passed = 0
        self._program = scanning.kernel.ObjectProgram(table)

    def cut(self, text: bytes, lines: LineIndex) -> Columns:
        """Cut the lines."""
        if len(self._late.settled) > self._passed:
            self._passed = len(self._late.settled)
            table = _key_table(self._format, self._late)
            if table:
                self._table, self._program = table, scanning.kernel.ObjectProgram(table)
        return _scan(self._program, self._format, self._table, text, lines)


def _scan(program: _Program, format: Format, table: Table | KeyTable, text: bytes, lines: LineIndex) -> Columns:
    columns = len(table.columns)
    out = np.empty((2 + 2 * columns + len(table.numbers), len(lines.start)), np.int64)
    start, stop = np.ascontiguousarray(lines.start), np.ascontiguousarray(lines.stop)
    taken = program.scan(text, start, stop, np.ascontiguousarray(lines.among), out)
    row, times, *fields = out[:, :taken]
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
    """Give what cuts lines of JSON of a format, None as text_scanner does."""
    table = _key_table(format, late) if scanning.kernel and format.escape != PAIRS else None
    return ObjectScanner(format, late, table) if table else None
