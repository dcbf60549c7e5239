"""Checks by plain reads whether an open stream is idle, stuck, or reads a file that was rotated away.

The kubelet's reader may stay in a file that was rotated away for good, and a runtime may write to one that the reader
has left (k8s.io/cri-client/pkg/logs, Kubernetes 1.36); neither shows in the stream.
"""

import time
from collections.abc import Sequence
from typing import Protocol

from mirrorcheck.cluster.logs import constants
from mirrorcheck.cluster.logs.container_runs import RunState
from mirrorcheck.cluster.logs.cursor import Cursor, Lineup, LineupMatch, Loss
from mirrorcheck.cluster.logs.stamps import SECOND, instant, since
from mirrorcheck.cluster.logs.stream_events import StreamEvents

_HEAD = 120  # bytes that distinguish log files: a stamp and some of the line


Asked = Sequence[tuple[str, str]]


class Stream(Protocol):
    """The part of a tail that the checks need."""

    events: StreamEvents

    @property
    def connection(self) -> int:
        """The number of the connection that is open; 0 where none is."""

    def read(self, params: list[tuple[str, str]]) -> bytes:
        """Return what a plain read of the log gives."""

    def run_state(self) -> RunState:
        """Ask for the state of the run."""

    def hang_up(self) -> None:
        """End the connection."""


