"""Finds the JSON lines of a text that have one skeleton, for one skeleton after the other.

Skeletons are learned from lines that were read the exact way, which also decides all lines that have none, so that what
is learned changes no result.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from mirrorcheck_parsers.columnwise.bits import Bits, find_rare
from mirrorcheck_parsers.columnwise.chain import QUOTE, Ends, Links, follow
from mirrorcheck_parsers.columnwise.learning import USUAL, Learning
from mirrorcheck_parsers.columnwise.skeleton import LineShape, Skeleton, make_skeleton
from mirrorcheck_parsers.columnwise.words import Mask, Octets, Positions, window

_BACKSLASH: Final = ord("\\")
_MOST_LESSONS = 8  # of one text
_SAMPLE: Final = 32  # lines that show what varies


@dataclass(frozen=True, slots=True, eq=False)
class SameShape:
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

    def __init__(
        self, read: Callable[[bytes], LineShape | None], varying: Collection[bytes], learning: Learning = USUAL
    ) -> None:
        self._learning = learning
        self._read = read
        self._varying = varying
        self._shapes: dict[object, LineShape] = {}
        self._skeletons: dict[object, Skeleton] = {}

    def find(self, text: bytes, start: Positions, stop: Positions, among: Mask) -> Iterator[SameShape]:
        """Find the lines of a padded text, of those `among` them, that have a skeleton; each comes once."""
        if not self._learning.columns:
            return
        # Behind them there may be what they were taken from.
        octets = window(text).octets[: int(stop[among].max(initial=0)) + 1]
        pending = np.flatnonzero(among & ~_have_backslashes(text, octets, start, stop))
        search = _Search(text, Ends(octets, Bits(octets, QUOTE)), start, stop)
        for skeleton in self._skeletons.values():
            same_shape, pending = search.split(pending, skeleton)
            yield from same_shape
        for _ in range(_MOST_LESSONS):
            if len(pending) < self._learning.fewest_objects:
                return
            learned = self._learn_shape(search, pending)
            # What teaches nothing is left to the exact way.
            same_shape, pending = search.split(pending, learned) if learned else ([], pending[1:])
            yield from same_shape

    def _learn_shape(self, search: "_Search", pending: Positions) -> Skeleton | None:
        """Learn from the first pending line and from others that are like it, None where that is nothing new."""
        first = self._read(search.line(int(pending[0])))
        if first is None:
            return None
        kind = first.kind
        known = self._shapes.get(kind)
        shape = known.merge(first) if known else first
        if shape == known or (known is None and len(self._skeletons) >= self._learning.most_shapes):
            return None
        for row in pending[1 :: 1 + len(pending) // _SAMPLE].tolist():
            other = self._read(search.line(row))
            shape = shape.merge(other) if other and other.kind == kind else shape
        self._shapes[kind] = shape
        self._skeletons[kind] = make_skeleton(shape, self._varying)
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

    def split(self, pending: Positions, skeleton: Skeleton) -> tuple[list[SameShape], Positions]:
        """Give the pending lines that have the skeleton, and those that have not."""
        start, stop = self.start[pending], self.stop[pending]
        links = follow(window(self.text), self.ends, start, stop, skeleton) if len(pending) else None
        if links is None or not links.valid.any():
            return [], pending
        return [SameShape(pending[links.valid], skeleton, links.keep())], pending[~links.valid]


def _have_backslashes(text: bytes, octets: Octets, start: Positions, stop: Positions) -> Mask:
    if b"\\" not in text:
        return np.zeros(len(start), np.bool_)
    places = find_rare(octets, _BACKSLASH)
    have: Mask = np.searchsorted(places, stop) > np.searchsorted(places, start)
    return have
