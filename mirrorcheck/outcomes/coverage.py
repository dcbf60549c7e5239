"""A pairing in, the lines out whose partner the ends of the logs may hide.

The logs are taken to cover the span of the two together. A copy is logged a while after its original (or before, where
clocks differ or the shadow answers first): what lies nearer to an end than that may have its partner beyond it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from mirrorcheck.outcomes.lateness import Seen, unexplained
from mirrorcheck.pairing import Outcome, Pairing
from mirrorcheck.pairing.clock import SECOND_US
from mirrorcheck.pairing.model import Bools, Ints

_QUANTILE = 0.99
_FEW = 20  # certain pairs, below which all are taken
_RECENT = 50  # pairs that tell what the delay was lately
_RECENT_SPANS = 4  # times as long as nearly all copies take at most is lately, too
_SECONDS_US, _SLOW_US = 3 * SECOND_US, SECOND_US // 2  # the longest delays, the mean
_ENDLESS_US = 1 << 62


@dataclass(frozen=True, slots=True, eq=False)
class Uncovered:
    """Lines that are unobserved unless they are paired: bool by original and by copy, as the pairing has them."""

    originals: Bools
    copies: Bools


def find_uncovered(
    paired: Pairing, judged: Bools, copy_stream: Ints, resolution_us: int, *, overlap: bool
) -> Uncovered:
    """Find what the ends hide. judged: bool by original, it might be missed. copy_stream: int64 by copy.

    resolution_us: the coarsest.

    An original is hidden in the last moments, shorter than the delay of nearly all copies, or of nearly all recent
    ones, if the shadow went on logging that much longer; with `overlap`, outside the shadow's span. It is not where so
    many lack a copy that late ones do not explain it.
    """
    times, copy_times = paired.original_us, paired.copy_us
    if not len(times) or not len(copy_times):
        return Uncovered(np.zeros(len(times), np.bool_), np.zeros(len(copy_times), np.bool_))
    sure = sure_pairs(paired)
    least, most = _reach(paired.delay_us[sure], resolution_us)
    strangers = int((paired.copy_outcome == Outcome.ORPHAN).sum())
    if least < 0 and strangers:
        # Where copies have no original, others of them may have taken one that came long after them.
        least, _ = _reach(np.sort(paired.delay_us[sure])[strangers:], resolution_us)
    first, last = int(copy_times.min()), int(copy_times.max())
    if not overlap:
        first, last = min(first, int(times.min())), max(last, int(times.max()))
    lately = _lately(paired, sure, (last - (1 + _RECENT_SPANS) * most, last - most), resolution_us)
    shadow_end = _shadow_end(copy_times, copy_stream)
    ended = (times + most > last) & (times + lately > shadow_end)
    ended &= ~unexplained(paired, judged, ended, Seen(min(last, shadow_end), most, resolution_us))
    return Uncovered((times + least < first) | ended, copy_times - most < min(first, int(times.min())))


def sure_pairs(paired: Pairing) -> Bools:
    """By pair, in the order of `delay_us`: certain; all pairs where hardly any is."""
    pairs = np.flatnonzero(paired.copy_of >= 0)
    certain: Bools = paired.original_candidates[pairs] == 1
    return certain if int(certain.sum()) >= _FEW else np.ones(len(pairs), np.bool_)


def _lately(paired: Pairing, sure: Bools, within_us: tuple[int, int], resolution_us: int) -> int:
    """How long the last copies took whose originals were logged within these moments; endless where they are few."""
    times = paired.original_us[paired.copy_of >= 0]
    since_us, until_us = within_us
    recent = np.flatnonzero(sure & (times <= until_us))
    if len(recent) < _RECENT:
        return _ENDLESS_US
    # At least so many. Slow requests may come together, so those of a time much longer than a copy takes are looked at.
    many = max(_RECENT, int((times[recent] > since_us).sum()))
    last = recent[np.argpartition(times[recent], -many)[-many:]]
    return _reach(paired.delay_us[last], resolution_us)[1]


def _shadow_end(copy_times: Ints, copy_stream: Ints) -> int:
    """When the first stream of the shadow to end logged its last copy."""
    streams = np.flatnonzero(np.bincount(copy_stream))
    if len(streams) == 1:
        return int(copy_times.max())
    return min(int(copy_times[copy_stream == stream].max()) for stream in streams)


def _reach(delay_us: Ints, resolution_us: int) -> tuple[int, int]:
    """How far before (<= 0) and after (>= 0) an original its copy may be logged, as learnt from delays as logged.

    A stamp cut to whole seconds moves a delay by less than a second to either side and keeps its mean: what is sure
    is the quantile less that second, and the mean.
    """
    if not len(delay_us):
        return 0, 0
    least, most = (int(q) for q in np.quantile(delay_us, [1 - _QUANTILE, _QUANTILE]))
    if resolution_us < SECOND_US:
        return min(0, least), max(0, most)
    mean = int(delay_us.mean())
    least = min(0, mean, least + SECOND_US)
    # Beside a delay like that a second is little, and a copy that is still under way is no missed one.
    is_slow = most >= _SECONDS_US or (most >= 2 * SECOND_US and mean >= _SLOW_US)
    return least, max(0, mean, most if is_slow else most - SECOND_US)


_GAPS_QUANTILE = 0.999  # of the delays: what lies farther from its original was more likely paired wrongly


@dataclass(frozen=True, slots=True)
class TimeRange:
    """Moments, both ends inclusive, in UTC microseconds by the clock of the side's lines."""

    from_us: int
    to_us: int


def hidden_originals(paired: Pairing, gaps: Sequence[TimeRange], within_us: tuple[int, int]) -> Iterator[Bools]:
    """By original, for each gap of the shadow: its copy may have been logged there. within_us: see `reach`."""
    least, most = within_us
    for gap in gaps:
        yield (paired.original_us + most >= gap.from_us) & (paired.original_us + least <= gap.to_us)


def hidden_copies(paired: Pairing, gaps: Sequence[TimeRange], within_us: tuple[int, int]) -> Bools:
    """By copy: its original may have been logged in a gap of the primary. within_us: see `reach`."""
    least, most = within_us
    hidden = np.zeros(len(paired.copy_us), np.bool_)
    for gap in gaps:
        hidden |= (paired.copy_us - least >= gap.from_us) & (paired.copy_us - most <= gap.to_us)
    return hidden


def reach(delay_us: Ints, horizon_us: int) -> tuple[int, int]:
    """How long before (<= 0) and after an original its copy may be logged, in us, a second of doubt included.

    delay_us: int64 of the sure pairs, see `edges.sure_pairs`; where they are few it may be the whole horizon.
    """
    if len(delay_us) < _FEW:
        return -horizon_us, horizon_us
    least, most = (int(q) for q in np.quantile(delay_us, [1 - _GAPS_QUANTILE, _GAPS_QUANTILE]))
    return max(min(0, least) - SECOND_US, -horizon_us), min(max(0, most) + SECOND_US, horizon_us)