class Checks:
    """The checks of one stream, made by one thread at a time."""

    def __init__(self) -> None:
        self._head = b""
        self._begun = False
        self._awaited: tuple[bytes, int | None, int] | None = None
        self._newest: int | None = None
        self._checked_at = self._seen = time.monotonic()
        self._emitted = -1
        self._patience = 1.0
        self._stuck_at = -1
        self._empty = 0
        self._empty_on = 0  # the number of a connection that was open when the file was empty
        self._nothing: list[int] = []  # when each was asked for
        self._next = 0.0

    def due(self, stream: Stream, stretch: float) -> bool:
        """Return whether a check is due; stretch: how much more rarely than usual."""
        now, pace = time.monotonic(), stream.events.pace
        if now < self._next or not stream.connection:
            return False
        idle, busy = self._idle(stream.events), now - self._checked_at >= pace.check * stretch
        if not (idle or busy or self._awaited):
            return False
        self._next = now + min(pace.idle, pace.check) * stretch
        return True

    def before(self, stream: Stream) -> None:
        """Check the newest file before a connection is opened: a rotation from then on is noticed.

        One before the first check is not: a file that begins later than the stream may have a predecessor.
        """
        fresh = not self._begun
        self._check_head(stream)
        if fresh and not self._head:
            self._check_head(stream)  # an empty answer may be one cut short
        self._begin(stream.events)

    def drained(self, stream: Stream, asked: Asked, run_state: RunState) -> bool:
        """Return whether everything in the log of an ended run was emitted.

        asked: the parameters of the log. run_state: must still hold after the read, since another run may follow.
        """
        cursor = stream.events.cursor
        self._check_head(stream, asked, run_state)
        last = stream.read([*asked, ("tailLines", "1")])
        if stream.run_state() is not run_state:
            return False
        if self._head:
            self._begin(stream.events)
        with stream.events.lock:
            return bool(self._head) and cursor.ends_with(last)

    def sure(self, events: StreamEvents) -> int:
        """Return the instant, in ns, up to which no line is missing outside gaps: a rotation would have been seen."""
        if events.emitted == self._emitted:
            return max(events.start, events.proved, events.cursor.last or 0)
        return max(events.start, self._newest or 0)

    def _begin(self, events: StreamEvents) -> None:
        """Emit, for a log that was not checked from its beginning on, that there may have been an earlier file."""
        if self._begun:
            return
        self._begun = True
        started, at = events.run.started or 0, instant(self._head)
        begin, room = max(events.start, started), constants.GROWS if started > events.start else 0
        late = events.wall() - begin > events.pace.check * SECOND
        if late and at is not None and at > begin + room:
            events.lose(Loss(begin, at, "log begins late"))

    def run(self, stream: Stream) -> None:
        """Make the checks that are due."""
        events = stream.events
        if self._idle(events):
            self._probe(stream)
        if time.monotonic() - self._checked_at >= events.pace.check:
            self._checked_at = time.monotonic()
            if self._emitted != events.emitted:
                self._check_head(stream)
        if self._awaited:
            self._place(events, *self._awaited)

    def _idle(self, events: StreamEvents) -> bool:
        """Return whether a stream is silent; the patience doubles each time that it is stuck, until a line comes."""
        if events.emitted != self._stuck_at:
            self._patience = 1.0
        return time.monotonic() - events.received_at >= events.pace.idle * self._patience

    def finish(self, events: StreamEvents) -> None:
        """Emit a rotation that could not be placed, now that nothing more comes."""
        if self._awaited:
            self._place(events, *self._awaited)
        if self._awaited:
            head, first, newest = self._awaited
            last = max(events.cursor.last or newest, instant(head) or newest)
            events.lose(Loss(newest if first is None else min(first, newest), last, "rotated log"))

    def _probe(self, stream: Stream) -> None:
        """Read what the silent stream should have given: nothing, if it is idle."""
        events, connection = stream.events, stream.connection
        events.flush()
        asked, last = events.wall(), stream.read([("tailLines", "1")])
        with events.lock:
            lineup, second = events.cursor.expect(), events.cursor.since()
            ended = events.cursor.ends_with(last)
        if ended and connection == stream.connection:
            self._empty, self._nothing, self._seen = 0, [], time.monotonic()
            events.prove(asked)
            return
        data = stream.read(since(second))
        Cursor.compare(lineup, data)
        if lineup.match is LineupMatch.SHORT:
            self._empty += not data
            if self._empty >= constants.EMPTY:
                self._settle_empty(stream, asked)
            return
        self._empty = 0
        if lineup.match is LineupMatch.FOUND and not lineup.new():
            # Without a last line to know it by, an answer may be one cut short: the next ones must say the same.
            self._nothing = [*self._nothing, asked][-constants.EMPTY :]
            if len(self._nothing) == constants.EMPTY:
                events.prove(self._nothing[0])
                self._seen = time.monotonic()
                self._empty_on = 0 if data or last else events.cursor.connections
            return
        self._nothing = []
        self._expect(stream, connection, lineup)

    def _settle_empty(self, stream: Stream, asked: int) -> None:
        """Find why a log holds none of the emitted lines: it is a new file, or that of another run."""
        if stream.run_state() is RunState.RUNNING:
            stream.events.lose_until(asked, "rotated log")
            stream.events.forget()
        else:
            stream.hang_up()

    def _expect(self, stream: Stream, connection: int, lineup: Lineup) -> None:
        """Give the stream a moment to give what a plain read has found; if it does not, it is stuck."""
        events = stream.events
        time.sleep(events.pace.settle * self._patience)
        events.flush()
        found = lineup.new()
        with events.lock:
            came = not found or events.cursor.window.holds(found[-1])
            if came and lineup.match is LineupMatch.MISSING and found:
                self._awaited = (found[0][:_HEAD], None, events.cursor.last or 0)
        if not came and connection == stream.connection:
            self._patience, self._stuck_at = min(constants.PATIENT, 2 * self._patience), events.emitted
            events.broken("the stream no longer sends what is logged")
            stream.hang_up()

    def _check_head(self, stream: Stream, asked: Asked = (), run_state: RunState = RunState.RUNNING) -> None:
        events = stream.events
        now, emitted, newest = time.monotonic(), events.emitted, events.cursor.last
        connection = stream.connection
        head = stream.read([*asked, ("limitBytes", str(_HEAD))]).partition(b"\n")[0]
        long_ago = now - self._seen > 2 * events.pace.check  # there may have been another rotation since
        same = head.startswith(self._head) or self._head.startswith(head)
        if head and not (same and self._head) and stream.run_state() is not run_state:
            return  # the file of another run
        if not head and connection and connection == stream.connection:
            self._empty_on = events.cursor.connections
        if self._begun and head and not self._head:
            self._report_another(events, head, long_ago=long_ago)
        if not same:
            before = max(self._newest or events.start, events.proved)
            _, first, second = self._awaited or (b"", None, before if long_ago else None)
            self._awaited = (head, second if first is None else first, before)
        if len(head) > len(self._head) or not same:
            self._head = head
        self._newest, self._emitted, self._seen = newest, emitted, now

    def _report_another(self, events: StreamEvents, head: bytes, *, long_ago: bool) -> None:
        """Emit that a file that was empty may have been another one.

        It was not if its first line is the first one emitted, on a connection that was open when it was empty.
        """
        with events.lock:
            first, begins = events.cursor.first or head, instant(head)
            same = first.startswith(head) or head.startswith(first)
            other = not same or (long_ago and not 0 < self._empty_on == events.cursor.first_on)
            if begins is not None and other:
                events.lose(Loss(min(begins, max(events.start, events.proved)), begins, "log begins late"))

    def _place(self, events: StreamEvents, head: bytes, earlier: int | None, newest: int) -> None:
        """Emit a rotation at the instant of the new file's first line, or about there.

        earlier: the last line before an earlier rotation that was not placed yet; newest: the last one before this.
        """
        drain, at = int(events.pace.drain * SECOND), instant(head)
        with events.lock:
            last, found = events.cursor.last or 0, events.cursor.window.after(head)
            if found is not None:
                before = found[0] or min(newest, found[1])
                loss = Loss(before if earlier is None else min(earlier, before), found[1] + drain, "rotated log")
            elif at is None:
                loss = Loss(newest, max(last, newest), "rotated log")
            elif last > at + constants.PASSED:
                loss = Loss(min(newest, at), at + drain, "rotated log")
            else:
                return  # the stream has not given it yet
            self._awaited = None
            events.lose(loss)
