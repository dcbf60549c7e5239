"""Successive tuples of events come in, overlapping; each event goes out once, and how many came in none."""

from collections.abc import Iterable
from dataclasses import dataclass

from mirrorcheck.engine.snapshot import Event, EventKind


@dataclass(frozen=True, slots=True)
class Skipped:
    """So many events of a kind came and went between two looks: a `Journal` keeps the newest only."""

    kind: EventKind
    count: int


class Unseen:
    """Remembers the number of the last event of each kind that it gave out."""

    def __init__(self) -> None:
        self._seen: dict[EventKind, int] = {}

    def take(self, events: Iterable[Event]) -> list[Event | Skipped]:
        """Return the events not given out before, and before the first of a kind how many of it are lacking."""
        new: list[Event | Skipped] = []
        for each in events:
            seen = self._seen.get(each.kind, 0)
            if each.nth <= seen:
                continue
            if each.nth > seen + 1:
                new.append(Skipped(each.kind, each.nth - seen - 1))
            new.append(each)
            self._seen[each.kind] = each.nth
        return new
