"""Totals and settled lines in, warnings out: what a reader must know beside the numbers."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from mirrorcheck.outcomes.exclusions import surplus_copies
from mirrorcheck.outcomes.marker import NO_MARKER
from mirrorcheck.outcomes.paired_sides import CLIENT_GONE
from mirrorcheck.outcomes.settle import Settled
from mirrorcheck.outcomes.sides.sides import Sides, one_proxy, same_lines
from mirrorcheck.pairing import Evidence, Outcome
from mirrorcheck.report import model as report
from mirrorcheck.totals.sampling import REGULAR
from mirrorcheck.totals.totals import DecidedOriginals

Groups = dict[str, tuple[report.MissedGroup, ...]]
Found = list[tuple[str, str]]

_MANY_UNPARSED = 0.05
_SKEW_MS = 1_000
_DOUBLED = 0.05
_NO_LUCK = 0.001  # chance below which a client's requests were not left out by sampling
_MOSTLY = 0.9
_RARE = 0.1  # of the copies that an address would have made if all had made as many
_TOLD_BY = {
    "none": "all its lines are taken as copies",
    "X-Forwarded-For": "copies are recognised by X-Forwarded-For",
    "host or header": "copies are recognised by the host or x-envoy-internal",
}
_NAMED = 3  # examples of clients or pods


@dataclass(frozen=True, slots=True, eq=False)
class RatioEvidence:
    """The originals of the ratio, and what was found out about them and about who copied them."""

    originals: DecidedOriginals
    phases: tuple[report.Phase, ...]
    sampling: report.Sampling | None
    groups: Groups
    writes: Mapping[str, int]  # mirrored, by method
    proxies: tuple[report.Proxy, ...] = ()


def warnings(settled: Settled, sides: Sides, judged: RatioEvidence) -> tuple[report.Warning_, ...]:
    """Everything a reader must know beside the numbers, most weighty first."""
    found = (
        _about_copies(settled, judged.writes)
        + _about_marker(settled)
        + _about_ids(settled)
        + _about_sampling(settled, judged)
        + _about_clients(judged)
        + _about_proxies(judged.proxies)
        + _about_shadow(settled)
        + _about_input(settled, sides)
    )
    return tuple(report.Warning_(code, text) for code, text in found)


def _about_copies(settled: Settled, writes: Mapping[str, int]) -> Found:
    found: Found = []
    if writes:
        requests = _counted(sum(writes.values()), "request with side effects was", "requests with side effects were")
        found.append(("writes_mirrored", f"{requests} mirrored ({', '.join(writes)})."))
    pairs, doubles = settled.shadow_lines(Outcome.PAIRED), settled.shadow_lines(Outcome.DUPLICATE)
    if settled.pairing.twins == Evidence.PROVEN and doubles > _DOUBLED * pairs:
        copies = _counted(doubles, "copy is an extra copy", "copies are extra copies")
        text = f"{copies} of requests already copied: two mirror policies seem to feed one shadow."
        found.append(("two_policies", text))
    if surplus := surplus_copies(settled):
        have = _counted(surplus, "copy is", "copies are")
        text = f"{have} excluded by a user agent or as malformed, but of no original: second copies or orphans."
        found.append(("excluded_copies", text))
    orphans = settled.shadow_lines(Outcome.ORPHAN)
    if orphans:
        have = _counted(orphans, "copy has", "copies have")
        text = f"{have} no original: the primary refused the request, or its log is not complete."
        found.append(("orphans", text))
    return found


def _about_marker(settled: Settled) -> Found:
    """Whether copies can be told at all, and whether the shadow's log is one."""
    primary, shadow = settled.primary.table, settled.shadow.table
    if not primary.height or not shadow.height:
        return []
    found: Found = []
    hop = settled.shadow.parts[0].stream.common_hop
    if hop:
        text = (
            f"every chain ends in {hop}, a proxy in front of the servers: that hop was excluded from X-Forwarded-For."
        )
        found.append(("common_hop", text))
    if settled.marker.stands_in:
        text = f"the shadow does not log the field given with --marker: {_TOLD_BY[settled.marker.name]}."
        found.append(("marker_not_logged", text))
    found += _about_sides(settled)
    if settled.marker.name == NO_MARKER:
        text = "the logs hold no shadow marker: all shadow lines are taken as copies, direct traffic cannot be told."
        found.append(("no_marker", text))
    elif not shadow["marked"].any() and not (shadow["hop"] != 0).any():
        text = "no line of the shadow carries a shadow marker: nothing was mirrored, or both logs are the primary's."
        found.append(("no_marked_line", text))
    return found


