"""When pods joined those that are followed comes in; from when on their logs are of interest goes out.

A pod that is made while others are followed is read from its own start. One that was there before and is named only
now, by a rule that changed or by a label that it got, has nothing to say of the time before.
"""

from mirrorcheck.sources.cluster.lives import Life, Pod, created
from mirrorcheck.sources.cluster.stamps import SECOND

_SEEN_LATE = 10 * SECOND  # by which a change of the rule may be seen after it was made: see rule_off


class Joining:
    """Remembers of each pod since when it is named, all instants in ns since 1970."""

    def __init__(self, start: int, named: int | None) -> None:
        """named: when the rule was seen to name the pods that are there at first; None where it did from the start."""
        self._start, self._named = start, named
        self._changed = named or 0  # when the rule was seen to change, the last time
        self._since: dict[str, int | None] = {}  # by uid; None: from the start, or its own

    def change(self, seen: int) -> None:
        """Note when a change of the rule was seen: pods that it makes to be looked for are told later."""
        self._changed = seen

    def note(self, pod: Pod, *, seen: int | None, known: int | None) -> None:
        """Note a pod that is named.

        seen: when a change of the rule was seen by which it is. known: up to when it was known which pods there are;
        None for those that are there at first.
        """
        uid = pod["metadata"]["uid"]
        if uid in self._since:
            return
        if seen is None and known is not None:
            known = max(known, self._changed)
            self._since[uid] = None if created(pod) > known - _SEEN_LATE else known
        else:
            self._since[uid] = self._named if seen is None else seen

    def leave(self, uid: str) -> None:
        """Forget a pod that is gone."""
        self._since.pop(uid, None)

    def start_of(self, life: Life) -> int:
        """From when on a pod's first life that is followed is read: one that was there before, from its joining on."""
        since = self._since[life.uid]
        if since is None or (life.started or 0) > since:
            return self._start
        return max(self._start, since - _SEEN_LATE)

    def since(self, uid: str, start: int) -> int | None:
        """When a pod joined that is read from `start` on; None where nothing changed for it since then."""
        return self._since[uid] if start != self._start else None
