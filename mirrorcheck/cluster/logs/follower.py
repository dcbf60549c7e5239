"""Follows the logs of chosen pods of a namespace; all events go into one queue."""

import queue
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Self

from mirrorcheck.cluster.api.client import Client
from mirrorcheck.cluster.logs.constants import FollowPace
from mirrorcheck.cluster.logs.container_runs import ContainerRun, Pod, container_runs
from mirrorcheck.cluster.logs.cursor import Loss
from mirrorcheck.cluster.logs.descriptors import make_room, streams_that_fit
from mirrorcheck.cluster.logs.joining import Choose, Chosen, Joining, RuleChange
from mirrorcheck.cluster.logs.pod_watch import PodListener, Pods
from mirrorcheck.cluster.logs.stamps import SECOND
from mirrorcheck.cluster.logs.stream_events import StreamEvents
from mirrorcheck.cluster.logs.tail import Tail
from mirrorcheck.errors import UsageError
from mirrorcheck.sources.feed import FeedEvent, Listing, Note, Side, SideChange, Text

_CHECKERS = 8  # checks at once
_CHECKED = 50  # streams that are checked at the usual pace; more are checked more rarely
_FAREWELL_S = 5.0
_TICK_S = 0.02
_US = 1000  # ns


class Follower:
    """Follows every chosen container; one consumer reads `events`.

    Each run of a container is a stream. `stop` ends all; what was not read by then stays in the queue.
    """

    def __init__(  # noqa: PLR0913  # two that it needs, and settings by name
        self,
        client: Client,
        choose: Choose,
        *,
        namespace: str | None = None,
        selector: str = "",
        start: int | None = None,
        max_streams: int = 100,
        pace: FollowPace | None = None,
        events: "queue.Queue[FeedEvent] | None" = None,
        change: RuleChange | None = None,
    ) -> None:
        """namespace: the client's by default; selector: of labels, as the API takes it; start: ns since 1970, else now.

        events: a queue that others put events into, too. change: when the rule chose these pods; None if it did from
        the start.
        """
        self.events: queue.Queue[FeedEvent] = queue.Queue() if events is None else events  # bounded by _emit
        self._client, self._choose, self._max = client, choose, max_streams
        self._start = time.time_ns() if start is None else start
        self._selectors = {selector}
        self._pace = pace or FollowPace()
        self._joining = Joining(self._start, change, self._pace)
        self._lock = threading.RLock()
        self._ended = threading.Event()
        self._shut = False
        self._seen: dict[tuple[str, str], dict[str, Tail | None]] = {}
        self._pods: dict[str, Pod] = {}
        self._containers: dict[str, set[str]] = {}  # by uid of their pod, of all that is or was followed
        self._sides: dict[str, Side | None] = {}  # by stream, as emitted
        self._tails: list[Tail] = []
        self._waiting: list[Tail] = []
        self._leaving: dict[str, float] = {}
        self._checking: set[Tail] = set()
        self._checkers = ThreadPoolExecutor(_CHECKERS, "check")
        self._namespace = namespace or client.namespace
        listener = PodListener(self._on_change, self._on_removal, self._note, self._known)
        self._watch = Pods(client, self._namespace, selector, listener, self._pace)
        self._pump = threading.Thread(target=self._run, name="follower", daemon=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def streams(self) -> Sequence[Tail]:
        """The streams that are followed now."""
        with self._lock:
            return tuple(self._tails)

    def start(self, others: int = 0) -> None:
        """Begin; others: how many streams there are of other followers.

        ClusterError where the pods may not be listed, UsageError where there are too many to follow.
        """
        self._watch.start()
        with self._lock:
            try:
                self._refuse_too_many(others)
            except UsageError:
                self.stop()
                raise
            # Pods that come later take what is left.
            self._max = max(len(self._tails), min(self._max, streams_that_fit(self._max + others) - others))
            for tail in self._tails:
                tail.start()
            self._pump.start()

    def _refuse_too_many(self, others: int) -> None:
        count = len(self._tails) + len(self._waiting)
        if self._waiting:
            raise UsageError(
                f"{count} containers are to be followed, and {self._max} are allowed. "
                f"Raise --max-streams to {count}, or choose fewer with --primary and --shadow."
            )
        make_room(count + others)

    def stop(self) -> None:
        """End every stream at once, and every thread."""
        self._ended.set()
        self._watch.stop()
        with self._lock:
            tails, self._waiting = list(self._tails), []
        for tail in tails:
            tail.stop()
        until = time.monotonic() + _FAREWELL_S
        self._watch.join(_FAREWELL_S)
        for tail in tails:
            tail.join(max(0.0, until - time.monotonic()))
        if self._pump.is_alive():
            self._pump.join(_FAREWELL_S)
        self._checkers.shutdown(wait=True, cancel_futures=True)

    def reconsider(self, change: RuleChange, choose: Choose, selectors: Sequence[str] = ()) -> None:
        """Choose again among the known pods, and those of further selectors: the rule has changed.

        All under one lock: a pod that is reported meanwhile would change its side at an unknown time. Pods that are not
        chosen any more are followed on, since their logs may still come of the time before.
        """
        with self._lock:
            self._choose = choose
            self._joining.rule_changed(change)
            for pod in list(self._pods.values()):
                self._choose_in(pod, change)
            wanted = self._selectors | set(selectors)
            if wanted != self._selectors and "" not in self._selectors:
                # With several selectors a pod could be in the lists of two: all pods, then, and the choice is ours.
                self._selectors = {""}
                self._watch.select("")

    @property
    def selected(self) -> bool:
        """Whether the pods of all selectors that were given were listed."""
        return self._watch.selected

    @property
    def pods(self) -> tuple[Pod, ...]:
        """The pods that exist now, chosen or not."""
        with self._lock:
            return tuple(self._pods.values())

    def _on_change(self, pod: Pod) -> None:
        with self._lock:
            uid = pod["metadata"]["uid"]
            self._pods[uid] = pod
            self._choose_in(pod)
            for tail in self._tails:
                if tail.run.uid == uid:
                    tail.ending.note_pod(pod)

    def _on_removal(self, uid: str) -> None:
        with self._lock:
            pod = self._pods.pop(uid, None)
            self._joining.forget(uid)
            self._leaving[uid] = time.monotonic() + self._pace.idle
            for seen in (seen for (each, _), seen in self._seen.items() if each == uid):
                newest = next(reversed(seen.values()), None)
                if newest is not None and pod is not None:
                    newest.note_gone(deleting="deletionTimestamp" in pod["metadata"])

    def _choose_in(self, pod: Pod, change: RuleChange | None = None) -> None:
        if self._ended.is_set():
            return
        chosen = self._choose(pod)
        self._move(pod["metadata"]["uid"], chosen, change)
        if chosen is None:
            return
        known = self._watch.through if self._pump.is_alive() else None
        self._joining.note(pod, change=change, known=known, listed=self._watch.selected)
        for run in container_runs(pod, chosen.containers, chosen.side):
            seen = self._seen.setdefault((run.uid, run.container), {})
            if run.container_id in seen:
                continue
            before = next(reversed(seen.values()), None)
            start = self._start if before else self._joining.start_of(run)
            if run.ended is not None and run.ended + SECOND < start:
                seen[run.container_id] = None
                continue
            unseen = self._unseen(run, before, start) if before or not seen else None
            seen[run.container_id] = self._begin(run, unseen, start)

    def _move(self, uid: str, chosen: Chosen | None, change: RuleChange | None) -> None:
        """Emit a change for each stream of a pod that is on another side now, by a rule or its own labels."""
        at, known = (change.seen // _US, change.known // _US) if change else (time.time_ns() // _US, 0)
        for container in self._containers.get(uid, ()):
            side = chosen.side if chosen is not None and container in chosen.containers else None
            for tail in self._seen[uid, container].values():
                if tail is not None and self._sides[tail.run.stream] != side:
                    before, self._sides[tail.run.stream] = self._sides[tail.run.stream], side
                    self._emit(SideChange(tail.run.stream, at, before, side, known))

    def _unseen(self, run: ContainerRun, before: Tail | None, start: int) -> Loss | None:
        """Return the time of unseen runs between the last one seen and this; None without any.

        before: None if none was seen at all.
        """
        began = run.started or time.time_ns()
        if before is None:
            unseen, last = run.restart > 0 and began > start, None
        else:
            unseen, last = run.restart > before.run.restart + 1, before.events.cursor.last
        end = began + SECOND  # it is known in whole seconds
        return Loss(min(last or start, end), end, "container restarted twice") if unseen else None

    def _begin(self, run: ContainerRun, unseen: Loss | None, start: int) -> Tail:
        events = StreamEvents(run, start, self._emit, self._pace)
        tail = Tail(self._client, events)
        events.opened()
        self._containers.setdefault(run.uid, set()).add(run.container)
        self._sides[run.stream] = run.side
        if run.side == "primary" and (joined := self._joining.since(run.uid, start)) is not None:
            # Around the change it is unknown which of its requests were mirrored already.
            self._emit(SideChange(run.stream, joined.seen // _US, None, run.side, joined.known // _US))
        if unseen is not None:
            events.lose(unseen)
        if len(self._tails) >= self._max:
            self._waiting.append(tail)
            allow = "Raise --max-streams, and `ulimit -n` where files run out."
            self._note(f"{run.pod} is not followed yet: {self._max} streams are open. {allow}")
        else:
            self._tails.append(tail)
            if self._pump.is_alive():
                tail.start()
        return tail

    def _run(self) -> None:
        while not self._ended.wait(self._pace.batch):
            stretch = max(1.0, len(self._tails) / _CHECKED)
            for tail in self.streams:
                tail.events.flush()
                if tail not in self._checking and tail.due(stretch):
                    self._checking.add(tail)
                    self._checkers.submit(self._check, tail)
            self._tidy()

    def _check(self, tail: Tail) -> None:
        try:
            tail.check()
        finally:
            self._checking.discard(tail)

    def _tidy(self) -> None:
        """Drop streams that are over or whose pods are gone, and start those that waited for a place."""
        now = time.monotonic()
        with self._lock:
            left = {uid for uid, until in self._leaving.items() if now >= until}
            for tail in self._tails:
                if tail.run.uid in left:
                    tail.hang_up()
            for uid in left:
                del self._leaving[uid]
            self._tails = [tail for tail in self._tails if not tail.over]
            while self._waiting and len(self._tails) < self._max:
                tail = self._waiting.pop(0)
                self._tails.append(tail)
                tail.start()

    def _note(self, text: str) -> None:
        self._emit(Note(time.time_ns() // 1000, text))

    def _known(self, through: int, reason: str) -> None:
        self._emit(Listing(self._namespace, through // 1000, reason))

    def _emit(self, event: FeedEvent) -> None:
        """Put an event into the queue; lines wait for room. Once ended, what finds none is dropped, and all after."""
        while isinstance(event, Text) and self.events.qsize() >= self._pace.queue and not self._shut:
            self._shut = self._ended.wait(_TICK_S)
        if not self._shut:
            self.events.put(event)
