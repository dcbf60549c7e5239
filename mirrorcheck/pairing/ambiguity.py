"""A matched block in, how many lines the outcome of each could equally concern out: 1 = certain."""

from dataclasses import dataclass

import numpy as np

from mirrorcheck.pairing.aligned import Alignment
from mirrorcheck.pairing.blocks import Matched
from mirrorcheck.pairing.merge import Merged
from mirrorcheck.pairing.model import Bools, Ints


def count_candidates(alignment: Alignment, matched: Matched, reach_us: int) -> Ints:
    """How many lines of its own side each line could be taken for, int64 by place among those that were matched.

    The lines of the same key within reach of a copy on either side, or in one stretch of the key in which the matching
    may have exchanged them. A line with none of the other side near is certain, since none can have been its partner.
    """
    return np.maximum(_near(matched.merged, reach_us), _exchangeable(alignment, matched, reach_us))


def _near(merged: Merged, reach_us: int) -> Ints:
    """Identical lines within reach, by place. Only groups with two lines of a side need counting."""
    number = merged.groups(reach_us)
    copies = np.bincount(number, weights=merged.is_copy)
    crowded = np.flatnonzero(((copies > 1) | (np.bincount(number) - copies > 1))[number])
    candidates = np.ones(len(merged), np.int64)
    candidates[crowded] = _identical(merged.take(crowded), reach_us)
    return candidates


def _identical(merged: Merged, reach_us: int) -> Ints:
    """Lines of the same side and run within reach of each line; 1 where none of the other side is."""
    before = merged.originals_before()
    place = _coordinate(merged, reach_us)
    low = np.searchsorted(place, place - reach_us, "left")
    high = np.searchsorted(place, place + reach_us, "right")
    originals = before[high] - before[low]
    own = np.where(merged.is_copy, high - low - originals, originals)
    return np.where(own == high - low, 1, own)


def _coordinate(merged: Merged, apart: int) -> Ints:
    """Times laid out on one axis on which different runs are more than `apart` from each other."""
    step = np.diff(merged.time_us, prepend=merged.time_us[:1])
    return np.cumsum(np.where(np.diff(merged.run, prepend=0) != 0, 2 * apart + 1, step))


@dataclass(frozen=True, slots=True, eq=False)
class _Spans:
    """Pieces of a key's time: from `margin_us` before the line at place `first` to as long after that at `last`."""

    first: Ints
    last: Ints
    margin_us: Ints

    @classmethod
    def between(cls, ends: Ints, others: Ints, margin_us: int) -> "_Spans":
        return cls(np.minimum(ends, others), np.maximum(ends, others), np.full(len(ends), margin_us))


def _exchangeable(alignment: Alignment, matched: Matched, reach_us: int) -> Ints:
    """Lines of the same side in the stretch that a line lies in, by place among those matched; 1 outside stretches."""
    spans = [*_far_pairs(matched, reach_us), *_chains(matched, reach_us), *_unsteady(alignment, matched)]
    if not spans:
        return np.ones(len(matched.kept), np.int64)
    whole = matched.block.merged
    stretch = _stretches(whole, spans)
    counted = stretch >= 0
    counted[np.flatnonzero(~matched.block.stands())] = False
    originals, copies = (
        np.bincount(stretch[counted & side], minlength=int(stretch.max()) + 1)
        for side in (~whole.is_copy, whole.is_copy)
    )
    own = np.where(whole.is_copy, copies[stretch], originals[stretch])
    both = counted & (originals[stretch] > 0) & (copies[stretch] > 0)
    return np.where(both, own, 1)[matched.kept]


def _far_pairs(matched: Matched, reach_us: int) -> list[_Spans]:
    """Between the lines of pairs that are farther apart than hardly any are: what lies there may be the right partner.

    Such a copy may be a second one of another request, in the place of a missing one, or one that was held up.
    """
    pairs, time_us = matched.pairs, matched.merged.time_us
    far = np.abs(time_us[pairs.copy] - time_us[pairs.original]) > reach_us
    if not far.any():
        return []
    places = pairs.among(matched.kept)
    return [_Spans.between(places.original[far], places.copy[far], reach_us)]


def _chains(matched: Matched, reach_us: int) -> list[_Spans]:
    """From the first attempt at a request to the last: another request's line may have been taken for an attempt."""
    whole, leader = matched.block.merged, matched.block.leader
    attempts = np.flatnonzero(~matched.block.stands() & ~whole.is_copy)
    return [_Spans.between(leader[attempts], attempts, reach_us)] if len(attempts) else []


def _unsteady(alignment: Alignment, matched: Matched) -> list[_Spans]:
    """Around lines whose place is known only roughly, as the clock learnt leaps there."""
    if not alignment.leaps():
        return []
    whole = matched.block.merged
    doubt_us = np.empty(len(whole), np.int64)
    doubt_us[~whole.is_copy] = alignment.originals_doubt_us(whole.row[~whole.is_copy])
    doubt_us[whole.is_copy] = alignment.copies_doubt_us(whole.row[whole.is_copy])
    lines = np.flatnonzero(alignment.is_leap(doubt_us))
    return [_Spans(lines, lines, doubt_us[lines])] if len(lines) else []


def _stretches(merged: Merged, spans: list[_Spans]) -> Ints:
    """Number of the stretch that each line lies in, -1 outside: spans that share a line make one."""
    first = np.concatenate([each.first for each in spans])
    last = np.concatenate([each.last for each in spans])
    margin_us = np.concatenate([each.margin_us for each in spans])
    at = _coordinate(merged, int(margin_us.max()))
    begins = np.bincount(np.searchsorted(at, at[first] - margin_us, "left"), minlength=len(merged) + 1)[:-1]
    ends = np.bincount(np.searchsorted(at, at[last] + margin_us, "right"), minlength=len(merged) + 1)[:-1]
    depth = np.cumsum(begins - ends)
    starts: Bools = (begins > 0) & (depth == begins)
    return np.where(depth > 0, np.cumsum(starts) - 1, -1)
