"""What the pairing gives: the outcome of every line, and what it leaves open."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mirrorcheck.pairing.model import Evidence, Ints
from mirrorcheck.pairing.second_copies import NO_AMBIGUITY, Ambiguity


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
    first moments, which may be retries of requests before the log begins. ambiguity: what shows how many misses pairs
    with copies of other requests may hide.
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
    ambiguity: Ambiguity = NO_AMBIGUITY

    @property
    def undecidable(self) -> bool:
        """Whether too few keys are alone to show anything."""
        return self.ambiguity.undecided.undecidable
