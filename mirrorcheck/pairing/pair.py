"""Lines of both sides in, a `Pairing` out: anchors, clocks, chains and twins, match, and once more with what was learnt."""

from dataclasses import dataclass, replace

import numpy as np

from mirrorcheck.pairing import clock, collapse, doubt, runs
from mirrorcheck.pairing.lines import Bools, Evidence, Ints, Lines, Outcome, Pairing

_FEWEST_ANCHORS = 20  # sure pairs from which the spread of delays is believed
_SPREAD_QUANTILE = 0.99
_LEAST_SPREAD_US = 2_000
_ALL_COPIED = 0.97  # of lone originals: then there are copies enough for all, and nothing that a twin could hide
_MOST_COPIED = 0.9  # then copies left over show which chains were no retries


@dataclass(frozen=True, slots=True, eq=False)
class _View:
    """Both sides on one clock, before collapsing: aligned times by row, and how far sure pairs scatter around them."""

    originals_us: Ints
    copies_us: Ints
    originals_logged_us: Ints
    copies_logged_us: Ints
    slack_us: int
    spread_us: int


@dataclass(frozen=True, slots=True, eq=False)
class _Round:
    """One pass of collapsing and matching: rows of pairs, and who stands for whom."""

    view: _View
    merged: runs.Merged
    pairs: tuple[Ints, Ints]
    head_of: Ints
    leader_of: Ints
    retries: Evidence
    twins: Evidence
    might_be_retry: Bools
    isolated: collapse.Isolated | None
    chance_links: int


def pair(originals: Lines, copies: Lines, *, horizon_us: int, presume_retries: bool = True) -> Pairing:
    """Pair originals with copies as design.md says; `horizon_us` is judged on the stamps as logged (inclusive).

    With several streams on a side their clocks are first set against each other. `presume_retries=False` collapses a
    chain of attempts only where an exact id makes it certain.
    """
    view = _first_view(originals, copies)
    first = _match(originals, copies, view, horizon_us, presume_retries=presume_retries, settled=False)
    view = _learnt_view(originals, copies, first, (horizon_us, 4 * first.view.spread_us))
    second = _match(originals, copies, view, horizon_us, presume_retries=presume_retries, settled=True)
    view = _learnt_view(originals, copies, second, (4 * second.view.spread_us, 2 * second.view.spread_us))
    return _outcomes(originals, copies, _match(originals, copies, view, horizon_us, presume_retries=presume_retries, settled=True))


def _first_view(originals: Lines, copies: Lines) -> _View:
    return _View(originals.placed_us, copies.placed_us, originals.logged_us, copies.logged_us, clock.SECOND_US, clock.SECOND_US)


def _learnt_view(originals: Lines, copies: Lines, last: _Round, reaches_us: tuple[int, ...]) -> _View:
    """Learn the clocks and the spread from pairs that admit one partner, else from all pairs of the round before."""
    rows, partners = _sure_pairs(last, reaches_us)
    anchors = clock.Anchors(
        originals.placed_us[rows], copies.placed_us[partners], originals.stream[rows], copies.stream[partners]
    )
    original_streams, copy_streams = _streams(originals), _streams(copies)
    clocks = clock.learn_clocks(anchors, original_streams, copy_streams)
    originals_us = clock.align(originals.placed_us, originals.stream, clocks.originals)
    copies_us = clock.align(copies.placed_us, copies.stream, clocks.copies)
    scatter = np.abs(copies_us[partners] - originals_us[rows])
    spread = int(np.quantile(scatter, _SPREAD_QUANTILE)) if len(rows) >= _FEWEST_ANCHORS else clock.SECOND_US
    return _View(
        originals_us,
        copies_us,
        _level(originals, clocks.originals),
        _level(copies, clocks.copies),
        clock.SECOND_US + int(max((np.abs(o.ahead_us).max(initial=0) for o in clocks.originals + clocks.copies), default=0)),
        max(spread, _LEAST_SPREAD_US),
    )


