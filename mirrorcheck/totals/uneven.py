"""Originals that look like one phase in, the change of their ratio that busy keys may hide out.

Among identical requests only counts are sure, and only those of stretches longer than the doubt. A log that is hardly
longer than the doubt is one such stretch. Yet counts on either side of a moment, farther from it than outcomes may have
been exchanged, may differ by more than luck: then the mean is that of no phase.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from math import log

import numpy as np

from mirrorcheck.pairing.clock import SECOND_US
from mirrorcheck.totals import constants
from mirrorcheck.totals.exchangeable import Exchangeable
from mirrorcheck.totals.phases import misfit

_MOST_MOMENTS = 500


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


def hidden_change(found: Exchangeable) -> Change | None:
    """The change that the counts show most clearly; None where one ratio explains them, or nothing is in doubt."""
    originals = len(found.paired)
    if not originals or found.reach_us <= 0 or not ((found.alike >= 0) & ~found.paired).any():
        return None
    time_us, hits = found.time_us, np.concatenate(([0], np.cumsum(found.paired)))
    step_us = max(found.reach_us, int(time_us[-1] - time_us[0]) // _MOST_MOMENTS)
    moments = np.arange(time_us[0] + 2 * found.reach_us, time_us[-1] - 2 * found.reach_us + 1, step_us)
    left = np.searchsorted(time_us, moments - found.reach_us, "left")
    right = np.searchsorted(time_us, moments + found.reach_us, "right")
    sizes = np.array([left, originals - right])
    paired = np.array([hits[left], hits[-1] - hits[right]])
    gain = misfit(sizes.sum(axis=0), paired.sum(axis=0)) - misfit(sizes, paired).sum(axis=0)
    enough = constants.GAIN_ANYWHERE * log(originals)  # as much as a cut anywhere must gain, see `phases.cut_costs`
    if not len(gain) or gain.max() <= enough:
        return None
    best = int(gain.argmax())
    (before, after), (paired_before, paired_after) = sizes[:, best].tolist(), paired[:, best].tolist()
    return Change(int(time_us[left[best] - 1]), before, paired_before, int(time_us[right[best]]), after, paired_after)
