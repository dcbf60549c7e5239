"""What a rule makes of a pod, and since when it does."""

from collections.abc import Callable
from dataclasses import dataclass

from mirrorcheck.cluster.logs.container_runs import Pod
from mirrorcheck.cluster.logs.stamps import SECOND
from mirrorcheck.sources.feed import SEEN_LATE_S, Side

_SEEN_LATE = SEEN_LATE_S * SECOND


@dataclass(frozen=True, slots=True)
class Chosen:
    """What of a pod is to be followed: these containers, as this side."""

    side: Side | None
    containers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Named:
    """When a rule was seen that names other pods, and up to when it is known that the one before did not; ns."""

    seen: int
    known: int

    @property
    def earliest(self) -> int:
        """When it may have been made."""
        return min(self.seen - _SEEN_LATE, self.known - _SEEN_LATE // 2)


Choose = Callable[[Pod], Chosen | None]
