"""What lone keys show and the last matching in, the misses out that it may hide by marrying strangers."""

from math import sqrt

import numpy as np

from mirrorcheck.pairing.clock import SECOND_US
from mirrorcheck.pairing.lines import Ints
from mirrorcheck.pairing.signs import Lone

_FEWEST = 3  # lone cases from which a habit is reckoned with
_SIGMAS = 3.0  # of each bound: with two, a run in forty would lie outside
_FEWEST_REQUESTS = 20
_FEW_LONE = 0.02
_NEARLY_AS_MANY = 0.8


def hidden_orphans(lone: Lone, copies: int, orphans: int) -> int:
    """Orphans that busy keys should hold too, by the share among lone copies, and that were married to an original."""
    # A lone copy that found its original farther off is late rather than an orphan.
    return _lacking(lone.strays, lone.their_copies + lone.strays, copies, orphans) if 3 * orphans >= lone.strays else 0


def _lacking(cases: int, lone: int, copies: int, found: int) -> int:
    """How many of `copies` should be cases beyond those found, with three standard deviations; 0 if none lacks.

    What lacks by less than one standard deviation is no sign of any.
    """
    if cases < _FEWEST:
        return 0
    share = cases / lone
    lacking = share * copies - found
    sigma = copies * sqrt(share * (1 - share) / lone)
    return 0 if lacking < max(_FEWEST, sigma) else round(lacking + _SIGMAS * sigma)


def too_early(delay_us: Ints) -> int:
    """How many copies lie so long before their original, beside the usual delay, that no proxy can have sent them."""
    return int((delay_us - np.median(delay_us) <= -2 * SECOND_US).sum()) if len(delay_us) else 0


def undecidable(lone: Lone, strays: int) -> bool:
    """Hardly a request has a key of its own, and lines stray: doubles cannot be told from misses.

    Two policies at 50 % send 0 or 2 copies a request; over n requests their sum strays from n by about sqrt(n).
    """
    if (
        lone.originals < _FEWEST_REQUESTS
        or lone.alone > max(_FEWEST, lone.originals * _FEW_LONE)
        or lone.copies < _NEARLY_AS_MANY * lone.originals
    ):
        return False
    return strays >= max(_FEWEST, 0.1 * sqrt(lone.originals))
