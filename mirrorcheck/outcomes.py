"""Two sides in, the class of every parsed line out: exclusions, marker, pairing, and the edges no copy could fill."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mirrorcheck import pairing
from mirrorcheck.copying import ids_tell, marker_tells
from mirrorcheck.edges import find_edges, sure_pairs
from mirrorcheck.gaps import Stretch, hidden_copies, hidden_originals, reach
from mirrorcheck.ids import Ids, choose_id
from mirrorcheck.likeness import USUAL_CHAIN, Learnt
from mirrorcheck.marker import Marker, find_marker, given_marker
from mirrorcheck.pairing import Copying, Lines, Outcome, Pairing, Share, Stamped, judge_copying
from mirrorcheck.probe.choice import choose, probe_keys
from mirrorcheck.reading.observe import mix, spread
from mirrorcheck.reading.table import SCHEMA
from mirrorcheck.relearn import Usual, relearn
from mirrorcheck.settings import Settings
from mirrorcheck.side_lines import SideLines
from mirrorcheck.sides import Part, Sides, plain_key, stripped_key
from mirrorcheck.sources.feed import Gap
from mirrorcheck.threads import side_by_side
from mirrorcheck_parsers import find_field

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

SERVER_ERROR = 500
CLIENT_GONE = 499
_LEAST_UNPAIRED = 3  # unpaired lines of a hop before it is dropped as a proxy (design.md, "direct")
_MANY_PAIRED = 0.1  # of the originals have a copy by a hop: that is no accident
_ENDLESS = 1 << 62


@dataclass(frozen=True, slots=True)
class Span:
    """The time that is judged, UTC microseconds, both ends inclusive."""

    since_us: int = -(1 << 62)
    until_us: int = 1 << 62


@dataclass(frozen=True, slots=True, eq=False)
class Settled:
    """What became of every line.

    original_outcome, shadow_outcome: int8 by row of the side's table (`Outcome`). copy_of, original_of: int64, row on
    the other side or -1. candidates: int64, 1 = certain. answer_of: int64, row of the last attempt of an original's
    request.
    ids: which one is the key. copied: what chance leaves of the pairs, None where the marker tells copies by itself.
    learnt: how copies differ from their originals, where that is not the usual way.
    in_ratio: bool by row of the primary: decided, and its copy could have been logged. delay_us: (pairs,) of the sure
    pairs where there are enough, else of all.
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
    answer_of: Ints
    in_ratio: Bools
    delay_us: Ints
    span: Span
    ids: Ids
    copied: Share | None = None
    learnt: Learnt | None = None

    @property
    def open(self) -> bool:
        """Whether nothing may have been copied: traffic that is split between the sides would leave the same lines."""
        return self.copied is not None and self.copied.copying is Copying.OPEN

    @property
    def open_which(self) -> bool:
        """Whether it is not known which originals were missed: hardly one has a key of its own, or chance pairs all."""
        return self.pairing.undecidable or self.open

    def originals(self, outcome: Outcome) -> int:
        """How many originals ended in the class."""
        return int((self.original_outcome == outcome).sum())

    def shadow_lines(self, outcome: Outcome) -> int:
        """How many shadow lines ended in the class."""
        return int((self.shadow_outcome == outcome).sum())


def settle(sides: Sides, settings: Settings, span: Span) -> Settled:
    """Give every parsed line of both sides its outcome, as design.md defines them."""
    primary, shadow = side_by_side(
        lambda side: _gather(*side, span), ((sides.primary, sides.primary_gaps), (sides.shadow, sides.shadow_gaps))
    )
    choice = choose(primary.table, shadow.table, settings.probe.run if settings.probe else None)
    primary = replace(primary, table=choice.primary, by_probe=choice.by_probe)
    shadow = replace(shadow, table=choice.shadow, by_probe=choice.by_probe)
    usual = _settled(primary, shadow, _marker(primary, shadow, settings), settings)
    settlement = _relearnt(usual, settings)
    copied = settlement.copied()
    if copied and copied.copying is Copying.REFUTED:
        no_copy = np.zeros(shadow.table.height, np.bool_)
        settlement = _pair(primary, shadow, replace(usual.marker, is_copy=no_copy), settings)
    elif copied and copied.copying is Copying.OPEN and settlement.learnt and settlement.learnt.assumed:
        settlement = replace(settlement, learnt=None)  # what copies are is no finding while there may be none
    return replace(settlement.finish(settings, span), copied=copied)


