"""Finds the new lines of a connection that resumes a stream.

The API sends again, line for line, what it sent since the second that it is asked for, and then what is new.
"""

from collections import Counter
from collections.abc import Sequence
from enum import Enum


class LineupMatch(Enum):
    """How the lines of a connection compare with those known before."""

    FOUND = "found"  # the last known line is among them
    MISSING = "missing"  # they go on without it
    SHORT = "short"  # they may end before it


class Lineup:
    """Finds where new lines begin: after the longest tail of the known lines that the sequence begins with."""

    def __init__(self, known: Sequence[int]) -> None:
        """known: the keys of the lines that must come again, in their order."""
        self._known = known
        self._starts: list[int] | None = None  # the places in `known` at which the lines may have begun
        self._held: list[bytes] = []
        self._checked = 0
        self._old: int | None = None if known else 0  # how many of the held lines are old, as far as is known

    def feed(self, lines: Sequence[bytes]) -> bool:
        """Take more lines; True as soon as they are lined up."""
        self._held += lines
        while self._checked < len(self._held):
            if self._starts == [] or not self._known:
                return True
            self._check(hash(self._held[self._checked]))
        return self._starts == [] or not self._known

    @property
    def match(self) -> LineupMatch:
        """How the lines compare, so far."""
        if self._old is not None:
            return LineupMatch.FOUND
        return LineupMatch.MISSING if self._starts == [] else LineupMatch.SHORT

    def new(self) -> list[bytes]:
        """Return the new lines."""
        if self._old is not None:
            return self._held[self._old :]
        known = Counter(self._known)
        fresh = []
        for line in self._held:
            known[hash(line)] -= 1
            if known[hash(line)] < 0:
                fresh.append(line)
        return fresh

    def _check(self, key: int) -> None:
        place = self._checked
        starts = range(len(self._known)) if self._starts is None else self._starts
        last = len(self._known) - 1
        self._checked += 1
        fits = [start for start in starts if self._known[start + place] == key]
        if fits and fits[-1] + place == last:
            # The later one finds out, the longer is the tail.
            self._old = self._checked
            fits.pop()
        self._starts = fits
