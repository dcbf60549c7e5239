"""A stream that is open comes in; looks beside it tell whether it is idle, stuck, or reads behind a rotation.

The kubelet's reader may stay in a file that was rotated away for good, and a runtime may write to one that the reader
has left (k8s.io/cri-client/pkg/logs, Kubernetes 1.36); neither shows in the stream.
"""

import time
from collections.abc import Sequence
from typing import Protocol

from mirrorcheck.cluster.logs.container_runs import RunState
from mirrorcheck.cluster.logs.cursor import Cursor, Loss
from mirrorcheck.cluster.logs.lineup import Lineup, LineupMatch
from mirrorcheck.cluster.logs.stamps import SECOND, instant, since
from mirrorcheck.cluster.logs.stream_events import StreamEvents

_PASSED = 3 * SECOND  # a stream is past a line that it should have told by then: not to be found, it was told long ago
_PATIENT = 16.0  # times the usual patience, at most, with a server that is slow to begin
_GROWS = SECOND  # a log file takes longer to grow until it is rotated
_EMPTY = 3  # empty answers in turn that are no accident: one may be cut short
_HEAD = 120  # bytes that tell one log file from another: a stamp and some of the line


Asked = Sequence[tuple[str, str]]


class Stream(Protocol):
    """What the checks need of a tail."""

    telling: StreamEvents

    @property
    def connection(self) -> int:
        """The number of the connection that is open; 0 where none is."""

    def read(self, params: list[tuple[str, str]]) -> bytes:
        """Return what a plain read of the log gives."""

    def fate(self) -> RunState:
        """Ask what has become of the life."""

    def hang_up(self) -> None:
        """End the connection."""