def _about_sides(settled: Settled) -> Found:
    """Whether one log was given for both sides, or two of one shadow; what the user said holds all the same."""
    found: Found = []
    if looks_like_one_side(settled):
        text = (
            "every line of both sides ends in the same hop, as in two logs of one shadow: make sure that --primary "
            "names the primary's."
        )
        found.append(("one_side", text))
    if same_lines(*_logged(settled)):
        text = "both sides hold the same lines, client addresses included: one log may have been given for both."
        found.append(("same_lines", text))
    return found


def looks_like_one_side(settled: Settled) -> bool:
    """True if both logs may be one shadow's: one proxy ends every chain, and no pair is sure, or all is equal."""
    primary, shadow = _logged(settled)
    paired = settled.originals(Outcome.PAIRED)
    return one_proxy(primary, shadow) and (not paired or settled.open or same_lines(primary, shadow))


def _logged(settled: Settled) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The lines of both sides as they were logged: in the sides' tables what a mirror changes is undone."""
    primary, shadow = (
        pl.concat([part.table for part in side.parts]) if side.parts else side.table
        for side in (settled.primary, settled.shadow)
    )
    return primary, shadow


def _about_ids(settled: Settled) -> Found:
    """Ids that could have told every pair for sure, and why they do not."""
    found: Found = []
    by = settled.ids.used or "what they ask for"
    for name in settled.ids.sparse:
        text = f"most lines have nothing in {name}: the requests are paired by {by}."
        found.append(("id_missing", text))
    for name, side in settled.ids.one_sided:
        other = "shadow" if side == "primary" else "primary"
        text = f"only the {side} logs {name}: the requests are paired by {by}; log it on the {other}, too."
        found.append(("id_on_one_side", text))
    for name in settled.ids.renewed:
        text = f"no two lines of both sides have {name} in common, so it is given anew on the way: it is not the key."
        found.append(("id_renewed", text))
    for name in settled.ids.repeated:
        text = f"{name} is the same on many requests, so it tells none of them: it is not used as the key."
        found.append(("id_not_unique", text))
    return found


def _about_sampling(settled: Settled, judged: RatioEvidence) -> Found:
    """Draws that alternate too regularly are no random sampling; copies that come in even numbers are two policies."""
    found: Found = []
    if len(judged.phases) == 1 and judged.sampling and judged.sampling.kind == REGULAR:
        text = "copied and missed requests alternate too regularly for random sampling."
        found.append(("deterministic_sampling", text))
    change = judged.originals.change
    if len(judged.phases) == 1 and change and not settled.open:
        found.append(("perhaps_changed", change.sentence))
    if settled.pairing.undecidable and not settled.open:
        text = (
            "too few requests have a key of their own (one URL, one agent?): which were missed, and whether copies "
            "came twice, cannot be told; log $http_x_request_id on both sides."
        )
        found.append(("no_keys_of_their_own", text))
    return found


def _about_clients(judged: RatioEvidence) -> Found:
    """Requests sent straight to the primary look like misses, and come from other addresses than the rest."""
    originals = judged.originals
    missed = int((~originals.paired).sum())
    outages = sum(phase.missed for phase in judged.phases if not phase.paired)
    clients = judged.groups.get("remote_addr", ())
    if len(clients) <= 1 and not _copied_elsewhere(clients, len(originals.row)):
        return []
    never = [client for client in clients if _left_out(client, originals)]
    if not never or outages >= _MOSTLY * missed:
        return []
    addresses = ", ".join(client.value for client in never[:_NAMED]) + (" ..." if len(never) > _NAMED else "")
    whose = "a client" if len(never) == 1 else f"{len(never)} clients"
    text = (
        f"{sum(client.missed for client in never):,} of {missed:,} misses come from {whose} none of whose requests was "
        f"copied ({addresses}): sent straight to the primary, or by a gateway that does not mirror."
    )
    return [("clients_never_copied", text)]


def _copied_elsewhere(clients: tuple[report.MissedGroup, ...], originals: int) -> bool:
    return sum(client.originals for client in clients) < originals