def _streams(lines: Lines) -> int:
    return int(lines.stream.max(initial=0)) + 1


def _level(lines: Lines, offsets: tuple[clock.Offset, ...]) -> Ints:
    """Logged stamps with the streams of one side set against each other, as they were where there is but one."""
    typical = np.array([offset.typical() for offset in offsets])
    return lines.logged_us - (typical - int(np.median(typical)))[lines.stream]


def _sure_pairs(last: _Round, reaches_us: tuple[int, ...]) -> tuple[Ints, Ints]:
    """Pairs whose key occurs once on either side within reach; fewer than a handful of them, then all pairs."""
    rows, partners = last.pairs
    for apart_us in reaches_us:
        alone = _alone(last.merged, apart_us, len(last.head_of))
        if int(alone[rows].sum()) >= _FEWEST_ANCHORS:
            return rows[alone[rows]], partners[alone[rows]]
    return rows, partners


def _alone(merged: runs.Merged, apart_us: int, originals: int) -> Bools:
    """By row of the original: it stands with exactly one copy in its group."""
    group = collapse.groups(merged, apart_us)
    copies = np.bincount(group, weights=merged.is_copy)
    single = (copies == 1) & (np.bincount(group) == 2)  # noqa: PLR2004  # one original, one copy
    alone = np.zeros(originals, np.bool_)
    is_original = ~merged.is_copy
    alone[merged.row[is_original]] = single[group[is_original]]
    return alone


def _match(
    originals: Lines, copies: Lines, view: _View, horizon_us: int, *, presume_retries: bool, settled: bool
) -> _Round:
    """Merge, collapse what is proven, match what is left and re-open chains for the copies left over."""
    everything = _merge(originals, copies, view, horizon_us, np.arange(len(originals)), np.arange(len(copies)))
    head_of, leader_of = np.arange(len(originals)), np.arange(len(copies))
    retries = twins = Evidence.NONE
    might_be_retry = np.zeros(len(originals), np.bool_)
    alone, by_chance = None, 0
    if originals.exact:
        head_of, leader_of = _first_of_key(everything, len(originals), len(copies), horizon_us)
        retries = twins = Evidence.CERTAIN
    elif settled:
        apart_us = collapse.RETRY_WINDOW_US + 2 * view.spread_us
        alone = collapse.isolate(everything, np.zeros(len(everything.row), np.bool_), apart_us)
        seen = collapse.judge_twins(everything, alone, apart_us)
        twins, ratio = seen.evidence, alone.ratio()
        if twins == Evidence.PROVEN and ratio < _ALL_COPIED:
            leader_of = collapse.twin_leaders(everything, seen, len(copies))
            leaders = np.flatnonzero(leader_of == np.arange(len(copies)))
            everything = _merge(originals, copies, view, horizon_us, np.arange(len(originals)), leaders)
        links = all_links = collapse.find_links(everything, originals.failed, collapse.RETRY_WINDOW_US)
        isolated = collapse.isolate(everything, links, apart_us)
        retries = collapse.judge_retries(isolated)
        if ratio < _MOST_COPIED:
            window_us = collapse.usual_gap(everything, links, isolated)
            links = collapse.find_links(everything, originals.failed, window_us)
            by_chance = doubt.chance_links(everything, links, window_us) if retries == Evidence.PROVEN else 0
        might_be_retry = collapse.chain_heads(everything, all_links, isolated) != head_of
        chains = collapse.chain_heads(everything, links, isolated)
        if retries == Evidence.PROVEN and presume_retries:
            head_of = chains
    last = _Round(view, everything, (np.empty(0, np.int64),) * 2, head_of, leader_of, retries, twins, might_be_retry, alone, by_chance)
    return _match_collapsed(originals, copies, last, horizon_us)


