"""Compares the shadow's responses with the primary's: pair by pair where that is certain.

Which copy belongs to which of several identical requests is open, but how many were answered with each status is not:
those pairs are compared by these counts.
"""

from dataclasses import astuple, dataclass
from operator import add
from typing import Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mirrorcheck.outcomes.paired_sides import SERVER_ERROR, keys_of
from mirrorcheck.outcomes.settle import Bools, Ints, Settled
from mirrorcheck.pairing import Outcome
from mirrorcheck.reading.observe import ABSENT
from mirrorcheck.report.model import CountedResponses, Responses, StatusChange
from mirrorcheck.totals.quantiles import Quantiles

_MOST_CHANGES = 20
_NO_COPY = (Outcome.MISSED, Outcome.UNOBSERVED)
_NO_ORIGINAL = (Outcome.ORPHAN, Outcome.DUPLICATE, Outcome.UNOBSERVED)
_LEVELS = np.arange(1, 20) / 20  # of the quantiles of the ratio of latencies


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """Counts of pairs whose responses were compared, as `Responses` has them.

    changes: columns status, shadow_status and count. slower: the copy's time by the original's; took_us, shadow_us: of
    these pairs. counted: pairs of which only counts are compared.
    """

    changes: pl.DataFrame
    slower: Quantiles
    took_us: Quantiles
    shadow_us: Quantiles
    counted: CountedResponses
    paired: int = 0
    compared: int = 0
    status_compared: int = 0
    status_equal: int = 0
    new_server_errors: int = 0
    bytes_compared: int = 0
    bytes_differ: int = 0
    bytes_differ_status_equal: int = 0

    @classmethod
    def of(cls, settled: Settled, horizon_us: int) -> Self:
        """Compare status, bytes and time of the last attempt with the copy's, where either could only be the other's.

        Each is compared where both lines have it, and nothing where chance explains the pairs. horizon_us: how far
        apart, at most, the lines of a pair were logged.
        """
        pairs = np.flatnonzero((settled.original_outcome == Outcome.PAIRED) & (not settled.open))
        copies = settled.copy_of[pairs]
        certain = (settled.original_candidates[pairs] == 1) & (settled.shadow_candidates[copies] == 1)
        counted = _counted(settled, pairs[~certain], horizon_us)
        originals, copies = settled.response_of[pairs[certain]], copies[certain]
        both = ((settled.primary.table, originals), (settled.shadow.table, copies))
        status, shadow_status = (side["status"].to_numpy()[rows] for side, rows in both)
        both_status = (status != ABSENT) & (shadow_status != ABSENT)
        same_status, differs = both_status & (status == shadow_status), both_status & (status != shadow_status)
        size, shadow_size = (side["bytes"].to_numpy()[rows] for side, rows in both)
        both_size = (size != ABSENT) & (shadow_size != ABSENT)
        other_size = both_size & (size != shadow_size)
        times_us = _times(settled, originals, copies)
        return cls(
            changes=_counted_changes(status[differs], shadow_status[differs]),
            slower=Quantiles(times_us[:, 1] / times_us[:, 0]),
            took_us=Quantiles(times_us[:, 0]),
            shadow_us=Quantiles(times_us[:, 1]),
            counted=counted,
            paired=len(pairs),
            compared=len(originals),
            status_compared=int(both_status.sum()),
            status_equal=int(same_status.sum()),
            new_server_errors=int((differs & (shadow_status >= SERVER_ERROR) & (status < SERVER_ERROR)).sum()),
            bytes_compared=int(both_size.sum()),
            bytes_differ=int(other_size.sum()),
            bytes_differ_status_equal=int((other_size & same_status).sum()),
        )

    def __add__(self, other: Self) -> Self:
        changes = pl.concat([self.changes, other.changes]).group_by("status", "shadow_status").sum()
        counted = CountedResponses(*map(add, astuple(self.counted), astuple(other.counted)))
        added = {name: getattr(self, name) + getattr(other, name) for name in (*_QUANTILES, *_NUMBERS)}
        return type(self)(changes=changes, counted=counted, **added)

    def responses(self) -> Responses:
        """The section of the report."""
        times = len(self.slower)
        return Responses(
            paired=self.paired,
            compared=self.compared,
            status_equal=self.status_equal,
            status_changes=_most_frequent(self.changes),
            bytes_equal=self.bytes_compared - self.bytes_differ,
            bytes_differ=self.bytes_differ,
            bytes_differ_status_equal=self.bytes_differ_status_equal,
            latency_compared=times,
            latency_ratio=self.slower.median() if times else None,
            primary_median_ms=self.took_us.median() / 1000 if times else None,
            shadow_median_ms=self.shadow_us.median() / 1000 if times else None,
            new_server_errors=self.new_server_errors,
            latency_quantiles=tuple(self.slower.at(_LEVELS).tolist()) if times else (),
            status_compared=self.status_compared,
            bytes_compared=self.bytes_compared,
            counted=self.counted,
        )


