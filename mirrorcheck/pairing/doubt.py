"""What lone keys show and the last matching in, the misses out that it may hide by marrying strangers."""

import numpy as np

from mirrorcheck.pairing.clock import SECOND_US
from mirrorcheck.pairing.lines import Ints
from mirrorcheck.pairing.signs import Lone

_FEWEST = 3
_FEWEST_REQUESTS = 20
_FEW_LONE = 0.02
_NEARLY_AS_MANY = 0.8


def stray_share(lone: Lone, orphans: int) -> float:
    """Copies without an original for each that has one, where lines are alone; orphans: of all copies."""
    # A lone copy that found its original farther off is late rather than an orphan.
    return min(lone.strays, orphans) / max(1, lone.their_copies)


def too_early(delay_us: Ints) -> int:
    """How many copies lie so long before their original, beside the usual delay, that no proxy can have sent them."""
    return int((delay_us - np.median(delay_us) <= -2 * SECOND_US).sum()) if len(delay_us) else 0


def undecidable(lone: Lone, strays: int) -> bool:
    """Hardly a request has a key of its own, and lines stray: doubles cannot be told from misses.

    Two policies at 50 % send 0 or 2 copies a request; over n requests their sum strays from n by about sqrt(n), and
    hardly ever by nothing.
    """
    if (
        lone.originals < _FEWEST_REQUESTS
        or lone.alone > max(_FEWEST, lone.originals * _FEW_LONE)
        or lone.copies < _NEARLY_AS_MANY * lone.originals
    ):
        return False
    return strays > 0