def _match_collapsed(originals: Lines, copies: Lines, last: _Round, horizon_us: int) -> _Round:
    heads = np.flatnonzero(last.head_of == np.arange(len(originals)))
    leaders = np.flatnonzero(last.leader_of == np.arange(len(copies)))
    merged = last.merged
    if len(heads) < len(originals) or len(leaders) < len(copies):
        merged = _merge(originals, copies, last.view, horizon_us, heads, leaders)
    pairs = runs.match(merged, horizon_us)
    if len(heads) == len(originals) or originals.exact:
        return replace(last, merged=merged, pairs=pairs)
    return _reopen(originals, copies, replace(last, merged=merged, pairs=pairs), horizon_us, heads, leaders)


def _reopen(
    originals: Lines, copies: Lines, last: _Round, horizon_us: int, heads: Ints, leaders: Ints
) -> _Round:
    """Copies left over are copies of attempts taken for retries: give those attempts back and match again."""
    unpaired = np.setdiff1d(leaders, last.pairs[1], assume_unique=True)
    members = np.setdiff1d(np.arange(len(originals)), heads, assume_unique=True)
    opened, _ = runs.match(_merge(originals, copies, last.view, horizon_us, members, unpaired), horizon_us)
    if not len(opened):
        return last
    head_of = last.head_of.copy()
    head_of[opened] = opened
    merged = _merge(originals, copies, last.view, horizon_us, np.union1d(heads, opened), leaders)
    return replace(last, merged=merged, pairs=runs.match(merged, horizon_us), head_of=head_of)


def _merge(
    originals: Lines, copies: Lines, view: _View, horizon_us: int, rows: Ints, copy_rows: Ints
) -> runs.Merged:
    return runs.merge(
        runs.Timed(originals.key[rows], view.originals_us[rows], view.originals_logged_us[rows], rows),
        runs.Timed(copies.key[copy_rows], view.copies_us[copy_rows], view.copies_logged_us[copy_rows], copy_rows),
        horizon_us + view.slack_us,
    )


def _first_of_key(merged: runs.Merged, originals: int, copies: int, horizon_us: int) -> tuple[Ints, Ints]:
    """With exact ids every line of a run but the first of its side is a further attempt, or a double."""
    firsts = []
    for is_copy, count in ((False, originals), (True, copies)):
        at = np.flatnonzero(merged.is_copy == is_copy)
        new = np.concatenate(([True], np.diff(merged.run[at]) != 0))[: len(at)]
        first = np.empty(count, np.int64)
        first[merged.row[at]] = merged.row[at][np.flatnonzero(new)[np.cumsum(new) - 1]]
        firsts.append(first)
    return firsts[0], firsts[1]


def _outcomes(originals: Lines, copies: Lines, last: _Round) -> Pairing:
    rows, partners = last.pairs
    copy_of, original_of = np.full(len(originals), -1), np.full(len(copies), -1)
    copy_of[rows], original_of[partners] = partners, rows
    is_head = last.head_of == np.arange(len(originals))
    original_outcome = np.where(copy_of >= 0, Outcome.PAIRED, np.where(is_head, Outcome.MISSED, Outcome.RETRY))
    copy_outcome = np.where(original_of >= 0, Outcome.PAIRED, _leftover(copies, last, original_of))
    originals_near, copies_near = _candidates(last, len(originals), len(copies))
    hidden_misses, undecidable = _hidden_misses(last, original_outcome, copy_outcome)
    order = np.argsort(rows)
    return Pairing(
        original_outcome=original_outcome.astype(np.int8),
        copy_outcome=copy_outcome.astype(np.int8),
        copy_of=copy_of,
        original_of=original_of,
        answer_of=_last_of_chain(last),
        head_of=last.head_of,
        original_candidates=originals_near,
        copy_candidates=copies_near,
        delay_us=(last.view.copies_logged_us[partners] - last.view.originals_logged_us[rows])[order],
        original_us=originals.placed_us + last.view.originals_logged_us - originals.logged_us,
        copy_us=copies.placed_us + last.view.copies_logged_us - copies.logged_us,
        retries=last.retries,
        twins=last.twins,
        might_be_retry=last.might_be_retry,
        hidden_misses=hidden_misses,
        undecidable=undecidable,
        spread_us=last.view.spread_us,
    )


