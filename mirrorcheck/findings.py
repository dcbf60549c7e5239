"""Totals in, sentences out: the verdict, what is open between two ends, and what a reader must be warned of."""

from math import sqrt

import numpy as np
from numpy.typing import NDArray

from mirrorcheck import report
from mirrorcheck.observe import method_name
from mirrorcheck.outcomes import CLIENT_GONE, Settled
from mirrorcheck.pairing import Evidence, Outcome
from mirrorcheck.sides import Sides
from mirrorcheck.summary import Decided

_SAFE_METHODS = ("GET", "HEAD", "OPTIONS", "TRACE", "CONNECT")
_MANY_UNPARSED = 0.05
_SKEW_MS = 1_000
_REGULAR = 5.0  # standard deviations from independent draws
_FEWEST_DRAWS = 100
_DOUBLED = 0.05


def verdict(originals: Decided, phases: tuple[report.Phase, ...], shadow: report.ShadowLines) -> report.Verdict:
    """The answer in a word, a sentence and, where the ratio changed, how it went."""
    total, paired = len(originals.row), int(originals.paired.sum())
    if not total:
        sentence = "no original request was found, so there is nothing to judge"
        return report.Verdict("NO DATA", sentence, f"{shadow.total:,} shadow lines were read" if shadow.total else "")
    if not paired:
        return report.Verdict("NOT MIRRORING", f"none of {_requests(total)} copied, 0 %", _no_copies(shadow))
    share = f"{100 * paired / total:.2f}"
    if paired == total:
        return report.Verdict("MIRRORING", f"all {_requests(total)} copied, 100 %", "")
    sentence = f"{paired:,} of {_requests(total)} copied, {'99.99' if share == '100.00' else share} %"
    if len(phases) == 1:
        near = 0.9
        return report.Verdict("INCOMPLETE" if paired >= near * total else "PARTIAL", sentence, "")
    return report.Verdict(_word(phases), sentence, _course(phases))


def _requests(count: int) -> str:
    return f"{count:,} request was" if count == 1 else f"{count:,} requests were"


def _no_copies(shadow: report.ShadowLines) -> str:
    if not shadow.total:
        return "the shadow's log has no request at all"
    if shadow.direct:
        return f"none of the shadow's {shadow.total:,} lines is a copy: {shadow.direct:,} are direct traffic"
    return f"none of the shadow's {shadow.total:,} lines is a copy of one of them"


def _word(phases: tuple[report.Phase, ...]) -> str:
    first, last = phases[0], phases[-1]
    inner_holes = any(not p.paired for p in phases[1:-1])
    if first.paired and last.paired:
        return "INTERRUPTED" if inner_holes else "CHANGED"
    if inner_holes:
        return "INTERRUPTED"
    if not first.paired and not last.paired:
        return "STARTED AND STOPPED"
    return "STOPPED" if first.paired else "STARTED"


def _course(phases: tuple[report.Phase, ...]) -> str:
    """How the ratio went, phase by phase; the first four."""
    most = 4
    dated = phases[0].from_.date() != phases[-1].to.date()
    clock = "%Y-%m-%d %H:%M:%S" if dated else "%H:%M:%S"
    steps = [_step(phase, clock) for phase in phases[:most]]
    more = f"; {len(phases) - most} more phases" if len(phases) > most else ""
    return ", then ".join(steps) + more


def _step(phase: report.Phase, clock: str) -> str:
    if not phase.paired:
        what = f"none of {phase.originals:,}"
    elif not phase.missed:
        what = f"{phase.paired:,} of {phase.originals:,}"
    else:
        what = f"{phase.paired:,} of {phase.originals:,} ({100 * phase.paired / phase.originals:.1f} %)"
    return f"{what} from {phase.from_:{clock}}"


def missed_range(settled: Settled) -> report.Range | None:
    """The missed originals as a range where the evidence leaves it open, None where the count is sure."""
    missed = (settled.original_outcome == Outcome.MISSED) & settled.in_ratio
    count = int(missed.sum())
    low, high, reasons = count, count, []
    if settled.pairing.retries in {Evidence.THIN, Evidence.PROVEN}:
        rows = np.flatnonzero(~settled.primary.table["excluded"].to_numpy())[settled.pairing.might_be_retry]
        retries = int(missed[rows].sum())
        if retries:
            low -= retries
            reasons.append(f"{retries:,} may be retries of failed requests: too few isolated ones to prove it")
    if settled.pairing.hidden_misses:
        high += settled.pairing.hidden_misses
        reasons.append("busy keys may hold copies of other requests, married to missed ones")
    return report.Range(low, high, "; ".join(reasons)) if reasons else None


def ratio_range(settled: Settled, missed: report.Range | None) -> report.Range | None:
    """The ends of the ratio that belong to the ends of the missed originals."""
    if missed is None:
        return None
    decided = settled.originals(Outcome.PAIRED) + settled.originals(Outcome.MISSED)
    paired = int(((settled.original_outcome == Outcome.PAIRED) & settled.in_ratio).sum())
    count = int(((settled.original_outcome == Outcome.MISSED) & settled.in_ratio).sum())
    if not decided or not paired + count:
        return None
    fewest_paired = paired - max(0, int(missed.high) - count)
    return report.Range(max(0, fewest_paired) / (paired + count), paired / max(1, paired + int(missed.low)), missed.why)


def writes_mirrored(settled: Settled) -> dict[str, int]:
    """Paired copies of requests with side effects, by method."""
    methods = settled.shadow.table["method"].to_numpy()[settled.shadow_outcome == Outcome.PAIRED]
    codes, counts = np.unique(methods, return_counts=True)
    named = {method_name(code): int(count) for code, count in zip(codes, counts, strict=True)}
    return {name: count for name, count in sorted(named.items()) if name and name not in _SAFE_METHODS}


