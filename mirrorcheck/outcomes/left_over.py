"""Settles what is left over, step by step, where requests for the same never pause.

Which of them lack a copy is a guess there, and it changes with what follows: at the end of a step some copies are still
to be read, and the lines without one may be taken for any. So unpaired lines wait as long as their key goes on. A copy
that is left over later shows that one of them was copied, since all pairs in between may be shifted by one: as in one
matching of the whole, there are as many pairs as can be.
"""

from dataclasses import replace

import numpy as np
import polars as pl

from mirrorcheck.outcomes.paired_sides import keys_of
from mirrorcheck.outcomes.settle import Settled
from mirrorcheck.pairing import Outcome
from mirrorcheck.pairing.model import Bools, Ints, Keys

_MOST_WAITING = 10_000  # of a side
_AMBIGUOUS = 2


def as_ambiguous(settled: Settled, candidates: tuple[Ints, Ints]) -> Settled:
    """The same with at least so many candidates, by row of either side: lines that have waited may look certain now."""
    return replace(
        settled,
        original_candidates=np.maximum(settled.original_candidates, candidates[0]),
        shadow_candidates=np.maximum(settled.shadow_candidates, candidates[1]),
    )


def join_left_over(settled: Settled, horizon_us: int) -> Settled:
    """Pair the originals and the copies left over of each key, as many as both are, if it does not pause in between.

    Those that have waited since an earlier step have not.
    """
    piece = settled.primary.piece
    lines = _lines_of_both(settled)
    if lines is None:
        return settled
    order = lines.sort("key", "placed_us", "copy", "row")
    pauses = pl.col("placed_us").clip(piece.from_us).diff() > horizon_us
    runs = order.with_columns(run=((pl.col("key") != pl.col("key").shift()) | pauses).fill_null(value=True).cum_sum())
    left = runs.filter(pl.col("unpaired") & (pl.col("placed_us") <= piece.until_us))
    left = left.with_columns(rank=pl.int_range(pl.len()).over("run", "copy"))
    pairs = left.filter(~pl.col("copy")).join(left.filter("copy"), on=["run", "rank"])
    return _paired(settled, pairs["row"].to_numpy(), pairs["row_right"].to_numpy())


def _lines_of_both(settled: Settled) -> pl.DataFrame | None:
    """All lines of the keys of which both an original and a copy are left over; None without any."""
    unpaired = _unpaired(settled)
    if not all(each.any() for each in unpaired):
        return None
    sides = [
        pl.DataFrame({"key": key, "placed_us": placed_us, "unpaired": own, "copy": np.full(len(key), bool(number))})
        for number, ((key, placed_us), own) in enumerate(zip(_keyed(settled), unpaired, strict=True))
    ]
    keys = [lines.lazy().filter("unpaired").select(pl.col("key").unique()) for lines in sides]
    both = keys[0].join(keys[1], on="key").collect()["key"]
    if not len(both):
        return None
    return pl.concat(lines.with_row_index("row").filter(pl.col("key").is_in(both.implode())) for lines in sides)


def _unpaired(settled: Settled) -> tuple[Bools, Bools]:
    """By row of either side: a request of one line, or a copy, without a partner."""
    single = (settled.response_of == np.arange(len(settled.response_of))) & settled.in_ratio
    return single & (settled.original_outcome == Outcome.MISSED), settled.shadow_outcome == Outcome.ORPHAN


def _keyed(settled: Settled) -> list[tuple[Keys, Ints]]:
    """The keys and the times of either side, by row."""
    sides = ((settled.primary, False), (settled.shadow, True))
    return [
        (keys_of(side, np.arange(side.table.height), settled.marker, settled.ids, copies=copies), side.placed_us)
        for side, copies in sides
    ]


def _paired(settled: Settled, originals: Ints, copies: Ints) -> Settled:
    """The same with these rows as pairs."""
    columns = {
        name: getattr(settled, name).copy()
        for name in (
            "original_outcome",
            "shadow_outcome",
            "copy_of",
            "original_of",
            "original_candidates",
            "shadow_candidates",
        )
    }
    columns["original_outcome"][originals] = columns["shadow_outcome"][copies] = Outcome.PAIRED
    columns["copy_of"][originals], columns["original_of"][copies] = copies, originals
    for name, rows in (("original_candidates", originals), ("shadow_candidates", copies)):
        columns[name][rows] = np.maximum(columns[name][rows], _AMBIGUOUS)
    return replace(settled, **columns)


def waiting(settled: Settled, horizon_us: int, known: tuple[Bools, Bools]) -> tuple[Bools, Bools]:
    """By row of either side: it may be another that has no partner, and the key has not paused by the end of the piece.

    known: those that have waited before, which may look certain now. Of very many the oldest wait no longer.
    """
    until_us = settled.primary.piece.until_us
    ambiguous = (known[0] | (settled.original_candidates > 1), known[1] | (settled.shadow_candidates > 1))
    unpaired = [own & open_ for own, open_ in zip(_unpaired(settled), ambiguous, strict=True)]
    if not any(each.any() for each in unpaired):
        return unpaired[0], unpaired[1]
    keyed = _keyed(settled)
    # They are few: what they are looked up in is not put in order for them.
    few = np.unique(np.concatenate([key[own] for own, (key, _) in zip(unpaired, keyed, strict=True)]))
    recent = (key[placed_us > until_us - horizon_us] for key, placed_us in keyed)
    going_on = np.unique(np.concatenate([key[np.isin(key, few)] for key in recent]))
    first, second = (
        _latest(own, key, going_on, placed_us) for own, (key, placed_us) in zip(unpaired, keyed, strict=True)
    )
    return first, second


def _latest(unpaired: Bools, key: Keys, going_on: Keys, placed_us: Ints) -> Bools:
    """The latest of the unpaired lines of some keys."""
    rows = np.flatnonzero(unpaired)
    rows = rows[np.isin(key[rows], going_on)]
    if len(rows) > _MOST_WAITING:
        rows = rows[np.argpartition(placed_us[rows], -_MOST_WAITING)[-_MOST_WAITING:]]
    kept = np.zeros(len(unpaired), np.bool_)
    kept[rows] = True
    return kept
