"""Settled lines in, the comparison of the shadow's answers with the primary's out, on certain pairs only."""

import numpy as np
import polars as pl

from mirrorcheck.outcomes import Settled
from mirrorcheck.pairing import Outcome
from mirrorcheck.report import Answers, StatusChange

_MOST_CHANGES = 20


def compare_answers(settled: Settled) -> Answers:
    """Compare status, bytes and time of the last attempt with the copy's, where either could only be the other's."""
    pairs = np.flatnonzero(settled.original_outcome == Outcome.PAIRED)
    copies = settled.copy_of[pairs]
    certain = (settled.original_candidates[pairs] == 1) & (settled.shadow_candidates[copies] == 1)
    originals, copies = settled.answer_of[pairs[certain]], copies[certain]
    primary = settled.primary.table.select("status", "bytes", "request_us")[originals]
    shadow = settled.shadow.table.select("status", "bytes", "request_us")[copies]
    frame = pl.concat([primary, shadow.rename({name: f"shadow_{name}" for name in shadow.columns})], how="horizontal")
    frame = frame.with_columns(
        same_status=pl.col("status") == pl.col("shadow_status"), same_bytes=pl.col("bytes") == pl.col("shadow_bytes")
    )
    changes = frame.filter(~pl.col("same_status")).group_by("status", "shadow_status").len()
    changes = changes.sort(["len", "status", "shadow_status"], descending=[True, False, False])
    timed = frame.filter((pl.col("request_us") > 0) & (pl.col("shadow_request_us") > 0))
    ratio = (timed["shadow_request_us"] / timed["request_us"]).median() if timed.height else None
    return Answers(
        paired=len(pairs),
        compared=frame.height,
        status_equal=int(frame["same_status"].sum()),
        status_changes=tuple(StatusChange(*row) for row in changes.head(_MOST_CHANGES).iter_rows()),
        bytes_equal=int(frame["same_bytes"].sum()),
        bytes_differ=int((~frame["same_bytes"]).sum()),
        bytes_differ_status_equal=int((~frame["same_bytes"] & frame["same_status"]).sum()),
        latency_compared=timed.height,
        latency_ratio=float(ratio) if isinstance(ratio, float) else None,
        primary_median_ms=_median_ms(timed["request_us"]),
        shadow_median_ms=_median_ms(timed["shadow_request_us"]),
    )


def _median_ms(micros: pl.Series) -> float | None:
    median = micros.median()
    return median / 1000 if isinstance(median, float) else None
