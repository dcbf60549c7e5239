"""The lines of a connection made anew come in; those that were not told before go out.

The API sends again what was told since the second that it is asked for, line for line, and then what was not.
"""

from collections import Counter
from collections.abc import Sequence
from enum import Enum


class LineupMatch(Enum):
    """How lines that were read compare with those told before."""

    FOUND = "found"  # the last line told is among them
    MISSING = "missing"  # they go on without it
    SHORT = "short"  # they may end before it


class Lineup:
    """Finds where a sequence of lines goes on after those told before: after the longest tail that it begins with."""

    def __init__(self, told: Sequence[int]) -> None:
        """told: the keys of the lines that must come again, in their order."""
        self._told = told
        self._starts: list[int] | None = None  # the places in `told` that the lines may have begun at
        self._held: list[bytes] = []
        self._checked = 0
        self._old: int | None = None if told else 0  # how many of the held lines are old, as far as is known

    def feed(self, lines: Sequence[bytes]) -> bool:
        """Take more lines; True as soon as they are lined up."""
        self._held += lines
        while self._checked < len(self._held):
            if self._starts == [] or not self._told:
                return True
            self._check(hash(self._held[self._checked]))
        return self._starts == [] or not self._told

    @property
    def match(self) -> LineupMatch:
        """How the lines compare, so far."""
        if self._old is not None:
            return LineupMatch.FOUND
        return LineupMatch.MISSING if self._starts == [] else LineupMatch.SHORT

    def new(self) -> list[bytes]:
        """Return the lines that were not told."""
        if self._old is not None:
            return self._held[self._old :]
        known = Counter(self._told)
        fresh = []
        for line in self._held:
            known[hash(line)] -= 1
            if known[hash(line)] < 0:
                fresh.append(line)
        return fresh

    def _check(self, key: int) -> None:
        place = self._checked
        starts = range(len(self._told)) if self._starts is None else self._starts
        last = len(self._told) - 1
        self._checked += 1
        fits = [start for start in starts if self._told[start + place] == key]
        if fits and fits[-1] + place == last:
            # The later one finds out, the longer is the tail.
            self._old = self._checked
            fits.pop()
        self._starts = fits
