"""The live source of a watched service: events of its pods' logs and of its mirror rule, in one queue."""

import threading
import time
from dataclasses import dataclass, field
from queue import Queue

from mirrorcheck.cluster.api.client import Client
from mirrorcheck.cluster.api.errors import ClusterError, one_line
from mirrorcheck.cluster.discover.discovery import reread, with_last_sides, with_pods
from mirrorcheck.cluster.discover.mesh_objects import last_states
from mirrorcheck.cluster.discover.target import Target
from mirrorcheck.cluster.logs.constants import FollowPace
from mirrorcheck.cluster.logs.follower import Follower
from mirrorcheck.cluster.logs.joining import RuleChange
from mirrorcheck.cluster.logs.stamps import SECOND
from mirrorcheck.errors import UsageError
from mirrorcheck.mesh.read import removed, rewritten
from mirrorcheck.sources.feed import FeedEvent, Note, RuleKnown

_NOT_LISTED = "the pods that it names are not listed yet"
_US = 1000  # ns


@dataclass(frozen=True, slots=True)
class RulePace:
    """How often the rule is read again, in seconds, and how patient the followers are."""

    reread: float = 5.0
    cached: float = 1.0  # how old the server's cache may be
    wide: int = 12  # readings of the rule's own namespaces for each one of all namespaces
    follow: FollowPace = field(default_factory=FollowPace)


PACE = RulePace()


class ClusterSource:
    """Follows the pods of a service, and rereads its rule; a changed rule is emitted, and chooses the pods again."""

    def __init__(
        self, client: Client, target: Target, events: "Queue[FeedEvent]", max_streams: int, pace: RulePace | None = None
    ) -> None:
        self._pace = pace or PACE
        self._client, self._target, self._events = client, target, events
        self._ended, self._woken = threading.Event(), threading.Event()
        self._lock = threading.Lock()
        self._unknown = ""  # why the rule is unknown since then
        self._last_change: RuleChange | None = None
        self._noted: set[str] = set()
        self._known = self._known_wide = time.time_ns()  # up to here, in some namespaces and in all
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
        """Start one beside the others: all their streams share the limit on open files."""
        follower.start(sum(len(other.streams) for other in self._running))
        self._running.append(follower)

    def stop(self) -> None:
        """End every stream at once."""
        with self._lock:
            self._ended.set()
            self._woken.set()
            followers = tuple(self._followers.values())
        for follower in followers:
            follower.stop()

    def ask(self) -> None:
        """Read the rule at once."""
        self._woken.set()

    def _follower(self, namespace: str, change: RuleChange | None = None) -> Follower:
        selectors = self._target.selectors(namespace)
        return Follower(
            self._client,
            self._target.assign,
            namespace=namespace,
            # With several selectors a pod could be in the lists of two: all pods, then, and the choice is ours.
            selector=selectors[0] if len(selectors) == 1 else "",
            max_streams=self._max_streams,
            events=self._events,
            change=change,
            pace=self._pace.follow,
        )

    def _watch_rule(self) -> None:
        readings = 0
        while True:
            asked = self._woken.wait(self._pace.reread)
            self._woken.clear()
            if self._ended.is_set():
                return
            if not readings:  # else no alarm would wait for the first answer, which may be slow
                self._events.put(RuleKnown(self._known // _US, ""))
            readings += 1
            try:
                self._reread(wide=asked or readings % self._pace.wide == 0)
            except ClusterError as error:
                self._note(f"the mirror rule could not be read again: {error}")
                self._not_known(one_line(str(error)))

    def _reread(self, *, wide: bool) -> None:
        """Read the rule again, and apply a change; then it is known up to the instant before."""
        now = time.time_ns()
        cached_at = now - round(self._pace.cached * SECOND)
        if changed := reread(self._client, self._target):
            self._change(changed, RuleChange(time.time_ns(), self._known))
        elif wide and (changed := reread(self._client, self._target, wide=True)):
            self._change(changed, RuleChange(time.time_ns(), self._known_wide))
        if self._ended.is_set():
            return  # a change that came in meanwhile moved no stream: the rule is not known to be followed
        if not self._all_are_followed:
            self._refollow()
            self._not_known(_NOT_LISTED)
            return
        self._unknown, self._noted = "", set()
        self._known, self._known_wide = cached_at, cached_at if wide else self._known_wide
        self._events.put(RuleKnown(cached_at // _US, ""))
        if same := with_pods(self._target, {place: each.pods for place, each in self._followers.items()}):
            self._target = same
            self._events.put(same.seen(now // _US))

    def _change(self, changed: Target, change: RuleChange) -> None:
        before = self._target
        last = last_states(self._client, before.listed, removed(before.objects, changed.objects))
        # If not all pods of the rule before were listed, it is unknown who got its copies.
        again = rewritten(before.objects, changed.objects, last) or not self._all_are_followed
        changed = with_last_sides(self._client, before, changed, last)
        self._target, self._last_change = changed, change
        if not again and (changed.reading, changed.findings) == (before.reading, before.findings):
            return  # the objects changed, the rule did not
        self._events.put(changed.seen(change.seen // _US, change.known // _US, rewritten=again))
        self._refollow()
        for namespace, follower in self._followers.items():
            follower.reconsider(change, self._target.assign, self._target.selectors(namespace))

    @property
    def _all_are_followed(self) -> bool:
        """Whether all pods of the rule are known."""
        return not self._not_followed and all(each.selected for each in self._followers.values())

    @property
    def _not_followed(self) -> list[str]:
        """The readable namespaces of the rule's pods in which none is followed."""
        wanted = _namespaces(self._target)
        return [each for each in wanted if each not in self._followers and each in self._target.objects.pods]

    def _refollow(self) -> None:
        """Follow the rule's pods in further namespaces."""
        for namespace in self._not_followed:
            if self._last_change is not None:
                self._follow_in(namespace, self._last_change)

    def _follow_in(self, namespace: str, change: RuleChange) -> None:
        follower = self._follower(namespace, change)
        try:
            self._start(follower)
        except (ClusterError, UsageError) as error:
            follower.stop()
            self._note(f"pods in namespace {namespace} are not followed: {error}")
            return
        with self._lock:
            self._followers = {**self._followers, namespace: follower}
            late = self._ended.is_set()
        if late:
            follower.stop()

    def _not_known(self, why: str) -> None:
        if why != self._unknown:
            self._unknown = why
            self._events.put(RuleKnown(self._known // _US, why))

    def _note(self, text: str) -> None:
        """Emit a note once, until the rule is known again."""
        if text not in self._noted:
            self._noted.add(text)
            self._events.put(Note(_now_us(), text))


def _namespaces(target: Target) -> tuple[str, ...]:
    return tuple(dict.fromkeys(place for place, _ in target.watches))


def _now_us() -> int:
    return time.time_ns() // 1000