_QUANTILES = ("slower", "took_us", "shadow_us")
_NUMBERS = (
    "paired",
    "compared",
    "status_compared",
    "status_equal",
    "new_server_errors",
    "bytes_compared",
    "bytes_differ",
    "bytes_differ_status_equal",
)


def _counted_changes(status: NDArray[np.int16], shadow_status: NDArray[np.int16]) -> pl.DataFrame:
    pairs = pl.DataFrame({"status": status, "shadow_status": shadow_status})
    return pairs.group_by("status", "shadow_status").agg(pl.len().cast(pl.Int64).alias("count"))


def _most_frequent(changes: pl.DataFrame) -> tuple[StatusChange, ...]:
    ordered = changes.sort(["count", "status", "shadow_status"], descending=[True, False, False])
    return tuple(StatusChange(*row) for row in ordered.head(_MOST_CHANGES).iter_rows())


def _counted(settled: Settled, pairs: Ints, horizon_us: int) -> CountedResponses:
    """Compare the originals in `pairs` by counts, since their copies could be each other's."""
    if not len(pairs):
        return CountedResponses(0, 0, 0, 0, 0, 0)
    # A line that is left over may be the one that was copied, or the copy, in the place of one that was paired.
    originals = np.append(pairs, _left_over(settled.original_outcome, settled.original_candidates, _NO_COPY))
    copies = np.append(
        settled.copy_of[pairs], _left_over(settled.shadow_outcome, settled.shadow_candidates, _NO_ORIGINAL)
    )
    group, shadow_group = _groups(settled, originals, copies, horizon_us)
    answered = settled.primary.table["status"].to_numpy()[settled.response_of[originals]]
    shadow_responded = settled.shadow.table["status"].to_numpy()[copies]
    # A pair that was made of what two steps left over lies in no group: what became of it says nothing.
    own = group[: len(pairs)][group[: len(pairs)] == shadow_group[: len(pairs)]]
    return count_responses(
        np.bincount(own, minlength=max(group.max(), shadow_group.max()) + 1),
        Responded(group, answered.astype(np.int64)),
        Responded(shadow_group, shadow_responded.astype(np.int64)),
    )


def _left_over(outcome: NDArray[np.int8], candidates: Ints, without_partner: tuple[Outcome, ...]) -> Ints:
    """Rows of lines without a partner that belong to a group of identical ones."""
    # Of two copies of one request the first is paired; among identical requests that one is a guess, too.
    open_: Bools = ((candidates > 1) | (outcome == Outcome.DUPLICATE)) & np.isin(outcome, without_partner)
    return np.flatnonzero(open_)


def _groups(settled: Settled, originals: Ints, copies: Ints, horizon_us: int) -> tuple[Ints, Ints]:
    """Number of the group of each of these rows of either side, from 0: one key, without a pause above the horizon.

    No pair spans such a pause, so that every true pair lies within a group, and the fewer lines a group has, the less
    its counts leave open.
    """
    marker, ids = settled.marker, settled.ids
    key = np.append(
        keys_of(settled.primary, originals, marker, ids, copies=False),
        keys_of(settled.shadow, copies, marker, ids, copies=True),
    )
    logged_us = np.append(
        settled.primary.table["time_us"].to_numpy()[originals], settled.shadow.table["time_us"].to_numpy()[copies]
    )
    order = np.lexsort((logged_us, key))
    begins = (np.diff(key[order]) != 0) | (np.diff(logged_us[order]) > horizon_us)
    group = np.empty(len(order), np.int64)
    group[order] = np.append(0, np.cumsum(begins))
    return group[: len(originals)], group[len(originals) :]


def _times(settled: Settled, originals: Ints, copies: Ints) -> Ints:
    """int64[k, 2]: microseconds that the original and its copy took, where both are logged and not 0."""
    if not (settled.primary.logs("request_time") and settled.shadow.logs("request_time")):
        return np.empty((0, 2), np.int64)
    took = settled.primary.table["request_us"].to_numpy()[originals]
    shadow_took = settled.shadow.table["request_us"].to_numpy()[copies]
    return np.column_stack([took, shadow_took])[(took > 0) & (shadow_took > 0)]


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
    """int64[g] each: pairs with a 5xx of the copy only."""
    groups = len(pairs)
    failed, copies_failed = (side.count(groups, side.status >= SERVER_ERROR) for side in (originals, copies))
    perhaps, copies_perhaps = (side.count(groups, side.status == ABSENT) for side in (originals, copies))
    excused = copies.count(groups) - copies_failed + failed + perhaps
    most = np.minimum(copies_failed + copies_perhaps, originals.count(groups) - failed)
    return (pairs - excused).clip(0), np.minimum(pairs, most)
