"""A pairing in, the originals out that lack a copy near the end of the logs although late copies do not explain that.

A copy that would be logged after the end is late by more than its original is old, which is as likely as that share of
earlier copies was late by more. Where far more originals in a row lack one while others' copies still came, it was not
sent.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import log

import numpy as np

from mirrorcheck.pairing import Outcome, Pairing
from mirrorcheck.pairing.clock import SECOND_US
from mirrorcheck.pairing.model import Bools, Floats, Ints

_ERROR = 1e-4  # how often originals of a mirror that is well are taken for missed, where delays are independent
_LEFT = 0.25  # of the copies, where mirroring has stopped; some pairs are accidents
_AS_BEFORE = 1.5  # times as many as have ever been late together
_FEW, _RECENT = 20, 200
_SIGMAS, _UNSEEN = 2.0, 3  # beyond the share of late copies that was seen; none of n seen means fewer than 3 of n
_CUTS = 32
_MOST_STRETCHES = 8
_LIKELY = 0.5  # an original whose copy is rather under way than logged, or never sent, stays hidden
_NEVER = 1e9


@dataclass(frozen=True, slots=True)
class Seen:
    """until_us: up to when the shadow logged copies. most_us: how late nearly all copies are at most.

    resolution_us: the coarsest of the stamps.
    """

    until_us: int
    most_us: int
    resolution_us: int


@dataclass(frozen=True, slots=True, eq=False)
class Lateness:
    """How late copies were.

    delay_us: int64, in order, of originals so old that all their copies were seen. ratio: of these copied, the least
    of all and of the last. slack_us: by how much a stamp may be too late, or another one too early.
    """

    delay_us: Ints
    ratio: float
    slack_us: int

    def under_way(self, age_us: Ints) -> Floats:
        """How likely a copy is later than its original is old, at most; float64 by original."""
        later = len(self.delay_us) - np.searchsorted(self.delay_us, age_us - self.slack_us, side="right")
        likely: Floats = (later + _SIGMAS * np.sqrt(later) + _UNSEEN) / len(self.delay_us)
        return np.minimum(likely, 1.0)

    def lacks_copy(self, age_us: Ints) -> Floats:
        """How likely an original has no copy by now, whether one is under way or it was not sampled."""
        return 1 - self.ratio * (1 - self.under_way(age_us))


@dataclass(frozen=True, slots=True, eq=False)
class _Streak:
    """The originals in a row, from `first` to `last` inclusive, that most of all look as if nothing was copied."""

    score: float
    first: int
    last: int

    @classmethod
    def of(cls, gain: Floats) -> "_Streak":
        total = np.concatenate(([0.0], np.cumsum(gain)))
        rise = total[1:] - np.minimum.accumulate(total)[:-1]
        last = int(np.argmax(rise))
        return cls(float(rise[last]), int(np.argmin(total[: last + 1])), last)


def unexplained(paired: Pairing, judged: Bools, hidden: Bools, seen: Seen) -> Bools:
    """By original: `hidden` by the end of the logs, but among so many without a copy that lateness does not explain it.

    judged: bool by original, it is a request that might be missed.
    """
    times, certain = paired.original_us, judged & (paired.original_candidates == 1)
    missed = paired.original_outcome == Outcome.MISSED
    found = np.zeros(len(times), np.bool_)
    rows = _in_order(times, hidden & certain)
    old = _in_order(times, certain & (times <= seen.until_us - seen.most_us))
    copied = old[~missed[old]]
    if not missed[rows].any() or len(copied) < _FEW:
        return found
    ratio = 1 - max(float(missed[old].mean()), float(missed[old[-_RECENT:]].mean()))
    copy_us = paired.copy_us[paired.copy_of[copied]]
    slack_us = SECOND_US if seen.resolution_us >= SECOND_US else 0
    lateness = Lateness(np.sort(copy_us - times[copied]), ratio, slack_us)
    age_us = seen.until_us - times[rows]
    gain = _gain(lateness.lacks_copy(age_us), missed[rows])
    enough = log(max(1, len(rows)) / _ERROR)
    if _Streak.of(gain).score > enough:
        enough = max(enough, _AS_BEFORE * _worst_before(times[copied], copy_us, seen.most_us, lateness))
    telling = np.flatnonzero(lateness.under_way(age_us) <= _LIKELY)
    for first, last in _stretches(gain, enough) if len(telling) else ():
        if first > telling[-1]:
            continue
        # What had stopped when an original last told of it was not seen to go on.
        until = times[rows[last]] if last < telling[-1] else times.max()
        found |= hidden & (times >= times[rows[first]]) & (times <= until)
    return found


def _in_order(times: Ints, chosen: Bools) -> Ints:
    rows = np.flatnonzero(chosen)
    return rows[np.argsort(times[rows], kind="stable")]


def _gain(likely: Floats, missed: Bools) -> Floats:
    """How each original speaks for mirroring having stopped: the logarithm of two likelihoods' ratio.

    likely: that one lacks a copy though all is well. The sum from any original on exceeds x with a probability of at
    most exp(-x) where it is (Ville's inequality).
    """
    if_stopped = 1 - _LEFT * (1 - likely)
    return np.where(missed, np.log(if_stopped / likely), log(_LEFT))


def _stretches(gain: Floats, enough: float) -> Iterator[tuple[int, int]]:
    """The first and the last of each stretch whose sum is more than enough, the weightiest stretch first."""
    left = gain.copy()
    for _ in range(_MOST_STRETCHES):
        stretch = _Streak.of(left)
        if stretch.score <= enough:
            return
        yield stretch.first, stretch.last
        left[stretch.first : stretch.last + 1] = -_NEVER


def _worst_before(times: Ints, copy_us: Ints, most_us: int, lateness: Lateness) -> float:
    """How much the copies that were all logged would have looked as if some were not, had the logs ended earlier.

    Late copies come together: of one slow request that many send, or while a part of the shadow stands still. times,
    copy_us: of originals, in order, and of their copies. Looked at when most were under way in each part of the log.
    """
    logged = np.sort(copy_us)
    under_way = np.arange(1, len(times) + 1) - np.searchsorted(logged, times, side="right")
    all_copied, worst = replace(lateness, ratio=1.0), 0.0
    for part in np.array_split(np.arange(len(times)), min(_CUTS, len(times))):
        end = int(part[np.argmax(under_way[part])])
        begin = int(np.searchsorted(times, times[end] - most_us, side="right"))
        seen = int(np.searchsorted(logged, times[end], side="right"))
        own = slice(begin, end + 1)
        if seen:
            likely = all_copied.lacks_copy(logged[seen - 1] - times[own])
            worst = max(worst, _Streak.of(_gain(likely, copy_us[own] > times[end])).score)
    return worst
