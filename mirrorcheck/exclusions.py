"""Settled lines in, why originals were excluded out: as asked, or for what they are, and how that is corroborated.

What a line says of itself was written by whoever sent the request, so that alone excludes nothing: a health check comes
straight to the pod at a steady period, or to the shadow as well; a probe is copied as others are, and what is malformed
is refused. (Who can send requests to the shadow itself can forge copies, too: that is out of reach of logs.)
"""

from collections.abc import Iterator
from dataclasses import replace
from math import sqrt

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mirrorcheck import report
from mirrorcheck.health_checks import Asked, health_checks
from mirrorcheck.outcomes import Settled
from mirrorcheck.pairing import Outcome
from mirrorcheck.reading.observe import ABSENT, BY_AGENT, BY_OPTION
from mirrorcheck.settings import DEFAULT_AGENTS, Settings

Ints = NDArray[np.int64]
Keys = NDArray[np.uint64]

_PROBES, _MALFORMED = "probes", "malformed requests"
_REFUSED = (0, 400, 405, 408, 414, 431, 494, 495, 496, 497, 499, 501, 505)  # 0: Envoy's, where none was sent
_SIGMAS = 3.0
_CHECKED = "straight to the pods at a steady period"
_SHARED = "asked of the shadow, too"
_CHANCE = "as few without a copy as chance leaves"


def exclusions(settled: Settled, settings: Settings) -> report.Exclusions:
    """Count the excluded originals by what excludes them."""
    rows = np.flatnonzero(settled.original_outcome == Outcome.EXCLUDED)
    if not len(rows) or settings.probe:
        return report.Exclusions(len(rows), ())
    asked = _asked(settled, rows)
    rest = rows[~asked]
    return report.Exclusions(int(asked.sum()), tuple(_groups(settled, rest)))


def _asked(settled: Settled, rows: Ints) -> NDArray[np.bool_]:
    """Excluded by an option of the user's, bool by place in `rows`."""
    table, span = settled.primary.table, settled.span
    time_us = table["time_us"].to_numpy()[rows]
    by_option: NDArray[np.bool_] = table["excluded_by"].to_numpy()[rows] == BY_OPTION
    return by_option | (time_us < span.since_us) | (time_us > span.until_us)


def _groups(settled: Settled, rows: Ints) -> Iterator[report.ExcludedGroup]:
    table = settled.primary.table
    by = table["excluded_by"].to_numpy()[rows]
    probes = (table["probe"].to_numpy()[rows] != 0) & (by == 0)
    for number, agent in enumerate(DEFAULT_AGENTS):
        own = rows[by == BY_AGENT + number]
        if len(own):
            yield _checks(settled, own, agent)
    if probes.any():
        yield _shared(settled, rows[probes], _PROBES, "probe", ", as a probe that was not mirrored, or as a forged one")
    malformed = rows[(by == 0) & ~probes]
    if len(malformed):
        yield _refused(table["status"][malformed])


def _refused(status: pl.Series) -> report.ExcludedGroup:
    """Malformed requests, of which only those are none that a server refused, as far as the log says."""
    known = status != ABSENT
    lacking = int((~(known & status.is_in(_REFUSED))).sum())
    why = "refused" if not lacking else "answered as requests are" if known.any() else "of which no status tells more"
    return report.ExcludedGroup(_MALFORMED, len(status), lacking, why)


def _checks(settled: Settled, rows: Ints, agent: str) -> report.ExcludedGroup:
    """Lines of an agent: those that are health checks by their period, and of the others those that the shadow has."""
    table = settled.primary.table
    straight = _apart(table, rows[table["hop"].to_numpy()[rows] == 0])
    asked = Asked(
        table["time_us"].to_numpy()[straight],
        settled.primary.stream[straight],
        table["remote"].to_numpy()[straight],
        table["rest"].to_numpy()[straight],
    )
    checks = straight[health_checks(asked, settled.primary.resolution_us)]
    others = np.setdiff1d(rows, checks)
    if not len(others):
        return report.ExcludedGroup(agent, len(rows), 0, _CHECKED)
    rest = _shared(settled, others, agent, "rest", f" {_lack(settled, others)}")
    if rest.uncorroborated:
        return replace(rest, lines=len(rows))
    return report.ExcludedGroup(agent, len(rows), 0, f"{_CHECKED}, or {rest.why}" if len(checks) else rest.why)


def _apart(table: pl.DataFrame, rows: Ints) -> Ints:
    """Without those that ask for what requests from the same address ask for, as often or more: any may be one."""
    paths = table["path"].gather(rows).unique()
    common = table.lazy().filter(~pl.col("excluded"), pl.col("path").is_in(paths.implode()))
    judged = common.group_by("path", "remote").len("judged").collect()
    own = table.select("path", "remote")[rows].with_columns(pl.len().over("path", "remote").alias("own"))
    counts = own.join(judged, on=["path", "remote"], how="left", maintain_order="left")
    apart: NDArray[np.bool_] = (counts["judged"].fill_null(0) < counts["own"]).to_numpy()
    return rows[apart]


def _lack(settled: Settled, rows: Ints) -> str:
    """What tells these lines from health checks; it follows "without a copy"."""
    table = settled.primary.table[rows]
    if (table["hop"] != 0).any():
        return "and through a proxy, as requests come"
    paths = table["path"].n_unique()
    return f"for {paths:,} {'path' if paths == 1 else 'paths'}, not as health checks are asked"


def _shared(settled: Settled, rows: Ints, what: str, key: str, lack: str) -> report.ExcludedGroup:
    """Lines that hide nothing if the shadow has as many of them as it has copies of all others: it was asked the same.

    key: the column that is equal on a line and its copy. lack: what these lines lack besides, where it was not.
    """
    shadow = settled.shadow.table.filter("excluded")
    both = _in_both(settled.primary.table[key].to_numpy()[rows], shadow[key].to_numpy())
    decided = int(settled.in_ratio.sum())
    paired = int((settled.in_ratio & (settled.original_outcome == Outcome.PAIRED)).sum())
    ratio = paired / decided if decided else 0.0
    few = both < len(rows) * ratio - _SIGMAS * sqrt(len(rows) * ratio * (1 - ratio))
    lacking = len(rows) - both if few else 0
    why = f"{lacking:,} without a copy{lack}" if few else _SHARED if both else _CHANCE
    return report.ExcludedGroup(what, len(rows), lacking, why)


def _in_both(originals: Keys, copies: Keys) -> int:
    """How many originals find a line of their own in the shadow with the same key."""
    counts = pl.DataFrame({"key": originals}).group_by("key").len()
    others = pl.DataFrame({"key": copies}).group_by("key").len()
    both = counts.join(others, on="key").select(pl.min_horizontal("len", "len_right").sum())
    return int(both.item())
