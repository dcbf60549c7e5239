"""Counts lines by outcome."""

from dataclasses import dataclass
from operator import add
from typing import Self

import numpy as np

from mirrorcheck.outcomes.settle import Settled
from mirrorcheck.pairing import Outcome
from mirrorcheck.report import model as report

_NOTHING = (0,) * len(Outcome)


@dataclass(frozen=True, slots=True)
class Partition:
    """How many lines of either side ended in each class, by the number of the `Outcome`.

    paired, missed: of the originals, those that the ratio rests on.
    """

    originals: tuple[int, ...] = _NOTHING
    shadow: tuple[int, ...] = _NOTHING
    paired: int = 0
    missed: int = 0

    @classmethod
    def of(cls, settled: Settled) -> Self:
        """Of settled lines."""
        judged = _counts(settled.original_outcome[settled.in_ratio])
        return cls(
            _counts(settled.original_outcome),
            _counts(settled.shadow_outcome),
            judged[Outcome.PAIRED],
            judged[Outcome.MISSED],
        )

    def __add__(self, other: Self) -> Self:
        return type(self)(
            tuple(map(add, self.originals, other.originals)),
            tuple(map(add, self.shadow, other.shadow)),
            self.paired + other.paired,
            self.missed + other.missed,
        )

    def originals_report(self) -> report.Originals:
        """The partition of the originals."""
        classes = (Outcome.PAIRED, Outcome.MISSED, Outcome.RETRY, Outcome.EXCLUDED, Outcome.UNOBSERVED)
        return report.Originals(sum(self.originals), *(self.originals[each] for each in classes))

    def shadow_report(self) -> report.ShadowLines:
        """The partition of the shadow lines."""
        classes = (
            Outcome.PAIRED,
            Outcome.ORPHAN,
            Outcome.DUPLICATE,
            Outcome.DIRECT,
            Outcome.EXCLUDED,
            Outcome.UNOBSERVED,
        )
        return report.ShadowLines(sum(self.shadow), *(self.shadow[each] for each in classes))


def _counts(outcomes: "np.ndarray[tuple[int], np.dtype[np.int8]]") -> tuple[int, ...]:
    return tuple(np.bincount(outcomes, minlength=len(Outcome)).tolist())
