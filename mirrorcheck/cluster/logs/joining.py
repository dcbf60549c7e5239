"""When pods joined those that are followed comes in; from when on their logs are of interest goes out.

A pod that is made while others are followed is read from its own start. One that was there before and is named only
now, by a rule that changed or by a label that it got, has nothing to say of the time before.
"""

from mirrorcheck.cluster.logs.choosing import Named
from mirrorcheck.cluster.logs.container_runs import Life, Pod, created


class Joining:
    """Remembers of each pod since when it is named, all instants in ns since 1970."""

    def __init__(self, start: int, named: Named | None) -> None:
        """named: when the rule named the pods that are there at first; None where it did from the start."""
        self._start, self._named = start, named
        self._changed = named.seen if named else 0  # when the rule was seen to change, the last time
        self._since: dict[str, Named | None] = {}  # by uid; None: from the start, or its own

    def change(self, named: Named) -> None:
        """Note that the rule has changed: pods that it makes to be looked for are told later."""
        self._changed = named.seen

    def note(self, pod: Pod, *, named: Named | None, known: int | None) -> None:
        """Note a pod that is named.

        named: by a change of the rule. known: up to when it was known which pods there are; None for those that are
        there at first.
        """
        uid = pod["metadata"]["uid"]
        if uid in self._since:
            return
        if named is None and known is not None:
            by_label = Named(max(known, self._changed), max(known, self._changed))
            self._since[uid] = None if created(pod) > by_label.earliest else by_label
        else:
            self._since[uid] = self._named if named is None else named

    def leave(self, uid: str) -> None:
        """Forget a pod that is gone."""
        self._since.pop(uid, None)

    def start_of(self, life: Life) -> int:
        """From when on a pod's first life that is followed is read: one that was there before, from its joining on."""
        since = self._since[life.uid]
        if since is None or (life.started or 0) > since.seen:
            return self._start
        return max(self._start, since.earliest)

    def since(self, uid: str, start: int) -> Named | None:
        """When a pod joined that is read from `start` on; None where nothing changed for it since then."""
        return self._since[uid] if start != self._start else None
