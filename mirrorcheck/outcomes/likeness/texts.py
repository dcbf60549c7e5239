"""Reads again the texts of lines by which an original and its copy are compared."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mirrorcheck.outcomes.sides.model import SideLines
from mirrorcheck.pairing.model import Ints

_FIELDS = ("target", "user_agent", "referer", "xff")
_NOTHING = b"-"


@dataclass(frozen=True, slots=True, eq=False)
class Texts:
    """n lines: rows of their side's table, time_us (int64[n]), whether marked (bool[n]), and texts.

    method: codes. A text is b"" where it is missing.
    """

    rows: Ints
    time_us: Ints
    marked: NDArray[np.bool_]
    method: list[int]
    target: list[bytes]
    agent: list[bytes]
    referer: list[bytes]
    chain: list[bytes]

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, places: Ints) -> "Texts":
        """The same for some of the lines."""
        lists = (self.method, self.target, self.agent, self.referer, self.chain)
        method, *texts = ([each[place] for place in places.tolist()] for each in lists)
        return Texts(self.rows[places], self.time_us[places], self.marked[places], method, *texts)


def texts_of(side: SideLines, rows: Ints) -> Texts:
    """Read the texts of some rows again, in the order of the rows."""
    texts = side.texts(rows, _FIELDS)
    hops = [side.parts[part].stream.common_hop for part in side.part[rows].tolist()]
    texts["xff"] = [text.rpartition(b",")[0] if hop else text for text, hop in zip(texts["xff"], hops, strict=True)]
    agent, referer, chain = ([b"" if text == _NOTHING else text for text in texts[name]] for name in _FIELDS[1:])
    method, marked = (side.table[name].to_numpy()[rows] for name in ("method", "marked"))
    return Texts(rows, side.placed_us[rows], marked, method.tolist(), texts["target"], agent, referer, chain)
