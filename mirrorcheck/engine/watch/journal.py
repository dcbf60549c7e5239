"""Happenings come in one by one; the newest of each kind, numbered, go out as often as somebody looks."""

from collections import deque
from dataclasses import replace

from mirrorcheck.engine.state import Happening, Kind

KEPT = 1000


class Journal:
    """Keeps the newest `kept` happenings of each kind, so that a flood of misses washes no gap away.

    One thread writes and reads it.
    """

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._added = 0
        self._counts: dict[Kind, int] = {}
        self._newest: dict[Kind, deque[tuple[int, Happening]]] = {}

    def add(self, happening: Happening) -> None:
        """Take one happening; its number, `nth`, is given here."""
        self._added += 1
        nth = self._counts[happening.kind] = self._counts.get(happening.kind, 0) + 1
        newest = self._newest.setdefault(happening.kind, deque(maxlen=self._kept))
        newest.append((self._added, replace(happening, nth=nth)))

    def happenings(self) -> tuple[Happening, ...]:
        """Return what is kept of all kinds in the order in which it was added."""
        every = [entry for newest in self._newest.values() for entry in newest]
        return tuple(happening for _, happening in sorted(every, key=lambda entry: entry[0]))
