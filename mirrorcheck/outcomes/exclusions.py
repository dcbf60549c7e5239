"""Says why originals were excluded: as asked, or for what they are, and how the logs corroborate that.

The client writes what a line says of itself, so that alone excludes nothing: a health check comes straight to the pod
at a steady period, or to the shadow as well; a probe is copied as others are; a malformed request is refused. None of
this counts if the mirror copies lines like these: those it does not copy are misses. (A client that can send requests
to the shadow itself can forge copies, too: logs cannot show that.)
"""

from collections.abc import Iterator
from dataclasses import replace
from math import sqrt

import numpy as np
import polars as pl

from mirrorcheck.outcomes import constants
from mirrorcheck.outcomes.health_checks import health_checks
from mirrorcheck.outcomes.settle import JudgedSpan, Settled
from mirrorcheck.outcomes.sides.model import SideLines
from mirrorcheck.pairing import Outcome
from mirrorcheck.pairing.model import Bools, Ints, Keys
from mirrorcheck.reading.observe import ABSENT, BY_AGENT, BY_OPTION
from mirrorcheck.report import model as report
from mirrorcheck.settings import DEFAULT_AGENTS, MOST_EXCLUDED, Settings

_PROBES, _MALFORMED = "probes", "malformed requests"
_REFUSED = (400, 414, 431, 494, 495, 496, 497, 505)  # what a server says of the bytes alone; 499 is the client's choice
_ADDED = ("attempt", "request_id", "trace_id")  # what a proxy adds to a request besides its hop
_ENDLESS = 1 << 61
_CHECKED = "straight to the pods at a steady period"
_SHARED = "asked of the shadow, too"
_CHANCE = "as few without a copy as chance leaves"


def exclusions(settled: Settled, settings: Settings) -> report.Exclusions:
    """Count the excluded originals by what excludes them."""
    rows = np.flatnonzero(settled.original_outcome == Outcome.EXCLUDED)
    if not len(rows) or settings.run:
        return report.Exclusions(len(rows), ())
    asked = _asked(settled.primary, settled.span, rows)
    rest = rows[~asked]
    return report.Exclusions(int(asked.sum()), tuple(_groups(settled, rest)))


def added_exclusions(one: report.Exclusions, other: report.Exclusions) -> report.Exclusions:
    """The exclusions of both; what corroborates a group is said of that part of it that lacks more."""
    groups = {group.what: group for group in one.groups}
    for group in other.groups:
        before = groups.get(group.what, replace(group, lines=0, uncorroborated=0))
        groups[group.what] = replace(
            max(before, group, key=lambda each: each.uncorroborated),
            lines=before.lines + group.lines,
            uncorroborated=before.uncorroborated + group.uncorroborated,
        )
    return report.Exclusions(one.asked + other.asked, tuple(groups.values()))


def excluded_copies(settled: Settled) -> Ints:
    """Rows of the shadow that carry the marker of a copy, and that only their own text excludes."""
    rows = np.flatnonzero((settled.shadow_outcome == Outcome.EXCLUDED) & settled.sure_copies)
    # Where a run of probes is asked for, so is the exclusion of all else.
    return rows[:0] if settled.shadow.by_probe else rows[~_asked(settled.shadow, settled.span, rows)]


def surplus_copies(settled: Settled) -> int:
    """Count the `excluded_copies` without an original left: orphans or second copies that are counted as neither."""
    copies = excluded_copies(settled)
    if settled.open or not len(copies):
        return 0
    first_us = int(settled.primary.table["time_us"].to_numpy().min(initial=_ENDLESS))
    # Originals of the first ones may lie before the logs.
    early_us = int(settled.delay_us.max(initial=0)) + settled.shadow.resolution_us
    copies = copies[settled.shadow.table["time_us"].to_numpy()[copies] >= first_us + early_us]
    excluded = settled.original_outcome == Outcome.EXCLUDED
    originals = settled.primary.table["rest"].to_numpy()[excluded]
    requests = settled.shadow.table["rest"].to_numpy()[copies]
    return len(copies) - _in_both(originals, requests)


