"""Finds the lines of a text, and cuts those that surely match a plan into columns."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from mirrorcheck_parsers.columnwise.bits import Bits, Ranks, find_rare
from mirrorcheck_parsers.columnwise.plan import Plan, Segment, Step
from mirrorcheck_parsers.columnwise.stamps import read_column
from mirrorcheck_parsers.columnwise.words import (
    REACH,
    Mask,
    Positions,
    Window,
    are_dashes,
    equals,
    find_all,
    find_byte,
    find_last,
    first_everywhere,
    number,
    starts_behind,
)
from mirrorcheck_parsers.formats.fields import WHOLE, Field, Kind
from mirrorcheck_parsers.formats.stamps import CLOCKS
from mirrorcheck_parsers.formats.template import Literal

_BACKSLASH = ord("\\")
_SPACE = ord(" ")
_FEED = ord("\n")
_COMMA = ord(",")
_LONGEST_RIGHT = 64  # bytes of a word that is looked for from behind, as many as find_last sees
_WORDS = (Kind.WORD, Kind.NAME, Kind.LABEL, Kind.LIST, Kind.PHRASE, Kind.UNTIL)
_ENDED = (Kind.NAME, Kind.LABEL, Kind.UNTIL)  # by what follows them
_EMPTY = (Kind.LABEL, Kind.UNTIL)  # may be so
_UNCHECKED = (Kind.PLAIN, Kind.FREE)  # a stretch holds no quotes


@dataclass(frozen=True, slots=True, eq=False)
class LineIndex:
    """Where the m lines of a text begin and end (without line break, int64[m]), and its quotes, line by line.

    `marks` are the positions of all quotes and line feeds; `first_mark` (int64[m]) is each line's first in them.
    """

    start: Positions
    stop: Positions
    marks: Positions
    first_mark: Positions
    quotes: Positions

    def take(self, rows: Positions) -> "LineIndex":
        """Give some of the lines."""
        return replace(
            self,
            start=self.start[rows],
            stop=self.stop[rows],
            first_mark=self.first_mark[rows],
            quotes=self.quotes[rows],
        )


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """n records: `row` their lines (int64[n]), and for every kept field its spans; `moments` of the time fields.

    numbers: of fields that were read as whole numbers to be checked, these numbers (int64[n], -1: none is logged).
    """

    row: Positions
    spans: dict[str, tuple[Positions, Positions]]
    moments: dict[str, Positions]
    numbers: dict[str, Positions] = field(default_factory=dict)

    def take(self, places: Positions) -> "Columns":
        """Give the records at these places among the n."""
        spans = {name: (start[places], stop[places]) for name, (start, stop) in self.spans.items()}
        moments, numbers = (
            {name: values[places] for name, values in columns.items()} for columns in (self.moments, self.numbers)
        )
        return Columns(self.row[places], spans, moments, numbers)


def merge(columns: Columns, others: Columns) -> Columns:
    """Put the records of two sets of lines into one, in line order."""
    if not len(columns.row):
        return others
    if not len(others.row):
        return columns
    row = np.concatenate([columns.row, others.row])
    order = np.argsort(row, kind="stable")
    spans = {
        name: (
            np.concatenate([start, others.spans[name][0]])[order],
            np.concatenate([stop, others.spans[name][1]])[order],
        )
        for name, (start, stop) in columns.spans.items()
    }
    moments = {
        name: np.concatenate([columns.moments[name], moments])[order] for name, moments in others.moments.items()
    }
    shared = columns.numbers.keys() & others.numbers.keys()
    numbers = {name: np.concatenate([columns.numbers[name], others.numbers[name]])[order] for name in shared}
    return Columns(row[order], spans, moments, numbers)


def find_lines(view: Window, size: int, *, quotes: bool = True) -> LineIndex:
    """Find the lines of the first `size` bytes, which end with a line feed, and their quotes if wanted."""
    octets = view.octets[:size]
    marks = find_all(octets, b'"\n') if quotes else find_rare(octets, _FEED)
    feeds = np.flatnonzero(octets[marks] == _FEED) if quotes else np.arange(len(marks))
    stop = marks[feeds]
    start, first_mark = starts_behind(stop), starts_behind(feeds)
    # The line break may be \r\n.
    stop = stop - ((octets[stop - 1] == ord("\r")) & (stop > start))
    return LineIndex(start, stop, marks, first_mark, feeds - first_mark)


def move_lines(lines: LineIndex, start: Positions, stop: Positions, among: Mask) -> LineIndex:
    """Give lines that begin later and perhaps end earlier in the same text; those not `among` them have no quotes."""
    if (
        len(start) == len(lines.start)
        and among.all()
        and (lines.marks[lines.first_mark] >= start).all()
        and (stop == lines.stop).all()
    ):
        return replace(lines, start=start)
    return mark_lines(lines.marks, start, stop, among)


def mark_lines(marks: Positions, start: Positions, stop: Positions, among: Mask) -> LineIndex:
    """Give lines that stand anywhere in a text whose quotes and line feeds are `marks`."""
    first = np.searchsorted(marks, start)
    return LineIndex(start, stop, marks, first, np.where(among, np.searchsorted(marks, stop) - first, -1))


def cut_columns(view: Window, lines: LineIndex, plan: Plan, *, backslashes: bool) -> Columns:
    r"""Cut the lines that follow the plan; those it leaves out may match all the same and need the exact pattern.

    `backslashes`: a backslash escapes what follows and the text has some, so a field that ends in one may be cut wrong.
    """
    row = np.flatnonzero(lines.quotes == plan.quotes)
    bounds = _bounds(lines, row, plan)
    wide = np.ones(len(row), np.bool_)
    for place, segment in enumerate(plan.segments):
        if segment.width:
            wide &= bounds[place + 1][0] - bounds[place][1] >= segment.width
    if not wide.all():
        row = row[wide]
        bounds = [(stop[wide], start[wide]) for stop, start in bounds]
    size = int(lines.stop[-1]) + 1 if len(lines.stop) else 0
    spaces = Bits(view.octets[:size], _SPACE) if plan.seeks_spaces else None
    commas = Ranks(view.octets[:size], _COMMA) if plan.seeks_commas else None
    cutter = _Cutter(view, len(row), spaces, commas, backslashes=backslashes)
    for place, segment in enumerate(plan.segments):
        cutter.cut(segment, bounds[place][1], bounds[place + 1][0])
    return cutter.columns(row)


def _bounds(lines: LineIndex, row: Positions, plan: Plan) -> list[tuple[Positions, Positions]]:
    """Give for line start, each quote and line end: where the stretch before it stops and the one after it starts."""
    if len(row) == len(lines.start) and len(lines.marks) == len(row) * (plan.quotes + 1):
        # Then each line has its quotes and its line feed among the marks, and nothing else stands there.
        start, stop = lines.start, lines.stop
        quotes = list(lines.marks.reshape(len(row), plan.quotes + 1).T[:-1].copy())
    else:
        start, stop = lines.start[row], lines.stop[row]
        first = lines.first_mark[row]
        quotes = [lines.marks[first + place] for place in range(plan.quotes)]
    return [(start, start), *((quote, quote + 1) for quote in quotes), (stop, stop)]


class _Cutter:
    """Cuts n rows stretch by stretch; `valid` (bool[n]) loses the rows on which a step fails."""

    def __init__(
        self, view: Window, rows: int, spaces: Bits | None, commas: Ranks | None, *, backslashes: bool
    ) -> None:
        self._view = view
        self._spaces = spaces
        self._commas = commas
        self._backslashes = backslashes
        self._valid = np.ones(rows, np.bool_)
        self._spans: dict[str, tuple[Positions, Positions]] = {}
        self._moments: dict[str, Positions] = {}
        self._numbers: dict[str, Positions] = {}
        self._same: list[str] = []  # fields that hold the same on all rows

    def cut(self, segment: Segment, start: Positions, stop: Positions) -> None:
        """Cut one stretch; it is at least as wide as its fixed parts on every row."""
        self._refuse_lists(segment, start, stop)
        spare = (stop - start) - segment.width
        for step in segment.left:
            end = start + step.width
            if not step.width:
                end = self._next(start, step.ends_at)
                # Beyond its share of the stretch no field ends; the row is lost, but must stay inside the text.
                self._valid &= end - start <= spare
                end = np.minimum(end, start + spare)
                spare = spare - (end - start)
            self._take(step, start, end, scanned=True)
            start = end
        for step in segment.right:
            begin = stop - step.width
            if not step.width:
                begin = self._begin_behind(step.follows, start, stop)
            self._valid &= begin >= start
            begin = np.maximum(begin, start)
            self._take(step, begin, stop)
            stop = begin
        if segment.rest is None:
            self._valid &= start == stop
        else:
            self._take(segment.rest, start, stop)

    def _begin_behind(self, byte: int, start: Positions, stop: Positions) -> Positions:
        """Give where the last field before stop begins, the byte before it being the last of its kind there."""
        return find_last(self._view, np.maximum(start, stop - _LONGEST_RIGHT), stop, byte) + 1

    def _next(self, start: Positions, byte: int) -> Positions:
        """Give the first place of the byte from start on, or one that is too far."""
        return self._spaces.next(start) if self._spaces and byte == _SPACE else find_byte(self._view, start, byte)

    def _refuse_lists(self, segment: Segment, start: Positions, stop: Positions) -> None:
        """Leave rows to the exact pattern whose lists have more than one word."""
        steps = (*segment.left, segment.rest, *segment.right)
        if self._commas and any(step and step.varies_as(Kind.LIST) for step in steps):
            self._valid &= ~self._commas.differ(start, stop)

    def columns(self, row: Positions) -> Columns:
        """Give what was cut, without the rows that were lost."""
        columns = Columns(row, self._spans, self._moments, self._numbers)
        columns = columns if self._valid.all() else columns.take(np.flatnonzero(self._valid))
        for name in self._same:
            start, stop = columns.spans[name]
            columns.spans[name] = first_everywhere(start), first_everywhere(stop)
        return columns

    def _take(self, step: Step, start: Positions, stop: Positions, *, scanned: bool = False) -> None:
        if step.compared:
            self._valid &= equals(self._view, start, step.compared)
        if isinstance(step.part, Literal):
            return
        if not step.same:
            self._check(step.part, _absent(step, scanned=scanned), (start, stop))
        if not step.part.duplicate:
            self._spans[step.part.name] = (start, stop)
            if step.same:
                self._same.append(step.part.name)

    def _check(self, field: Field, absent: Sequence[int], span: tuple[Positions, Positions]) -> None:
        start, stop = span
        if field.kind in CLOCKS:
            self._keep(field, self._moments, read_column(self._view, field, start, stop))
        elif field.kind in WHOLE:
            self._keep(field, self._numbers, _whole(self._view, span))
        elif field.kind is Kind.TEXT:
            if self._backslashes:
                self._valid &= (stop == start) | (self._view.octets[stop - 1] != _BACKSLASH)
        elif field.kind not in _UNCHECKED:
            self._valid &= self._fits(field.kind, absent, span)

    def _keep(self, field: Field, kept: dict[str, Positions], read: tuple[Positions, Mask]) -> None:
        values, valid = read
        self._valid &= valid
        if not field.duplicate:
            kept[field.name] = values

    def _fits(self, kind: Kind, absent: Sequence[int], span: tuple[Positions, Positions]) -> Mask:
        """Where the bytes of a span are of the kind; may say no to what is longer than usual."""
        start, stop = span
        fits: Mask
        if kind in _WORDS:
            # A find that gives up answers REACH bytes on: only what is shorter was seen whole.
            fits = stop - start < REACH
            if kind not in _EMPTY:
                fits &= stop > start
            for byte in absent:
                fits &= self._next(start, byte) >= stop
            if kind is Kind.LIST:
                fits &= self._view.octets[start] != ord(":")
            return fits
        _, whole = number(self._view, start, stop - 4)
        _, thousandths = number(self._view, stop - 3, stop)
        fits = whole & thousandths & equals(self._view, stop - 4, b".")
        fits |= are_dashes(self._view, *span)
        return fits


def _whole(view: Window, span: tuple[Positions, Positions]) -> tuple[Positions, Mask]:
    """Read whole numbers, -1 where there is a dash, and where there is one of both."""
    value, fits = number(view, *span)
    absent = are_dashes(view, *span)
    value[absent] = -1
    return value, fits | absent


def _absent(step: Step, *, scanned: bool) -> list[int]:
    """List the bytes that the field may not hold and that were not looked for when its end was scanned."""
    spaced = isinstance(step.part, Field) and step.part.kind is Kind.UNTIL
    banned = set() if spaced else {_SPACE}
    if isinstance(step.part, Field) and step.part.kind in _ENDED and step.ends_at >= 0:
        banned.add(step.ends_at)
    return sorted(banned - {step.ends_at} if scanned else banned)
