"""What warnings rest on besides the numbers of the report, as something that adds up."""

from dataclasses import dataclass, replace
from typing import Self

from mirrorcheck.outcomes.exclusions import surplus_copies
from mirrorcheck.outcomes.paired_sides import CLIENT_GONE
from mirrorcheck.outcomes.request_ids import IdColumn
from mirrorcheck.outcomes.settle import Settled
from mirrorcheck.pairing import Outcome
from mirrorcheck.totals.fingerprint import Fingerprint
from mirrorcheck.totals.partition import Partition


@dataclass(frozen=True, slots=True)
class Findings:
    """What was found out about the logs.

    marker: its name; stands_in: it stands in for one that was asked for. marked: some line of the shadow carries one.
    ids: what was found out about ids. primary, shadow: all lines as they were logged. surplus: see `surplus_copies`.
    gone: copies that the shadow logged with 499.
    """

    marker: str
    stands_in: bool
    marked: bool
    ids: IdColumn
    primary: Fingerprint
    shadow: Fingerprint
    surplus: int
    gone: int

    @classmethod
    def of(cls, settled: Settled) -> Self:
        """Of settled lines."""
        table = settled.shadow.table
        status = table["status"].to_numpy()[settled.shadow_outcome == Outcome.PAIRED]
        return cls(
            settled.marker.name,
            settled.marker.stands_in,
            bool(table["marked"].any()) or bool((table["hop"] != 0).any()),
            settled.ids,
            Fingerprint.of(settled.primary),
            Fingerprint.of(settled.shadow),
            surplus_copies(settled),
            int((status == CLIENT_GONE).sum()),
        )

    def __add__(self, later: Self) -> Self:
        return replace(
            later,
            marked=self.marked or later.marked,
            primary=self.primary + later.primary,
            shadow=self.shadow + later.shadow,
            surplus=self.surplus + later.surplus,
            gone=self.gone + later.gone,
        )

    @property
    def same_lines(self) -> bool:
        """Whether both sides hold the same lines, client addresses included."""
        return self.primary.same_lines(self.shadow)

    def looks_like_one_side(self, partition: Partition, *, open_: bool) -> bool:
        """True if both logs may be one shadow's: one proxy ends every chain, and no pair is sure, or all is equal."""
        paired = partition.originals[Outcome.PAIRED]
        return self.primary.same_proxy(self.shadow) and (not paired or open_ or self.same_lines)