def _asked(side: SideLines, span: JudgedSpan, rows: Ints) -> Bools:
    """Excluded by an option of the user's, bool by place in `rows`."""
    time_us = side.table["time_us"].to_numpy()[rows]
    by_option: Bools = side.table["excluded_by"].to_numpy()[rows] == BY_OPTION
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
        yield _refused(settled, malformed)


def _refused(settled: Settled, rows: Ints) -> report.ExcludedGroup:
    """Malformed requests; those that the server did not refuse, as far as the log says, are uncorroborated.

    A refusal says nothing where the mirror copies them: Envoy forwards a method that nginx refuses, such as `patch`.
    """
    status = settled.primary.table["status"][rows]
    malformed = ~settled.primary.table["well_formed"].to_numpy()
    copied = int((malformed & (settled.original_outcome == Outcome.PAIRED)).sum())
    if copied and copied >= constants.SOME_COPIED * _ratio(settled) * (copied + len(rows)):
        return report.ExcludedGroup(_MALFORMED, len(rows), len(rows), f"though {copied:,} others like them are copied")
    known = status != ABSENT
    lacking = int((~(known & status.is_in(_REFUSED))).sum())
    why = "refused" if not lacking else "not refused by the server" if known.any() else "of which no status tells more"
    return report.ExcludedGroup(_MALFORMED, len(status), lacking, why)


def _checks(settled: Settled, rows: Ints, agent: str) -> report.ExcludedGroup:
    """Lines of an agent: those that are health checks by their period, and of the others those that the shadow has."""
    table = settled.primary.table
    straight = rows[~_by_proxy(table, rows)]
    straight = _apart(table, straight[~_mirrored(settled, straight)])
    asked = table.select("remote", time="time_us", request="rest")[straight]
    asked = asked.with_columns(stream=pl.Series(settled.primary.stream[straight]))
    checks = straight[health_checks(asked, settled.primary.resolution_us)]
    others = np.setdiff1d(rows, checks)
    if not len(others):
        return report.ExcludedGroup(agent, len(rows), 0, _CHECKED)
    rest = _shared(settled, others, agent, "rest", f" {_lack(settled, others)}")
    if rest.uncorroborated:
        return replace(rest, lines=len(rows))
    return report.ExcludedGroup(agent, len(rows), 0, f"{_CHECKED}, or {rest.why}" if len(checks) else rest.why)


def _by_proxy(table: pl.DataFrame, rows: Ints) -> Bools:
    """Which rows, all of default agents, show that a proxy sent them: by a hop, or by what nearly all requests have.

    Sidecars give an id to what comes without one, too. So an id counts only where checks have none; a count of attempts
    is added only by the proxy that routed the request.
    """
    found: Bools = table["hop"].to_numpy()[rows] != 0
    checks = _added(table.filter(pl.col("excluded_by") >= BY_AGENT, pl.col("hop") == 0))
    requests, own = _added(table.filter(~pl.col("excluded"))), _added(table[rows])
    for name in _ADDED:
        bare = int((~checks[name]).sum())
        common = float(requests[name].mean() or 0)  # type: ignore[arg-type]  # a mean of bools
        if common >= constants.PROXY_SIGN and (name == "attempt" or bare >= constants.LEAST_BARE):
            found = found | own[name].to_numpy()
    return found


def _added(table: pl.DataFrame) -> pl.DataFrame:
    """Whether lines have each of `_ADDED`, a bool column of each."""
    return table.select(pl.col("attempt") > 0, pl.col("request_id", "trace_id") != 0)


