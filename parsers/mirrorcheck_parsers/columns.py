"""Takes a padded text and a plan; gives its lines, and the spans of those that surely match, as columns."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from mirrorcheck_parsers.clock import WIDTHS, read_column
from mirrorcheck_parsers.kinds import Field, Kind
from mirrorcheck_parsers.plan import Plan, Step, Stretch
from mirrorcheck_parsers.template import Literal
from mirrorcheck_parsers.words import Mask, Positions, Window, equals, find_all, find_byte, number

_BACKSLASH = ord("\\")
_SPACE = ord(" ")


@dataclass(frozen=True, slots=True, eq=False)
class Lines:
    """Where the m lines of a text begin and end (without line break, int64[m]), and its quotes, line by line.

    `marks` are the positions of all quotes and line feeds; `first_mark` (int64[m]) is each line's first in them.
    """

    start: Positions
    stop: Positions
    marks: Positions
    first_mark: Positions
    quotes: Positions


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """n records: `row` their lines (int64[n]), and for every kept field its spans; `moments` of the time fields."""

    row: Positions
    spans: dict[str, tuple[Positions, Positions]]
    moments: dict[str, Positions]


def find_lines(view: Window, size: int) -> Lines:
    """Find the lines of the first `size` bytes, which end with a line feed."""
    octets = view.octets[:size]
    marks = find_all(octets, b'"\n')
    feeds = np.flatnonzero(octets[marks] == ord("\n"))
    stop = marks[feeds]
    start = np.concatenate([np.zeros(1, np.int64), stop[:-1] + 1])[: len(stop)]
    first_mark = np.concatenate([np.zeros(1, np.int64), feeds[:-1] + 1])[: len(feeds)]
    # The line break may be \r\n.
    stop = stop - ((octets[stop - 1] == ord("\r")) & (stop > start))
    return Lines(start, stop, marks, first_mark, feeds - first_mark)


def move_lines(lines: Lines, start: Positions, stop: Positions, among: Mask) -> Lines:
    """Give lines that begin later and perhaps end earlier in the same text; those not `among` them have no quotes."""
    if (
        len(start) == len(lines.start)
        and among.all()
        and (lines.marks[lines.first_mark] >= start).all()
        and (stop == lines.stop).all()
    ):
        return replace(lines, start=start)
    return mark_lines(lines.marks, start, stop, among)


def mark_lines(marks: Positions, start: Positions, stop: Positions, among: Mask) -> Lines:
    """Give lines that stand anywhere in a text whose quotes and line feeds are `marks`."""
    first = np.searchsorted(marks, start)
    return Lines(start, stop, marks, first, np.where(among, np.searchsorted(marks, stop) - first, -1))


def cut_columns(view: Window, lines: Lines, plan: Plan, *, backslashes: bool) -> Columns:
    r"""Cut the lines that follow the plan; those it leaves out may match all the same and need the exact pattern.

    `backslashes`: a backslash escapes what follows and the text has some, so a field that ends in one may be cut wrong.
    """
    row = np.flatnonzero(lines.quotes == plan.quotes)
    bounds = _bounds(lines, row, plan)
    wide = np.ones(len(row), np.bool_)
    for place, stretch in enumerate(plan.stretches):
        if stretch.width:
            wide &= bounds[place + 1][0] - bounds[place][1] >= stretch.width
    if not wide.all():
        row = row[wide]
        bounds = [(stop[wide], start[wide]) for stop, start in bounds]
    cutter = _Cutter(view, len(row), backslashes=backslashes)
    for place, stretch in enumerate(plan.stretches):
        cutter.cut(stretch, bounds[place][1], bounds[place + 1][0])
    return cutter.columns(row)


def _bounds(lines: Lines, row: Positions, plan: Plan) -> list[tuple[Positions, Positions]]:
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

    def __init__(self, view: Window, rows: int, *, backslashes: bool) -> None:
        self._view = view
        self._backslashes = backslashes
        self._valid = np.ones(rows, np.bool_)
        self._spans: dict[str, tuple[Positions, Positions]] = {}
        self._moments: dict[str, Positions] = {}

    def cut(self, stretch: Stretch, start: Positions, stop: Positions) -> None:
        """Cut one stretch; it is at least as wide as its fixed parts on every row."""
        spare = (stop - start) - stretch.width
        for step in stretch.left:
            end = start + step.width
            if not step.width:
                end = find_byte(self._view, start, step.ends_at)
                # Beyond its share of the stretch no field ends; the row is lost, but must stay inside the text.
                self._valid &= end - start <= spare
                end = np.minimum(end, start + spare)
                spare = spare - (end - start)
            self._take(step, start, end, scanned=True)
            start = end
        for step in stretch.right:
            self._take(step, stop - step.width, stop)
            stop = stop - step.width
        if stretch.rest is None:
            self._valid &= start == stop
        else:
            self._take(stretch.rest, start, stop)

    def columns(self, row: Positions) -> Columns:
        """Give what was cut, without the rows that were lost."""
        if self._valid.all():
            return Columns(row, self._spans, self._moments)
        keep = np.flatnonzero(self._valid)
        spans = {name: (start[keep], stop[keep]) for name, (start, stop) in self._spans.items()}
        return Columns(row[keep], spans, {name: moment[keep] for name, moment in self._moments.items()})

    def _take(self, step: Step, start: Positions, stop: Positions, *, scanned: bool = False) -> None:
        if isinstance(step.part, Literal):
            self._valid &= equals(self._view, start, step.part.text)
            return
        self._check(step.part, _absent(step, scanned=scanned), start, stop)
        if not step.part.duplicate:
            self._spans[step.part.name] = (start, stop)

    def _check(self, field: Field, absent: Sequence[int], start: Positions, stop: Positions) -> None:
        if field.kind in WIDTHS:
            moment, valid = read_column(self._view, field.kind, start, stop)
            self._valid &= valid
            if not field.duplicate:
                self._moments[field.name] = moment
        elif field.kind is Kind.TEXT:
            if self._backslashes:
                self._valid &= (stop == start) | (self._view.octets[stop - 1] != _BACKSLASH)
        else:
            self._valid &= self._fits(field.kind, absent, start, stop)

    def _fits(self, kind: Kind, absent: Sequence[int], start: Positions, stop: Positions) -> Mask:
        """Tell where the bytes between start and stop are of the kind; may say no to what is longer than usual."""
        fits: Mask
        if kind in (Kind.WORD, Kind.NAME):
            # A find that gives up answers 48 bytes on: only what is shorter was seen whole.
            fits = (stop > start) & (stop - start < 48)  # noqa: PLR2004 - find_byte's reach
            for byte in absent:
                fits &= find_byte(self._view, start, byte) >= stop
            return fits
        fits = (stop - start == 1) & (self._view.octets[start] == ord("-"))
        if kind is Kind.DECIMAL:
            _, whole = number(self._view, start, stop - 4)
            _, thousandths = number(self._view, stop - 3, stop)
            fits |= whole & thousandths & equals(self._view, stop - 4, b".")
            return fits
        _, digits = number(self._view, start, stop)
        fits |= digits
        return fits


def _absent(step: Step, *, scanned: bool) -> list[int]:
    """List the bytes that the field may not hold and that were not looked for when its end was scanned."""
    banned = {_SPACE}
    if isinstance(step.part, Field) and step.part.kind is Kind.NAME and step.ends_at >= 0:
        banned.add(step.ends_at)
    return sorted(banned - {step.ends_at} if scanned else banned)
