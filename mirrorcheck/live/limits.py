"""Nothing comes in; what ends a watching by itself goes out."""

from collections.abc import Callable
from dataclasses import dataclass

from mirrorcheck.outcomes import Bools


@dataclass(frozen=True, slots=True)
class Limits:
    """When the watching ends by itself; None: never.

    seconds: after so much time. count: after so many decided originals. enough: when it returns True for these, given
    as bool[n] in event order, True for a copied one.
    """

    seconds: float | None = None
    count: int | None = None
    enough: Callable[[Bools], bool] | None = None
