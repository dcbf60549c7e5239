r"""Takes the lines of a text that should be JSON objects; gives the values of those that surely are, as columns.

Lines of one writer repeat one skeleton: keys in one order, and values that are the same on all of them. What varies
lies between the texts of the skeleton and can be nothing else. Skeletons are learnt from lines that were read the
exact way, which also decides all lines that have none, so that what is learnt changes no result.
"""

from functools import reduce

import numpy as np

from mirrorcheck_parsers.chain import Links, follow
from mirrorcheck_parsers.clock import read_column, width_of
from mirrorcheck_parsers.columns import Columns, Lines, merge
from mirrorcheck_parsers.formats import Format
from mirrorcheck_parsers.objects import NoObject, scan_object
from mirrorcheck_parsers.quotes import Quotes
from mirrorcheck_parsers.skeleton import Lesson, Skeleton, make_skeleton, read_lesson
from mirrorcheck_parsers.words import Mask, Octets, Positions, Window, find_all, window

_BACKSLASH = ord("\\")
_MOST_SKELETONS = 16
_MOST_LESSONS = 8  # of one text
_FEWEST_LINES = 16  # below that, learning costs more than reading one by one
_SAMPLE = 32  # lines by which is told what varies


class Objects:
    """Cuts JSON lines of one format into columns; it keeps the skeletons it has learnt."""

    def __init__(self, format: Format) -> None:
        self._format = format
        self._lessons: dict[tuple[bytes, ...], Lesson] = {}
        self._skeletons: dict[tuple[bytes, ...], Skeleton] = {}

    def cut(self, text: bytes, lines: Lines) -> Columns:
        """Cut the lines of a padded text; those left out may be records all the same."""
        view = window(text)
        among = lines.quotes >= 0
        # Behind them there may be what they were taken from.
        octets = view.octets[: int(lines.stop[among].max(initial=0)) + 1]
        pending = np.flatnonzero(among & ~_have_backslashes(text, octets, lines))
        quotes = Quotes(octets)
        found = [self._none()]
        for skeleton in self._skeletons.values():
            pending = self._try(view, quotes, lines, pending, skeleton, found)
        for _ in range(_MOST_LESSONS):
            if len(pending) < _FEWEST_LINES:
                break
            learnt = self._learn(text, lines, pending)
            # What teaches nothing is left to the exact way.
            pending = self._try(view, quotes, lines, pending, learnt, found) if learnt else pending[1:]
        return reduce(merge, found)

    def _none(self) -> Columns:
        nothing = np.zeros(0, np.int64)
        return Columns(nothing, dict.fromkeys((column.name for column in self._format.columns), (nothing, nothing)), {})

    def _learn(self, text: bytes, lines: Lines, pending: Positions) -> Skeleton | None:
        """Learn from the first pending line and from others that are like it, None where that is nothing new."""
        first = self._lesson(text, lines, int(pending[0]))
        if first is None:
            return None
        known = self._lessons.get(first.gaps)
        lesson = known.merge(first) if known else first
        if lesson == known or (known is None and len(self._skeletons) >= _MOST_SKELETONS):
            return None
        for row in pending[1 :: 1 + len(pending) // _SAMPLE].tolist():
            other = self._lesson(text, lines, row)
            lesson = lesson.merge(other) if other and other.gaps == lesson.gaps else lesson
        self._lessons[lesson.gaps] = lesson
        self._skeletons[lesson.gaps] = make_skeleton(lesson, self._format.needed)
        return self._skeletons[lesson.gaps]

    def _lesson(self, text: bytes, lines: Lines, row: int) -> Lesson | None:
        line = text[int(lines.start[row]) : int(lines.stop[row])]
        values = scan_object(line, 0, len(line))
        if isinstance(values, NoObject) or not self._format.needed <= {value.path for value in values}:
            return None
        return read_lesson(line, values)

    def _try(  # noqa: PLR0913, PLR0917 - the text in its parts, and what is made of it
        self, view: Window, quotes: Quotes, lines: Lines, pending: Positions, skeleton: Skeleton, found: list[Columns]
    ) -> Positions:
        """Cut the pending lines that have the skeleton; gives those that have not."""
        start, stop = lines.start[pending], lines.stop[pending]
        links = follow(view, quotes, start, stop, skeleton) if len(pending) else None
        if links is None:
            return pending
        columns = self._columns(view, pending[links.valid], start[links.valid], links.keep(), skeleton)
        found.append(columns)
        left = np.ones(len(lines.start), np.bool_)
        left[columns.row] = False
        return pending[left[pending]]

    def _columns(self, view: Window, row: Positions, begin: Positions, links: Links, skeleton: Skeleton) -> Columns:
        """Give the fields of lines that have the skeleton, but for those without a moment where the clock is."""
        spans = {column.name: (begin, begin) for column in self._format.columns}  # empty where a line lacks the key
        for path, key in self._format.keys.items():
            if path in skeleton.holes and not key.duplicate:
                spans[key.name] = links.holes[skeleton.holes[path]]
            elif path in skeleton.fixed and not key.duplicate:
                spans[key.name] = links.fixed(skeleton.fixed[path])
        clock = self._format.clock_column
        if clock is None:
            return Columns(row, spans, {})
        start, stop = spans[clock.name]
        moments, valid = read_column(view, clock, start, stop)
        valid &= stop - start == width_of(clock)
        columns = Columns(row, spans, {clock.name: moments})
        return columns if valid.all() else columns.take(np.flatnonzero(valid))


def _have_backslashes(text: bytes, octets: Octets, lines: Lines) -> Mask:
    if b"\\" not in text:
        return np.zeros(len(lines.start), np.bool_)
    places = find_all(octets, [_BACKSLASH])
    have: Mask = np.searchsorted(places, lines.stop) > np.searchsorted(places, lines.start)
    return have
