"""Finds the lines whose partner may lie beyond the ends of the logs, or in a gap.

The logs are taken to cover the span of the two together. A copy is logged a while after its original (or before, where
clocks differ or the shadow answers first): the partner of a line that lies nearer to an end may lie beyond it.
"""

from collections.abc import Iterable, Iterator

import numpy as np

from mirrorcheck.outcomes import constants
from mirrorcheck.outcomes.lateness import Seen, unexplained
from mirrorcheck.outcomes.sides.model import WHOLE, Piece, SideLines
from mirrorcheck.pairing import Outcome, Pairing
from mirrorcheck.pairing.clock import SECOND_US
from mirrorcheck.pairing.model import Bools, Ints

_ENDLESS_US = 1 << 62


def find_uncovered(  # noqa: PLR0913  # each is another side of the question
    paired: Pairing, judged: Bools, copy_stream: Ints, resolution_us: int, piece: Piece = WHOLE, *, overlap: bool
) -> tuple[Bools, Bools]:
    """Find the lines that the ends hide unless they are paired: bool by original and by copy, as the pairing has them.

    judged: bool by original, it might be missed. copy_stream: int64 by copy. resolution_us: the coarsest.
    An original is hidden in the last moments, shorter than the delay of nearly all copies, or of nearly all recent
    ones, if the shadow went on logging that much longer; with `overlap`, outside the shadow's span. It is not where
    more later requests were copied than overtake others, nor where late copies do not explain how many lack one.
    """
    times, copy_times = paired.original_us, paired.copy_us
    if not len(times) or not len(copy_times):
        return np.zeros(len(times), np.bool_), np.zeros(len(copy_times), np.bool_)
    sure = sure_pairs(paired)
    least, most = _reach(paired.delay_us[sure], resolution_us)
    strangers = int((paired.copy_outcome == Outcome.ORPHAN).sum())
    if least < 0 and strangers:
        # Where copies have no original, others of them may have taken one that came long after them.
        least, _ = _reach(np.sort(paired.delay_us[sure])[strangers:], resolution_us)
    first, last = int(copy_times.min()), int(copy_times.max())
    if not overlap:
        first, last = min(first, int(times.min())), max(last, int(times.max()))
    begun, early = times + least < first, copy_times - most < min(first, int(times.min()))
    if not piece.begins:
        begun, early = begun & False, early & False
    if not piece.ends:
        return begun, early
    lately = _lately(paired, sure, (last - (1 + constants.RECENT_SPANS) * most, last - most), resolution_us)
    shadow_end = _shadow_end(copy_times, copy_stream)
    ended = (times + most > last) & (times + lately > shadow_end)
    if len(sure) >= constants.RECENT_PAIRS and (paired.copy_of[begun | ended] < 0).any():  # else nothing is unobserved
        rows = np.flatnonzero(ended)
        ended[rows] = ~_overtaken(paired, sure, copy_stream, rows)
    ended &= ~unexplained(paired, judged, ended, Seen(min(last, shadow_end), most, resolution_us))
    return begun | ended, early


def sure_pairs(paired: Pairing) -> Bools:
    """By pair, in the order of `delay_us`: certain; all pairs where hardly any is."""
    pairs = np.flatnonzero(paired.copy_of >= 0)
    certain: Bools = paired.original_candidates[pairs] == 1
    return certain if int(certain.sum()) >= constants.FEW_PAIRS else np.ones(len(pairs), np.bool_)


def _lately(paired: Pairing, sure: Bools, within_us: tuple[int, int], resolution_us: int) -> int:
    """How long copies of the last originals logged within these moments took; endless where they are few."""
    times = paired.original_us[paired.copy_of >= 0]
    since_us, until_us = within_us
    recent = np.flatnonzero(sure & (times <= until_us))
    if len(recent) < constants.RECENT_PAIRS:
        return _ENDLESS_US
    # At least so many. Slow requests may come together, so they are taken from much longer than a copy takes.
    many = max(constants.RECENT_PAIRS, int((times[recent] > since_us).sum()))
    last = recent[np.argpartition(times[recent], -many)[-many:]]
    return _reach(paired.delay_us[last], resolution_us)[1]


