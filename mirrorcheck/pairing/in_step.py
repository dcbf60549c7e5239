"""Judges whether copies of busy keys keep in step with originals, unlike those of two policies that copy a half each.

Two policies that copy half of the requests each leave about as many copies as requests, and where all requests are
alike each copy finds an original. But of n requests the copies are n, give or take sqrt(n / 2): as the log goes on, the
number that are ahead or behind wanders off. A mirror that copies each request once stays as far behind as copies are
under way.
"""

from collections.abc import Iterator
from math import log

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from mirrorcheck.pairing import constants
from mirrorcheck.pairing.model import Bools, Floats, Ints

_STRETCHES = 4  # that a walk may keep within, to one that is as wide: more are wider together, fewer each
_POINTS = 33  # of the grid between the bounds: finer ones change a chance by less than a tenth
_NOTHING = 1e-9
_CONTINUITY = 0.5  # numbers of copies are whole: that much lies nearer to one of them than to the next


def chance_of_twos(key: NDArray[np.uint64], unit: Ints, is_copy: Bools) -> float:
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


def _keys(key: NDArray[np.uint64], unit: Ints, is_copy: Bools) -> Iterator[tuple[Floats, Floats]]:
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

    variances: of its steps, as they come. Where it may have gone a quarter of the way it is looked at, which bounds the
    chance from above. It keeps within one of a few somewhat wider stretches, each of which holds its beginning.
    """
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
