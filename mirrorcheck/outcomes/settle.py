"""Gives every parsed line of both sides its class: exclusions, marker, pairing, and what the logs do not cover."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mirrorcheck import pairing
from mirrorcheck.concurrency import side_by_side
from mirrorcheck.outcomes.coverage import find_uncovered, gaps_of, hidden_in_gaps, reach, sure_pairs
from mirrorcheck.outcomes.likeness.differences import Learnt
from mirrorcheck.outcomes.marker import BY_CHAIN, NO_MARKER, Marker, find_marker, given_marker
from mirrorcheck.outcomes.paired_sides import PairedSides, pair_sides
from mirrorcheck.outcomes.relearn import relearn, unmarked_mirror
from mirrorcheck.outcomes.request_ids import IdColumn
from mirrorcheck.outcomes.sides.model import Part, Piece, SideLines, Sides
from mirrorcheck.pairing import CopiedShare, CopyingKind, Outcome, Pairing
from mirrorcheck.probe.codes import choose
from mirrorcheck.reading.observe import spread
from mirrorcheck.reading.table import SCHEMA
from mirrorcheck.settings import Settings
from mirrorcheck.sources.feed import Gap
from mirrorcheck_parsers import find_field

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class JudgedSpan:
    """The time that is judged, UTC microseconds, both ends inclusive."""

    since_us: int = -(1 << 62)
    until_us: int = 1 << 62


@dataclass(frozen=True, slots=True, eq=False)
class Settled:
    """The outcome of every line.

    original_outcome, shadow_outcome: int8 by row of the side's table (`Outcome`). copy_of, original_of: int64, row on
    the other side or -1. candidates: int64, 1 = certain. alike: int64 by row of the primary's, see `Pairing`.
    response_of: int64, row of the last attempt of an original's request. ids: which one is the key. copied: what chance
    leaves of the pairs, None where the marker or ids are proof enough. learnt: how copies differ from their originals,
    where that is not the usual way.
    in_ratio: bool by row of the primary: decided, and its copy could have been logged. delay_us: (pairs,) of the sure
    pairs where there are enough, else of all; sure: int64, their rows of the primary.
    """

    primary: SideLines
    shadow: SideLines
    marker: Marker
    pairing: Pairing
    original_outcome: NDArray[np.int8]
    shadow_outcome: NDArray[np.int8]
    copy_of: Ints
    original_of: Ints
    original_candidates: Ints
    shadow_candidates: Ints
    alike: Ints
    response_of: Ints
    in_ratio: Bools
    delay_us: Ints
    sure: Ints
    span: JudgedSpan
    ids: IdColumn
    copied: CopiedShare | None = None
    learnt: Learnt | None = None

    @property
    def open(self) -> bool:
        """Whether nothing may have been copied: traffic that is split between the sides would leave the same lines."""
        return self.copied is not None and self.copied.copying is CopyingKind.OPEN

    @property
    def sure_copies(self) -> Bools:
        """By row of the shadow, bool: the line is a copy whether or not it pairs, as it carries the marker.

        Where the marker is the last hop of X-Forwarded-For, only that of a proxy that paired copies have is one: behind
        a gateway direct requests have a hop as well. Where nothing marks copies, no line is sure to be one.
        """
        sure: Bools = self.marker.is_copy & ~self.marker.unsure
        if self.marker.name == BY_CHAIN:
            hops = self.shadow.table["hop"].to_numpy()
            sure &= (hops != 0) & np.isin(hops, hops[self.shadow_outcome == Outcome.PAIRED])
        elif self.marker.name == NO_MARKER:
            sure &= False
        return sure


def settle(sides: Sides, settings: Settings, span: JudgedSpan) -> Settled:
    """Give every parsed line of both sides its outcome; ARCHITECTURE.md lists them."""
    primary, shadow = side_by_side(
        lambda side: _gather(*side, span, sides.piece),
        ((sides.primary, sides.primary_gaps), (sides.shadow, sides.shadow_gaps)),
    )
    choice = choose(primary.table, shadow.table, settings.run.run if settings.run else None)
    primary = replace(primary, table=choice.primary, by_probe=choice.by_probe)
    shadow = replace(shadow, table=choice.shadow, by_probe=choice.by_probe)
    usual = _settled(primary, shadow, _marker(primary, shadow, settings), settings)
    found = _relearnt(usual, settings)
    copied = found.copied(settings.horizon_us)
    unmarked = unmarked_mirror(usual, found, copied, settings)
    if unmarked is not None:
        found, copied = unmarked
    elif copied and copied.copying is CopyingKind.REFUTED:
        no_copy = np.zeros(shadow.table.height, np.bool_)
        found = pair_sides(primary, shadow, replace(usual.marker, is_copy=no_copy), settings)
    elif copied and copied.copying is CopyingKind.OPEN and found.learnt and found.learnt.assumed:
        found = replace(found, learnt=None)  # how copies differ is no finding while there may be none
    return replace(_finish(found, settings, span), copied=copied)


def _settled(
    primary: SideLines, shadow: SideLines, marker: Marker, settings: Settings, ids: IdColumn | None = None
) -> PairedSides:
    """Pair by a marker, without the lines that it takes for copies and that are none; ids: None to choose one."""
    found = pair_sides(primary, shadow, marker, settings, ids)
    false_proxies = found.false_proxies(settings.horizon_us)
    if false_proxies.any():
        marker = replace(marker, is_copy=marker.is_copy & ~false_proxies)
        found = pair_sides(primary, shadow, marker, settings, ids)
    return found


def _relearnt(usual: PairedSides, settings: Settings) -> PairedSides:
    """Pair by how copies differ here; keep the usual pairing where that is the usual way, or finds hardly more."""
    anew = relearn(usual, settings.horizon_us)
    if anew is None:
        return usual
    found = _settled(anew.primary, anew.shadow, anew.marker, settings, anew.ids)
    more = int((found.paired.copy_of >= 0).sum()) - int((usual.paired.copy_of >= 0).sum())
    return replace(found, learnt=anew.learnt) if more >= anew.least_more else usual


def _marker(primary: SideLines, shadow: SideLines, settings: Settings) -> Marker:
    logs_chain = primary.logs("xff") and shadow.logs("xff")
    if any(find_field(fields, name) for fields in shadow.fields() for name, _ in settings.markers):
        return given_marker(primary.table, shadow.table, logs_chain=logs_chain)
    found = find_marker(
        primary.table,
        shadow.table,
        logs_chain=logs_chain,
        shadow_logs_chain=shadow.logs("xff"),
        logs_mark=shadow.logs("host") or shadow.logs("internal"),
    )
    return replace(found, stands_in=bool(settings.markers))


def _gather(parts: Sequence[Part], gaps: tuple[Gap, ...], span: JudgedSpan, piece: Piece) -> SideLines:
    tables = [part.table for part in parts]
    table = pl.concat(tables) if tables else pl.DataFrame(schema=SCHEMA)
    if span != JudgedSpan():
        table = table.with_columns(pl.col("excluded") | ~pl.col("time_us").is_between(span.since_us, span.until_us))
    sizes = [part.table.height for part in parts]
    part = np.repeat(np.arange(len(parts)), sizes) if len(parts) > 1 else np.broadcast_to(np.int64(0), sum(sizes))
    stream = _stream_numbers(part, table["pod"])
    resolution = np.array([p.stream.format.resolution_us if p.stream.format else 1 for p in parts], np.int64)
    placed_us = pairing.place(table["time_us"].to_numpy(), stream, resolution[part] if len(parts) > 1 else resolution)
    return SideLines(tuple(parts), table, part, stream, placed_us, int(resolution.max(initial=1)), gaps, piece=piece)


def _stream_numbers(part: Ints, pod: pl.Series) -> Ints:
    """Number the pods of every part, as they come: each has a clock of its own."""
    if not (pod != 0).any():
        return part
    frame = pl.DataFrame({"part": part, "pod": pod}).with_row_index("row")
    first = frame.select(pl.col("row").min().over("part", "pod")).to_series()
    return first.rank("dense").to_numpy().astype(np.int64) - 1


def _finish(sides: PairedSides, settings: Settings, span: JudgedSpan) -> Settled:
    originals, shadow_lines = sides.primary.table.height, sides.shadow.table.height
    # Copies of them, as they are written to below.
    original_outcome = spread(sides.paired.original_outcome, sides.originals, originals, Outcome.EXCLUDED).copy()
    shadow_outcome = spread(sides.paired.copy_outcome, sides.copies, shadow_lines, Outcome.EXCLUDED).copy()
    direct = ~sides.marker.is_copy & (shadow_outcome == Outcome.EXCLUDED)
    shadow_outcome[direct & ~sides.shadow.table["excluded"].to_numpy()] = Outcome.DIRECT
    shadow_outcome[sides.marker.unsure & (shadow_outcome == Outcome.ORPHAN)] = Outcome.DIRECT
    _exclude_malformed(sides, original_outcome, shadow_outcome)
    in_ratio = _mark_uncovered(sides, original_outcome, shadow_outcome, settings)
    sure = sure_pairs(sides.paired)
    delay_us = sides.paired.delay_us[sure]
    if sides.primary.gaps or sides.shadow.gaps:
        _mark_gaps(sides, reach(delay_us, settings.horizon_us), original_outcome, shadow_outcome, in_ratio)
    return Settled(
        sides.primary,
        sides.shadow,
        sides.marker,
        sides.paired,
        original_outcome,
        shadow_outcome,
        copy_of=_link(sides.primary, sides.originals, sides.paired.copy_of, sides.copies),
        original_of=_link(sides.shadow, sides.copies, sides.paired.original_of, sides.originals),
        original_candidates=spread(sides.paired.original_candidates, sides.originals, originals, 1),
        shadow_candidates=spread(sides.paired.copy_candidates, sides.copies, shadow_lines, 1),
        alike=spread(sides.paired.alike, sides.originals, originals, -1),
        response_of=_link(sides.primary, sides.originals, sides.paired.response_of, sides.originals),
        in_ratio=in_ratio,
        delay_us=delay_us,
        sure=sides.originals[np.flatnonzero(sides.paired.copy_of >= 0)[sure]],
        span=span,
        ids=sides.ids,
        learnt=sides.learnt,
    )


def _exclude_malformed(
    sides: PairedSides, original_outcome: NDArray[np.int8], shadow_outcome: NDArray[np.int8]
) -> None:
    """Exclude unpaired malformed requests: the proxy answers them or never sees them, so they show no mirroring."""
    malformed = ~sides.primary.table["well_formed"].to_numpy()
    unpaired = (original_outcome == Outcome.MISSED) | (original_outcome == Outcome.RETRY)
    original_outcome[malformed & unpaired] = Outcome.EXCLUDED
    malformed = ~sides.shadow.table["well_formed"].to_numpy()
    shadow_outcome[malformed & (shadow_outcome != Outcome.PAIRED)] = Outcome.EXCLUDED


def _mark_uncovered(
    sides: PairedSides,
    original_outcome: NDArray[np.int8],
    shadow_outcome: NDArray[np.int8],
    settings: Settings,
) -> Bools:
    """Mark as unobserved what the ends of the logs hide, and return which originals the ratio rests on."""
    in_ratio: Bools = (original_outcome == Outcome.PAIRED) | (original_outcome == Outcome.MISSED)
    piece = sides.primary.piece
    if settings.complete or not (piece.begins or piece.ends):
        return in_ratio
    resolution_us = max(sides.primary.resolution_us, sides.shadow.resolution_us)
    copy_stream = sides.shadow.stream[sides.copies]
    late, early = find_uncovered(
        sides.paired, in_ratio[sides.originals], copy_stream, resolution_us, piece, overlap=settings.overlap
    )
    hidden = sides.originals[late]
    unpaired = hidden[original_outcome[hidden] == Outcome.MISSED]
    original_outcome[unpaired] = Outcome.UNOBSERVED
    copies = sides.copies[early]
    shadow_outcome[copies[shadow_outcome[copies] == Outcome.ORPHAN]] = Outcome.UNOBSERVED
    if len(unpaired):  # where every line at the end has its outcome, nothing is hidden and all count
        in_ratio[hidden] = False
    return in_ratio


def _mark_gaps(
    sides: PairedSides,
    within_us: tuple[int, int],
    original_outcome: NDArray[np.int8],
    shadow_outcome: NDArray[np.int8],
    in_ratio: Bools,
) -> None:
    """Mark as unobserved the lines whose partner may have been lost on its way here."""
    shadow_gaps = gaps_of(sides.shadow, sides.copies, sides.paired.copy_us)
    for hidden in hidden_in_gaps(sides.paired.original_us, shadow_gaps, within_us):
        rows = sides.originals[hidden]
        unpaired = rows[np.isin(original_outcome[rows], (Outcome.MISSED, Outcome.UNOBSERVED))]
        original_outcome[unpaired] = Outcome.UNOBSERVED
        if len(unpaired):  # as at the ends
            in_ratio[rows] = False
    primary_gaps = gaps_of(sides.primary, sides.originals, sides.paired.original_us)
    least, most = within_us
    for hidden in hidden_in_gaps(sides.paired.copy_us, primary_gaps, (-most, -least)):
        rows = sides.copies[hidden]
        shadow_outcome[rows[shadow_outcome[rows] == Outcome.ORPHAN]] = Outcome.UNOBSERVED


def _link(side: SideLines, rows: Ints, partner: Ints, partner_rows: Ints) -> Ints:
    """Partners as rows of the other side's table, -1 without one."""
    if len(partner_rows) and partner_rows[-1] >= len(partner_rows):
        partner = np.where(partner >= 0, partner_rows[partner], -1)
    return spread(partner, rows, side.table.height, -1)
