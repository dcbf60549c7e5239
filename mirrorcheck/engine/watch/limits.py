"""Nothing comes in; what ends a watching by itself goes out, from a module that the command line may import early."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """When the watching ends by itself: after so many seconds, so many decided originals; None: never."""

    seconds: float | None = None
    count: int | None = None
