"""Reads again the texts of lines by which an original and its copy are compared."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mirrorcheck.outcomes.sides.model import SideLines
from mirrorcheck.pairing.model import Ints
from mirrorcheck.reading.fetch import fetch

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
    found: dict[str, list[bytes]] = {name: [b""] * len(rows) for name in _FIELDS}
    numbers = side.table["line"].to_numpy()
    for number, part in enumerate(side.parts):
        places = np.flatnonzero(side.part[rows] == number)
        places = places[np.argsort(numbers[rows[places]])]
        texts = fetch(part.stream, numbers[rows[places]], _FIELDS)
        if part.stream.common_hop:
            texts["xff"] = [chain.rpartition(b",")[0] for chain in texts["xff"]]
        for name, values in texts.items():
            for place, text in zip(places.tolist(), values, strict=True):
                found[name][place] = text
    method = side.table["method"].to_numpy()[rows].tolist()
    agent, referer, chain = (_present(found[name]) for name in _FIELDS[1:])
    marked = side.table["marked"].to_numpy()[rows]
    return Texts(rows, side.placed_us[rows], marked, method, found["target"], agent, referer, chain)


def _present(texts: Sequence[bytes]) -> list[bytes]:
    return [b"" if text == _NOTHING else text for text in texts]
