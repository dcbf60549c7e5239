"""Chooses up to when lines of a watching are decided, and lets those go, so that a look settles only the others.

A pair is decided once both sides are complete up to it and a lag more, in which what could still change it would have
come. A line without a partner is decided once its horizon has passed. Of the others some stay, too, as how copies
differ, clocks and retries are learnt from the lines that are held; what all of them say stays in the totals.
"""

from dataclasses import dataclass

import numpy as np

from mirrorcheck.engine import constants
from mirrorcheck.engine.ledger import Ledger
from mirrorcheck.engine.stream_state import Watermarks
from mirrorcheck.outcomes.settle import Bools, Ints, Settled
from mirrorcheck.outcomes.sides.model import SideLines, Sides


@dataclass(frozen=True, slots=True)
class Cut:
    """pairs_us: lines up to here may go, if they have a partner; open_us: up to here the others, too."""

    pairs_us: int
    open_us: int


@dataclass(frozen=True, slots=True)
class HeldLines:
    """looks: how many lines are held while it is watched. whole: so many are settled as one whole at the end."""

    looks: int = constants.LOOK_LINES
    whole: int = constants.WHOLE_LINES


HELD = HeldLines()


def find_cut(sides: Sides, watermarks: Watermarks, ledger: Ledger, most: int, known_us: int) -> Cut | None:
    """Up to when lines may go; None while no more than `most` are held, or too few would.

    known_us: up to here nothing changes the pairs any more.
    """
    parts = [part.table["time_us"].to_numpy() for part in (*sides.primary, *sides.shadow)]
    if sum(map(len, parts)) <= most:
        return None
    times_us, kept = np.concatenate(parts), int(most * constants.KEPT_SHARE)
    excess = len(times_us) - kept
    pairs_us = min(int(np.partition(times_us, excess)[excess]), known_us)
    if np.count_nonzero((times_us > ledger.until_us) & (times_us <= pairs_us)) < most - kept:
        return None
    return Cut(pairs_us, min(pairs_us, watermarks.originals_us, watermarks.copies_us))


def lag_us(settled: Settled, horizon_us: int) -> int:
    """How long after an original what could change its pair may come; settled: by how late copies are there."""
    if not len(settled.delay_us):
        return horizon_us
    late_us = max(0, int(np.quantile(settled.delay_us, constants.LAG_DELAY)))
    return min(horizon_us, late_us + max(constants.LEAST_LAG_US, constants.LAG_REACHES * settled.pairing.reach_us))


def lines_of(side: SideLines, rows: Bools) -> list[tuple[str, Ints]]:
    """Some rows of a side as the numbers of lines (int64, from 1) by the name of their stream."""
    ends = np.cumsum(np.bincount(side.part[rows], minlength=len(side.parts)))
    pieces = np.split(side.table["line"].to_numpy()[rows], ends[:-1]) if side.parts else []
    return [(each.stream.source.name, own) for each, own in zip(side.parts, pieces, strict=True)]
