"""What the pairs leave open, as counts that add up."""

from dataclasses import dataclass, replace
from typing import Self

from mirrorcheck.outcomes.settle import Settled
from mirrorcheck.pairing import CopiedShare, CopyingKind, Evidence
from mirrorcheck.pairing.result import Pairing
from mirrorcheck.pairing.second_copies import NO_AMBIGUITY, Ambiguity

# The stronger one stands for both.
_STRENGTH = (Evidence.NONE, Evidence.REFUTED, Evidence.THIN, Evidence.PROVEN, Evidence.CERTAIN)


@dataclass(frozen=True, slots=True)
class Doubts:
    """Counts as `Pairing` has them.

    originals: that the ratio rests on. What is known of the pairs is weighed by them: of open_originals it is open
    whether any was copied, of undecidable_originals hardly any has a key of its own. copied: what chance leaves.
    """

    originals: int = 0
    open_originals: int = 0
    copied: CopiedShare | None = None
    retries: Evidence = Evidence.NONE
    twins: Evidence = Evidence.NONE
    presumed_retries: int = 0
    missed_retries: int = 0
    perhaps_retries: int = 0
    repeated_ids: int = 0
    early_misses: int = 0
    ambiguity: Ambiguity = NO_AMBIGUITY
    undecidable_originals: int = 0

    @classmethod
    def of(cls, settled: Settled) -> Self:
        """Of settled lines."""
        pairing: Pairing = settled.pairing
        originals = int(settled.in_ratio.sum())
        return cls(
            originals=originals,
            open_originals=originals if settled.open else 0,
            copied=settled.copied,
            retries=pairing.retries,
            twins=pairing.twins,
            ambiguity=pairing.ambiguity,
            undecidable_originals=originals if pairing.undecidable else 0,
            **{name: getattr(pairing, name) for name in _COUNTS},
        )

    @property
    def open(self) -> bool:
        """Whether nothing may have been copied, see `Settled.open`."""
        return self.copied is not None and self.copied.copying is CopyingKind.OPEN

    @property
    def undecidable(self) -> bool:
        """Whether too few keys are alone to show anything, for most of the originals."""
        return self.ambiguity.undecided.undecidable and 2 * self.undecidable_originals >= self.originals

    @property
    def open_which(self) -> bool:
        """Whether it is unknown which originals were missed: hardly one has a key of its own, or chance pairs all."""
        return self.undecidable or self.open

    def __add__(self, other: Self) -> Self:
        return replace(
            self,
            originals=self.originals + other.originals,
            open_originals=self.open_originals + other.open_originals,
            copied=_copied(self, other),
            retries=max(self.retries, other.retries, key=_STRENGTH.index),
            twins=max(self.twins, other.twins, key=_STRENGTH.index),
            ambiguity=self.ambiguity + other.ambiguity,
            undecidable_originals=self.undecidable_originals + other.undecidable_originals,
            **{name: getattr(self, name) + getattr(other, name) for name in _COUNTS},
        )


_COUNTS = (
    "presumed_retries",
    "missed_retries",
    "perhaps_retries",
    "repeated_ids",
    "early_misses",
)


def _copied(one: Doubts, other: Doubts) -> CopiedShare | None:
    """What chance leaves of both: open where that holds for most of the originals, and nothing else is proven."""
    originals = one.originals + other.originals
    if one.copied is None or other.copied is None or not originals:
        return one.copied or other.copied
    kinds = {one.copied.copying, other.copied.copying}
    if len(kinds) > 1:
        kinds.discard(CopyingKind.REFUTED)  # such lines have no pairs, so that it says nothing of the others
    mostly_open = 2 * (one.open_originals + other.open_originals) > originals
    kind = kinds.pop() if len(kinds) == 1 else CopyingKind.OPEN if mostly_open else CopyingKind.PROVEN
    weight = one.originals / originals
    share, low, high = (
        weight * getattr(one.copied, name) + (1 - weight) * getattr(other.copied, name)
        for name in ("estimate", "low", "high")
    )
    return CopiedShare(kind, share, low, high)
