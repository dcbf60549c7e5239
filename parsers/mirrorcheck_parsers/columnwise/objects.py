"""Takes the lines of a text that should be JSON objects, or pairs; gives the values of those that are, as columns."""

from functools import reduce

import numpy as np

from mirrorcheck_parsers.columnwise.clock import read_column, width_of
from mirrorcheck_parsers.columnwise.columns import Columns, Lines, merge
from mirrorcheck_parsers.columnwise.skeleton import Form, Leaf, Lesson, read_lesson
from mirrorcheck_parsers.columnwise.skeletons import Alike, Skeletons
from mirrorcheck_parsers.columnwise.words import Window, window
from mirrorcheck_parsers.exact.late import LateKeys
from mirrorcheck_parsers.formats.fields import Kind, is_header
from mirrorcheck_parsers.formats.format import PAIRS, Format
from mirrorcheck_parsers.formats.objects import NULL, NoObject, Value, scan_object
from mirrorcheck_parsers.formats.pairs import ODD, scan_pairs


class Objects:
    """Cuts JSON lines of one format into columns; it keeps the skeletons it has learnt. `late` is told the keys."""

    def __init__(self, format: Format, late: LateKeys) -> None:
        self._format, self._late = format, late
        self._pairs = format.escape == PAIRS
        self._skeletons = Skeletons(self._lesson, format.needed)

    def cut(self, text: bytes, lines: Lines) -> Columns:
        """Cut the lines of a padded text; those left out may be records all the same."""
        view, nothing = window(text), np.zeros(0, np.int64)
        none = Columns(nothing, dict.fromkeys((column.name for column in self._format.columns), (nothing, nothing)), {})
        if self._pairs and any(odd in text for odd in ODD):
            return none
        found = self._skeletons.find(text, lines.start, lines.stop, lines.quotes >= 0)
        return reduce(merge, (self._columns(view, lines, alike) for alike in found), none)

    def _lesson(self, line: bytes) -> Lesson | None:
        values = (scan_pairs if self._pairs else scan_object)(line, 0, len(line))
        if isinstance(values, NoObject) or not self._format.needed <= {value.path for value in values}:
            return None
        if any(value.several and self._is_joined(value.path) for value in values):
            return None  # what is read of it stands nowhere
        return read_lesson(line, [_leaf(value, Form.WORD if self._pairs else Form.BARE) for value in values])

    def _is_joined(self, path: bytes) -> bool:
        field = self._format.keys.get(path)
        return self._late.awaits(path) if field is None else is_header(field)

    def _columns(self, view: Window, lines: Lines, alike: Alike) -> Columns:
        """Give the fields of lines that have one skeleton, but for those without a moment where the clock is."""
        begin = lines.start[alike.row]
        spans = {
            key.name: alike.span(path) or (begin, begin)  # empty where a line lacks the key
            for path, key in self._format.keys.items()
            if not key.duplicate
        }
        read = ((key.name, alike.numbers(path)) for path, key in self._format.keys.items() if not key.duplicate)
        numbers = {name: values for name, values in read if values is not None}
        clock = self._format.clock_column
        if clock is None:
            self._late.see_records(view, alike, np.arange(len(alike.row)))
            return Columns(alike.row, spans, {}, numbers)
        start, stop = spans[clock.name]
        moments, valid = read_column(view, clock, start, stop)
        valid &= (clock.kind is Kind.INSTANT) | (stop - start == width_of(clock))
        columns = Columns(alike.row, spans, {clock.name: moments}, numbers)
        kept = np.flatnonzero(valid)
        self._late.see_records(view, alike, kept)
        return columns if valid.all() else columns.take(kept)


def _leaf(value: Value, bare: Form) -> Leaf:
    """Give a value with its quotes; a null is of no width as a value."""
    if value.string:
        return Leaf(value.path, Form.STRING, value.start - 1, value.stop + 1)
    null = len(NULL) * (value.start == value.stop and bare is Form.BARE)
    return Leaf(value.path, bare, value.start, value.stop + null)
