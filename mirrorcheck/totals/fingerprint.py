"""What tells two logs apart without their lines: sums over hashes, which add up in any order."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import polars as pl

from mirrorcheck.outcomes.sides.model import SideLines
from mirrorcheck.reading.observe import mix

_LOGGED = ("time_us", "status", "bytes", "rest", "chain", "remote")
_WHOLE = 1 << 64


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Of all lines of a side as they were logged. hop: the last hop of all chains; 0: none, or several."""

    lines: int = 0
    sum: int = 0
    hop: int = 0

    @classmethod
    def of(cls, side: SideLines) -> Self:
        """Of some lines: in the side's table what a mirror changes is undone, in its parts it is not."""
        tables = [part.table.select("hop", *_LOGGED) for part in side.parts if part.table.height]
        if not tables:
            return cls()
        logged = pl.concat(tables)
        columns = (logged[name].to_numpy().astype(np.int64, copy=False).view(np.uint64) for name in _LOGGED)
        hops = logged["hop"]
        # Twice, so that the sum of two lines is not that of two others.
        lines = mix(mixed := mix(*columns), mixed)
        hop = int(hops[0]) if bool((hops == hops[0]).all()) else 0
        return cls(logged.height, int(lines.sum(dtype=np.uint64)), hop)

    def __add__(self, other: Self) -> Self:
        if not self.lines or not other.lines:
            return self if self.lines else other
        hop = self.hop if self.hop == other.hop else 0
        return type(self)(self.lines + other.lines, (self.sum + other.sum) % _WHOLE, hop)

    def same_lines(self, other: Self) -> bool:
        """Whether both sides hold the same lines, as often."""
        return (self.lines, self.sum) == (other.lines, other.sum)

    def same_proxy(self, other: Self) -> bool:
        """Whether all lines of both sides end in the same hop, as those of two logs of one shadow do."""
        return self.hop != 0 and self.hop == other.hop
