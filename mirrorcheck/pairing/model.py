"""The columns that the pairing takes, `RequestLines` of either side, and gives, a `Pairing`."""

from dataclasses import dataclass, fields, replace
from enum import IntEnum, StrEnum
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

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

    key: uint64[n], equal on an original and its copy. logged_us: int64[n], the stamp as logged, UTC microseconds.
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


@dataclass(frozen=True, slots=True, eq=False)
class Pairing:
    """The outcomes of n originals and m copies.

    original_outcome: int8[n] (PAIRED, MISSED, RETRY), copy_outcome: int8[m] (PAIRED, ORPHAN, DUPLICATE).
    copy_of: int64[n], row of the copy or -1; original_of: int64[m], row of the original or -1.
    response_of: int64[n], for the first line of a request the row of its last attempt (itself without retries).
    original_candidates, copy_candidates: int64, how many identical lines the outcome could equally concern, 1 =
    certain.
    presumed_retries: lines taken for retries without an id. missed_retries: misses that are retries if chains of failed
    lines are believed without proof; perhaps_retries: how many lines these chains have beyond the first. repeated_ids:
    misses that are retries if an id that repeats without a failure before belongs to one. early_misses: misses of the
    first moments, which may be retries of requests before the log begins. hidden_misses: misses that pairs with copies
    of other requests may hide. missed_doubles: misses that were copied, if copies taken for second ones are not.
    undecidable: too few keys of their own.
    delay_us: int64[pairs], copy's minus original's stamp, in row order of the paired originals.
    original_us: int64[n], copy_us: int64[m], times as placed, the clocks of one side's streams set against each other.
    alike: int64[n], the same number for originals that may have exchanged their outcomes, -1 where it is certain.
    reach_us: hardly a copy lies farther from its original.
    """

    original_outcome: NDArray[np.int8]
    copy_outcome: NDArray[np.int8]
    copy_of: Ints
    original_of: Ints
    response_of: Ints
    original_candidates: Ints
    copy_candidates: Ints
    delay_us: Ints
    original_us: Ints
    copy_us: Ints
    alike: Ints
    reach_us: int
    retries: Evidence
    twins: Evidence
    presumed_retries: int = 0
    missed_retries: int = 0
    perhaps_retries: int = 0
    repeated_ids: int = 0
    early_misses: int = 0
    hidden_misses: int = 0
    missed_doubles: int = 0
    undecidable: bool = False
