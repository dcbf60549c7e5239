"""What a rule chooses of a pod, and from when on the logs of chosen pods matter.

A pod that is created while others are followed is read from its own start. One that existed before and is chosen only
now, by a changed rule or a new label, has nothing to say about the time before.
"""

from collections.abc import Callable
from dataclasses import dataclass

from mirrorcheck.cluster.logs.constants import FollowPace
from mirrorcheck.cluster.logs.container_runs import ContainerRun, Pod, created
from mirrorcheck.cluster.logs.stamps import SECOND
from mirrorcheck.sources.feed import Side


@dataclass(frozen=True, slots=True)
class Chosen:
    """The containers of a pod to follow, and the side that they are on."""

    side: Side | None
    containers: tuple[str, ...]


Choose = Callable[[Pod], Chosen | None]


@dataclass(frozen=True, slots=True)
class RuleChange:
    """When a rule was seen that chooses other pods, and up to when it is known that the one before did not; ns."""

    seen: int
    known: int


class Joining:
    """Remembers since when each pod is chosen; all instants in ns since 1970."""

    def __init__(self, start: int, change: RuleChange | None, pace: FollowPace) -> None:
        """change: when the rule chose the first pods, None if from the start."""
        self._start, self._first = start, change
        self._late = round(pace.seen_late * SECOND)
        self._last = change
        self._since: dict[str, RuleChange | None] = {}  # by uid; None: from the start, or its own

    def rule_changed(self, change: RuleChange) -> None:
        """Note a change of the rule; the pods that it chooses are noted later."""
        self._last = change

    def note(self, pod: Pod, *, change: RuleChange | None, known: int | None, listed: bool) -> None:
        """Note a pod that is chosen.

        change: of the rule, if it is seen just now. known: up to when it was known which pods there are; None for the
        first pods. listed: the pods of all selectors were listed before.
        """
        uid = pod["metadata"]["uid"]
        if uid in self._since:
            return
        if known is None:
            self._since[uid] = self._first
        elif change is not None or not listed:
            # What is listed late for another selector was chosen when the rule changed.
            self._since[uid] = change or self._last
        else:
            known = max(known, self._last.seen) if self._last else known
            by_label = RuleChange(known, known)
            self._since[uid] = None if created(pod) > self._earliest(by_label) else by_label

    def forget(self, uid: str) -> None:
        """Forget a pod that is gone."""
        self._since.pop(uid, None)

    def start_of(self, run: ContainerRun) -> int:
        """The instant from which the first followed run of a pod is read: of an older pod, from its joining on."""
        since = self._since[run.uid]
        if since is None or (run.started or 0) > since.seen:
            return self._start
        return max(self._start, self._earliest(since))

    def since(self, uid: str, start: int) -> RuleChange | None:
        """The change by which a pod joined that is read from `start` on; None if nothing changed for it since."""
        return self._since[uid] if start != self._start else None

    def _earliest(self, change: RuleChange) -> int:
        """When a change may have been made."""
        return min(change.seen - self._late, change.known - self._late // 2)
