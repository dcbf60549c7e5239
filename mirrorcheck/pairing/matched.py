"""The result of matching one block of lines, as the later stages read it."""

from dataclasses import dataclass

from mirrorcheck.pairing.blocks import Block
from mirrorcheck.pairing.lines import Ints
from mirrorcheck.pairing.runs import Merged, Pairs


@dataclass(frozen=True, slots=True, eq=False)
class Matched:
    """A block after matching: the places of those of its lines that stand for themselves, these lines, their pairs.

    pairs: by place among `merged`.
    """

    block: Block
    kept: Ints
    merged: Merged
    pairs: Pairs
