"""A target comes in; the events of its pods' logs and of its mirror rule, as it changes, go out by one queue."""

import threading
import time
from queue import Queue

from mirrorcheck.errors import UsageError
from mirrorcheck.sources.cluster.client import Client
from mirrorcheck.sources.cluster.discovery import reread, with_pods
from mirrorcheck.sources.cluster.errors import ClusterError
from mirrorcheck.sources.cluster.follow import Chosen, Follower
from mirrorcheck.sources.cluster.lives import Pod
from mirrorcheck.sources.cluster.target import Target
from mirrorcheck.sources.feed import Event, Note

_REREAD_S = 5.0
_WIDE = 12  # rereadings of the namespaces that the rule is written in, to one of all namespaces


class WatchedTarget:
    """Follows the pods of a service, and rereads its rule: a changed one is told, and chooses the pods anew."""

    def __init__(self, client: Client, target: Target, events: "Queue[Event]", max_streams: int) -> None:
        self._client, self._target, self._events = client, target, events
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._deaf = False  # the rule could not be read the last time
        self._max_streams = max_streams
        self._running: list[Follower] = []
        self._followers = {namespace: self._follower(namespace) for namespace in _namespaces(target)}
        self._rule = threading.Thread(target=self._watch_rule, name="rule", daemon=True)

    def start(self) -> None:
        """Begin; ClusterError where the pods may not be listed, UsageError where there are too many to follow."""
        self._events.put(self._target.seen(_now_us()))
        for follower in self._followers.values():
            self._start(follower)
        self._rule.start()

    def _start(self, follower: Follower) -> None:
        """Begin one beside the others: all their streams share what files there may be."""
        follower.start(sum(len(other.streams) for other in self._running))
        self._running.append(follower)

    def stop(self) -> None:
        """End every stream at once."""
        with self._lock:
            self._ended.set()
            followers = tuple(self._followers.values())
        for follower in followers:
            follower.stop()

    def _follower(self, namespace: str, named: int | None = None) -> Follower:
        selectors = _selectors(self._target, namespace)
        return Follower(
            self._client,
            self._choose,
            namespace=namespace,
            # With several selectors a pod could be in the lists of two: all pods, then, and the choice is ours.
            selector=selectors[0] if len(selectors) == 1 else "",
            max_streams=self._max_streams,
            events=self._events,
            named=named,
        )

    def _choose(self, pod: Pod) -> Chosen | None:
        side, containers = self._target.assign(pod)
        return Chosen(side, containers) if side and containers else None

    def _watch_rule(self) -> None:
        readings = 0
        while not self._ended.wait(_REREAD_S):
            readings += 1
            try:
                changed = reread(self._client, self._target, wide=readings % _WIDE == 0)
            except ClusterError as error:
                self._note_once(f"the mirror rule could not be read again: {error}")
                continue
            self._deaf = False
            now = time.time_ns()
            if changed is not None:
                self._target = changed
                self._events.put(changed.seen(now // 1000))
                self._refollow(now)
            elif same := with_pods(self._target, {place: each.pods for place, each in self._followers.items()}):
                self._target = same
                self._events.put(same.seen(now // 1000))

    def _refollow(self, now: int) -> None:
        """Follow the pods that the rule names now, and those that it named before."""
        for namespace in _namespaces(self._target):
            if namespace not in self._followers and namespace in self._target.objects.pods:
                self._follow_in(namespace, now)
        for namespace, follower in self._followers.items():
            follower.reconsider(now, _selectors(self._target, namespace))

    def _follow_in(self, namespace: str, now: int) -> None:
        follower = self._follower(namespace, now)
        try:
            self._start(follower)
        except (ClusterError, UsageError) as error:
            follower.stop()
            self._events.put(Note(_now_us(), f"pods in namespace {namespace} are not followed: {error}"))
            return
        with self._lock:
            self._followers = {**self._followers, namespace: follower}
            late = self._ended.is_set()
        if late:
            follower.stop()

    def _note_once(self, text: str) -> None:
        if not self._deaf:
            self._events.put(Note(_now_us(), text))
        self._deaf = True


def _namespaces(target: Target) -> tuple[str, ...]:
    return tuple(dict.fromkeys(place for place, _ in target.watches))


def _selectors(target: Target, namespace: str) -> tuple[str, ...]:
    return tuple(selector for place, selector in target.watches if place == namespace)


def _now_us() -> int:
    return time.time_ns() // 1000