def warnings(
    settled: Settled,
    sides: Sides,
    originals: Decided,
    phases: tuple[report.Phase, ...],
    groups: dict[str, tuple[report.MissedGroup, ...]],
) -> tuple[report.Warning_, ...]:
    """Everything a reader must know beside the numbers, most weighty first."""
    found = (
        _about_copies(settled)
        + _about_sampling(settled, originals, phases)
        + _about_clients(groups)
        + _about_shadow(settled)
        + _about_input(settled, sides)
    )
    return tuple(report.Warning_(code, text) for code, text in found)


Found = list[tuple[str, str]]


def _about_copies(settled: Settled) -> Found:
    found: Found = []
    writes = writes_mirrored(settled)
    if writes:
        total = sum(writes.values())
        were = "request with side effects was" if total == 1 else "requests with side effects were"
        found.append(("writes_mirrored", f"{total:,} {were} mirrored ({', '.join(writes)})."))
    pairs, doubles = settled.shadow_lines(Outcome.PAIRED), settled.shadow_lines(Outcome.DUPLICATE)
    if settled.pairing.twins == Evidence.PROVEN and doubles > _DOUBLED * pairs:
        found.append(
            ("two_policies", f"{doubles:,} requests were copied twice: two mirror policies seem to feed one shadow.")
        )
    orphans = settled.shadow_lines(Outcome.ORPHAN)
    if orphans:
        have = "copy has" if orphans == 1 else "copies have"
        found.append(
            ("orphans", f"{orphans:,} {have} no original: the primary refused the request, or its log is not complete.")
        )
    return found


def _about_sampling(settled: Settled, originals: Decided, phases: tuple[report.Phase, ...]) -> Found:
    """Draws that alternate too regularly are no random sampling; copies that come in even numbers are two policies."""
    found: Found = []
    if len(phases) == 1 and _runs_z(originals.paired) > _REGULAR:
        found.append(
            ("deterministic_sampling", "copied and missed requests alternate too regularly for random sampling.")
        )
    if settled.pairing.undecidable:
        found.append(
            (
                "no_keys_of_their_own",
                "too few requests have a key of their own (one URL, one agent?): which were missed, and whether copies came "
                "twice, cannot be told; log $http_x_request_id on both sides.",
            )
        )
    return found


def _runs_z(paired: NDArray[np.bool_]) -> float:
    """How many standard deviations more runs than independent draws give (Wald and Wolfowitz)."""
    n, hits = len(paired), int(paired.sum())
    pairs = 2 * hits * (n - hits)
    if n < _FEWEST_DRAWS or pairs == 0:
        return 0.0
    expected = pairs / n + 1
    variance = pairs * (pairs - n) / (n * n * (n - 1))
    return (1 + int((paired[1:] != paired[:-1]).sum()) - expected) / sqrt(variance) if variance > 0 else 0.0


def _about_clients(groups: dict[str, tuple[report.MissedGroup, ...]]) -> Found:
    """Requests sent straight to the primary look like misses, and come from other addresses than the rest."""
    never = [group for group in groups.get("remote_addr", ()) if group.missed == group.originals > 1]
    total = sum(group.missed for group in groups.get("remote_addr", ()))
    if not never or len(never) == len(groups["remote_addr"]) == 1:
        return []
    addresses = ", ".join(group.value for group in never[:3])
    missed = sum(group.missed for group in never)
    return [
        (
            "clients_never_copied",
            f"{missed:,} of {total:,} misses come from clients none of whose requests was copied ({addresses}): "
            "sent straight to the primary, or by a gateway that does not mirror.",
        )
    ]


def _about_shadow(settled: Settled) -> Found:
    found: Found = []
    status = settled.shadow.table["status"].to_numpy()[settled.shadow_outcome == Outcome.PAIRED]
    gone = int((status == CLIENT_GONE).sum())
    if gone:
        found.append(
            (
                "shadow_499",
                f"the shadow logged {gone:,} copies with 499: it was slower than the proxy waits (route timeout).",
            )
        )
    if settled.marker.name == "none" and settled.shadow.table.height:
        found.append(
            (
                "no_marker",
                "the logs hold no shadow marker: all shadow lines are taken as copies, direct traffic cannot be told apart.",
            )
        )
    median = float(np.median(settled.delay_us)) / 1000 if len(settled.delay_us) else 0.0
    if median < -_SKEW_MS:
        found.append(
            (
                "clock_skew",
                f"copies are stamped {-median / 1000:,.1f} s before their originals: the clocks of the sides differ.",
            )
        )
    return found


def _about_input(settled: Settled, sides: Sides) -> Found:
    found: Found = []
    for name, side in (("primary", settled.primary), ("shadow", settled.shadow)):
        read = sum(part.counts.read for part in side.parts)
        unparsed = sum(part.counts.unparsed for part in side.parts)
        if unparsed > _MANY_UNPARSED * read:
            found.append(
                ("unparsed", f"{unparsed:,} of {read:,} lines of the {name} did not parse; the first are listed below.")
            )
        if not read:
            found.append(("empty", f"the {name}'s log is empty."))
    if sides.other_pods:
        pods = ", ".join(sides.other_pods[:3]) + (" ..." if len(sides.other_pods) > 3 else "")  # noqa: PLR2004  # a few examples
        found.append(("other_pods", f"lines of {len(sides.other_pods)} pods belong to neither side ({pods})."))
    return found


def expected(percent: float | None, ratio: report.Ratio) -> report.Expected | None:
    """Whether the interval holds the percentage that --expect gives."""
    if percent is None:
        return None
    if ratio.low is None or ratio.high is None:
        return report.Expected(percent, None)
    return report.Expected(percent, ratio.low <= percent / 100 <= ratio.high)
