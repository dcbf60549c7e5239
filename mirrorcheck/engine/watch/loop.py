"""A live source in; states while it is watched and the report at the end out. It moves events, and knows no screens."""

import time
from collections.abc import Callable
from queue import Empty, Queue
from threading import Event as Flag
from threading import Thread
from typing import Protocol

from mirrorcheck.engine.decided import Decided, decided
from mirrorcheck.engine.live import Engine
from mirrorcheck.engine.look import Look
from mirrorcheck.engine.sight import brief
from mirrorcheck.engine.snapshot import Snapshot
from mirrorcheck.engine.watch.limits import Limits
from mirrorcheck.engine.watch.snapshots import Snapshots
from mirrorcheck.errors import MirrorcheckError
from mirrorcheck.sources.feed import Ended, FeedEvent, Opened

Enough = Callable[[Decided], bool]
"""Whether what a look found is enough."""

_LOOK_S = 1.0
_SHARE = 4  # a look may take one part in so many of the time: reading goes first,
_MOST_S = 2.0  # but nobody waits longer than that for the next one
_POLL_S = 0.2


class LiveSource(Protocol):
    """What fills the queue with events until it is stopped."""

    def start(self) -> None:
        """Begin."""

    def stop(self) -> None:
        """End every stream, and put nothing into the queue any more."""

    def ask(self) -> None:
        """Look at once whether the rule is still what it was: an alarm depends on it."""


class EventSink(Protocol):
    """What keeps the events, the text of a stream in its own file."""

    def take(self, event: FeedEvent) -> None:
        """Keep one event; its text can be read from the file when this returns. MirrorcheckError where it cannot."""

    def close(self) -> None:
        """Complete the files."""


def now_us() -> int:
    """The present instant."""
    return time.time_ns() // 1000


class WatchLoop:
    """Runs three threads until it is ended: the source's own, one that takes its events, one that looks."""

    def __init__(
        self, queue: "Queue[FeedEvent]", source: LiveSource, keeper: EventSink, engine: Engine, snapshots: Snapshots
    ) -> None:
        self._queue, self._source, self._keeper = queue, source, keeper
        self._engine, self._painter = engine, snapshots
        self._ended = Flag()
        self._failure: BaseException | None = None
        self.lost: MirrorcheckError | None = None  # why nothing could be kept any more
        self._warned = False  # of a field that was asked for and that no log has
        self._look_once()
        self._threads = [Thread(target=self._guard, args=(work,), daemon=True) for work in (self._take_all, self._look)]

    @property
    def state(self) -> Snapshot:
        """The latest look."""
        return self._state

    @property
    def ended(self) -> Flag:
        """Set it to end the watching; it is set when a limit is reached, the source ends, or a thread fails."""
        return self._ended

    def start(self, limits: Limits, enough: Enough | None = None) -> None:
        """Begin to take events and to look; it ends, too, when `enough` returns True."""
        self._limits, self._enough = limits, enough
        self._deadline = time.monotonic() + limits.seconds if limits.seconds else None
        self._source.start()
        for thread in self._threads:
            thread.start()

    def finish(self) -> Look:
        """End everything, take what is left, and settle it for good. Raises what a thread failed of.

        Where something could not be kept, what was seen before is settled; `lost` says why.
        """
        self._ended.set()
        self._source.stop()
        for thread in self._threads:
            thread.join()
        while not self._queue.empty():
            self._take(self._queue.get())
        self._part()
        if self._failure:
            raise self._failure
        return self._engine.end(now_us())

    def _part(self) -> None:
        """Tell what was not seen up to the end, and keep it beside what was, as far as that is possible."""
        at_us = now_us()
        last: list[FeedEvent] = [*self._engine.unread(at_us, brief(str(self.lost or ""))), Ended(at_us)]
        for event in last:
            self._keep(event)
            self._engine.take(event, at_us)
        try:
            self._keeper.close()
        except (MirrorcheckError, OSError):
            if self.lost is None:
                raise

    def _keep(self, event: FeedEvent) -> bool:
        """Whether an event is kept; once one could not be, none is, and the watching ends."""
        try:
            if self.lost is None:
                self._keeper.take(event)
        except MirrorcheckError as error:
            self.lost = error
            self._ended.set()
        return self.lost is None

    def _guard(self, work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as failure:  # noqa: BLE001  # it is raised again where the watching is finished
            self._failure = failure
            self._ended.set()

    def _take_all(self) -> None:
        while not self._ended.is_set():
            try:
                self._take(self._queue.get(timeout=_POLL_S))
            except Empty:
                continue

    def _take(self, event: FeedEvent) -> None:
        # What is not kept is not known either: a proof behind it would be wrong. That there was a stream is.
        if self._keep(event) or isinstance(event, Opened):
            self._engine.take(event, now_us())

    def _look(self) -> None:
        while True:
            began, spent = time.monotonic(), time.thread_time()
            found, so_far = self._look_once()
            self._refuse_unlogged(found, so_far)
            if self._is_over(found, so_far):
                self._ended.set()
            if self._ended.wait(_pause_s(time.monotonic() - began, time.thread_time() - spent)):
                return

    def _refuse_unlogged(self, found: Look, so_far: Decided) -> None:
        """Raise UsageError where what was asked for can never come, but not once there is something to report."""
        early = not self._warned or not len(so_far.originals.row)
        self._warned |= found.unlogged is not None
        if found.unlogged and not found.unlogged.may_come and early:
            found.refuse_unlogged()

    def _look_once(self) -> tuple[Look, Decided]:
        found = self._engine.look(now_us())
        so_far = decided(found)
        self._state = self._painter.take(found, so_far, now_us())
        if self._state.silence_uncertain:
            self._source.ask()
        return found, so_far

    def _is_over(self, found: Look, so_far: Decided) -> bool:
        late = self._deadline is not None and time.monotonic() >= self._deadline
        shares = self._state.overall
        enough = self._limits.count is not None and shares.paired + shares.missed >= self._limits.count
        sure = self._enough is not None and self._enough(so_far)
        piped = all(state.closed and state.reading.opened.side is None for state in found.states) and bool(found.states)
        return late or enough or sure or piped


def _pause_s(took_s: float, spent_s: float) -> float:
    """How long to wait after a look that took so long, and so much of a processor: what it waited for is no work."""
    return max(_LOOK_S - took_s, min((_SHARE - 1) * spent_s, _MOST_S))