def _settled(
    primary: SideLines, shadow: SideLines, marker: Marker, settings: Settings, ids: Ids | None = None
) -> "_Settlement":
    """The pairing by a marker, less the lines that it takes for copies and that are none; ids: None to choose one."""
    settlement = _pair(primary, shadow, marker, settings, ids)
    false_proxies = settlement.false_proxies()
    if false_proxies.any():
        marker = replace(marker, is_copy=marker.is_copy & ~false_proxies)
        settlement = _pair(primary, shadow, marker, settings, ids)
    return settlement


def _relearnt(usual: "_Settlement", settings: Settings) -> "_Settlement":
    """The pairing by how copies differ here, the usual one where that is the usual way or finds hardly more."""
    anew = relearn(usual.usual(), settings.horizon_us)
    if anew is None:
        return usual
    found = _settled(anew.primary, anew.shadow, anew.marker, settings, anew.ids)
    more = int((found.paired.copy_of >= 0).sum()) - int((usual.paired.copy_of >= 0).sum())
    return replace(found, learnt=anew.learnt) if more >= anew.least_more else usual


def _marker(primary: SideLines, shadow: SideLines, settings: Settings) -> Marker:
    logs_chain = primary.logs("xff") and shadow.logs("xff")
    if any(find_field(fields, name) for fields in shadow.fields() for name, _ in settings.markers):
        return given_marker(shadow.table, logs_chain=logs_chain)
    found = find_marker(
        primary.table,
        shadow.table,
        logs_chain=logs_chain,
        shadow_logs_chain=shadow.logs("xff"),
        logs_mark=shadow.logs("host") or shadow.logs("internal"),
    )
    return replace(found, stands_in=bool(settings.markers))


def _pair(
    primary: SideLines, shadow: SideLines, marker: Marker, settings: Settings, ids: Ids | None = None
) -> "_Settlement":
    originals = np.flatnonzero(~primary.table["excluded"].to_numpy())
    copies = np.flatnonzero(marker.is_copy & ~shadow.table["excluded"].to_numpy())
    if ids is None:
        asked = settings.key is not None
        ids = Ids("probe") if primary.by_probe else choose_id(primary, originals, shadow, copies, asked=asked)
    taken = ((primary, originals, False), (shadow, copies, True))
    lines = side_by_side(
        lambda side: _lines(side[0], _keys(side[0], marker, ids, copies=side[2]), side[1], ids.column),
        taken,
    )
    paired = pairing.pair(*lines, horizon_us=settings.horizon_us, presume_retries=settings.presume_retries)
    return _Settlement(primary, shadow, marker, originals, copies, paired, ids)


def _gather(parts: Sequence[Part], gaps: tuple[Gap, ...], span: Span) -> SideLines:
    tables = [part.table for part in parts]
    table = pl.concat(tables) if tables else pl.DataFrame(schema=SCHEMA)
    if span != Span():
        table = table.with_columns(pl.col("excluded") | ~pl.col("time_us").is_between(span.since_us, span.until_us))
    sizes = [part.table.height for part in parts]
    part = np.repeat(np.arange(len(parts)), sizes) if len(parts) > 1 else np.broadcast_to(np.int64(0), sum(sizes))
    stream = _stream_numbers(part, table["pod"])
    resolution = np.array([p.stream.format.resolution_us if p.stream.format else 1 for p in parts], np.int64)
    placed_us = pairing.place(table["time_us"].to_numpy(), stream, resolution[part] if len(parts) > 1 else resolution)
    return SideLines(tuple(parts), table, part, stream, placed_us, int(resolution.max(initial=1)), gaps)


