"""Counts the copies of each proxy that mirrored."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import polars as pl

from mirrorcheck.outcomes.settle import Settled
from mirrorcheck.outcomes.sides.model import Part, texts_at
from mirrorcheck.pairing import Outcome
from mirrorcheck.report import model as report

_MOST_PROXIES = 50
_MOST_HOPS = 10_000  # counted at once: clients may be what is taken for proxies


@dataclass(frozen=True, slots=True, eq=False)
class ProxyCounts:
    """Copies by the last hop of their chains, where that is what marks them, most frequent first.

    hops: columns hop, copies, row (of the first), place (of its address from the chain's end) and `SideLines.places`.
    copies: how many there are. rows: of the shadow, before those of what is added.
    """

    hops: pl.DataFrame
    copies: int
    rows: int

    @classmethod
    def of(cls, settled: Settled) -> Self:
        """Of the paired copies; nothing where the marker is not X-Forwarded-For."""
        paired = np.flatnonzero((settled.shadow_outcome == Outcome.PAIRED) & settled.marker.strips_hop)
        rows = pl.DataFrame({"row": paired, "hop": settled.shadow.table["hop"].to_numpy()[paired]})
        hops = rows.group_by("hop").agg(pl.col("row").first(), copies=pl.len()).filter(pl.col("hop") != 0)
        hops = _most(hops.select("hop", pl.col("copies").cast(pl.Int64), "row"))
        first = hops["row"].to_numpy()
        place = pl.Series([_place(settled, row) for row in first.tolist()], dtype=pl.Int64)
        hops = hops.with_columns(place=place).hstack(settled.shadow.places(first))
        return cls(hops, len(paired), len(settled.shadow_outcome))

    def __add__(self, other: Self) -> Self:
        later = other.hops.with_columns(pl.col("row") + self.rows)
        firsts = pl.concat([self.hops, later]).group_by("hop", maintain_order=True)
        hops = firsts.agg(pl.col("copies").sum(), pl.exclude("hop", "copies").first()).select(self.hops.columns)
        return type(self)(_most(hops), self.copies + other.copies, self.rows + other.rows)

    def proxies(self, parts: Sequence[Part]) -> tuple[report.Proxy, ...]:
        """The proxies, most frequent first; parts: of the shadow."""
        hops = self.hops.head(_MOST_PROXIES)
        chains = texts_at(parts, hops, "xff")
        return tuple(
            report.Proxy(chain.split(",")[-place].strip(), count, count / self.copies)
            for chain, place, count in zip(chains, hops["place"], hops["copies"], strict=True)
        )


def _most(hops: pl.DataFrame) -> pl.DataFrame:
    return hops.sort(["copies", "row"], descending=[True, False]).head(_MOST_HOPS)


def _place(settled: Settled, row: int) -> int:
    """Where, from the end, the first hop that the mirror added stands; those of proxies in front were removed."""
    shadow, behind = settled.shadow, settled.marker.behind
    place = 1 if behind is None else int(behind[row])
    return place + bool(shadow.parts[shadow.part[row]].stream.common_hop)
