"""Puts outcomes in random order where which of several identical requests was missed is a guess.

That guess is not a random one: all the misses of a busy second may stand at its end. So no row of such misses says
anything of how requests were chosen, but their number in a stretch longer than the reach of the pairing is certain. In
random order inside such stretches they are what independent draws would be.

A log that is hardly longer than the reach is one such stretch. Yet the counts on either side of a moment, farther from
it than outcomes may have been exchanged, may differ by more than luck: then the mean is that of no phase.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import log

import numpy as np
from numpy.typing import NDArray

from mirrorcheck.pairing.clock import SECOND_US
from mirrorcheck.pairing.model import Bools, Ints
from mirrorcheck.totals import constants
from mirrorcheck.totals.phases import Segment, cut_phases, mirrored_span, misfit

_SEED = 20_000
_MOST_MOMENTS = 500
_NOWHERE = np.empty(0, np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Exchangeable:
    """Originals in order of time, and which of them may have exchanged their outcomes; columns of length n.

    paired: bool[n]. time_us: int64[n], ascending. alike: int64[n], the same number for those of a key that follow each
    other within `reach_us`, -1 where an outcome is certain.
    """

    paired: Bools
    time_us: Ints
    alike: Ints
    reach_us: int

    @property
    def stretch_us(self) -> int:
        """How long a stretch is in which outcomes are exchanged, or up to twice that."""
        return constants.REACHES_IN_STRETCH * self.reach_us

    @property
    def guess_us(self) -> int:
        """How far outcomes may have been exchanged, 0 where none is a guess."""
        return self.reach_us if ((self.alike >= 0) & ~self.paired).any() else 0

    def drawn(self, horizon_us: int) -> Bools:
        """The outcomes as draws, bool[n]: as many of every stretch as were found."""
        on = mirrored_span(self.paired)
        # Without a miss between the first copy and the last nothing was drawn.
        if on is None or self.paired[on].all() or not ((self.alike >= 0) & ~self.paired).any():
            return self.paired
        # By how much the clocks differ may be unknown, too: what is missing at one end is too much at the other.
        drawn = self.in_random_order(ends_as_one=True)
        if len(cut_phases(self.time_us, drawn, horizon_us=horizon_us)) == 1:
            return drawn
        found = cut_phases(self.time_us, self.paired, horizon_us=horizon_us)
        if all(not each.paired or not each.missed for each in found):
            return self.paired
        return self.in_random_order(self._off(found))

    def in_random_order(self, borders: Ints = _NOWHERE, *, ends_as_one: bool = False) -> Bools:
        """Exchange what may be exchanged; borders: int64[k], positions that nothing is exchanged across, ascending.

        ends_as_one: also between the first stretch of a key and the last, where there are others.
        """
        drawn = self.paired.copy()
        rows = np.flatnonzero(self.alike >= 0)
        # By position, and not by what is found there: the lines' order in their files changes nothing.
        luck = np.random.default_rng(_SEED).random(len(self.paired))[rows]
        unit = self._units(rows, np.searchsorted(borders, rows, side="right"), ends_as_one=ends_as_one)
        order = np.lexsort((luck, unit))
        first = np.flatnonzero(np.diff(unit[order], prepend=-1))
        hits = np.add.reduceat(self.paired[rows[order]], first, dtype=np.int64)
        sizes = np.diff(np.append(first, len(rows)))
        drawn[rows[order]] = np.arange(len(rows)) - np.repeat(first, sizes) < np.repeat(hits, sizes)
        return drawn

    def _units(self, rows: Ints, piece: Ints, *, ends_as_one: bool) -> Ints:
        """Number of the stretch of each: of one key, of one piece, and as long as it takes."""
        order = np.lexsort((piece, self.alike[rows]))
        alike, piece, time_us = self.alike[rows][order], piece[order], self.time_us[rows][order]
        starts = (np.diff(alike, prepend=-1) != 0) | (np.diff(piece, prepend=-1) != 0)
        first = np.flatnonzero(starts)
        sizes = np.diff(np.append(first, len(rows)))
        since_us = time_us - np.repeat(time_us[first], sizes)
        last_us = np.repeat(since_us[first + sizes - 1], sizes)
        # What is left over at the end is no stretch of its own.
        last = np.maximum(0, last_us // self.stretch_us - 1)
        block = np.minimum(since_us // self.stretch_us, last)
        unit = np.empty_like(rows)
        unit[order] = np.cumsum(starts | (np.diff(block, prepend=0) != 0)) - 1
        if ends_as_one:
            joined = (block == last) & (last >= constants.FEWEST_STRETCHES)
            unit[order[joined]] = np.repeat(unit[order[first]], sizes)[joined]
        return unit

    def _off(self, found: Sequence[Segment]) -> Ints:
        """Between which positions nothing was copied for longer than the reach; nothing is exchanged across these."""
        off = [each for each in found if not each.paired and each.to_us - each.from_us > self.reach_us]
        return np.unique([place for each in off for place in (each.first, each.last + 1)]).astype(np.int64)


@dataclass(frozen=True, slots=True)
class Change:
    """Counts that no one ratio explains: of originals and of those paired, up to a moment and from a later one on."""

    until_us: int
    before: int
    paired_before: int
    from_us: int
    after: int
    paired_after: int

    @property
    def sentence(self) -> str:
        """The counts, and what may have made them."""
        until, since = (datetime.fromtimestamp(us // SECOND_US, UTC) for us in (self.until_us, self.from_us))
        return (
            f"{self.paired_before:,} of {self.before:,} requests up to {until:%H:%M:%S} were copied, and of those from "
            f"{since:%H:%M:%S} on {self.paired_after:,} of {self.after:,}: the ratio changed, or the clocks of the "
            "sides differ more than identical requests show; log $http_x_request_id on both sides."
        )


def hidden_change(
    time_us: Ints, originals: NDArray[np.integer], paired: NDArray[np.integer], reach_us: int
) -> Change | None:
    """The change that the counts show most clearly; None where one ratio explains them, or no outcome is a guess.

    Columns by stretch, in order of time: when it begins, how many originals it has, and how many were copied. reach_us:
    how far outcomes may have been exchanged, 0 where none is a guess.
    """
    if not len(time_us) or reach_us <= 0:
        return None
    before, hits = (np.concatenate(([0], np.cumsum(column, dtype=np.int64))) for column in (originals, paired))
    step_us = max(reach_us, int(time_us[-1] - time_us[0]) // _MOST_MOMENTS)
    moments = np.arange(time_us[0] + 2 * reach_us, time_us[-1] - 2 * reach_us + 1, step_us)
    left = np.searchsorted(time_us, moments - reach_us, "left")
    right = np.searchsorted(time_us, moments + reach_us, "right")
    sizes = np.array([before[left], before[-1] - before[right]])
    copied = np.array([hits[left], hits[-1] - hits[right]])
    gain = misfit(sizes.sum(axis=0), copied.sum(axis=0)) - misfit(sizes, copied).sum(axis=0)
    enough = constants.GAIN_ANYWHERE * log(before[-1])  # as much as a cut anywhere must gain, see `phases.cut_costs`
    if not len(gain) or gain.max() <= enough:
        return None
    best = int(gain.argmax())
    (first, after), (paired_before, paired_after) = sizes[:, best].tolist(), copied[:, best].tolist()
    return Change(int(time_us[left[best] - 1]), first, paired_before, int(time_us[right[best]]), after, paired_after)