def _stream_numbers(part: Ints, pod: pl.Series) -> Ints:
    """Number the pods of every part: each has a clock of its own."""
    if not (pod != 0).any():
        return part
    frame = pl.DataFrame({"part": part, "pod": pod})
    return frame.select(pl.struct("part", "pod").rank("dense")).to_series().to_numpy().astype(np.int64) - 1


def _keys(side: SideLines, marker: Marker, by: Ids, *, copies: bool) -> NDArray[np.uint64]:
    table = side.table
    if side.by_probe:
        return probe_keys(table)
    keys = _keys_of_content(table, marker, copies=copies)
    if not by.column:
        return keys
    ids = table[by.column].to_numpy()
    by_id = mix(ids, table["method"].to_numpy(), table["target"].to_numpy())
    if by.once is not None and len(by.once):
        by_id = np.where(np.isin(ids, by.once), ids, by_id)
    return np.where(ids == 0, keys, by_id)


def _keys_of_content(table: pl.DataFrame, marker: Marker, *, copies: bool) -> NDArray[np.uint64]:
    if not marker.uses_chain:
        return table["rest"].to_numpy()
    return stripped_key(table) if copies and marker.strips_hop else plain_key(table)


def _lines(side: SideLines, keys: NDArray[np.uint64], rows: Ints, id_column: str | None) -> Lines:
    status = side.table["status"].to_numpy()
    lines = Lines(
        key=keys,
        logged_us=side.table["time_us"].to_numpy(),
        placed_us=side.placed_us,
        stream=side.stream,
        failed=(status >= SERVER_ERROR) | (status == CLIENT_GONE),
        attempt=side.table["attempt"].to_numpy().astype(np.int64) if side.logs("attempt") else None,
        has_id=None if id_column is None else (side.table[id_column] != 0).to_numpy(),
    )
    return lines if len(rows) == len(lines) else lines.take(rows)


