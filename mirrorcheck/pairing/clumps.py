"""Judges by when originals and copies of busy keys were logged whether the copies come in twos.

Where hardly a request is alone, two policies that send one share of the requests twice leave as many copies as one
policy that sends twice that share once. But twos stray further: of n requests, of which a share m is copied, the number
of copies varies by n m (1 - m) if each comes once, and by n m (2 - m) if each comes twice. Two neighbouring stretches
of a key have the same share, whatever it is, and so show by how much the number does vary: what falls into the first
one is hypergeometric if each copy comes once.
"""

from dataclasses import dataclass
from math import ceil

import numpy as np

from mirrorcheck.pairing import constants
from mirrorcheck.pairing.clock import SECOND_US
from mirrorcheck.pairing.merge import Merged
from mirrorcheck.pairing.model import Bools, Floats


@dataclass(frozen=True, slots=True, eq=False)
class Deviations:
    """By two neighbouring stretches, float64: how far the first one's copies are from expected, and how they vary.

    squares: of the distance; variance: of the number, if each copy comes once.
    """

    squares: Floats
    variance: Floats

    def in_twos(self, share: float) -> bool:
        """Whether the copies, `share` of the originals, are far likelier to come in twos than one by one."""
        if len(self.squares) < constants.FEWEST_STRETCHES:
            return False
        share = min(share, constants.MOST_COPIED_ONCE)
        times = (2 - share) / (1 - share)
        strays = np.minimum(self.squares / self.variance, constants.MOST_DEVIATION)
        return float((strays * (1 - 1 / times) - np.log(times)).sum()) > constants.PROOF


def stretch_us(requests_a_key: float, span_us: int, spread_us: int) -> int:
    """The length of a stretch, in whole seconds as stamps may be: it holds some requests of a key and their copies.

    span_us: how long the log is. spread_us: how far nearly all copies lie from their originals.
    """
    by_count = span_us * constants.ORIGINALS_A_STRETCH / max(1.0, 2 * requests_a_key)
    return SECOND_US * ceil(max(by_count, spread_us, 1) / SECOND_US)


def deviations(merged: Merged, stands: Bools, late_us: int, long_us: int) -> Deviations:
    """Compare neighbouring stretches of the keys of one block.

    stands: bool by place, the line stands for itself, as a further attempt does not. late_us: how late most copies are.
    """
    stretch = (merged.time_us - np.where(merged.is_copy, late_us, 0)) // long_us
    counted = stands | merged.is_copy
    place = np.unique(np.stack((merged.run, stretch // 2))[:, counted], axis=1, return_inverse=True)[1].ravel()
    first, is_copy = (stretch % 2 == 0)[counted], merged.is_copy[counted]
    both, ones = (np.bincount(place, weights=~is_copy), np.bincount(place, weights=~is_copy & first))
    copies, found = np.bincount(place, weights=is_copy), np.bincount(place, weights=is_copy & first)
    able = (ones > 0) & (ones < both) & (both >= constants.FEWEST_ORIGINALS) & (copies > 0) & (copies < both)
    both, ones, copies, found = (each[able] for each in (both, ones, copies, found))
    part = ones / both
    variance = copies * part * (1 - part) * (both - copies) / (both - 1)
    return Deviations((found - copies * part) ** 2, variance)


def sum_of(each: list[Deviations]) -> Deviations:
    """Those of several blocks."""
    return Deviations(np.concatenate([one.squares for one in each]), np.concatenate([one.variance for one in each]))
