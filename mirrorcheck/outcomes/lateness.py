"""Finds the originals near the end of the logs that lack a copy although late copies do not explain that.

A copy that would be logged after the end is later than its original is old. The share of earlier copies that were as
late says how likely that is. Where far more originals in a row lack one while other copies still came, none was sent.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import log

import numpy as np

from mirrorcheck.outcomes import constants
from mirrorcheck.pairing import Outcome, Pairing
from mirrorcheck.pairing.clock import SECOND_US
from mirrorcheck.pairing.model import Bools, Floats, Ints

_CUTS = 32
_MOST_STRETCHES = 8
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

    delay_us: int64, in order, of originals so old that all their copies were seen. ratio: the share of these that was
    copied, of all or of the last, the lower one. slack_us: by how much one stamp may be late, or another early.
    """

    delay_us: Ints
    ratio: float
    slack_us: int

    def under_way(self, age_us: Ints) -> Floats:
        """How likely a copy is later than its original is old, at most; float64 by original."""
        later = len(self.delay_us) - np.searchsorted(self.delay_us, age_us - self.slack_us, side="right")
        likely: Floats = (later + constants.LATE_SIGMAS * np.sqrt(later) + constants.LATE_UNSEEN) / len(self.delay_us)
        return np.minimum(likely, 1.0)

    def lacks_copy(self, age_us: Ints) -> Floats:
        """How likely an original has no copy by now, whether one is under way or it was not sampled."""
        return 1 - self.ratio * (1 - self.under_way(age_us))


@dataclass(frozen=True, slots=True, eq=False)
class _Streak:
    """The originals in a row, from `first` to `last` inclusive, that look most as if nothing was copied."""

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
    if not missed[rows].any() or len(copied) < constants.FEW_PAIRS:
        return found
    ratio = 1 - max(float(missed[old].mean()), float(missed[old[-constants.RECENT_ORIGINALS :]].mean()))
    copy_us = paired.copy_us[paired.copy_of[copied]]
    slack_us = SECOND_US if seen.resolution_us >= SECOND_US else 0
    lateness = Lateness(np.sort(copy_us - times[copied]), ratio, slack_us)
    age_us = seen.until_us - times[rows]
    gain = _gain(lateness.lacks_copy(age_us), missed[rows])
    enough = log(max(1, len(rows)) / constants.LATE_ERROR)
    if _Streak.of(gain).score > enough:
        enough = max(enough, constants.AS_BEFORE * _worst_before(times[copied], copy_us, seen.most_us, lateness))
    known = np.flatnonzero(lateness.under_way(age_us) <= constants.RATHER_UNDER_WAY)
    for first, last in _stretches(gain, enough) if len(known) else ():
        if first > known[-1]:
            continue
        # What had stopped at the last original that shows it was not seen to go on.
        until = times[rows[last]] if last < known[-1] else times.max()
        found |= hidden & (times >= times[rows[first]]) & (times <= until)
    return found


def _in_order(times: Ints, chosen: Bools) -> Ints:
    rows = np.flatnonzero(chosen)
    return rows[np.argsort(times[rows], kind="stable")]


def _gain(likely: Floats, missed: Bools) -> Floats:
    """How each original speaks for mirroring having stopped: the logarithm of the ratio of two likelihoods.

    likely: that an original lacks a copy though the mirror works. If it does, the sum from any original on exceeds x
    with a probability of at most exp(-x) (Ville's inequality).
    """
    if_stopped = 1 - constants.LEFT * (1 - likely)
    return np.where(missed, np.log(if_stopped / likely), log(constants.LEFT))


def _stretches(gain: Floats, enough: float) -> Iterator[tuple[int, int]]:
    """The first and the last original of each stretch with a sum of more than enough, the largest sum first."""
    left = gain.copy()
    for _ in range(_MOST_STRETCHES):
        stretch = _Streak.of(left)
        if stretch.score <= enough:
            return
        yield stretch.first, stretch.last
        left[stretch.first : stretch.last + 1] = -_NEVER


def _worst_before(times: Ints, copy_us: Ints, most_us: int, lateness: Lateness) -> float:
    """The highest score that copies which were all logged would have had, if the logs had ended earlier.

    Late copies come together: of one slow request that many send, or while a part of the shadow stands still. times,
    copy_us: of originals, in order, and of their copies. In each part of the log, the end is where most were under way.
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
