"""Happenings come in one by one; the newest of each kind, numbered, go out as often as somebody looks."""

from collections import deque
from dataclasses import replace

from mirrorcheck.engine.snapshot import Event, EventKind

KEPT = 1000


class EventLog:
    """Keeps the newest `kept` events of each kind, so that a flood of misses washes no gap away.

    One thread writes and reads it.
    """

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._added = 0
        self._counts: dict[EventKind, int] = {}
        self._newest: dict[EventKind, deque[tuple[int, Event]]] = {}

    def add(self, event: Event) -> None:
        """Take one event; its number, `nth`, is given here."""
        self._added += 1
        nth = self._counts[event.kind] = self._counts.get(event.kind, 0) + 1
        newest = self._newest.setdefault(event.kind, deque(maxlen=self._kept))
        newest.append((self._added, replace(event, nth=nth)))

    def events(self) -> tuple[Event, ...]:
        """Return what is kept of all kinds in the order in which it was added."""
        every = [entry for newest in self._newest.values() for entry in newest]
        return tuple(event for _, event in sorted(every, key=lambda entry: entry[0]))
