"""A target comes in; the events of its pods' logs and of its mirror rule, as it changes, go out by one queue."""

import threading
import time
from queue import Queue

from mirrorcheck.sources.cluster.client import Client
from mirrorcheck.sources.cluster.discovery import reread
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
        self._deaf = False  # the rule could not be read the last time
        self._followers = [
            self._follower(namespace, max_streams) for namespace in dict.fromkeys(place for place, _ in target.watches)
        ]
        self._rule = threading.Thread(target=self._watch_rule, name="rule", daemon=True)

    def start(self) -> None:
        """Begin; ClusterError where the pods may not be listed, UsageError where there are too many to follow."""
        self._events.put(self._target.seen(_now_us()))
        begun = 0
        for follower in self._followers:
            follower.start(begun)
            begun += len(follower.streams)
        self._rule.start()

    def stop(self) -> None:
        """End every stream at once."""
        self._ended.set()
        for follower in self._followers:
            follower.stop()

    def _follower(self, namespace: str, max_streams: int) -> Follower:
        selectors = [selector for place, selector in self._target.watches if place == namespace]
        return Follower(
            self._client,
            self._choose,
            namespace=namespace,
            # With several selectors a pod could be in the lists of two: all pods, then, and the choice is ours.
            selector=selectors[0] if len(selectors) == 1 else "",
            max_streams=max_streams,
            events=self._events,
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
            if changed is not None:
                self._target = changed
                self._events.put(changed.seen(_now_us()))
                for follower in self._followers:
                    follower.reconsider()

    def _note_once(self, text: str) -> None:
        if not self._deaf:
            self._events.put(Note(_now_us(), text))
        self._deaf = True


def _now_us() -> int:
    return time.time_ns() // 1000
