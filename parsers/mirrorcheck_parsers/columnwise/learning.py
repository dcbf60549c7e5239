"""How much of a stream is read before its lines are read as columns: it decides speed alone, never a result."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Learning:
    """From how many lines something is learned of a stream, each as it was fastest in benchmarks/formats.py.

    columns: False reads all lines one at a time. fewest_objects: lines of JSON or pairs, below which reading them so is
    cheaper; most_shapes: kinds of them that one stream may have. fewest_texts: lines of text, and fewest_fields: fields
    that are the same on all of them, by which a shorter plan pays; few_left: lines that it may leave over before the
    whole plan is tried on them.
    """

    columns: bool = True
    fewest_objects: int = 16
    most_shapes: int = 32
    fewest_texts: int = 1024
    fewest_fields: int = 4
    few_left: int = 16


USUAL: Final = Learning()
