"""The result of matching one block of lines, as the later stages read it."""

from dataclasses import dataclass

import numpy as np

from mirrorcheck.pairing.blocks import Block
from mirrorcheck.pairing.match import Merged, Pairs
from mirrorcheck.pairing.model import Bools, Ints


@dataclass(frozen=True, slots=True, eq=False)
class Matched:
    """A block after matching: the places of those of its lines that stand for themselves, these lines, their pairs.

    pairs: by place among `merged`.
    """

    block: Block
    kept: Ints
    merged: Merged
    pairs: Pairs

    def paired(self) -> Bools:
        """By place of the whole block: the line has a partner."""
        paired = np.zeros(len(self.block.merged), np.bool_)
        pairs = self.pairs.among(self.kept)
        paired[pairs.original] = True
        paired[pairs.copy] = True
        return paired
