"""The columns that the pairing takes, `RequestLines` of either side, and the words for what it finds."""

from dataclasses import dataclass, fields, replace
from enum import IntEnum, StrEnum
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

ENDLESS_US = 1 << 62
ALWAYS = (-ENDLESS_US, ENDLESS_US)


@dataclass(frozen=True, slots=True)
class Window:
    """Which of the lines count, and which show what the proxy does; the others are paired, too.

    counted_us: those after the first of these instants and up to the second. evidence_us: the same of those of which
    the partners are here.
    """

    counted_us: tuple[int, int] = ALWAYS
    evidence_us: tuple[int, int] = ALWAYS


EVERYTHING = Window()

Ints: TypeAlias = NDArray[np.int64]
Floats: TypeAlias = NDArray[np.float64]
Bools: TypeAlias = NDArray[np.bool_]
Keys: TypeAlias = NDArray[np.uint64]


class Outcome(IntEnum):
    """The class that a parsed line ends in; every line is in one of them."""

    PAIRED = 0
    MISSED = 1
    RETRY = 2
    EXCLUDED = 3
    UNOBSERVED = 4
    ORPHAN = 5
    DUPLICATE = 6
    DIRECT = 7


class Evidence(StrEnum):
    """What lone keys show of the proxy: whether it retries, or copies twice."""

    CERTAIN = "certain"  # the key is an exact id
    PROVEN = "proven"
    THIN = "thin"  # it would explain some lines, but too few show it
    REFUTED = "refuted"
    NONE = "none"  # no line needs it


@dataclass(frozen=True, slots=True, eq=False)
class RequestLines:
    """The request lines of one side that take part in pairing, in any order; columns of length n.

    key: uint64[n], equal on an original and its copy, a number of `keys.number_keys`. logged_us: int64[n], the stamp
    as logged, UTC microseconds.
    placed_us: int64[n], the same with whole seconds refined by the line's rank in its second (`clock.place`).
    stream: int64[n], number of the file or pod, from 0. failed: bool[n], status 499, 5xx, or 0 where there was none.
    attempt: int64[n], the proxy's count of attempts, from 1, below 1 where none is logged. has_id: bool[n], the key is
    an id; None where none is. took_us: int64[n], how long the request took, positive where it ended so long after its
    stamp, negative where it began so long before it; None where no line says so. sent_once: no two requests were sent
    with one id, as those of `mirrorcheck probe`.
    """

    key: Keys
    logged_us: Ints
    placed_us: Ints
    stream: Ints
    failed: Bools
    attempt: Ints | None = None
    has_id: Bools | None = None
    took_us: Ints | None = None
    sent_once: bool = False

    def __len__(self) -> int:
        return len(self.key)

    def take(self, rows: Ints) -> "RequestLines":
        """The same columns for some of the rows."""
        columns = [each.name for each in fields(self) if isinstance(getattr(self, each.name), np.ndarray)]
        return replace(self, **{name: getattr(self, name)[rows] for name in columns})
