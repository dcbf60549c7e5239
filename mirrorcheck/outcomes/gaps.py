"""A pairing and the moments of which a source may have lost lines in, the lines out whose partner may lie there."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from mirrorcheck.outcomes.sides.lines import SideLines
from mirrorcheck.pairing import Pairing
from mirrorcheck.pairing.clock import SECOND_US
from mirrorcheck.pairing.model import Bools, Ints

_NEARLY_ALL = 0.999  # of the delays: what lies farther from its original was more likely paired wrongly
_FEW = 20  # sure pairs, below which the delay is not known


@dataclass(frozen=True, slots=True)
class Stretch:
    """Moments, both ends inclusive, in UTC microseconds by the clock of the side's lines."""

    from_us: int
    to_us: int


def stretches(side: SideLines, rows: Ints, level_us: Ints) -> list[Stretch]:
    """The gaps of a side on the clock that its lines are on when they are paired; `level_us`: by the rows, on it."""
    streams = [part.stream.source.name for part in side.parts]
    found = []
    for gap in side.gaps:
        own = side.part[rows] == streams.index(gap.stream) if gap.stream in streams else np.zeros(len(rows), np.bool_)
        ahead_us = int(np.median((level_us - side.placed_us[rows])[own])) if own.any() else 0
        found.append(Stretch(gap.from_us + ahead_us, gap.to_us + ahead_us))
    return found


def hidden_originals(paired: Pairing, gaps: Sequence[Stretch], within_us: tuple[int, int]) -> Iterator[Bools]:
    """By original, for each gap of the shadow: its copy may have been logged there. within_us: see `reach`."""
    least, most = within_us
    for gap in gaps:
        yield (paired.original_us + most >= gap.from_us) & (paired.original_us + least <= gap.to_us)


def hidden_copies(paired: Pairing, gaps: Sequence[Stretch], within_us: tuple[int, int]) -> Bools:
    """By copy: its original may have been logged in a gap of the primary. within_us: see `reach`."""
    least, most = within_us
    hidden = np.zeros(len(paired.copy_us), np.bool_)
    for gap in gaps:
        hidden |= (paired.copy_us - least >= gap.from_us) & (paired.copy_us - most <= gap.to_us)
    return hidden


def reach(delay_us: Ints, horizon_us: int) -> tuple[int, int]:
    """How long before (<= 0) and after an original its copy may be logged, in us, a second of doubt included.

    delay_us: int64 of the sure pairs, see `edges.sure_pairs`; where they are few it may be the whole horizon.
    """
    if len(delay_us) < _FEW:
        return -horizon_us, horizon_us
    least, most = (int(q) for q in np.quantile(delay_us, [1 - _NEARLY_ALL, _NEARLY_ALL]))
    return max(min(0, least) - SECOND_US, -horizon_us), min(max(0, most) + SECOND_US, horizon_us)
