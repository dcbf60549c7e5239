"""Cuts lines of JSON, or of pairs, into columns."""

from functools import reduce

import numpy as np

from mirrorcheck_parsers.columnwise.columns import Columns, LineIndex, merge
from mirrorcheck_parsers.columnwise.learning import Learning
from mirrorcheck_parsers.columnwise.skeleton import Leaf, LineShape, ValueForm, read_shape
from mirrorcheck_parsers.columnwise.skeletons import SameShape, Skeletons
from mirrorcheck_parsers.columnwise.stamps import read_column, width_of
from mirrorcheck_parsers.columnwise.words import Positions, Window, are_dashes, window
from mirrorcheck_parsers.exact.late import VALUES_SEEN, LateKeys
from mirrorcheck_parsers.formats.fields import Kind, is_header
from mirrorcheck_parsers.formats.format import Format
from mirrorcheck_parsers.formats.values import NULL, ODD_IN_PAIRS, PAIRS, NoObject, Value, ValueType


class ObjectColumns:
    """Cuts JSON lines of one format into columns; it keeps the skeletons it has learned, and shows `late` the keys."""

    def __init__(self, format: Format, late: LateKeys, learning: Learning) -> None:
        self._format, self._late = format, late
        self._pairs = format.escape == PAIRS
        self._skeletons = Skeletons(self._shape, format.needed, learning)

    def cut(self, text: bytes, lines: LineIndex) -> Columns:
        """Cut the lines of a padded text; those left out may be records all the same."""
        view, nothing = window(text), np.zeros(0, np.int64)
        none = Columns(nothing, dict.fromkeys((column.name for column in self._format.columns), (nothing, nothing)), {})
        if self._pairs and any(odd in text for odd in ODD_IN_PAIRS):
            return none
        found = self._skeletons.find(text, lines.start, lines.stop, lines.among)
        return reduce(merge, (self._columns(view, lines, same_shape) for same_shape in found), none)

    def _shape(self, line: bytes) -> LineShape | None:
        values = self._format.scan(line, 0, len(line))
        if isinstance(values, NoObject) or not self._format.needed <= {value.path for value in values}:
            return None
        if any(value.type is ValueType.STRINGS and self._is_joined(value.path) for value in values):
            return None  # what is read of it stands nowhere
        return read_shape(line, [_leaf(value, ValueForm.WORD if self._pairs else ValueForm.BARE) for value in values])

    def _is_joined(self, path: bytes) -> bool:
        field = self._format.keys.get(path)
        return self._late.awaits(path) if field is None else is_header(field)

    def _columns(self, view: Window, lines: LineIndex, same_shape: SameShape) -> Columns:
        """Give the fields of lines that have one skeleton, but for those without a moment where the clock is."""
        begin = lines.start[same_shape.row]
        spans = {
            key.name: same_shape.span(path) or (begin, begin)  # empty where a line lacks the key
            for path, key in self._format.keys.items()
            if not key.duplicate
        }
        read = ((key.name, same_shape.numbers(path)) for path, key in self._format.keys.items() if not key.duplicate)
        numbers = {name: values for name, values in read if values is not None}
        clock = self._format.clock_column
        if clock is None:
            self._see_late(view, same_shape, np.arange(len(same_shape.row)))
            return Columns(same_shape.row, spans, {}, numbers)
        start, stop = spans[clock.name]
        moments, valid = read_column(view, clock, start, stop)
        valid &= (clock.kind is Kind.INSTANT) | (stop - start == width_of(clock))
        columns = Columns(same_shape.row, spans, {clock.name: moments}, numbers)
        kept = np.flatnonzero(valid)
        self._see_late(view, same_shape, kept)
        return columns if valid.all() else columns.take(kept)

    def _see_late(self, view: Window, same_shape: SameShape, among: Positions) -> None:
        """Show the late keys of those `among` the lines that are records, int64[k] ascending."""
        for place, path in enumerate(self._late.wanted(same_shape.skeleton.values) if len(among) else ()):
            span = same_shape.span(path)
            start, stop = (bound[among] for bound in span) if span else (among, among)
            said = np.flatnonzero((stop > start) & ~are_dashes(view, start, stop))
            # The first line shows that the key is there, the others what it is.
            for each in np.union1d(0, said[:VALUES_SEEN]).tolist():
                value = view.octets[int(start[each]) : int(stop[each])].tobytes()
                self._late.see(int(same_shape.row[among[each]]), place, path, value)


def _leaf(value: Value, bare: ValueForm) -> Leaf:
    """Give a value with its quotes; a null is of no width as a value."""
    if value.type is ValueType.STRING:
        return Leaf(value.path, ValueForm.STRING, value.start - 1, value.stop + 1)
    null = len(NULL) * (value.start == value.stop and bare is ValueForm.BARE)
    return Leaf(value.path, bare, value.start, value.stop + null)
