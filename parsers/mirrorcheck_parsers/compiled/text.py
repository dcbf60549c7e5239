"""Has the kernel cut lines of text that surely match a format into columns."""

import numpy as np

from mirrorcheck_parsers.columnwise.columns import Columns, LineIndex
from mirrorcheck_parsers.compiled import kernel as compiled
from mirrorcheck_parsers.compiled.table import Table, make_table
from mirrorcheck_parsers.formats.format import Format


class TextScanner:
    """Cuts lines of text of one format, for one thread at a time."""

    def __init__(self, format: Format, table: Table) -> None:
        self._clock = format.clock_field if format.clock_column else ""
        self._table = table
        self._program = compiled.kernel.TextProgram(table.steps)

    def cut(self, text: bytes, lines: LineIndex) -> Columns:
        """Cut the lines; those left out may be records all the same."""
        count = len(lines.start)
        row, times = np.empty(count, np.int64), np.empty(count, np.int64)
        starts, stops = (np.empty((len(self._table.columns), count), np.int64) for _ in range(2))
        numbers = np.empty((len(self._table.numbers), count), np.int64)
        bounds = (np.ascontiguousarray(each) for each in (lines.start, lines.stop, lines.among))
        taken = self._program.scan(text, *bounds, row, starts, stops, numbers, times)
        return Columns(
            row[:taken],
            {
                name: (start[:taken], stop[:taken])
                for name, start, stop in zip(self._table.columns, starts, stops, strict=True)
            },
            {self._clock: times[:taken]} if self._clock else {},
            {name: values[:taken] for name, values in zip(self._table.numbers, numbers, strict=True)},
        )


def text_scanner(format: Format) -> TextScanner | None:
    """Give what cuts lines of a format; None where the kernel was not compiled or does not know such lines."""
    table = make_table(format) if compiled.kernel and not format.keys else None
    return TextScanner(format, table) if table else None
