"""Bytes of one stream come in, from whichever connection; the feed's events go out, each line once."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from mirrorcheck.cluster.logs.container_runs import Life
from mirrorcheck.cluster.logs.cursor import Cursor, Fed, Loss
from mirrorcheck.cluster.logs.stamps import SECOND
from mirrorcheck.sources.feed import Broken, Closed, Event, Gap, Opened, Proof, Text

_US = 1000  # ns
_RAGGED = 10_000_000  # ns by which stamps of neighbouring lines may be out of order: two writers, one file
_REASONS = 8  # why a stream is broken, that are told besides at every power of two of tries
_PENDING = 1 << 22  # bytes received and not told yet, before a reader waits


@dataclass(frozen=True, slots=True)
class Pace:
    """How patient a follower is, in seconds."""

    batch: float = 0.1  # lines that come within are told at once
    silence: float = 25.0  # of a stream, before it is made anew
    idle: float = 2.0  # without a line, before a plain read looks whether there is one
    check: float = 5.0  # between looks at the first line of the newest file; the kubelet rotates every 10 s at most
    settle: float = 0.7  # for a line to come by the stream, when a plain read has seen it
    least: float = 0.05  # before a lost connection is made anew
    most: float = 2.0
    margin: float = 0.5  # between what a read has proved and the moment it was asked
    drain: float = 0.2  # after a rotation, in which a runtime may still write to the old file


@dataclass(slots=True)
class Telling:
    """What is known and told of one stream; `lock` guards the cursor."""

    life: Life
    start: int
    emit: Callable[[Event], None]
    pace: Pace
    wall: Callable[[], int] = time.time_ns
    cursor: Cursor = field(init=False)
    lock: threading.RLock = field(default_factory=threading.RLock)
    told: int = 0  # bytes, over all connections
    doubt: bool = False
    proved_at: float = 0.0
    proved: int = 0  # the instant, in ns, up to which there is no other line
    heard: float = field(default_factory=time.monotonic)
    _pieces: list[bytes] = field(default_factory=list)
    _pending: int = 0
    _lag: int | None = None
    _asked: int = 0  # when the connection was asked for, in ns
    _tries: int = 0  # since there was a connection
    _reasons: set[str] = field(default_factory=set)  # told of them

    def __post_init__(self) -> None:
        """Begin at the start's second."""
        self.cursor = Cursor(self.start // SECOND)

    def opened(self) -> None:
        """Tell that the stream begins."""
        life = self.life
        place = (life.namespace, life.pod, life.uid, life.container, life.container_id, life.restart)
        # A container has logged nothing before it was started, which is told in whole seconds.
        from_us = max(self.start, min(life.started or 0, self.wall())) // SECOND * SECOND // _US
        self.emit(Opened(life.stream, *place, life.side, life.labels, from_us))

    def begin(self) -> int | None:
        """Expect a new connection; returns the second to ask it for."""
        with self.lock:
            self._pieces.clear()
            self._pending, self.doubt = 0, False
            self._asked = self.wall()
            return self.cursor.begin()

    def receive(self, piece: bytes) -> bool:
        """Take bytes of the connection; False where there are so many to tell that the reader should wait."""
        self._pending += len(piece)
        self._pieces.append(piece)
        self.heard = time.monotonic()
        return not self.full

    @property
    def full(self) -> bool:
        """True while there is too much to tell."""
        return self._pending >= _PENDING and bool(self._pieces)

    def tell(self) -> None:
        """Tell what was received since the last time."""
        if not self._pieces:
            return
        with self.lock:
            count = len(self._pieces)
            data = b"".join(self._pieces[:count])
            self._pending = 0
            del self._pieces[:count]  # the reader may have added to them meanwhile
            self._tell(self.cursor.feed(data))

    def accept(self) -> None:
        """Tell what came without the witness."""
        with self.lock:
            self.doubt = False
            self._tell(self.cursor.accept())

    def forget(self) -> None:
        """Expect none of the lines told so far again."""
        with self.lock:
            self.cursor.forget()

    def lose(self, loss: Loss) -> None:
        """Tell that lines may be lost."""
        life = self.life
        from_us, to_us = (loss.from_ns - _RAGGED) // _US, (loss.to_ns + _RAGGED) // _US
        self.emit(Gap(life.stream, life.pod, life.container, from_us, to_us, loss.reason))

    def lose_until(self, end: int, reason: str, begin: int = 0) -> None:
        """Tell that all after the last line told, and after `begin`, may be lost, up to an instant."""
        with self.lock:
            begin = max(begin, self.cursor.last or self.start)
            self.lose(Loss(min(begin, end), max(begin, end), reason))

    def prove(self, asked: int) -> None:
        """Tell that a read asked for at this instant of our clock has found nothing more."""
        self.proved_at = time.monotonic()
        self._tries, self._reasons = 0, set()
        through = asked - max(0, self._lag or 0) - int(self.pace.margin * SECOND)
        if through > max(self.proved, self.cursor.last or 0):
            self.proved = through
            self.emit(Proof(self.life.stream, through // _US))

    def broken(self, reason: str) -> None:
        """Tell that the connection is gone: of each reason once, and at the 2nd, 4th, 8th try and so on."""
        self._tries += 1
        new = reason not in self._reasons and len(self._reasons) < _REASONS
        if new or not self._tries & (self._tries - 1):
            self._reasons.add(reason)
            self.emit(Broken(self.life.stream, reason, self._tries))

    def mended(self) -> None:
        """Note that there is a connection again."""
        self._tries, self._reasons = 0, set()
        self.heard = time.monotonic()

    def closed(self, reason: str) -> None:
        """Tell that the stream is over."""
        self.emit(Closed(self.life.stream, reason))

    def _tell(self, fed: Fed) -> None:
        self.doubt = self.doubt or fed.doubt
        for loss in fed.losses:
            self.lose(loss)
        if not fed.text:
            return
        self.told += len(fed.text)
        # What was there before it was asked for comes late for that alone, be it minutes.
        if self.cursor.last is not None and self.cursor.last > self._asked:
            behind = self.wall() - self.cursor.last
            self._lag = behind if self._lag is None else min(self._lag, behind)
        self.emit(Text(self.life.stream, fed.text))