def _overtaken(paired: Pairing, sure: Bools, copy_stream: Ints, rows: Ints) -> Bools:
    """By row: more later requests were copied, to each of the shadow's streams, than nearly ever overtake an original.

    A shadow that stands still logs its copies late, but in the order of the requests. sure: by pair, at least one.
    """
    pairs = np.flatnonzero(paired.copy_of >= 0)[sure]
    times, copies = paired.original_us[pairs], paired.copy_of[pairs]
    streams = [np.flatnonzero(copy_stream[copies] == stream) for stream in _streams(copy_stream)]
    ahead = np.concatenate([_ahead(times[own], paired.copy_us[copies[own]]) for own in streams])
    later = (len(own) - np.searchsorted(np.sort(times[own]), paired.original_us[rows], side="right") for own in streams)
    by_more: Bools = np.minimum.reduce(list(later)) > np.quantile(ahead, constants.DELAY_QUANTILE)
    return by_more


def _ahead(times: Ints, copy_us: Ints) -> Ints:
    """By pair of one stream: how far in the order of requests the furthest that was copied by then is ahead of it."""
    in_turn = np.empty(len(times), np.int64)
    in_turn[np.lexsort((copy_us, times))] = np.arange(len(times))
    logged = in_turn[np.argsort(copy_us, kind="stable")]
    return np.maximum.accumulate(logged) - logged


def _shadow_end(copy_times: Ints, copy_stream: Ints) -> int:
    """When the first stream of the shadow to end logged its last copy."""
    streams = _streams(copy_stream)
    if len(streams) == 1:
        return int(copy_times.max())
    return min(int(copy_times[copy_stream == stream].max()) for stream in streams)


def _streams(copy_stream: Ints) -> Ints:
    """The numbers of the shadow's streams that have copies."""
    return np.flatnonzero(np.bincount(copy_stream))


def _reach(delay_us: Ints, resolution_us: int) -> tuple[int, int]:
    """How far before (<= 0) and after (>= 0) an original its copy may be logged, as learnt from delays as logged.

    A stamp cut to whole seconds moves a delay by less than a second to either side and keeps its mean: what is sure
    is the quantile less that second, and the mean.
    """
    if not len(delay_us):
        return 0, 0
    least, most = (int(q) for q in np.quantile(delay_us, [1 - constants.DELAY_QUANTILE, constants.DELAY_QUANTILE]))
    if resolution_us < SECOND_US:
        return min(0, least), max(0, most)
    mean = int(delay_us.mean())
    least = min(0, mean, least + SECOND_US)
    # Beside a delay like that a second is little, and a copy that is still under way is no missed one.
    is_slow = most >= constants.SLOW_DELAY_US or (most >= 2 * SECOND_US and mean >= constants.SLOW_MEAN_US)
    return least, max(0, mean, most if is_slow else most - SECOND_US)


def gaps_of(side: SideLines, rows: Ints, level_us: Ints) -> Iterator[tuple[int, int]]:
    """The gaps of a side on the clock that its lines are on when they are paired; `level_us`: by the rows, on it."""
    streams = [part.stream.source.name for part in side.parts]
    for gap in side.gaps:
        own = side.part[rows] == streams.index(gap.stream) if gap.stream in streams else np.zeros(len(rows), np.bool_)
        ahead_us = int(np.median((level_us - side.placed_us[rows])[own])) if own.any() else 0
        yield gap.from_us + ahead_us, gap.to_us + ahead_us


def hidden_in_gaps(times_us: Ints, gaps: Iterable[tuple[int, int]], within_us: tuple[int, int]) -> Iterator[Bools]:
    """By line, for each gap of the other side: its partner may have been logged there.

    gaps: first and last moment, by the clock of `times_us`. within_us: how far before and after a line its partner is.
    """
    least, most = within_us
    for from_us, to_us in gaps:
        yield (times_us + most >= from_us) & (times_us + least <= to_us)


def reach(delay_us: Ints, horizon_us: int) -> tuple[int, int]:
    """How long before (<= 0) and after an original its copy may be logged, in microseconds, with a second to spare.

    delay_us: int64 of the sure pairs (`sure_pairs`); where they are few it may be the whole horizon.
    """
    if len(delay_us) < constants.FEW_PAIRS:
        return -horizon_us, horizon_us
    least, most = (int(q) for q in np.quantile(delay_us, [1 - constants.GAP_QUANTILE, constants.GAP_QUANTILE]))
    return max(min(0, least) - SECOND_US, -horizon_us), min(max(0, most) + SECOND_US, horizon_us)
