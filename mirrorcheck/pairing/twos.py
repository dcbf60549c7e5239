"""Judges by when originals and copies of busy keys were logged whether the copies come in twos, from two policies.

By how far copies stray: where hardly a request is alone, two policies that send one share of the requests twice leave
as many copies as one policy that sends twice that share once. But twos stray further: of n requests, of which a share m
is copied, the number of copies varies by n m (1 - m) if each comes once, and by n m (2 - m) if each comes twice. Two
neighbouring stretches of a key have the same share, whatever it is, and so show by how much the number does vary: what
falls into the first one is hypergeometric if each copy comes once.

By whether copies keep in step: two policies that copy half of the requests each leave about as many copies as requests,
and where all requests are alike each copy finds an original. But of n requests the copies are n, give or take
sqrt(n / 2): as the log goes on, the number that are ahead or behind wanders off. A mirror that copies each request once
stays as far behind as copies are under way.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil, log

import numpy as np

from mirrorcheck.pairing import constants
from mirrorcheck.pairing.clock import SECOND_US
from mirrorcheck.pairing.merge import Merged
from mirrorcheck.pairing.model import ENDLESS_US, Bools, Floats, Ints, Keys

_STRETCHES = 4  # that a walk may keep within, to one that is as wide: more are wider together, fewer each
_POINTS = 33  # of the grid between the bounds: finer ones change a chance by less than a tenth
_NOTHING = 1e-9
_CONTINUITY = 0.5  # numbers of copies are whole: that much lies nearer to one of them than to the next


@dataclass(frozen=True, slots=True, eq=False)
class Deviations:
    """By two neighbouring stretches, float64: how far the first one's copies are from expected, and how they vary.

    squares: of the distance; variance: of the number, if each copy comes once.
    """

    squares: Floats
    variance: Floats

    @classmethod
    def all(cls, each: "list[Deviations]") -> "Deviations":
        """Those of several blocks."""
        return cls(np.concatenate([one.squares for one in each]), np.concatenate([one.variance for one in each]))

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
    # By one number of both: numpy sorts columns of several by comparing them byte by byte.
    two = stretch // 2
    two -= two.min(initial=ENDLESS_US)
    place = np.unique((merged.run * (two.max(initial=0) + 1) + two)[counted], return_inverse=True)[1]
    first, is_copy = (stretch % 2 == 0)[counted], merged.is_copy[counted]
    both, ones = (np.bincount(place, weights=~is_copy), np.bincount(place, weights=~is_copy & first))
    copies, found = np.bincount(place, weights=is_copy), np.bincount(place, weights=is_copy & first)
    able = (ones > 0) & (ones < both) & (both >= constants.FEWEST_ORIGINALS) & (copies > 0) & (copies < both)
    both, ones, copies, found = (each[able] for each in (both, ones, copies, found))
    part = ones / both
    variance = copies * part * (1 - part) * (both - copies) / (both - 1)
    return Deviations((found - copies * part) ** 2, variance)


def chance_of_twos(key: Keys, unit: Ints, is_copy: Bools) -> float:
    """Bound the chance that copies keep as close to their originals, if two policies copy a half each.

    Columns by line: its key, the number of the unit of time in which it was logged, and whether it is a copy. Nobody
    knows in which order lines of one unit were logged.
    """
    chance = 1.0
    for copies, originals in _keys(key, unit, is_copy):
        ahead = np.append(0.0, np.cumsum(copies - originals))
        joint = _keeps_within(float(np.ptp(ahead)), abs(float(ahead[-1])), originals / 2)
        # Two things are held against chance, how far the copies stray and where they end: the product of two chances.
        chance *= joint * (1 - log(joint)) if joint > 0 else 0.0
        if chance < constants.IN_STEP_BY_CHANCE:
            break
    return chance


def _keys(key: Keys, unit: Ints, is_copy: Bools) -> Iterator[tuple[Floats, Floats]]:
    """Count the copies and the originals of each busy key, by unit of time."""
    _, number = np.unique(key, return_inverse=True)
    places, place = np.unique(np.stack((number, unit)), axis=1, return_inverse=True)
    copies, originals = (np.bincount(place.ravel(), weights=each).astype(np.float64) for each in (is_copy, ~is_copy))
    bounds = np.flatnonzero(np.diff(places[0])) + 1
    for own in zip(np.split(copies, bounds), np.split(originals, bounds), strict=True):
        if own[1].sum() >= constants.FEWEST_REQUESTS and own[0].any():
            yield own


def _keeps_within(width: float, end: float, variances: Floats) -> float:
    """Bound the chance that a random walk strays no farther than `width`, and ends as near as `end` to its beginning.

    variances: of its steps, as they come. The walk is held against the bounds where it may have gone a quarter of the
    way, which bounds the chance from above. It keeps within one of a few somewhat wider stretches, each of which holds
    its beginning.
    """
    from scipy.special import ndtr

    shift = max(1.0, width / _STRETCHES)
    half = (width + shift) / 2 + _CONTINUITY
    at = np.linspace(-half, half, _POINTS)
    edges = np.linspace(-half, half, _POINTS + 1)
    begins = np.arange(-width / 2, width / 2 + shift, shift)
    inside, waiting = _share_of(edges, begins, end + _CONTINUITY), 0.0
    for variance in variances[::-1].tolist():
        waiting += variance
        if waiting < max(1.0, (half / 2) ** 2):
            continue
        reached = np.diff(ndtr((edges[None, :] - at[:, None]) / np.sqrt(waiting)), axis=1)
        inside, waiting = reached @ inside, 0.0
        if inside.max() * len(begins) < _NOTHING:
            break
    return min(1.0, sum(float(np.interp(begin, at, own)) for begin, own in zip(begins, inside.T, strict=True)))


def _share_of(edges: Floats, middles: Floats, reach: float) -> Floats:
    """By cell between the edges and by middle, how much of the cell lies no farther than `reach` from the middle."""
    low, high = np.maximum(edges[:-1, None], middles - reach), np.minimum(edges[1:, None], middles + reach)
    share: Floats = np.maximum(high - low, 0.0) / np.diff(edges)[:, None]
    return share
