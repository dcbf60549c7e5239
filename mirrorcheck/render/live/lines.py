"""Writes snapshots as a sequence of lines: decides what each one adds, new events and a status line when due."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TextIO

from mirrorcheck.engine.snapshot import Event, EventKind, Snapshot
from mirrorcheck.render.live.panel import SECOND_US


@dataclass(frozen=True, slots=True)
class Skipped:
    """The number of events of a kind that came and went between two snapshots: an `EventLog` keeps the newest only."""

    kind: EventKind
    count: int


class LineWriter(ABC):
    """Turns snapshots into lines of text, each event once; `interval_s` seconds of theirs between two status lines."""

    def __init__(self, interval_s: float) -> None:
        self._interval_us = round(interval_s * SECOND_US)
        self._next_us: int | None = None
        self._last_status: tuple[str, bool, int] | None = None
        self._seen: dict[EventKind, int] = {}  # the number of the last event of each kind

    @abstractmethod
    def lines(self, snapshot: Snapshot) -> list[str]:
        """Return the lines that this snapshot adds, without line ends."""

    def last(self, snapshot: Snapshot) -> list[str]:
        """Return the lines that the last snapshot adds, among them the status."""
        self._next_us = None
        return self.lines(snapshot)

    def _new(self, events: Iterable[Event]) -> list[Event | Skipped]:
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

    def _is_status_due(self, snapshot: Snapshot) -> bool:
        """Return whether the status is to be written now, at first, after the interval or a change; then it counts."""
        blind = snapshot.no_sight.streams + 1 if snapshot.no_sight else 0
        current = (snapshot.verdict, snapshot.silence is not None, blind)
        if self._next_us is not None and snapshot.now_us < self._next_us and current == self._last_status:
            return False
        self._next_us, self._last_status = snapshot.now_us + self._interval_us, current
        return True


def run_lines(
    snapshots: Callable[[], Sequence[Snapshot]],
    stopped: Callable[[], bool],
    writers: Sequence[LineWriter],
    stream: TextIO,
    wait: Callable[[], object],
) -> None:
    """Write what the lines of each shadow make of its snapshots to `stream` until `stopped` returns True.

    Then the same of the last ones. writers: one for each of the snapshots, in their order. wait: called between two
    rounds; returns after a fraction of a second, or as soon as there is a reason to stop.
    """
    while not stopped():
        for writer, snapshot in zip(writers, snapshots(), strict=True):
            _write(writer.lines(snapshot), stream)
        wait()
    for writer, snapshot in zip(writers, snapshots(), strict=True):
        _write(writer.last(snapshot), stream)


def _write(lines: list[str], stream: TextIO) -> None:
    if lines:
        stream.write("".join(f"{line}\n" for line in lines))
        # Who reads a pipe wants to see a miss when it is certain, not when a buffer is full.
        stream.flush()