@dataclass(frozen=True, slots=True, eq=False)
class _Settlement:
    """The pairing of the lines that took part, on its way back to all lines of the tables."""

    primary: SideLines
    shadow: SideLines
    marker: Marker
    originals: Ints
    copies: Ints
    paired: Pairing
    ids: Ids
    learnt: Learnt | None = None

    def usual(self) -> Usual:
        """What the search for other ways in which copies may differ begins with."""
        return Usual(self.primary, self.shadow, self.marker, self.originals, self.copies, self.paired, self.ids)

    def finish(self, settings: Settings, span: Span) -> Settled:
        originals, shadow_lines = self.primary.table.height, self.shadow.table.height
        # Copies of them, as they are written to below.
        original_outcome = spread(self.paired.original_outcome, self.originals, originals, Outcome.EXCLUDED).copy()
        shadow_outcome = spread(self.paired.copy_outcome, self.copies, shadow_lines, Outcome.EXCLUDED).copy()
        direct = ~self.marker.is_copy & (shadow_outcome == Outcome.EXCLUDED)
        shadow_outcome[direct & ~self.shadow.table["excluded"].to_numpy()] = Outcome.DIRECT
        shadow_outcome[self.marker.unsure & (shadow_outcome == Outcome.ORPHAN)] = Outcome.DIRECT
        self._exclude_malformed(original_outcome, shadow_outcome)
        sure = sure_pairs(self.paired)
        in_ratio = self._leave_out_edges(sure, original_outcome, shadow_outcome, settings)
        delay_us = self.paired.delay_us[sure]
        if self.primary.gaps or self.shadow.gaps:
            self._leave_out_gaps(reach(delay_us, settings.horizon_us), original_outcome, shadow_outcome, in_ratio)
        return Settled(
            self.primary,
            self.shadow,
            self.marker,
            self.paired,
            original_outcome,
            shadow_outcome,
            copy_of=_link(self.primary, self.originals, self.paired.copy_of, self.copies),
            original_of=_link(self.shadow, self.copies, self.paired.original_of, self.originals),
            original_candidates=spread(self.paired.original_candidates, self.originals, originals, 1),
            shadow_candidates=spread(self.paired.copy_candidates, self.copies, shadow_lines, 1),
            answer_of=_link(self.primary, self.originals, self.paired.answer_of, self.originals),
            in_ratio=in_ratio,
            delay_us=delay_us,
            span=span,
            ids=self.ids,
            learnt=self.learnt,
        )

    def _exclude_malformed(self, original_outcome: NDArray[np.int8], shadow_outcome: NDArray[np.int8]) -> None:
        """A malformed request is answered by the proxy or never reaches one: unpaired, it says nothing of mirroring."""
        malformed = ~self.primary.table["well_formed"].to_numpy()
        unpaired = (original_outcome == Outcome.MISSED) | (original_outcome == Outcome.RETRY)
        original_outcome[malformed & unpaired] = Outcome.EXCLUDED
        malformed = ~self.shadow.table["well_formed"].to_numpy()
        shadow_outcome[malformed & (shadow_outcome != Outcome.PAIRED)] = Outcome.EXCLUDED

    def copied(self) -> Share | None:
        """What chance leaves of the pairs; None where nothing is paired, or where the marker tells as much as it can.

        A marker is believed where chance may explain the pairs, but not where it must; what has one stays a copy.
        """
        primary, shadow, paired = self.primary.table, self.shadow.table, self.paired
        if not len(paired.delay_us):
            return None
        share = judge_copying(
            _stamped(self.primary, self.originals, paired.original_us, self._key(copies=False)),
            _stamped(self.shadow, self.copies, paired.copy_us, self._key(copies=True)),
            paired.delay_us,
            max(self.primary.resolution_us, self.shadow.resolution_us),
        )
        if share.copying is Copying.OPEN and self._ids_tell():
            return None
        # Hops that were learnt from pairs are no mark: the way of a split to another cluster has some, too.
        marks = self.learnt is None or self.learnt.definition.chain == USUAL_CHAIN or self.marker.marks
        if not marks or not marker_tells(self.marker, primary, shadow, self.originals, self.copies):
            return share
        pairs, times = len(paired.delay_us), paired.original_us
        within = int(((paired.copy_us >= times.min()) & (paired.copy_us <= times.max())).sum())
        # Every copy has an original: a proxy that has few is none that mirrors.
        doubtful = pairs > share.high * len(self.originals) or 2 * pairs < within
        return replace(share, copying=Copying.OPEN) if doubtful and share.copying is not Copying.PROVEN else None

    def _ids_tell(self) -> bool:
        """Whether the pairs are no accidents, as each has an id that stands once on each side."""
        pairs = np.flatnonzero(self.paired.copy_of >= 0)
        rows = self.originals[pairs], self.copies[self.paired.copy_of[pairs]]
        return ids_tell(self.primary.table, self.shadow.table, self.ids.column, *rows)

    def _key(self, *, copies: bool) -> NDArray[np.uint64]:
        side, rows = (self.shadow, self.copies) if copies else (self.primary, self.originals)
        return _keys(side, self.marker, self.ids, copies=copies)[rows]

    def false_proxies(self) -> Bools:
        """By row of the shadow: its last hop is no mirroring proxy, so it is direct traffic with a chain of its own.

        Behind a gateway every request has one. Most lines of a proxy's hop pair (design.md, "direct"), within the span
        of the primary's log; or most are copies of what that log lacks, but then many of its originals have one.
        """
        orphans = int((self.paired.copy_outcome == Outcome.ORPHAN).sum())
        if not self.marker.strips_hop or self.marker.marks or orphans < _LEAST_UNPAIRED:
            return np.zeros(self.shadow.table.height, np.bool_)
        hops, number = np.unique(self.shadow.table["hop"].to_numpy(), return_inverse=True)
        own, times = number[self.copies], self.paired.original_us
        within = (self.paired.copy_us >= times.min(initial=_ENDLESS)) & (self.paired.copy_us <= times.max(initial=-1))
        lines = np.bincount(own[within], minlength=len(hops))
        unexplained = np.bincount(own[within & self._strangers()], minlength=len(hops))
        paired = np.bincount(own[self.paired.original_of >= 0], minlength=len(hops))
        false = (unexplained >= _LEAST_UNPAIRED) & (2 * unexplained > lines) & (paired < _MANY_PAIRED * len(times))
        return false[number] & self.marker.is_copy & ~self.marker.unsure

    def _strangers(self) -> Bools:
        """By row of the copies: an orphan whose key no original has, so it is no second copy either."""
        primary_keys, shadow_keys = self._key(copies=False), self._key(copies=True)
        orphans = np.flatnonzero(self.paired.copy_outcome == Outcome.ORPHAN)
        strangers = np.zeros(len(self.copies), np.bool_)
        strangers[orphans] = ~np.isin(shadow_keys[orphans], primary_keys)
        return strangers

    def _leave_out_edges(
        self, sure: Bools, original_outcome: NDArray[np.int8], shadow_outcome: NDArray[np.int8], settings: Settings
    ) -> Bools:
        """Mark as unobserved what the edges of the logs hide, and say which originals the ratio rests on."""
        in_ratio: Bools = (original_outcome == Outcome.PAIRED) | (original_outcome == Outcome.MISSED)
        if settings.complete:
            return in_ratio
        resolution_us = max(self.primary.resolution_us, self.shadow.resolution_us)
        copy_stream = self.shadow.stream[self.copies]
        edges = find_edges(self.paired, sure, copy_stream, resolution_us, overlap=settings.overlap)
        hidden = self.originals[edges.originals]
        unpaired = hidden[original_outcome[hidden] == Outcome.MISSED]
        original_outcome[unpaired] = Outcome.UNOBSERVED
        early = self.copies[edges.copies]
        shadow_outcome[early[shadow_outcome[early] == Outcome.ORPHAN]] = Outcome.UNOBSERVED
        if len(unpaired):  # where the fate of every line at the edge is known, nothing is hidden and all of it counts
            in_ratio[hidden] = False
        return in_ratio

    def _leave_out_gaps(
        self,
        within_us: tuple[int, int],
        original_outcome: NDArray[np.int8],
        shadow_outcome: NDArray[np.int8],
        in_ratio: Bools,
    ) -> None:
        """Mark as unobserved what lines that were lost on the way here may explain."""
        shadow_gaps = _stretches(self.shadow, self.copies, self.paired.copy_us)
        for hidden in hidden_originals(self.paired, shadow_gaps, within_us):
            rows = self.originals[hidden]
            unpaired = rows[np.isin(original_outcome[rows], (Outcome.MISSED, Outcome.UNOBSERVED))]
            original_outcome[unpaired] = Outcome.UNOBSERVED
            if len(unpaired):  # as at the edges
                in_ratio[rows] = False
        primary_gaps = _stretches(self.primary, self.originals, self.paired.original_us)
        rows = self.copies[hidden_copies(self.paired, primary_gaps, within_us)]
        shadow_outcome[rows[shadow_outcome[rows] == Outcome.ORPHAN]] = Outcome.UNOBSERVED


