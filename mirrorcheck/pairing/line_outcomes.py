"""The outcomes of all lines, and counts of what they leave open, to which one block after the other adds."""

from dataclasses import astuple, dataclass

import numpy as np
from numpy.typing import NDArray

from mirrorcheck.pairing.aligned import Alignment
from mirrorcheck.pairing.model import Ints, Outcome


@dataclass(frozen=True, slots=True, eq=False)
class LineOutcomes:
    """The outcomes of the lines, by row of their side; every block fills in its own rows.

    At first all are paired and certain, as nearly all will be: writing to the columns takes most of the time.
    """

    original_outcome: NDArray[np.int8]
    copy_outcome: NDArray[np.int8]
    copy_of: Ints
    original_of: Ints
    response_of: Ints
    original_candidates: Ints
    copy_candidates: Ints
    alike: Ints

    @classmethod
    def of(cls, alignment: Alignment) -> "LineOutcomes":
        """All lines as paired and certain."""
        originals, copies = len(alignment.originals), len(alignment.copies)
        return cls(
            np.full(originals, Outcome.PAIRED, np.int8),
            np.full(copies, Outcome.PAIRED, np.int8),
            np.full(originals, -1),
            np.full(copies, -1),
            np.arange(originals),
            np.ones(originals, np.int64),
            np.ones(copies, np.int64),
            np.full(originals, -1),
        )

    def delay_us(self, alignment: Alignment) -> Ints:
        """By pair, in order of originals: the copy's time minus the original's, streams set against each other."""
        rows = np.flatnonzero(self.copy_of >= 0)
        return alignment.copies_level_us[self.copy_of[rows]] - alignment.originals_level_us[rows]


@dataclass(frozen=True, slots=True)
class Tally:
    """What the outcomes of a block leave open, in numbers of lines.

    perhaps_retries: misses that may be further attempts. repeated: those of them for which only a repeated id speaks.
    The others count lines without an id: `attempts` may be further ones and were not taken for such, `presumed` were.
    """

    attempts: int = 0
    perhaps_retries: int = 0
    repeated: int = 0
    presumed: int = 0
    missed: int = 0
    copies: int = 0
    orphans: int = 0
    paired: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(*(ours + theirs for ours, theirs in zip(astuple(self), astuple(other), strict=True)))
