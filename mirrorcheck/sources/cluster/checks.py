"""A stream that is open comes in; looks beside it tell whether it is idle, stuck, or reads behind a rotation.

The kubelet's reader may stay in a file that was rotated away for good, and a runtime may write to one that the reader
has left (k8s.io/cri-client/pkg/logs, Kubernetes 1.36); neither shows in the stream.
"""

import time
from typing import Protocol

from mirrorcheck.sources.cluster.lineup import Cursor, Lineup, Loss, Match
from mirrorcheck.sources.cluster.lives import Fate
from mirrorcheck.sources.cluster.stamps import SECOND, instant, since
from mirrorcheck.sources.cluster.telling import Telling

_PASSED = 3 * SECOND  # a stream is past a line that it should have told by then: not to be found, it was told long ago
_HEAD = 120  # bytes that tell one log file from another: a stamp and some of the line


class Stream(Protocol):
    """What the checks need of a tail."""

    telling: Telling

    @property
    def connection(self) -> int:
        """The number of the connection that is open; 0 where none is."""

    def read(self, params: list[tuple[str, str]]) -> bytes:
        """Return what a plain read of the log gives."""

    def fate(self) -> Fate:
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
        self._looked = time.monotonic()
        self._told = -1
        self._empty = 0
        self._next = 0.0

    def due(self, stream: Stream, stretch: float) -> bool:
        """Return whether a look is due; stretch: by how much to ask more rarely than usual."""
        now, pace = time.monotonic(), stream.telling.pace
        if now < self._next or not stream.connection:
            return False
        idle, busy = now - stream.telling.heard >= pace.idle, now - self._looked >= pace.check * stretch
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
        self._begun = True
        telling = stream.telling
        begin, at = max(telling.start, telling.life.started or 0), instant(self._head)
        if fresh and at is not None and at > begin and telling.wall() - begin > telling.pace.check * SECOND:
            telling.lose(Loss(begin, at, "log begins late"))

    def run(self, stream: Stream) -> None:
        """Look."""
        telling = stream.telling
        if time.monotonic() - telling.heard >= telling.pace.idle:
            self._probe(stream)
        if time.monotonic() - self._looked >= telling.pace.check:
            self._looked = time.monotonic()
            if self._told != telling.told:
                self._look_at_head(stream)
        if self._awaited:
            self._place(telling, *self._awaited)

    def _probe(self, stream: Stream) -> None:
        """Read what the silent stream should have told: nothing, if it is idle."""
        telling, connection = stream.telling, stream.connection
        telling.tell()
        with telling.lock:
            asked, lineup, second = telling.wall(), telling.cursor.expect(), telling.cursor.since()
        data = stream.read([] if second is None else [("sinceTime", since(second))])
        Cursor.compare(lineup, data)
        if lineup.match is Match.SHORT:
            self._empty += not data
            if self._empty > 1:
                self._settle_empty(stream, asked)
            return
        self._empty = 0
        if lineup.match is Match.FOUND and not lineup.new():
            if data.endswith(b"\n") or not data:
                telling.prove(asked)
            return
        self._expect(stream, connection, lineup)

    def _settle_empty(self, stream: Stream, asked: int) -> None:
        """Make out why a log holds nothing of what was told: it is a new file, or that of another life."""
        if stream.fate() is Fate.RUNNING:
            stream.telling.lose_until(asked, "rotated log")
            stream.telling.forget()
        else:
            stream.hang_up()

    def _expect(self, stream: Stream, connection: int, lineup: Lineup) -> None:
        """Give the stream a moment to tell what a plain read has found; it is stuck where it does not."""
        telling = stream.telling
        time.sleep(telling.pace.settle)
        telling.tell()
        found = lineup.new()
        with telling.lock:
            told = not found or telling.cursor.window.holds(found[-1])
            if told and lineup.match is Match.MISSING and found:
                self._awaited = (found[0][:_HEAD], None, telling.cursor.last or 0)
        if not told and connection == stream.connection:
            telling.broken("the stream has stopped telling what is logged")
            stream.hang_up()

    def _look_at_head(self, stream: Stream) -> None:
        telling = stream.telling
        told, newest = telling.told, telling.cursor.last
        head = stream.read([("limitBytes", str(_HEAD))]).partition(b"\n")[0]
        same = head.startswith(self._head) or self._head.startswith(head)
        if not same:
            if stream.fate() is not Fate.RUNNING:
                return  # the file of another life
            before = self._newest or telling.start
            _, first, second = self._awaited or (b"", None, None)
            self._awaited = (head, second if first is None else first, before)
        if len(head) > len(self._head) or not same:
            self._head = head
        self._newest, self._told = newest, told

    def _place(self, telling: Telling, head: bytes, earlier: int | None, newest: int) -> None:
        """Say around which moment a file was rotated: where its successor's first line was told, or about there.

        earlier: what was told last before a rotation that was not placed yet when this one came; newest: before this.
        """
        drain, at = int(telling.pace.drain * SECOND), instant(head)
        with telling.lock:
            last, found = telling.cursor.last or 0, telling.cursor.window.after(head)
            if found is not None:
                loss = Loss(found[0] if earlier is None else min(earlier, found[0]), found[1] + drain, "rotated log")
            elif at is None:
                loss = Loss(newest, max(last, newest), "rotated log")
            elif last > at + _PASSED:
                loss = Loss(min(newest, at), at + drain, "rotated log")
            else:
                return  # the stream has yet to tell it
            self._awaited = None
            telling.lose(loss)