def _stretches(side: SideLines, rows: Ints, level_us: Ints) -> list[Stretch]:
    """The gaps of a side on the clock that its lines are on when they are paired; `level_us`: by the rows, on it."""
    streams = [part.stream.source.name for part in side.parts]
    stretches = []
    for gap in side.gaps:
        own = side.part[rows] == streams.index(gap.stream) if gap.stream in streams else np.zeros(len(rows), np.bool_)
        ahead_us = int(np.median((level_us - side.placed_us[rows])[own])) if own.any() else 0
        stretches.append(Stretch(gap.from_us + ahead_us, gap.to_us + ahead_us))
    return stretches


def _stamped(side: SideLines, rows: Ints, placed_us: Ints, keys: NDArray[np.uint64]) -> Stamped:
    """The lines that took part with their stamps as logged, the clocks of their side's streams set against each other.

    placed_us: by the rows, their places on these clocks.
    """
    return Stamped(keys, placed_us - side.placed_us[rows] + side.table["time_us"].to_numpy()[rows])


def _link(side: SideLines, rows: Ints, partner: Ints, partner_rows: Ints) -> Ints:
    """Partners as rows of the other side's table, -1 without one."""
    if len(partner_rows) and partner_rows[-1] >= len(partner_rows):
        partner = np.where(partner >= 0, partner_rows[partner], -1)
    return spread(partner, rows, side.table.height, -1)
