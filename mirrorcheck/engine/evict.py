"""Chooses the oldest lines to forget, so that a watcher that runs for days holds a bounded number of lines.

They go long after they are decided, so that what stays is settled as if it were the whole; what they say stays in the
totals.
"""

from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from mirrorcheck.engine import constants
from mirrorcheck.engine.ledger import Ledger
from mirrorcheck.engine.look import Look
from mirrorcheck.outcomes.settle import Bools, Ints, JudgedSpan, settle
from mirrorcheck.outcomes.sides.model import SideLines
from mirrorcheck.settings import Settings


@dataclass(frozen=True, slots=True, eq=False)
class Eviction:
    """Lines to forget, by the name of their stream (int64 numbers from 1), and the ledger with them."""

    lines: list[tuple[str, pl.Series]]
    ledger: Ledger


def evict(look: Look, most_lines: int, settings: Settings) -> Eviction | None:
    """Choose the oldest decided lines if more than `most_lines` are held; None if none can go."""
    held, watermarks = look.settled, look.watermarks
    primary_us, shadow_us = held.primary.placed_us, held.shadow.placed_us
    excess = len(primary_us) + len(shadow_us) - int(most_lines * constants.KEPT_SHARE)
    if len(primary_us) + len(shadow_us) <= most_lines:
        return None
    oldest_us = int(np.partition(np.concatenate([primary_us, shadow_us]), excess)[excess])
    until_us = min(oldest_us, watermarks.originals_us, watermarks.copies_us) - watermarks.horizon_us
    if not (primary_us <= until_us).any() and not (shadow_us <= until_us).any():
        return None
    # Once more, as what is known of all lines only as a count is then of those that go.
    sides = replace(look.sides, piece=look.ledger.piece(until_us))
    settled = look.ledger.joined(settle(sides, settings, JudgedSpan()), settings.horizon_us)
    ledger, (originals, copies) = look.ledger.without_decided(settled, settings, look.facts, look.spool)
    lines = [*_by_stream(settled.primary, originals), *_by_stream(settled.shadow, copies)]
    return Eviction(lines, ledger)


def _by_stream(side: SideLines, rows: Bools) -> list[tuple[str, pl.Series]]:
    part: Ints = side.part[rows]
    numbers = side.table["line"].filter(pl.Series(rows))
    return [
        (each.stream.source.name, numbers.filter(pl.Series(part == index))) for index, each in enumerate(side.parts)
    ]
