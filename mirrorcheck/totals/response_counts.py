"""Identical lines of either side in, how many pairs must and how many may differ by their counts of each status out.

Which copy belongs to which of several identical requests is open, but how many answered with each status is not.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mirrorcheck.outcomes.paired_sides import SERVER_ERROR
from mirrorcheck.reading.observe import ABSENT
from mirrorcheck.report.model import CountedResponses

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Responded:
    """Lines of one side that could be exchanged within their group: group from 0, status or ABSENT, int64[n] each."""

    group: Ints
    status: Ints

    def count(self, groups: int, which: Bools | None = None) -> Ints:
        """int64[groups]: how many lines each group has, or how many of these."""
        return np.bincount(self.group if which is None else self.group[which], minlength=groups)


def count_responses(pairs: Ints, originals: Responded, copies: Responded) -> CountedResponses:
    """The fewest and the most changes over all ways to form `pairs[g]` pairs of the lines of each group g.

    Further lines of either side may stand in for those that were paired. A line without a status may have had any.
    """
    low, high = _changes(pairs, originals, copies)
    errors_low, errors_high = _new_server_errors(pairs, originals, copies)
    groups = len(pairs)
    lacking = sum(side.count(groups, side.status == ABSENT) for side in (originals, copies))
    return CountedResponses(
        pairs=int(pairs.sum()),
        status_compared=int((pairs - lacking).clip(0).sum()),
        status_changes_low=int(low.sum()),
        status_changes_high=int(high.sum()),
        new_server_errors_low=int(errors_low.sum()),
        new_server_errors_high=int(errors_high.sum()),
    )


def _changes(pairs: Ints, originals: Responded, copies: Responded) -> tuple[Ints, Ints]:
    """int64[g] each; both follow from how many pairs at most are equal, and how many at most are not (Koenig, 1931)."""
    groups = len(pairs)
    # One number for group and status: sorting rows of two takes thirty times as long.
    statuses = np.append(originals.status, copies.status) - ABSENT
    many = int(statuses.max(initial=0)) + 1
    kinds, kind = np.unique(np.append(originals.group, copies.group) * many + statuses, return_inverse=True)
    group, known = kinds // many, kinds % many != 0
    by_original = np.bincount(kind[: len(originals.group)], minlength=len(kinds))
    by_copy = np.bincount(kind[len(originals.group) :], minlength=len(kinds))
    equal, largest = np.zeros(groups, np.int64), np.zeros(groups, np.int64)
    np.add.at(equal, group, np.where(known, np.minimum(by_original, by_copy), by_original + by_copy))
    np.maximum.at(largest, group, np.where(known, by_original + by_copy, 0))
    differ = originals.count(groups) + copies.count(groups) - largest
    return (pairs - equal).clip(0), np.minimum(pairs, differ)


def _new_server_errors(pairs: Ints, originals: Responded, copies: Responded) -> tuple[Ints, Ints]:
    """int64[g] each: pairs whose copy alone holds a 5xx."""
    groups = len(pairs)
    failed, copies_failed = (side.count(groups, side.status >= SERVER_ERROR) for side in (originals, copies))
    perhaps, copies_perhaps = (side.count(groups, side.status == ABSENT) for side in (originals, copies))
    excused = copies.count(groups) - copies_failed + failed + perhaps
    most = np.minimum(copies_failed + copies_perhaps, originals.count(groups) - failed)
    return (pairs - excused).clip(0), np.minimum(pairs, most)