class Checks:
    """The looks at one stream, taken by one thread at a time."""

    def __init__(self) -> None:
        self._head = b""
        self._begun = False
        self._awaited: tuple[bytes, int | None, int] | None = None
        self._newest: int | None = None
        self._looked = self._seen = time.monotonic()
        self._told = -1
        self._patience = 1.0
        self._stuck_at = -1
        self._empty = 0
        self._empty_on = 0  # the number of a connection that was open when the file was empty
        self._nothing: list[int] = []  # when each was asked for
        self._next = 0.0

    def due(self, stream: Stream, stretch: float) -> bool:
        """Return whether a look is due; stretch: by how much to ask more rarely than usual."""
        now, pace = time.monotonic(), stream.telling.pace
        if now < self._next or not stream.connection:
            return False
        idle, busy = self._idle(stream.telling), now - self._looked >= pace.check * stretch
        if not (idle or busy or self._awaited):
            return False
        self._next = now + min(pace.idle, pace.check) * stretch
        return True

    def before(self, stream: Stream) -> None:
        """Look at the newest file before a connection is made: a rotation from then on is noticed.

        One before the first look is not: a file that begins later than the stream may have a predecessor.
        """
        fresh = not self._begun
        self._look_at_head(stream)
        if fresh and not self._head:
            self._look_at_head(stream)  # an empty answer may be one cut short
        self._begin(stream.telling)

    def drained(self, stream: Stream, asked: Asked, fate: RunState) -> bool:
        """Return whether the log of a life that has ended holds nothing that was not told.

        asked: what names the log; fate: what is to become of the life meanwhile, since another may follow it at once.
        """
        cursor = stream.telling.cursor
        self._look_at_head(stream, asked, fate)
        last = stream.read([*asked, ("tailLines", "1")])
        if stream.fate() is not fate:
            return False
        if self._head:
            self._begin(stream.telling)
        with stream.telling.lock:
            return bool(self._head) and cursor.ends_with(last)

    def sure(self, telling: StreamEvents) -> int:
        """Return the instant, in ns, up to which no line is missing but in a gap: a rotation would have been seen."""
        if telling.told == self._told:
            return max(telling.start, telling.proved, telling.cursor.last or 0)
        return max(telling.start, self._newest or 0)

    def _begin(self, telling: StreamEvents) -> None:
        """Say of a log that was not looked at from its beginning on that there may have been a file before this one."""
        if self._begun:
            return
        self._begun = True
        started, at = telling.run.started or 0, instant(self._head)
        begin, room = max(telling.start, started), _GROWS if started > telling.start else 0
        late = telling.wall() - begin > telling.pace.check * SECOND
        if late and at is not None and at > begin + room:
            telling.lose(Loss(begin, at, "log begins late"))

    def run(self, stream: Stream) -> None:
        """Look."""
        telling = stream.telling
        if self._idle(telling):
            self._probe(stream)
        if time.monotonic() - self._looked >= telling.pace.check:
            self._looked = time.monotonic()
            if self._told != telling.told:
                self._look_at_head(stream)
        if self._awaited:
            self._place(telling, *self._awaited)

    def _idle(self, telling: StreamEvents) -> bool:
        """Return whether a stream is silent: for twice as long each time that it was found stuck, until it tells."""
        if telling.told != self._stuck_at:
            self._patience = 1.0
        return time.monotonic() - telling.heard >= telling.pace.idle * self._patience

    def finish(self, telling: StreamEvents) -> None:
        """Say of a rotation that could not be placed, now that nothing more will be told."""
        if self._awaited:
            self._place(telling, *self._awaited)
        if self._awaited:
            head, first, newest = self._awaited
            last = max(telling.cursor.last or newest, instant(head) or newest)
            telling.lose(Loss(newest if first is None else min(first, newest), last, "rotated log"))

    def _probe(self, stream: Stream) -> None:
        """Read what the silent stream should have told: nothing, if it is idle."""
        telling, connection = stream.telling, stream.connection
        telling.tell()
        asked, last = telling.wall(), stream.read([("tailLines", "1")])
        with telling.lock:
            lineup, second = telling.cursor.expect(), telling.cursor.since()
            ended = telling.cursor.ends_with(last)
        if ended and connection == stream.connection:
            self._empty, self._nothing, self._seen = 0, [], time.monotonic()
            telling.prove(asked)
            return
        data = stream.read([] if second is None else [("sinceTime", since(second))])
        Cursor.compare(lineup, data)
        if lineup.match is LineupMatch.SHORT:
            self._empty += not data
            if self._empty >= _EMPTY:
                self._settle_empty(stream, asked)
            return
        self._empty = 0
        if lineup.match is LineupMatch.FOUND and not lineup.new():
            # Without a last line to know it by, an answer may be one cut short: the next ones must say the same.
            self._nothing = [*self._nothing, asked][-_EMPTY:]
            if len(self._nothing) == _EMPTY:
                telling.prove(self._nothing[0])
                self._seen = time.monotonic()
                self._empty_on = 0 if data or last else telling.cursor.connections
            return
        self._nothing = []
        self._expect(stream, connection, lineup)

    def _settle_empty(self, stream: Stream, asked: int) -> None:
        """Make out why a log holds nothing of what was told: it is a new file, or that of another life."""
        if stream.fate() is RunState.RUNNING:
            stream.telling.lose_until(asked, "rotated log")
            stream.telling.forget()
        else:
            stream.hang_up()

    def _expect(self, stream: Stream, connection: int, lineup: Lineup) -> None:
        """Give the stream a moment to tell what a plain read has found; it is stuck where it does not."""
        telling = stream.telling
        time.sleep(telling.pace.settle * self._patience)
        telling.tell()
        found = lineup.new()
        with telling.lock:
            told = not found or telling.cursor.window.holds(found[-1])
            if told and lineup.match is LineupMatch.MISSING and found:
                self._awaited = (found[0][:_HEAD], None, telling.cursor.last or 0)
        if not told and connection == stream.connection:
            self._patience, self._stuck_at = min(_PATIENT, 2 * self._patience), telling.told
            telling.broken("the stream has stopped telling what is logged")
            stream.hang_up()

    def _look_at_head(self, stream: Stream, asked: Asked = (), fate: RunState = RunState.RUNNING) -> None:
        telling = stream.telling
        now, told, newest = time.monotonic(), telling.told, telling.cursor.last
        connection = stream.connection
        head = stream.read([*asked, ("limitBytes", str(_HEAD))]).partition(b"\n")[0]
        long_ago = now - self._seen > 2 * telling.pace.check  # there may have been another rotation since
        same = head.startswith(self._head) or self._head.startswith(head)
        if head and not (same and self._head) and stream.fate() is not fate:
            return  # the file of another life
        if not head and connection and connection == stream.connection:
            self._empty_on = telling.cursor.connections
        if self._begun and head and not self._head:
            self._tell_of_another(telling, head, long_ago=long_ago)
        if not same:
            before = max(self._newest or telling.start, telling.proved)
            _, first, second = self._awaited or (b"", None, before if long_ago else None)
            self._awaited = (head, second if first is None else first, before)
        if len(head) > len(self._head) or not same:
            self._head = head
        self._newest, self._told, self._seen = newest, told, now

    def _tell_of_another(self, telling: StreamEvents, head: bytes, *, long_ago: bool) -> None:
        """Say of a file that was empty that it may have been another.

        It was not where its first line is the first one told, on a connection that was open when it was empty.
        """
        with telling.lock:
            first, begins = telling.cursor.first or head, instant(head)
            same = first.startswith(head) or head.startswith(first)
            other = not same or (long_ago and not 0 < self._empty_on == telling.cursor.first_on)
            if begins is not None and other:
                telling.lose(Loss(min(begins, max(telling.start, telling.proved)), begins, "log begins late"))

    def _place(self, telling: StreamEvents, head: bytes, earlier: int | None, newest: int) -> None:
        """Say around which moment a file was rotated: where its successor's first line was told, or about there.

        earlier: what was told last before a rotation that was not placed yet when this one came; newest: before this.
        """
        drain, at = int(telling.pace.drain * SECOND), instant(head)
        with telling.lock:
            last, found = telling.cursor.last or 0, telling.cursor.window.after(head)
            if found is not None:
                before = found[0] or min(newest, found[1])
                loss = Loss(before if earlier is None else min(earlier, before), found[1] + drain, "rotated log")
            elif at is None:
                loss = Loss(newest, max(last, newest), "rotated log")
            elif last > at + _PASSED:
                loss = Loss(min(newest, at), at + drain, "rotated log")
            else:
                return  # the stream has yet to tell it
            self._awaited = None
            telling.lose(loss)
