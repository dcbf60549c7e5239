"""What ends a watching by itself; the command line imports it early, so it imports nothing."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """When the watching ends by itself: after so many seconds, so many decided originals; None: never."""

    seconds: float | None = None
    count: int | None = None
