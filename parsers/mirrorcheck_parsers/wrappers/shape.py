"""Takes one regular JSON line; gives the shape it shares with its neighbours, by which columns of lines are cut."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mirrorcheck_parsers.words import Mask, Positions, Window, equals, number
from mirrorcheck_parsers.wrappers.rows import Spans
from mirrorcheck_parsers.wrappers.scan import find_any
from mirrorcheck_parsers.wrappers.walk import Sort, Value

_NUMBER_WIDTH = 34


@dataclass(frozen=True, slots=True)
class Segment:
    """What stands between two strings: text that all lines share, or a number with such text around it."""

    before: bytes
    after: bytes | None  # None: no number
    quote: int  # number of the quote that the segment ends in front of; that of the line's end is the last


@dataclass(frozen=True, slots=True)
class Place:
    """Where one end of a value is: `distance` bytes after the start of a segment, or before its stop."""

    segment: int
    distance: int
    from_stop: bool


@dataclass(frozen=True, slots=True)
class Shape:
    """Lines with `quotes` raw quotes that differ in their strings and numbers only; ends of each path's value."""

    quotes: int
    segments: tuple[Segment, ...]
    ends: dict[bytes, tuple[Place, Place]]


def learn_shape(line: bytes, values: Sequence[Value]) -> Shape | None:
    """Learn the shape of a line without escapes whose values these are; None for one with two numbers in a row."""
    leaves = sorted((v for v in values if v.sort in (Sort.STRING, Sort.NUMBER)), key=lambda v: v.start)
    segments: list[Segment] = []
    starts: list[int] = []
    stops: list[int] = []
    at, held = 0, None
    for leaf in [*leaves, None]:
        if leaf is not None and leaf.sort is Sort.NUMBER:
            if held is not None:
                return None
            held = leaf
            continue
        stop = leaf.start - 1 if leaf else len(line)
        before = line[at : held.start if held else stop]
        segments.append(Segment(before, line[held.stop : stop] if held else None, line.count(b'"', 0, stop)))
        starts.append(at)
        stops.append(stop)
        if leaf:
            at = leaf.stop + 1
        held = None
    ends = _ends(values, segments, starts, stops)
    return Shape(line.count(b'"'), tuple(segments), ends)


def _ends(
    values: Sequence[Value], segments: Sequence[Segment], starts: Sequence[int], stops: Sequence[int]
) -> dict[bytes, tuple[Place, Place]]:
    """Give both ends of every value, each by the nearest end of a segment with nothing that varies in between."""
    ends = {}
    for value in values:
        if value.sort is Sort.WORD:
            continue
        quoted = value.sort is Sort.STRING
        first = _place(value.start - quoted, segments, starts, stops)
        last = _place(value.stop + quoted, segments, starts, stops)
        if first and last:
            ends[value.path] = (
                Place(first.segment, first.distance + (-quoted if first.from_stop else quoted), first.from_stop),
                Place(last.segment, last.distance - (-quoted if last.from_stop else quoted), last.from_stop),
            )
    return ends


def _place(at: int, segments: Sequence[Segment], starts: Sequence[int], stops: Sequence[int]) -> Place | None:
    for number_, (segment, start, stop) in enumerate(zip(segments, starts, stops, strict=True)):
        if start <= at <= stop:
            if at - start <= len(segment.before):
                return Place(number_, at - start, from_stop=False)
            return Place(number_, stop - at, from_stop=True)
    return None


@dataclass(frozen=True, slots=True, eq=False)
class Cut:
    """The rows of a shape: int64[n], and where each of its segments starts and stops on them, int64[n] each."""

    row: Positions
    bounds: tuple[Spans, ...]

    def span(self, ends: tuple[Place, Place]) -> Spans:
        """Give the span of a value on all rows."""
        return self._at(ends[0]), self._at(ends[1])

    def _at(self, place: Place) -> Positions:
        start, stop = self.bounds[place.segment]
        return stop - place.distance if place.from_stop else start + place.distance


def cut_shape(shape: Shape, view: Window, row: Positions, lines: Spans, quotes: Positions) -> Cut:
    """Cut rows with as many quotes as the shape, lines int64[n] and quotes int64[n, q]; keeps those that it fits."""
    start, stop = lines
    bounds: list[Spans] = []
    valid = np.ones(len(row), np.bool_)
    begin = start
    for segment in shape.segments:
        end = quotes[:, segment.quote] if segment.quote < shape.quotes else stop
        valid &= _fits(view, segment, begin, end, valid)
        bounds.append((begin, end))
        if segment.quote < shape.quotes:
            begin = quotes[:, segment.quote + 1] + 1
    keep = np.flatnonzero(valid)
    if len(keep) == len(row):
        return Cut(row, tuple(bounds))
    return Cut(row[keep], tuple((first[keep], last[keep]) for first, last in bounds))


def _fits(view: Window, segment: Segment, start: Positions, stop: Positions, among: Mask) -> Mask:
    """Tell where the text between start and stop is the segment's; what is no longer among the rows may be anything."""
    width = len(segment.before) + len(segment.after or b"")
    wide = stop - start == width if segment.after is None else stop - start > width
    rows = np.flatnonzero(wide & among)
    every = len(rows) == len(start)
    start, stop = (start, stop) if every else (start[rows], stop[rows])
    found = equals(view, start, segment.before) if segment.before else np.ones(len(start), np.bool_)
    if segment.after is not None:
        last = stop - len(segment.after)
        found &= equals(view, last, segment.after) if segment.after else True
        found &= _are_numbers(view, start + len(segment.before), last)
    if every:
        return found
    fits = np.zeros(len(wide), np.bool_)
    fits[rows[found]] = True
    return fits


def _are_numbers(view: Window, start: Positions, stop: Positions) -> Mask:
    """Tell where a number as JSON has it stands, without sign or exponent; others are left to the exact way."""
    point = find_any(view, start, stop, b".", _NUMBER_WIDTH)
    _, whole = number(view, start, point)
    _, decimals = number(view, np.minimum(point + 1, stop), stop)
    whole &= (view.octets[start] != ord("0")) | (point == start + 1)
    valid: Mask = whole & (decimals | (point == stop))
    return valid
