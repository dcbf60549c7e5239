"""Decides what each snapshot adds to an output that is a sequence of lines: new events, and a status line when due."""

from collections.abc import Iterable
from dataclasses import dataclass

from mirrorcheck.engine.snapshot import Event, EventKind, Snapshot
from mirrorcheck.render.live.panel import SECOND_US


@dataclass(frozen=True, slots=True)
class Skipped:
    """The number of events of a kind that came and went between two snapshots: an `EventLog` keeps the newest only."""

    kind: EventKind
    count: int


class NewEvents:
    """Remembers the number of the last event of each kind that it returned."""

    def __init__(self) -> None:
        self._seen: dict[EventKind, int] = {}

    def take(self, events: Iterable[Event]) -> list[Event | Skipped]:
        """Return the events not returned before; before the first of a kind how many of it were skipped."""
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


class StatusTimer:
    """A status is due at first, every `interval_s` seconds of the snapshots, and when verdict or sight change."""

    def __init__(self, interval_s: float) -> None:
        self._interval_us = round(interval_s * SECOND_US)
        self._next_us: int | None = None
        self._last: tuple[str, bool, int] | None = None

    def is_due(self, snapshot: Snapshot) -> bool:
        """Return whether the status is to be written now; if so it counts as written."""
        blind = snapshot.no_sight.streams + 1 if snapshot.no_sight else 0
        current = (snapshot.verdict, snapshot.silence is not None, blind)
        if self._next_us is not None and snapshot.now_us < self._next_us and current == self._last:
            return False
        self._next_us, self._last = snapshot.now_us + self._interval_us, current
        return True

    def make_due(self) -> None:
        """Write the status with the next snapshot."""
        self._next_us = None
