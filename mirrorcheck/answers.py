"""Settled lines in, the comparison of the shadow's answers with the primary's out, on certain pairs only."""

import numpy as np
import polars as pl

from mirrorcheck.outcomes import Ints, Settled
from mirrorcheck.paired_sides import SERVER_ERROR
from mirrorcheck.pairing import Outcome
from mirrorcheck.reading.observe import ABSENT
from mirrorcheck.report import Answers, StatusChange

_MOST_CHANGES = 20
_LEVELS = np.arange(1, 20) / 20  # of the quantiles of the ratio of latencies


def compare_answers(settled: Settled) -> Answers:
    """Compare status, bytes and time of the last attempt with the copy's, where either could only be the other's.

    Each is compared where both lines have it, and nothing where chance explains the pairs.
    """
    pairs = np.flatnonzero((settled.original_outcome == Outcome.PAIRED) & (not settled.open))
    copies = settled.copy_of[pairs]
    certain = (settled.original_candidates[pairs] == 1) & (settled.shadow_candidates[copies] == 1)
    originals, copies = settled.answer_of[pairs[certain]], copies[certain]
    primary, shadow = settled.primary.table, settled.shadow.table
    status, shadow_status = (side["status"].to_numpy()[rows] for side, rows in ((primary, originals), (shadow, copies)))
    both_status = (status != ABSENT) & (shadow_status != ABSENT)
    same_status, differs = both_status & (status == shadow_status), both_status & (status != shadow_status)
    size, shadow_size = (side["bytes"].to_numpy()[rows] for side, rows in ((primary, originals), (shadow, copies)))
    both_size = (size != ABSENT) & (shadow_size != ABSENT)
    other_size = both_size & (size != shadow_size)
    changed = pl.DataFrame({"status": status[differs], "shadow_status": shadow_status[differs]})
    changes = changed.group_by("status", "shadow_status").len()
    changes = changes.sort(["len", "status", "shadow_status"], descending=[True, False, False])
    times_us = _times(settled, originals, copies)
    slower = times_us[:, 1] / times_us[:, 0]
    return Answers(
        paired=len(pairs),
        compared=len(originals),
        status_equal=int(same_status.sum()),
        status_changes=tuple(StatusChange(*row) for row in changes.head(_MOST_CHANGES).iter_rows()),
        bytes_equal=int((both_size & ~other_size).sum()),
        bytes_differ=int(other_size.sum()),
        bytes_differ_status_equal=int((other_size & same_status).sum()),
        latency_compared=len(times_us),
        latency_ratio=float(np.median(slower)) if len(times_us) else None,
        primary_median_ms=float(np.median(times_us[:, 0])) / 1000 if len(times_us) else None,
        shadow_median_ms=float(np.median(times_us[:, 1])) / 1000 if len(times_us) else None,
        new_server_errors=int((differs & (shadow_status >= SERVER_ERROR) & (status < SERVER_ERROR)).sum()),
        latency_quantiles=tuple(np.quantile(slower, _LEVELS).tolist()) if len(times_us) else (),
        status_compared=int(both_status.sum()),
        bytes_compared=int(both_size.sum()),
    )


def _times(settled: Settled, originals: Ints, copies: Ints) -> Ints:
    """int64[k, 2]: microseconds that the original and its copy took, where both are logged and not 0."""
    if not (settled.primary.logs("request_time") and settled.shadow.logs("request_time")):
        return np.empty((0, 2), np.int64)
    took = settled.primary.table["request_us"].to_numpy()[originals]
    shadow_took = settled.shadow.table["request_us"].to_numpy()[copies]
    return np.column_stack([took, shadow_took])[(took > 0) & (shadow_took > 0)]
