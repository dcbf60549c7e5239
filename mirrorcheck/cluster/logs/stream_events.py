"""Turns the bytes of one stream, from any of its connections, into the feed's events, each line once."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from mirrorcheck.cluster.logs import constants
from mirrorcheck.cluster.logs.constants import FollowPace
from mirrorcheck.cluster.logs.container_runs import ContainerRun
from mirrorcheck.cluster.logs.cursor import Cursor, Fed, Loss
from mirrorcheck.cluster.logs.stamps import SECOND
from mirrorcheck.sources.feed import Broken, Closed, FeedEvent, Gap, Opened, Proof, Text

_US = 1000  # ns
_REASONS = 8  # why a stream is broken that are reported, besides one at every power of two of tries
_PENDING = 1 << 22  # bytes received and not emitted yet, before a reader waits


@dataclass(slots=True)
class StreamEvents:
    """The state of one stream, and what was emitted of it; `lock` guards the cursor."""

    run: ContainerRun
    start: int
    emit: Callable[[FeedEvent], None]
    pace: FollowPace
    wall: Callable[[], int] = time.time_ns
    cursor: Cursor = field(init=False)
    lock: threading.RLock = field(default_factory=threading.RLock)
    emitted: int = 0  # bytes, over all connections
    doubt: bool = False
    proved_at: float = 0.0
    proved: int = 0  # the instant, in ns, up to which there is no other line
    received_at: float = field(default_factory=time.monotonic)
    _pieces: list[bytes] = field(default_factory=list)
    _pending: int = 0
    _lag: int | None = None
    _asked: int = 0  # when the connection was asked for, in ns
    _tries: int = 0  # since there was a connection
    _reasons: set[str] = field(default_factory=set)  # reported

    def __post_init__(self) -> None:
        """Begin at the second of the start."""
        self.cursor = Cursor(self.start // SECOND)

    def opened(self) -> None:
        """Emit that the stream begins."""
        run = self.run
        place = (run.namespace, run.pod, run.uid, run.container, run.container_id, run.restart)
        # A container has logged nothing before it was started, which is known in whole seconds.
        from_us = max(self.start, min(run.started or 0, self.wall())) // SECOND * SECOND // _US
        self.emit(Opened(run.stream, *place, run.side, run.labels, from_us))

    def begin(self) -> int | None:
        """Expect a new connection; returns the second to ask it for."""
        with self.lock:
            self._pieces.clear()
            self._pending, self.doubt = 0, False
            self._asked = self.wall()
            return self.cursor.begin()

    def receive(self, piece: bytes) -> bool:
        """Take bytes of the connection; False if the reader should wait."""
        self._pending += len(piece)
        self._pieces.append(piece)
        self.received_at = time.monotonic()
        return not self.full

    @property
    def full(self) -> bool:
        """True while too much is pending."""
        return self._pending >= _PENDING and bool(self._pieces)

    def flush(self) -> None:
        """Emit what was received since the last time."""
        if not self._pieces:
            return
        with self.lock:
            count = len(self._pieces)
            data = b"".join(self._pieces[:count])
            self._pending = 0
            del self._pieces[:count]  # the reader may have added to them meanwhile
            self._emit_fed(self.cursor.feed(data))

    def accept(self) -> None:
        """Emit what came without the witness."""
        with self.lock:
            self.doubt = False
            self._emit_fed(self.cursor.accept())

    def forget(self) -> None:
        """Expect none of the lines emitted so far again."""
        with self.lock:
            self.cursor.forget()

    def lose(self, loss: Loss) -> None:
        """Emit that lines may be lost."""
        run = self.run
        from_us, to_us = (loss.from_ns - constants.RAGGED) // _US, (loss.to_ns + constants.RAGGED) // _US
        self.emit(Gap(run.stream, run.pod, run.container, from_us, to_us, loss.reason))

    def lose_until(self, end: int, reason: str, begin: int = 0) -> None:
        """Emit that everything after the last line, and after `begin`, may be lost, up to an instant."""
        with self.lock:
            begin = max(begin, self.cursor.last or self.start)
            self.lose(Loss(min(begin, end), max(begin, end), reason))

    def prove(self, asked: int) -> None:
        """Emit that a read at this instant of our clock has found nothing more."""
        self.proved_at = time.monotonic()
        self._tries, self._reasons = 0, set()
        through = asked - max(0, self._lag or 0) - int(self.pace.margin * SECOND)
        if through > max(self.proved, self.cursor.last or 0):
            self.proved = through
            self.emit(Proof(self.run.stream, through // _US))

    def broken(self, reason: str) -> None:
        """Emit that the connection is lost: for each reason once, and at the 2nd, 4th, 8th try and so on."""
        self._tries += 1
        new = reason not in self._reasons and len(self._reasons) < _REASONS
        if new or not self._tries & (self._tries - 1):
            self._reasons.add(reason)
            self.emit(Broken(self.run.stream, reason, self._tries))

    def mended(self) -> None:
        """Note that the connection is back."""
        self._tries, self._reasons = 0, set()
        self.received_at = time.monotonic()

    def closed(self, reason: str) -> None:
        """Emit that the stream is over."""
        self.emit(Closed(self.run.stream, reason))

    def _emit_fed(self, fed: Fed) -> None:
        self.doubt = self.doubt or fed.doubt
        for loss in fed.losses:
            self.lose(loss)
        if not fed.text:
            return
        self.emitted += len(fed.text)
        # What was there before it was asked for comes late for that alone, be it minutes.
        if self.cursor.last is not None and self.cursor.last > self._asked:
            behind = self.wall() - self.cursor.last
            self._lag = behind if self._lag is None else min(self._lag, behind)
        self.emit(Text(self.run.stream, fed.text))
