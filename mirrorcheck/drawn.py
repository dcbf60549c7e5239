"""Outcomes in order of time in, some of which may be their neighbours'; the same, with these in random order, out.

Which of several identical requests was missed is a guess, and not a random one: all the misses of a busy second may
stand at its end. So no row of such misses says anything of how requests were chosen. How many there are of a stretch
longer than the doubt is sure. In random order inside such stretches they are what independent draws would be.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mirrorcheck.phases import cut_phases

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]

_SEED = 20_000
_REACHES = 10  # of the doubt in a stretch: what crosses its ends is little beside it


@dataclass(frozen=True, slots=True, eq=False)
class Doubtful:
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
        return _REACHES * self.reach_us

    def drawn(self, horizon_us: int) -> Bools:
        """The outcomes as draws, bool[n]: as many of every stretch as were found.

        A change of the ratio that the stretches show lies where the outcomes as found place it, and nothing is
        exchanged across it.
        """
        if not ((self.alike >= 0) & ~self.paired).any():
            return self.paired
        drawn = self.in_random_order(np.empty(0, np.int64))
        changes = _changes(self.time_us, drawn, horizon_us)
        if not len(changes):
            return drawn
        found = _changes(self.time_us, self.paired, horizon_us)
        return self.in_random_order(found[self._are_near(found, changes)])

    def in_random_order(self, borders: Ints) -> Bools:
        """Exchange what may be exchanged; borders: int64[k], positions that nothing is exchanged across, ascending."""
        drawn = self.paired.copy()
        rows = np.flatnonzero(self.alike >= 0)
        # By position, and not by what is found there: the lines' order in their files changes nothing.
        luck = np.random.default_rng(_SEED).random(len(self.paired))[rows]
        unit = self._units(rows, np.searchsorted(borders, rows, side="right"))
        order = np.lexsort((luck, unit))
        first = np.flatnonzero(np.diff(unit[order], prepend=-1))
        hits = np.add.reduceat(self.paired[rows[order]], first, dtype=np.int64)
        sizes = np.diff(np.append(first, len(rows)))
        drawn[rows[order]] = np.arange(len(rows)) - np.repeat(first, sizes) < np.repeat(hits, sizes)
        return drawn

    def _units(self, rows: Ints, piece: Ints) -> Ints:
        """Number of the stretch of each: of one key, of one piece, and as long as it takes."""
        order = np.lexsort((piece, self.alike[rows]))
        alike, piece, time_us = self.alike[rows][order], piece[order], self.time_us[rows][order]
        starts = (np.diff(alike, prepend=-1) != 0) | (np.diff(piece, prepend=-1) != 0)
        first = np.flatnonzero(starts)
        sizes = np.diff(np.append(first, len(rows)))
        since_us = time_us - np.repeat(time_us[first], sizes)
        last_us = np.repeat(since_us[first + sizes - 1], sizes)
        # What is left over at the end is no stretch of its own.
        block = np.minimum(since_us // self.stretch_us, np.maximum(0, last_us // self.stretch_us - 1))
        unit = np.empty_like(rows)
        unit[order] = np.cumsum(starts | (np.diff(block, prepend=0) != 0)) - 1
        return unit

    def _are_near(self, found: Ints, changes: Ints) -> Bools:
        """Which of the positions lie within a stretch of one of the changes."""
        at_us, change_us = self.time_us[found], self.time_us[changes]
        near: Bools = np.searchsorted(change_us, at_us - self.stretch_us) < np.searchsorted(
            change_us, at_us + self.stretch_us, side="right"
        )
        return near


def _changes(time_us: Ints, paired: Bools, horizon_us: int) -> Ints:
    """The positions at which a phase begins, but the first."""
    return np.array([each.first for each in cut_phases(time_us, paired, horizon_us=horizon_us)[1:]], np.int64)
