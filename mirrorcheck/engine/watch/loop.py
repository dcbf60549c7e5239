"""The threads of a watching: one fills the queue, one takes its events, one looks. It knows no screens."""

import time
from collections.abc import Callable
from queue import Empty, Queue
from threading import Event as Flag
from threading import Thread
from typing import Protocol

from mirrorcheck.engine import constants
from mirrorcheck.engine.decided import Decided, decided
from mirrorcheck.engine.live import Engine
from mirrorcheck.engine.look import Look
from mirrorcheck.engine.sight import brief
from mirrorcheck.engine.watch.limits import Limits
from mirrorcheck.engine.watch.snapshots import Snapshots
from mirrorcheck.errors import MirrorcheckError
from mirrorcheck.sources.feed import Ended, FeedEvent, KeptEvent, Opened

Enough = Callable[[Decided], bool]
"""Whether the decided lines are enough to end the watching."""

_SHARE = 2  # looks take at most one part in so many of the time, since reading comes first,
_MOST_S = 2.0  # but the next look does not wait longer than this
_POLL_S = 0.2


class LiveSource(Protocol):
    """Fills the queue with events until it is stopped."""

    def start(self) -> None:
        """Begin."""

    def stop(self) -> None:
        """End every stream; nothing is put into the queue afterwards."""

    def ask(self) -> None:
        """Read the rule again at once: an alarm depends on it."""


class EventSink(Protocol):
    """Keeps the events, and the text of each stream in its own file."""

    def take(self, event: KeptEvent) -> None:
        """Keep one event; its text can be read from the file when this returns. MirrorcheckError where it cannot."""

    def close(self) -> None:
        """Complete the files."""


def now_us() -> int:
    """The present instant."""
    return time.time_ns() // 1000


class WatchLoop:
    """Runs the threads until the watching ends.

    state: the latest snapshot. ended: set it to end the watching; it is set when a limit is reached, the source ends,
    or a thread fails. lost: why nothing could be kept any more.
    """

    def __init__(
        self, queue: "Queue[FeedEvent]", source: LiveSource, sink: EventSink, engine: Engine, snapshots: Snapshots
    ) -> None:
        self._queue, self._source, self._sink = queue, source, sink
        self._engine, self._snapshots = engine, snapshots
        self.ended = Flag()
        self._failure: BaseException | None = None
        self.lost: MirrorcheckError | None = None
        self._warned = False  # of an option that no log can serve
        self._look_once()
        self._threads = [Thread(target=self._guard, args=(work,), daemon=True) for work in (self._take_all, self._look)]

    def start(self, limits: Limits, enough: Enough | None = None, all_over: Callable[[bool], bool] = bool) -> None:
        """Begin to take events and to look; it ends, too, when `enough` returns True.

        all_over: hears at each look whether it would end by itself, and says whether it is to.
        """
        self._limits, self._enough, self._all_over = limits, enough, all_over
        self._deadline = time.monotonic() + limits.seconds if limits.seconds else None
        self._source.start()
        for thread in self._threads:
            thread.start()

    def finish(self) -> Look:
        """End everything, and settle what was taken finally; raises as `end` does."""
        self.end()
        return self.settled()

    def end(self) -> None:
        """End everything, and take what is left. Raises the error of a thread that failed.

        If something could not be kept, what came before is settled; `lost` says why.
        """
        self.ended.set()
        self._source.stop()
        for thread in self._threads:
            thread.join()
        while not self._queue.empty():
            self._take(self._queue.get())
        self._record_end()
        if self._failure:
            raise self._failure

    def settled(self) -> Look:
        """What was taken, settled finally once all has ended."""
        return self._engine.end(now_us())

    def _record_end(self) -> None:
        """Take and keep the gaps that are open at the end, as far as possible."""
        at_us = now_us()
        last: list[FeedEvent] = [*self._engine.unread(at_us, brief(str(self.lost or ""))), Ended(at_us)]
        for event in last:
            self._keep(event)
            self._engine.take(event, at_us)
        try:
            self._sink.close()
        except (MirrorcheckError, OSError):
            if self.lost is None:
                raise

    def _keep(self, event: KeptEvent) -> bool:
        """Keep an event; after the first failure none is kept, and the watching ends."""
        try:
            if self.lost is None:
                self._sink.take(event)
        except MirrorcheckError as error:
            self.lost = error
            self.ended.set()
        return self.lost is None

    def _guard(self, work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as failure:  # noqa: BLE001  # it is raised again where the watching is finished
            self._failure = failure
            self.ended.set()

    def _take_all(self) -> None:
        while not self.ended.is_set():
            try:
                self._take(self._queue.get(timeout=_POLL_S))
            except Empty:
                continue

    def _take(self, event: FeedEvent) -> None:
        # What is not kept is not evaluated either: a later proof would be wrong. That a stream opened is.
        if self._keep(event) or isinstance(event, Opened):
            self._engine.take(event, now_us())

    def _look(self) -> None:
        while True:
            began, spent = time.monotonic(), time.thread_time()
            look, decided_ = self._look_once()
            self._refuse_unlogged(look, decided_)
            if self._all_over(self._is_over(look, decided_)):
                self.ended.set()
            if self.ended.wait(_pause_s(time.monotonic() - began, time.thread_time() - spent)):
                return

    def _refuse_unlogged(self, look: Look, decided_: Decided) -> None:
        """Raise UsageError if an option can never be served, but not once there is something to report."""
        early = not self._warned or not len(decided_.history)
        self._warned |= look.unlogged is not None
        if look.unlogged and not look.unlogged.may_come and early:
            look.refuse_unlogged()

    def _look_once(self) -> tuple[Look, Decided]:
        look = self._engine.look(now_us())
        if look.decided:
            self._keep(look.decided)
        decided_ = decided(look)
        self.state = self._snapshots.take(look, decided_, now_us())
        if self.state.silence_uncertain:
            self._source.ask()
        return look, decided_

    def _is_over(self, look: Look, decided_: Decided) -> bool:
        late = self._deadline is not None and time.monotonic() >= self._deadline
        shares = self.state.overall
        enough = self._limits.count is not None and shares.paired + shares.missed >= self._limits.count
        sure = self._enough is not None and self._enough(decided_)
        piped = all(state.closed and state.reading.opened.side is None for state in look.states) and bool(look.states)
        return late or enough or sure or piped


def _pause_s(took_s: float, spent_s: float) -> float:
    """The wait after a look of this duration and processor time; waiting within it is no work."""
    return max(constants.LOOK_S - took_s, min((_SHARE - 1) * spent_s, _MOST_S))
