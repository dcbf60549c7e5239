"""Takes from settled lines those whose outcomes are final, so that the others can be settled again with what follows.

Lines that belong together go together: attempts with the first of their request, copies with their originals, and
second copies with the first ones.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from mirrorcheck.outcomes.paired_sides import keys_of
from mirrorcheck.outcomes.settle import Settled
from mirrorcheck.outcomes.sides.model import Part, SideLines
from mirrorcheck.pairing import Outcome
from mirrorcheck.pairing.clock import SECOND_US
from mirrorcheck.pairing.model import Bools, Ints


@dataclass(frozen=True, slots=True, eq=False)
class Final:
    """What is final, bool by row of either side, and which lines of the same time have no partner and may find one."""

    originals: Bools
    copies: Bools
    open_originals: Bools
    open_copies: Bools


def final_lines(settled: Settled) -> Final:
    """Which lines of the primary and of the shadow are final, if those of their `Piece` are."""
    originals, copies = _of_piece(settled)
    open_us = settled.primary.piece.open_us
    if open_us >= settled.primary.piece.until_us:
        return Final(originals, copies, np.zeros_like(originals), np.zeros_like(copies))
    open_originals = originals & _open_requests(settled, open_us)
    unpaired = np.isin(settled.shadow_outcome, (Outcome.ORPHAN, Outcome.UNOBSERVED)) | settled.marker.unsure
    open_copies = copies & unpaired & (settled.original_of < 0) & (settled.shadow.placed_us > open_us)
    return Final(originals & ~open_originals, copies & ~open_copies, open_originals, open_copies)


def _open_requests(settled: Settled, open_us: int) -> Bools:
    """By row of the primary: the request has no copy, and one of its lines was logged after an instant."""
    request, outcome = settled.response_of, settled.original_outcome
    copied, late = np.zeros(len(request), np.bool_), np.zeros(len(request), np.bool_)
    copied[request[settled.copy_of >= 0]] = True
    late[request[settled.primary.placed_us > open_us]] = True
    takes_part = np.isin(outcome, (Outcome.MISSED, Outcome.RETRY, Outcome.UNOBSERVED))
    return takes_part & (late & ~copied)[request]


def _of_piece(settled: Settled) -> tuple[Bools, Bools]:
    """The lines of a piece, with those that belong to them."""
    until_us = settled.primary.piece.until_us
    old = settled.primary.placed_us <= until_us
    attempts = np.zeros(len(old), np.bool_)
    attempts[settled.response_of[old]] = True
    originals = old | attempts[settled.response_of]
    partner = settled.original_of
    copies = settled.shadow.placed_us <= until_us
    paired = partner >= 0
    copies[paired] = originals[partner[paired]]
    copies[_second_copies(settled, copies, until_us)] = True
    return originals, copies


def _second_copies(settled: Settled, copies: Bools, until_us: int) -> Ints:
    """Rows of second copies, logged after an instant, of requests whose first copy is among `copies`."""
    placed_us = settled.shadow.placed_us
    near_us = second_copies_within_us(settled)
    seconds = np.flatnonzero(
        (settled.shadow_outcome == Outcome.DUPLICATE) & ~copies & (placed_us <= until_us + near_us)
    )
    if not len(seconds):
        return seconds
    firsts = np.flatnonzero((settled.original_of >= 0) & copies & (placed_us > until_us - near_us))
    key, first_key = (
        keys_of(settled.shadow, rows, settled.marker, settled.ids, copies=True) for rows in (seconds, firsts)
    )
    return seconds[np.isin(key, first_key)]


def second_copies_within_us(settled: Settled) -> int:
    """How long after a first copy a second one goes with it."""
    return settled.pairing.reach_us + SECOND_US


def take(settled: Settled, originals: Bools, copies: Bools) -> Settled:
    """These lines alone, bool by row of either side; partners are among them.

    What the pairing counted stays: it is of the lines that are in time, see `Piece`.
    """
    rows, copy_rows = np.flatnonzero(originals), np.flatnonzero(copies)
    sure = originals[settled.sure]
    marker, behind = settled.marker, settled.marker.behind
    return replace(
        settled,
        primary=_lines(settled.primary, originals),
        shadow=_lines(settled.shadow, copies),
        marker=replace(
            marker,
            is_copy=marker.is_copy[copies],
            unsure=marker.unsure[copies],
            behind=None if behind is None else behind[copies],
        ),
        original_outcome=settled.original_outcome[rows],
        shadow_outcome=settled.shadow_outcome[copy_rows],
        copy_of=_renumbered(settled.copy_of[rows], copies),
        original_of=_renumbered(settled.original_of[copy_rows], originals),
        original_candidates=settled.original_candidates[rows],
        shadow_candidates=settled.shadow_candidates[copy_rows],
        alike=settled.alike[rows],
        response_of=_renumbered(settled.response_of[rows], originals),
        in_ratio=settled.in_ratio[rows],
        delay_us=settled.delay_us[sure],
        sure=_renumbered(settled.sure[sure], originals),
    )


def _lines(side: SideLines, taken: Bools) -> SideLines:
    """Some lines of a side, and of its parts."""
    return replace(
        side,
        parts=tuple(_parts(side, taken)),
        table=side.table.filter(pl.Series(taken)),
        part=side.part[taken],
        stream=side.stream[taken],
        placed_us=side.placed_us[taken],
    )


def _parts(side: SideLines, taken: Bools) -> Iterator[Part]:
    """Filter all parts as one table, which takes far less time where there are many."""
    if not side.parts:
        return
    table, start = pl.concat([part.table for part in side.parts]).filter(pl.Series(taken)), 0
    for part, rows in zip(side.parts, np.bincount(side.part[taken], minlength=len(side.parts)).tolist(), strict=True):
        yield replace(part, table=table.slice(start, rows))
        start += rows


def _renumbered(partners: Ints, taken: Bools) -> Ints:
    """Rows among all lines as rows among those that were taken; -1 stays."""
    place = np.append(np.cumsum(taken) - 1, -1)
    return place[partners]
