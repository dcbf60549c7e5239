"""Chooses the oldest lines to forget, so that a watcher that runs for days holds a bounded number of lines.

Pairs go together, and long after they are decided, so that what stays is settled as if it were the whole.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from mirrorcheck.engine import constants
from mirrorcheck.engine.look import Evicted, Look
from mirrorcheck.outcomes.settle import Bools, Ints, Settled
from mirrorcheck.outcomes.sides.model import SideLines
from mirrorcheck.pairing import Outcome


@dataclass(frozen=True, slots=True, eq=False)
class Eviction:
    """Lines to forget, by the name of their stream (int64 numbers from 1), and their counts."""

    lines: list[tuple[str, pl.Series]]
    counts: Evicted


def evict(look: Look, most_lines: int) -> Eviction | None:
    """Choose the oldest decided lines if more than `most_lines` are held; None if none can go."""
    settled, watermarks = look.settled, look.watermarks
    primary_us, shadow_us = settled.primary.placed_us, settled.shadow.placed_us
    excess = len(primary_us) + len(shadow_us) - int(most_lines * constants.KEPT_SHARE)
    if len(primary_us) + len(shadow_us) <= most_lines:
        return None
    oldest_us = int(np.partition(np.concatenate([primary_us, shadow_us]), excess)[excess])
    until_us = min(oldest_us, watermarks.originals_us, watermarks.copies_us) - watermarks.horizon_us
    originals, copies = _old(settled, until_us)
    if not originals.any() and not copies.any():
        return None
    counted = originals & settled.in_ratio
    counts = Evicted(
        until_us,
        _counts(settled.original_outcome[originals]),
        _counts(settled.shadow_outcome[copies]),
        int((settled.original_outcome[counted] == Outcome.PAIRED).sum()),
        int((settled.original_outcome[counted] == Outcome.MISSED).sum()),
    )
    return Eviction([*_by_stream(settled.primary, originals), *_by_stream(settled.shadow, copies)], counts)


def _old(settled: Settled, until_us: int) -> tuple[Bools, Bools]:
    """The lines of each side up to an instant: attempts go with the first of their request, copies with originals."""
    old = settled.primary.placed_us <= until_us
    attempts = np.zeros(len(old), np.bool_)
    attempts[settled.response_of[old]] = True
    originals = old | attempts[settled.response_of]
    partner = settled.original_of
    paired = partner >= 0
    copies = np.where(paired, originals[partner] if len(originals) else False, settled.shadow.placed_us <= until_us)
    return originals, copies


def _counts(outcomes: "np.ndarray[tuple[int], np.dtype[np.int8]]") -> tuple[int, ...]:
    return tuple(np.bincount(outcomes, minlength=len(Outcome)).tolist())


def _by_stream(side: SideLines, rows: Bools) -> list[tuple[str, pl.Series]]:
    part: Ints = side.part[rows]
    numbers = side.table["line"].filter(pl.Series(rows))
    return [
        (each.stream.source.name, numbers.filter(pl.Series(part == index))) for index, each in enumerate(side.parts)
    ]
