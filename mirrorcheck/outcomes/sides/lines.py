"""All parsed lines of one side, as the stages from pairing on share them."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mirrorcheck.outcomes.sides.sides import Part
from mirrorcheck.sources.feed import Gap

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class SideLines:
    """All parsed lines of a side; columns of length n.

    table: observe.SCHEMA. part: int64, number of the part the line is of. stream: int64, number of the clock that
    stamped it (file and pod). placed_us: int64, its time with whole seconds refined by rank. resolution_us: of the
    coarsest stamps. gaps: where lines may have been lost. by_probe: only probes are judged, by run and number.
    """

    parts: tuple[Part, ...]
    table: pl.DataFrame
    part: Ints
    stream: Ints
    placed_us: Ints
    resolution_us: int
    gaps: tuple[Gap, ...] = ()
    by_probe: bool = False

    def fields(self) -> list[frozenset[str]]:
        """The fields of each part that has lines."""
        return [part.stream.format.fields for part in self.parts if part.table.height and part.stream.format]

    def logs(self, field: str) -> bool:
        """True if every part that has lines logs the field."""
        return all(part.stream.logs(field) for part in self.parts if part.table.height)
