"""Takes JSON lines of a text; gives those of one skeleton after the other, with where its texts and values lie on them.

Skeletons are learnt from lines that were read the exact way, which also decides all lines that have none, so that what
is learnt changes no result.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from mirrorcheck_parsers.columnwise.bits import Bits, find_rare
from mirrorcheck_parsers.columnwise.chain import QUOTE, Ends, Links, follow
from mirrorcheck_parsers.columnwise.skeleton import Lesson, Skeleton, make_skeleton
from mirrorcheck_parsers.columnwise.words import Mask, Octets, Positions, window

_BACKSLASH: Final = ord("\\")
_MOST_SKELETONS = 32
_MOST_LESSONS = 8  # of one text
_FEWEST_LINES = 16  # below that, learning costs more than reading one by one
_SAMPLE: Final = 32  # lines by which is told what varies


@dataclass(frozen=True, slots=True, eq=False)
class Alike:
    """Lines that have one skeleton: their rows (int64[n]) and, by their paths, the spans of their values."""

    row: Positions
    skeleton: Skeleton
    links: Links

    def span(self, path: bytes) -> tuple[Positions, Positions] | None:
        """Give the span of the value at a path, None where these lines have none."""
        place = self.skeleton.values.get(path)
        if place is None:
            return None
        return self.links.holes[place] if isinstance(place, int) else self.links.fixed(place)

    def numbers(self, path: bytes) -> Positions | None:
        """Give the values at a path where all of them are whole numbers that were read on the way."""
        place = self.skeleton.values.get(path)
        return self.links.numbers.get(place) if isinstance(place, int) else None


class Skeletons:
    """The skeletons that one stream's lines were seen to have.

    read: what gives the lesson of one line, None for one that is not regular or not wanted. varying: the paths whose
    values differ from line to line, whatever a few lines say.
    """

    def __init__(self, read: Callable[[bytes], Lesson | None], varying: Collection[bytes]) -> None:
        self._read = read
        self._varying = varying
        self._lessons: dict[object, Lesson] = {}
        self._skeletons: dict[object, Skeleton] = {}

    def find(self, text: bytes, start: Positions, stop: Positions, among: Mask) -> Iterator[Alike]:
        """Find the lines of a padded text, of those `among` them, that have a skeleton; each comes once."""
        # Behind them there may be what they were taken from.
        octets = window(text).octets[: int(stop[among].max(initial=0)) + 1]
        pending = np.flatnonzero(among & ~_have_backslashes(text, octets, start, stop))
        search = _Search(text, Ends(octets, Bits(octets, QUOTE)), start, stop)
        for skeleton in self._skeletons.values():
            alike, pending = search.split(pending, skeleton)
            yield from alike
        for _ in range(_MOST_LESSONS):
            if len(pending) < _FEWEST_LINES:
                return
            learnt = self._learn(search, pending)
            # What teaches nothing is left to the exact way.
            alike, pending = search.split(pending, learnt) if learnt else ([], pending[1:])
            yield from alike

    def _learn(self, search: "_Search", pending: Positions) -> Skeleton | None:
        """Learn from the first pending line and from others that are like it, None where that is nothing new."""
        first = self._read(search.line(int(pending[0])))
        if first is None:
            return None
        kind = first.kind
        known = self._lessons.get(kind)
        lesson = known.merge(first) if known else first
        if lesson == known or (known is None and len(self._skeletons) >= _MOST_SKELETONS):
            return None
        for row in pending[1 :: 1 + len(pending) // _SAMPLE].tolist():
            other = self._read(search.line(row))
            lesson = lesson.merge(other) if other and other.kind == kind else lesson
        self._lessons[kind] = lesson
        self._skeletons[kind] = make_skeleton(lesson, self._varying)
        return self._skeletons[kind]


@dataclass(frozen=True, slots=True, eq=False)
class _Search:
    """A padded text with what may end a value in it, and where its m lines start and stop, int64[m]."""

    text: bytes
    ends: Ends
    start: Positions
    stop: Positions

    def line(self, row: int) -> bytes:
        return self.text[int(self.start[row]) : int(self.stop[row])]

    def split(self, pending: Positions, skeleton: Skeleton) -> tuple[list[Alike], Positions]:
        """Give the pending lines that have the skeleton, and those that have not."""
        start, stop = self.start[pending], self.stop[pending]
        links = follow(window(self.text), self.ends, start, stop, skeleton) if len(pending) else None
        if links is None or not links.valid.any():
            return [], pending
        return [Alike(pending[links.valid], skeleton, links.keep())], pending[~links.valid]


def _have_backslashes(text: bytes, octets: Octets, start: Positions, stop: Positions) -> Mask:
    if b"\\" not in text:
        return np.zeros(len(start), np.bool_)
    places = find_rare(octets, _BACKSLASH)
    have: Mask = np.searchsorted(places, stop) > np.searchsorted(places, start)
    return have
