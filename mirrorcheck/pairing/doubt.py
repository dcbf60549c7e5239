"""What lone keys show and the last matching in, the misses out that it may hide by marrying strangers."""

from math import sqrt

import numpy as np

from mirrorcheck.pairing.collapse import Isolated
from mirrorcheck.pairing.lines import Bools, Ints
from mirrorcheck.pairing.runs import Merged

_FEWEST = 3  # lone cases from which a habit is reckoned with
_SIGMAS = 2.0
_SECOND_US = 1_000_000
_FEWEST_REQUESTS = 20
_FEW_LONE = 0.02
_NEARLY_AS_MANY = 0.8


def hidden_orphans(isolated: Isolated, copies: int, orphans: int) -> int:
    """Orphans that busy keys should hold too, by the share among lone copies, and that were married to an original."""
    lone = isolated.originals <= 1
    without = int(isolated.copies[isolated.originals == 0].sum())
    # A lone copy that found its original farther off is late rather than an orphan.
    return _lacking(without, int(isolated.copies[lone].sum()), copies, orphans) if 3 * orphans >= without else 0


def hidden_twins(isolated: Isolated, copies: int, duplicates: int) -> int:
    """Second copies that busy keys should hold too, by their share among lone copies, married to an original."""
    lone = isolated.originals == 1
    second = int(np.maximum(isolated.copies[lone] - 1, 0).sum())
    return _lacking(second, int(isolated.copies[lone].sum()), copies, duplicates)


def _lacking(cases: int, lone: int, copies: int, found: int) -> int:
    """How many of `copies` should be cases beyond those found, with two standard deviations; 0 if none lacks."""
    if cases < _FEWEST:
        return 0
    share = cases / lone
    lacking = share * copies - found
    if lacking < _FEWEST:
        return 0
    return round(lacking + _SIGMAS * copies * sqrt(share * (1 - share) / lone))


def too_early(delay_us: Ints) -> int:
    """How many copies lie so long before their original, beside the usual delay, that no proxy can have sent them."""
    return int((delay_us - np.median(delay_us) <= -2 * _SECOND_US).sum()) if len(delay_us) else 0


def undecidable(isolated: Isolated, strays: int) -> bool:
    """Hardly a request has a key of its own, and lines stray: doubles cannot be told from misses.

    Two policies at 50 % send 0 or 2 copies a request; over n requests their sum strays from n by about sqrt(n).
    """
    originals, copies = int(isolated.originals.sum()), int(isolated.copies.sum())
    lone = int((isolated.originals == 1).sum())
    if (
        originals < _FEWEST_REQUESTS
        or lone > max(_FEWEST, originals * _FEW_LONE)
        or copies < _NEARLY_AS_MANY * originals
    ):
        return False
    return strays >= max(_FEWEST, 0.2 * sqrt(originals))


def chance_links(merged: Merged, links: Bools, window_us: int) -> int:
    """How many chains busy keys would show by chance: another request of the key follows within the window."""
    at = np.flatnonzero(~merged.is_copy)
    if not len(at) or not links.any():
        return 0
    run, time_us = merged.run[at], merged.time_us[at]
    others = _following(run, time_us, window_us) - 1
    first, last = np.searchsorted(run, run, "left"), np.searchsorted(run, run, "right") - 1
    span = np.maximum(time_us[last] - time_us[first], window_us)
    rate = np.minimum(1.0, np.maximum(last - first - others, 0) * window_us / span)
    return int(rate[links[at]].sum())


def _following(run: Ints, time_us: Ints, window_us: int) -> Ints:
    """How many originals of the same run lie within the window after each one, itself included."""
    base = np.concatenate(([0], np.cumsum(np.where(np.diff(run) != 0, 2 * window_us + 1, np.diff(time_us)))))
    return np.searchsorted(base, base + window_us, "right") - np.arange(len(base))
