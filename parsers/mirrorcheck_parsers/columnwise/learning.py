"""How much of a stream is read before its lines are read as columns: it decides speed alone, never a result."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Learning:
    """From how many lines something is learned of a stream, each as it was fastest in benchmarks/formats.py.

    columns: False reads all lines one at a time. fewest_objects: lines of JSON or pairs, below which reading them so is
    cheaper; most_shapes: kinds of them that one stream may have.
    """

    columns: bool = True
    fewest_objects: int = 16
    most_shapes: int = 32


USUAL: Final = Learning()