def _left_out(client: report.MissedGroup, originals: DecidedOriginals) -> bool:
    """None of its requests was copied, and at the others' ratio that would be no accident."""
    others = len(originals.row) - client.originals
    paired = int(originals.paired.sum())
    return client.missed == client.originals and others > 0 and (1 - paired / others) ** client.originals < _NO_LUCK


def _about_proxies(proxies: tuple[report.Proxy, ...]) -> Found:
    """Addresses by which hardly a copy came: those of a gateway that has little to do, or of one who forges copies."""
    rare = [proxy for proxy in proxies if proxy.share * len(proxies) < _RARE]
    if not rare:
        return []
    named = ", ".join(f"{proxy.address} {proxy.copies:,}" for proxy in rare[:_NAMED])
    copies = _counted(sum(proxy.copies for proxy in rare), "copy came", "copies came")
    text = (
        f"{copies} by addresses that made hardly any ({named}{' ...' if len(rare) > _NAMED else ''}): make sure that "
        "these are proxies, since whoever reaches the shadow can send it what looks like copies."
    )
    return [("rare_proxies", text)]


def _about_shadow(settled: Settled) -> Found:
    found: Found = []
    status = settled.shadow.table["status"].to_numpy()[settled.shadow_outcome == Outcome.PAIRED]
    gone = int((status == CLIENT_GONE).sum())
    if gone:
        copies = _counted(gone, "copy", "copies")
        text = f"the shadow logged {copies} with 499: it was slower than the proxy waits (the route's timeout)."
        found.append(("shadow_499", text))
    median = float(np.median(settled.delay_us)) / 1000 if len(settled.delay_us) else 0.0
    if median < -_SKEW_MS and not settled.open:
        text = f"copies are stamped {-median / 1000:,.1f} s before their originals: the clocks of the sides differ."
        found.append(("clock_skew", text))
    return found


def _about_input(settled: Settled, sides: Sides) -> Found:
    found: Found = []
    for name, side in (("primary", settled.primary), ("shadow", settled.shadow)):
        read = sum(part.counts.read for part in side.parts)
        unparsed = sum(part.counts.unparsed for part in side.parts)
        requests = unparsed + sum(part.counts.parsed for part in side.parts)
        if unparsed > _MANY_UNPARSED * requests:
            lines = _counted(requests, "line", "lines")
            found.append(
                ("unparsed", f"{unparsed:,} of {lines} of the {name} did not parse; the first are listed below.")
            )
        if not side.parts:
            found.append(
                ("no_pods", f"no line names a pod of the {name}: it logged nothing, or its pods have other names.")
            )
        elif not read:
            found.append(("empty", f"the {name}'s log is empty."))
    found += _about_repeats(sides)
    found += _about_containers(sides)
    if sides.other_pods:
        pods = ", ".join(sides.other_pods[:_NAMED]) + (" ..." if len(sides.other_pods) > _NAMED else "")
        lines = _counted(sides.other.parsed if sides.other else 0, "line belongs", "lines belong")
        found.append(("other_pods", f"{lines} to neither side: their pods match no pattern ({pods})."))
    return found


def _about_repeats(sides: Sides) -> Found:
    """Lines that two files hold where one goes on in the other."""
    found: Found = []
    for stream in sides.streams():
        for name, count in stream.repeated.items():
            lines = _counted(count, "line is", "lines are")
            text = f"{lines} in {stream.source.name} and in {name}, too: taken for one log, and counted once"
            if stream.counts.unproven:
                text += ", though two pods may log the same within their seconds; log the pod or a request id"
            found.append(("repeated_lines", f"{text}."))
    if unproven := sum(part.counts.unproven for part in sides.shadow):
        lines = _counted(unproven, "line of the shadow was", "lines of the shadow were")
        text = f"{lines} not counted, as another file holds the same, and may be second copies or orphans."
        found.append(("copies_repeated", text))
    return found


def _about_containers(sides: Sides) -> Found:
    aside = Counter[str]()
    for stream in sides.streams():
        aside.update(stream.aside)
    if aside:
        names = ", ".join(list(aside)[:_NAMED]) + (" ..." if len(aside) > _NAMED else "")
        lines = _counted(sum(aside.values()), "line is", "lines are")
        return [("other_containers", f"{lines} not of the containers that log the requests ({names}).")]
    return []


def _counted(count: int, one: str, several: str) -> str:
    return f"{count:,} {one if count == 1 else several}"