def _hidden_misses(last: _Round, original_outcome: Ints, copy_outcome: Ints) -> tuple[int, bool]:
    """How many more originals may have been missed than the matching shows, and whether hardly a key tells anything."""
    if last.isolated is None:
        return 0, False
    paired = int((copy_outcome == Outcome.PAIRED).sum())
    unpaired = int((original_outcome == Outcome.MISSED).sum()) + len(copy_outcome) - paired
    if doubt.undecidable(last.isolated, unpaired):
        return paired - paired // 2, True
    orphans = int((copy_outcome == Outcome.ORPHAN).sum())
    hidden = doubt.hidden_orphans(last.isolated, len(copy_outcome), orphans) + last.chance_links
    if last.twins == Evidence.PROVEN and last.isolated.ratio() < _ALL_COPIED:
        hidden += doubt.hidden_twins(last.isolated, len(copy_outcome), int((copy_outcome == Outcome.DUPLICATE).sum()))
    return min(hidden, paired), False


def _last_of_chain(last: _Round) -> Ints:
    """By row of the original: the row of the last attempt of its chain."""
    count = len(last.head_of)
    order = np.lexsort((last.view.originals_us, last.head_of))
    final = np.arange(count)
    final[last.head_of[order]] = order  # later assignments win: the latest line of each head
    return final[last.head_of]


def _leftover(copies: Lines, last: _Round, original_of: Ints) -> Ints:
    """A copy left over is a duplicate if its twin is paired, or where doubles are proven near a pair, else an orphan."""
    twin = last.leader_of != np.arange(len(copies))
    duplicate = twin & (original_of[last.leader_of] >= 0)
    if last.twins == Evidence.PROVEN:
        group = np.full(len(copies), -1)
        numbers = collapse.groups(last.merged, collapse.RETRY_WINDOW_US + 2 * last.view.spread_us)
        is_copy = last.merged.is_copy
        group[last.merged.row[is_copy]] = numbers[is_copy]
        with_original = np.bincount(numbers, weights=~is_copy) > 0
        duplicate |= ~twin & with_original[group]
    return np.where(duplicate, Outcome.DUPLICATE, Outcome.ORPHAN)


def _candidates(last: _Round, originals: int, copies: int) -> tuple[Ints, Ints]:
    """How many lines of its own side each line could be taken for, by row: 1 = certain.

    The lines of the same key within the spread of delays on either side; a line without any of the other side near is
    certain, since none of them can have been its partner.
    """
    merged, near = last.merged, 2 * last.view.spread_us
    before = merged.originals_before()
    coordinate = _coordinate(merged, near)
    low = np.searchsorted(coordinate, coordinate - near, "left")
    high = np.searchsorted(coordinate, coordinate + near, "right")
    originals_near = before[high] - before[low]
    copies_near = (high - low) - originals_near
    own, other = np.where(merged.is_copy, (copies_near, originals_near), (originals_near, copies_near))
    candidates = np.where(other == 0, 1, own)
    by_row = np.ones(originals, np.int64), np.ones(copies, np.int64)
    for is_copy in (False, True):
        chosen = merged.is_copy == is_copy
        by_row[is_copy][merged.row[chosen]] = candidates[chosen]
    return by_row


def _coordinate(merged: runs.Merged, apart: int) -> Ints:
    """Times laid out on one axis on which different runs are more than `apart` from each other."""
    step = np.diff(merged.time_us, prepend=merged.time_us[:1])
    return np.cumsum(np.where(np.diff(merged.run, prepend=0) != 0, 2 * apart + 1, step))
