"""Times of lines of both sides in, some of these lines out: all that were logged in a few stretches of time.

What differs cannot be sampled by key, as the key is what is looked for.
"""

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

MOST = 1_500  # lines of a side in a stretch
_CENTRES = (0.5, 1 / 6, 5 / 6)  # of the shadow's lines: where stretches lie
_EARLY = (1 / 64,)


def stretches(
    original_us: Ints, shadow_us: Ints, delay_us: int, horizon_us: int, *, early: bool = False
) -> tuple[Ints, Ints]:
    """Places of originals and of shadow lines in the stretches; delay_us: how much later copies are, as far as known.

    Of the shadow a stretch holds somewhat more, as copies come sooner or later. early: one stretch near the beginning
    is all, as what lies further on costs the reading of all before it.
    """
    if len(original_us) <= MOST and len(shadow_us) <= MOST:
        return np.arange(len(original_us)), np.arange(len(shadow_us))
    times_us = shadow_us - delay_us
    ordered, shadow_ordered = np.sort(original_us), np.sort(times_us)
    own, others = np.zeros(len(original_us), np.bool_), np.zeros(len(times_us), np.bool_)
    for centre in _EARLY if early else _CENTRES:
        at_us = int(shadow_ordered[int(centre * (len(shadow_ordered) - 1))])
        ends = _ends(ordered, at_us), _ends(shadow_ordered, at_us)
        low_us, high_us = max(low for low, _ in ends), min(high for _, high in ends)
        slack_us = min(horizon_us, max(0, high_us - low_us))
        own |= (original_us >= low_us) & (original_us <= high_us)
        others |= (times_us >= low_us - slack_us) & (times_us <= high_us + slack_us)
    return np.flatnonzero(own), np.flatnonzero(others)


def _ends(ordered_us: Ints, at_us: int) -> tuple[int, int]:
    """When the first and the last of MOST lines around a moment were logged."""
    place = int(np.searchsorted(ordered_us, at_us))
    first, last = max(place - MOST // 2, 0), min(place + MOST // 2, len(ordered_us) - 1)
    return int(ordered_us[min(first, last)]), int(ordered_us[last])
