"""When pods joined those that are followed comes in; from when on their logs are of interest goes out.

A pod that is made while others are followed is read from its own start. One that was there before and is named only
now, by a rule that changed or by a label that it got, has nothing to say of the time before.
"""

from mirrorcheck.cluster.logs.choosing import Named
from mirrorcheck.cluster.logs.container_runs import ContainerRun, Pod, created


class Joining:
    """Remembers of each pod since when it is named, all instants in ns since 1970."""

    def __init__(self, start: int, named: Named | None) -> None:
        """named: when the rule named the pods that are there at first; None where it did from the start."""
        self._start, self._named = start, named
        self._changed = named  # the rule, the last time
        self._since: dict[str, Named | None] = {}  # by uid; None: from the start, or its own

    def change(self, named: Named) -> None:
        """Note that the rule has changed: pods that it makes to be looked for are told later."""
        self._changed = named

    def note(self, pod: Pod, *, named: Named | None, known: int | None, listed: bool) -> None:
        """Note a pod that is named.

        named: by a change of the rule that is seen just now. known: up to when it was known which pods there are; None
        for those that are there at first. listed: the pods of all selectors were listed before.
        """
        uid = pod["metadata"]["uid"]
        if uid in self._since:
            return
        if known is None:
            self._since[uid] = self._named
        elif (
            named is not None or not listed
        ):  # what is listed late for another selector, the rule named when it changed
            self._since[uid] = named or self._changed
        else:
            known = max(known, self._changed.seen) if self._changed else known
            by_label = Named(known, known)
            self._since[uid] = None if created(pod) > by_label.earliest else by_label

    def leave(self, uid: str) -> None:
        """Forget a pod that is gone."""
        self._since.pop(uid, None)

    def start_of(self, run: ContainerRun) -> int:
        """From when on a pod's first life that is followed is read: one that was there before, from its joining on."""
        since = self._since[run.uid]
        if since is None or (run.started or 0) > since.seen:
            return self._start
        return max(self._start, since.earliest)

    def since(self, uid: str, start: int) -> Named | None:
        """When a pod joined that is read from `start` on; None where nothing changed for it since then."""
        return self._since[uid] if start != self._start else None
