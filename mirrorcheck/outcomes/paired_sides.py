"""Pairs the lines of both sides by a marker and a key, and judges the marker by the pairs."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mirrorcheck import pairing
from mirrorcheck.concurrency import side_by_side
from mirrorcheck.outcomes import constants
from mirrorcheck.outcomes.coverage import gaps_of, hidden_in_gaps, reach, sure_pairs
from mirrorcheck.outcomes.likeness.chains import USUAL as USUAL_CHAIN
from mirrorcheck.outcomes.likeness.differences import Learnt
from mirrorcheck.outcomes.likeness.search import Unexplained
from mirrorcheck.outcomes.marker import Marker, marker_is_proof
from mirrorcheck.outcomes.request_ids import IdColumn, choose_id
from mirrorcheck.outcomes.sides.model import SideLines, plain_key, stripped_key
from mirrorcheck.pairing import (
    CopiedShare,
    CopyingKind,
    Outcome,
    Pairing,
    RequestLines,
    Stamped,
    judge_copying,
    number_keys,
)
from mirrorcheck.pairing.model import Bools, Ints, Keys
from mirrorcheck.probe.codes import probe_keys
from mirrorcheck.reading.observe import mix
from mirrorcheck.settings import Settings

SERVER_ERROR = 500
CLIENT_GONE = 499
NO_ANSWER = 0  # Envoy's, where it ended before there was one
_ENDLESS = 1 << 62


@dataclass(frozen=True, slots=True, eq=False)
class PairedSides:
    """The lines of both sides that took part in a pairing, and its result.

    originals, copies: int64, rows of the sides' tables, in the order of `paired`. keys: of these, numbered. ids: which
    one is the key. learnt: how copies differ, where the pairing is by that.
    """

    primary: SideLines
    shadow: SideLines
    marker: Marker
    originals: Ints
    copies: Ints
    keys: tuple[Keys, Keys]
    paired: Pairing
    ids: IdColumn
    learnt: Learnt | None = None

    def pairs(self) -> tuple[Ints, Ints]:
        """Rows of originals and of their copies."""
        paired = np.flatnonzero(self.paired.copy_of >= 0)
        return self.originals[paired], self.copies[self.paired.copy_of[paired]]

    def unexplained(self) -> Unexplained:
        """The lines without a partner; a line that is no copy because the user said so needs none."""
        missed = self.originals[self.paired.original_outcome == Outcome.MISSED]
        orphans = self.copies[self.paired.copy_outcome == Outcome.ORPHAN]
        direct = ~self.marker.is_copy & ~self.shadow.table["excluded"].to_numpy() & (not self.marker.given)
        delay_us = self.paired.delay_us
        usual_us = int(np.median(delay_us)) if len(delay_us) >= constants.FEWEST_DELAYS else 0
        shadow = np.sort(np.append(orphans, np.flatnonzero(direct)))
        # A host that ends in -shadow marks a copy. So does x-envoy-internal, but others may carry that.
        marks = self.marker.given or not self.shadow.logs("internal")
        return Unexplained(missed, shadow, usual_us, marked=marks)

    def copied(self, horizon_us: int) -> CopiedShare | None:
        """What chance leaves of the pairs; None where nothing is paired, or where the marker or ids are proof enough.

        A marker is believed where chance may explain the pairs, but not where it must; what has one stays a copy.
        """
        primary, shadow, paired = self.primary.table, self.shadow.table, self.paired
        if not len(paired.delay_us):
            return None
        share = judge_copying(
            _stamped(self.primary, self.originals, paired.original_us, self.keys[0]),
            _stamped(self.shadow, self.copies, paired.copy_us, self.keys[1]),
            paired.delay_us,
            max(self.primary.resolution_us, self.shadow.resolution_us),
        )
        if share.copying is CopyingKind.OPEN and self._ids_are_proof():
            return None
        # Hops that were learnt from pairs are no mark: the way of a split to another cluster has some, too.
        marks = self.learnt is None or self.learnt.definition.chain == USUAL_CHAIN or self.marker.marks
        if not marks or not marker_is_proof(self.marker, primary, shadow, self.originals, self.copies):
            return share
        pairs, times = len(paired.delay_us), paired.original_us
        within = (paired.copy_us >= times.min()) & (paired.copy_us <= times.max()) & ~self._lost(horizon_us)
        # Every copy has an original: a proxy that has few is none that mirrors.
        doubtful = pairs > round(share.high * len(self.originals), 6) or 2 * pairs < int(within.sum())
        return (
            replace(share, copying=CopyingKind.OPEN) if doubtful and share.copying is not CopyingKind.PROVEN else None
        )

    def _lost(self, horizon_us: int) -> Bools:
        """By copy: it has no original, and one may have been lost in a gap of the primary."""
        least, most = reach(self.paired.delay_us[sure_pairs(self.paired)], horizon_us)
        hidden = np.zeros(len(self.copies), np.bool_)
        gaps = gaps_of(self.primary, self.originals, self.paired.original_us)
        for lost in hidden_in_gaps(self.paired.copy_us, gaps, (-most, -least)):
            hidden |= lost
        return hidden & (self.paired.original_of < 0)

    def _ids_are_proof(self) -> bool:
        """Whether the pairs are no accidents: nearly each has an id that stands once on each side."""
        column = self.ids.column
        if column is None or column not in self.primary.table.columns:
            return False
        sides = zip((self.primary.table[column], self.shadow.table[column]), self.pairs(), strict=True)
        originals, copies = (((ids != 0) & ~ids.is_duplicated()).to_numpy()[rows] for ids, rows in sides)
        return len(originals) > 0 and float((originals & copies).mean()) >= constants.SINGLE_IDS

    def false_proxies(self, horizon_us: int) -> Bools:
        """By row of the shadow: its last hop is no mirroring proxy, so it is direct traffic with a chain of its own.

        Behind a gateway every request has a chain. Most lines of a proxy's hop pair, within the span of the primary's
        log; or most are copies of what that log lacks, but then many of its originals have one.
        """
        orphans = int((self.paired.copy_outcome == Outcome.ORPHAN).sum())
        if not self.marker.strips_hop or self.marker.marks or orphans < constants.LEAST_UNPAIRED:
            return np.zeros(self.shadow.table.height, np.bool_)
        hops, number = np.unique(self.shadow.table["hop"].to_numpy(), return_inverse=True)
        own, times = number[self.copies], self.paired.original_us
        within = (self.paired.copy_us >= times.min(initial=_ENDLESS)) & (self.paired.copy_us <= times.max(initial=-1))
        lines = np.bincount(own[within], minlength=len(hops))
        unexplained = np.bincount(own[within & self._strangers() & ~self._lost(horizon_us)], minlength=len(hops))
        paired = np.bincount(own[self.paired.original_of >= 0], minlength=len(hops))
        false = (
            (unexplained >= constants.LEAST_UNPAIRED)
            & (2 * unexplained > lines)
            & (paired < constants.MANY_PAIRED * len(times))
        )
        return false[number] & self.marker.is_copy & ~self.marker.unsure

    def _strangers(self) -> Bools:
        """By row of the copies: an orphan with a key that no original has, so it is no second copy either."""
        primary_keys, shadow_keys = self.keys
        orphans = np.flatnonzero(self.paired.copy_outcome == Outcome.ORPHAN)
        strangers = np.zeros(len(self.copies), np.bool_)
        strangers[orphans] = ~np.isin(shadow_keys[orphans], primary_keys)
        return strangers


def pair_sides(
    primary: SideLines, shadow: SideLines, marker: Marker, settings: Settings, ids: IdColumn | None = None
) -> PairedSides:
    """Pair what is not excluded, and of the shadow what the marker takes for copies; ids: None to choose."""
    originals = np.flatnonzero(~primary.table["excluded"].to_numpy())
    copies = np.flatnonzero(marker.is_copy & ~shadow.table["excluded"].to_numpy())
    if ids is None:
        asked = settings.key is not None
        ids = IdColumn("probe") if primary.by_probe else choose_id(primary, originals, shadow, copies, asked=asked)
    taken = ((primary, originals, False), (shadow, copies, True))
    lines = side_by_side(
        lambda side: _lines(side[0], _keys(side[0], marker, ids, copies=side[2]), side[1], ids.column),
        taken,
    )
    keys = number_keys(lines[0].key, lines[1].key)
    numbered = (replace(side, key=own) for side, own in zip(lines, keys, strict=True))
    paired = pairing.pair(
        *numbered,
        horizon_us=settings.horizon_us,
        presume_retries=settings.presumed_retries,
        window=primary.piece.window(),
    )
    if not primary.piece.begins:
        paired = replace(paired, early_misses=0)
    return PairedSides(primary, shadow, marker, originals, copies, keys, paired, ids)


def keys_of(side: SideLines, rows: Ints, marker: Marker, by: IdColumn, *, copies: bool) -> NDArray[np.uint64]:
    """The keys of some rows of a side, uint64[len(rows)]; `marker` and `by` as they were paired by."""
    return _keys(side, marker, by, copies=copies)[rows]


def _keys(side: SideLines, marker: Marker, by: IdColumn, *, copies: bool) -> NDArray[np.uint64]:
    table = side.table
    if side.by_probe:
        return probe_keys(table)
    if not marker.uses_chain:
        keys = table["rest"].to_numpy()
    else:
        keys = stripped_key(table) if copies and marker.strips_hop else plain_key(table)
    if not by.column:
        return keys
    ids = table[by.column].to_numpy()
    by_id = mix(ids, table["method"].to_numpy(), table["target"].to_numpy())
    if by.once is not None and len(by.once):
        by_id = np.where(np.isin(ids, by.once), ids, by_id)
    return np.where(ids == 0, keys, by_id)


def _lines(side: SideLines, keys: NDArray[np.uint64], rows: Ints, id_column: str | None) -> RequestLines:
    status = side.table["status"].to_numpy()
    lines = RequestLines(
        key=keys,
        logged_us=side.table["time_us"].to_numpy(),
        placed_us=side.placed_us,
        stream=side.stream,
        failed=(status >= SERVER_ERROR) | (status == CLIENT_GONE) | (status == NO_ANSWER),
        attempt=side.table["attempt"].to_numpy().astype(np.int64) if side.logs("attempt") else None,
        has_id=None if id_column is None else (side.table[id_column] != 0).to_numpy(),
        took_us=None if id_column is None else _took_us(side),
        sent_once=side.by_probe,
    )
    return lines if len(rows) == len(lines) else lines.take(rows)


def _took_us(side: SideLines) -> Ints | None:
    """How long requests took, before their stamp where that is their end; None where no line says so."""
    if not any(part.stream.logs("request_time") for part in side.parts):
        return None
    from_start = np.array([bool(part.stream.format and part.stream.format.clock == "start") for part in side.parts])
    took_us = side.table["request_us"].to_numpy().clip(0)
    return np.where(from_start[side.part], took_us, -took_us) if len(from_start) else None


def _stamped(side: SideLines, rows: Ints, placed_us: Ints, keys: NDArray[np.uint64]) -> Stamped:
    """The lines that took part with their stamps as logged, the clocks of their side's streams set against each other.

    placed_us: by the rows, their places on these clocks.
    """
    return Stamped(keys, placed_us - side.placed_us[rows] + side.table["time_us"].to_numpy()[rows])
