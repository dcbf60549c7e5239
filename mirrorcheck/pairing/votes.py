"""Finds by how much all copies are later than their originals, if the lines of many keys agree on it.

Where no request is alone with its key, each copy may belong to any of several originals. All but one of these lie at
random from it, and that one lies where the clocks and the delay put it: the differences pile up there, for all keys.
"""

import numpy as np

from mirrorcheck.pairing import constants
from mirrorcheck.pairing.clock import SECOND_US
from mirrorcheck.pairing.model import Floats, Ints, RequestLines

_MOST_VOTES = 2_000_000
_MOST_PRODUCTS = 100_000_000  # bins of time that show what chance gives, times the differences compared


def agreed_offset(originals: RequestLines, copies: RequestLines, horizon_us: int) -> int | None:
    """By how many microseconds copies are later, clocks included; None where no difference has clearly most votes.

    Each copy has one vote, shared by the originals of its key within the horizon.
    """
    voters, later_us, share = _votes(originals, copies, horizon_us)
    if not len(later_us):
        return None
    lags = horizon_us // constants.VOTE_BIN_US + 1
    number = later_us // constants.VOTE_BIN_US + lags
    votes, squares = (
        _windows(np.bincount(number, each, 2 * lags).astype(np.float64)) for each in (share, share * share)
    )
    by_chance = _windows(_by_chance(originals.placed_us, copies.placed_us[voters], lags))
    if not by_chance.any():
        return None
    by_chance *= votes.sum() / by_chance.sum()
    # Where hardly any vote falls, so few by accident are no proof either: the least deviation is that of one vote.
    excess = (votes - by_chance) / np.sqrt(np.maximum(squares, 1.0))
    best = int(excess.argmax())
    if excess[best] < constants.VOTE_PROOF:
        return None
    offset_us = int(np.median(later_us[(number == best) | (number == best + 1)]))
    # Nearer than a window, the closest pairs show more: in so short a log all differences are in one.
    return offset_us if abs(offset_us) >= SECOND_US else None


def _votes(originals: RequestLines, copies: RequestLines, horizon_us: int) -> tuple[Ints, Ints, Floats]:
    """Rows of copies, by how much each is later than originals that it may belong to, and the share of its vote.

    Copies with the fewest originals come first, and of equals any: so many votes are enough.
    """
    order = np.lexsort((originals.placed_us, originals.key))
    keys, own = np.unique(originals.key[order], return_inverse=True)
    of_key = np.minimum(np.searchsorted(keys, copies.key), len(keys) - 1) if len(keys) else np.empty(0, np.int64)
    known = np.flatnonzero(keys[of_key] == copies.key) if len(keys) else of_key
    first_us = min(int(each.placed_us.min(initial=1 << 62)) for each in (originals, copies))
    last_us = max(int(each.placed_us.max(initial=0)) for each in (originals, copies))
    span_us = last_us - first_us + 2 * horizon_us + 1  # keys lie apart on one axis
    at = own * span_us + originals.placed_us[order] - first_us
    copy_at = of_key[known] * span_us + copies.placed_us[known] - first_us
    low = np.searchsorted(at, copy_at - horizon_us, "left")
    many = np.searchsorted(at, copy_at + horizon_us, "right") - low
    chosen = np.random.default_rng(len(many)).permutation(len(many))
    chosen = chosen[np.argsort(many[chosen], kind="stable")]
    chosen = chosen[np.cumsum(many[chosen]) <= _MOST_VOTES]
    low, many, copy_at = low[chosen], many[chosen], copy_at[chosen]
    place = np.arange(int(many.sum())) - np.repeat(np.cumsum(many) - many, many)
    later_us = np.repeat(copy_at, many) - at[np.repeat(low, many) + place]
    return known[chosen], later_us, 1.0 / np.repeat(many, many)


def _windows(by_bin: Floats) -> Floats:
    """Sums of each bin and the next one."""
    sums: Floats = by_bin[:-1] + by_bin[1:]
    return sums


def _by_chance(original_us: Ints, copy_us: Ints, lags: int) -> Floats:
    """How often any copy is later than any original by each number of bins, from -lags on; of many, by the first."""
    first = min(int(original_us.min()), int(copy_us.min())) // constants.VOTE_BIN_US
    most = _MOST_PRODUCTS // (2 * lags) + 1
    bins = min(most, max(int(original_us.max()), int(copy_us.max())) // constants.VOTE_BIN_US - first + 1)
    ours, theirs = (
        np.bincount(number[number < bins], minlength=bins).astype(np.float64)
        for number in (original_us // constants.VOTE_BIN_US - first, copy_us // constants.VOTE_BIN_US - first)
    )
    theirs = np.pad(theirs, lags)
    return np.array([ours @ theirs[lag : lag + bins] for lag in range(2 * lags)])