def _mirrored(settled: Settled, rows: Ints) -> Bools:
    """Which rows, sent by no visible proxy, ask for what the mirror copies, or come from where such requests come."""
    shadow = settled.shadow.table
    bare = shadow["shorter_chain" if settled.marker.strips_hop else "hop"] == 0  # their originals had no hop
    copies = shadow.select("rest").filter(bare & (shadow["excluded_by"] >= BY_AGENT) & pl.Series(settled.sure_copies))
    lines = settled.primary.table.select("path", "remote", "rest")[rows]
    lines = lines.join(copies.group_by("rest").len("copies"), on="rest", how="left", maintain_order="left")
    copied = (pl.col("copies").fill_null(0) / pl.len().over("rest")).clip(0, 1)
    shares = lines.with_columns(copied.alias("copied"))
    most = pl.max_horizontal(pl.col("copied").mean().over("path"), pl.col("copied").mean().over("remote"))
    mirrored: Bools = (
        shares.select((most > 0) & (most >= constants.SOME_COPIED * _ratio(settled))).to_series().to_numpy()
    )
    return mirrored


def _apart(table: pl.DataFrame, rows: Ints) -> Ints:
    """Without those that ask for what requests from the same address ask for, as often or more: any may be one."""
    paths = table["path"].gather(rows).unique()
    common = table.lazy().filter(~pl.col("excluded"), pl.col("path").is_in(paths.implode()))
    judged = common.group_by("path", "remote").len("judged").collect()
    own = table.select("path", "remote")[rows].with_columns(pl.len().over("path", "remote").alias("own"))
    counts = own.join(judged, on=["path", "remote"], how="left", maintain_order="left")
    apart: Bools = (counts["judged"].fill_null(0) < counts["own"]).to_numpy()
    return rows[apart]


def _lack(settled: Settled, rows: Ints) -> str:
    """Why these lines are no health checks; it follows "without a copy"."""
    table = settled.primary.table
    if _by_proxy(table, rows).any():
        return "and through a proxy, as requests come"
    if _mirrored(settled, rows).any():
        return "where others like them have one"
    paths = table["path"][rows].n_unique()
    return f"for {paths:,} {'path' if paths == 1 else 'paths'}, not as health checks are asked"


def _shared(settled: Settled, rows: Ints, what: str, key: str, lack: str) -> report.ExcludedGroup:
    """Lines that hide nothing if the shadow has as many of them as it has copies of all others: it was sent the same.

    key: the column that is equal on a line and its copy. lack: what these lines lack besides, where it was not.
    """
    shadow = settled.shadow.table.filter("excluded")
    both = _in_both(settled.primary.table[key].to_numpy()[rows], shadow[key].to_numpy())
    ratio = _ratio(settled)
    few = both < len(rows) * ratio - constants.SHARED_SIGMAS * sqrt(len(rows) * ratio * (1 - ratio))
    lacking = len(rows) - both if few else 0
    why = f"{lacking:,} without a copy{lack}" if few else _SHARED if both else _CHANCE
    return report.ExcludedGroup(what, len(rows), lacking, why)


def _ratio(settled: Settled) -> float:
    """The share of the requests that were copied, 0 without any."""
    decided = int(settled.in_ratio.sum())
    paired = int((settled.in_ratio & (settled.original_outcome == Outcome.PAIRED)).sum())
    return paired / decided if decided else 0.0


def _in_both(originals: Keys, copies: Keys) -> int:
    """Count the originals with a line of their own in the shadow that has the same key."""
    counts = pl.DataFrame({"key": originals}).group_by("key").len()
    others = pl.DataFrame({"key": copies}).group_by("key").len()
    both = counts.join(others, on="key").select(pl.min_horizontal("len", "len_right").sum())
    return int(both.item())


def about_exclusions(found: report.Exclusions, originals: report.Originals) -> tuple[report.Warning_, ...]:
    """Warn if more than a few originals were excluded for nothing but their own text."""
    total = originals.total - found.asked
    if found.uncorroborated <= MOST_EXCLUDED * total:
        return ()
    worst = max(found.groups, key=lambda group: group.uncorroborated)
    text = (
        f"{found.uncorroborated:,} of {total:,} originals are excluded for their own text alone, as a client may write "
        f"it ({worst.what}: {worst.why}): they may hide misses."
    )
    return (report.Warning_("excluded_uncorroborated", text),)
