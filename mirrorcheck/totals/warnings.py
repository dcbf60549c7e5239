"""Warns of what a reader must know beside the numbers."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain

from mirrorcheck.outcomes.marker import NO_MARKER
from mirrorcheck.outcomes.request_ids import IdColumn
from mirrorcheck.outcomes.sides.model import Sides
from mirrorcheck.pairing import Evidence, Outcome
from mirrorcheck.report import model as report
from mirrorcheck.totals import constants
from mirrorcheck.totals.doubts import Doubts
from mirrorcheck.totals.findings import Findings
from mirrorcheck.totals.history import History
from mirrorcheck.totals.partition import Partition
from mirrorcheck.totals.sampling import REGULAR
from mirrorcheck.totals.verdict import counted

Found = Iterator[tuple[str, str]]
"""A stable code and a sentence each."""

_COPIES_KNOWN_BY = {
    "none": "all its lines are taken as copies",
    "X-Forwarded-For": "copies are recognised by X-Forwarded-For",
    "host or header": "copies are recognised by the host or x-envoy-internal",
}
OTHER_PODS = "other_pods"
"""The code of the warning of pods that belong to neither side."""
_NAMED = 3  # examples of clients or pods


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """Everything that warnings are made of; delay_ms: the median delay of sure pairs, 0 without any."""

    sides: Sides
    findings: Findings
    partition: Partition
    doubts: Doubts
    history: History
    phases: tuple[report.Phase, ...]
    sampling: report.Sampling | None
    groups: Mapping[str, tuple[report.MissedGroup, ...]]
    writes: Mapping[str, int]  # mirrored, by method
    proxies: tuple[report.Proxy, ...]
    delay_ms: float


def warnings(known: Known) -> tuple[report.Warning_, ...]:
    """Everything a reader must know beside the numbers, most weighty first."""
    found = chain(
        _about_copies(known),
        _about_marker(known),
        _about_ids(known.findings.ids),
        _about_sampling(known),
        _about_clients(known),
        _about_proxies(known.proxies),
        _about_shadow(known),
        _about_input(known.sides),
    )
    return tuple(report.Warning_(code, text) for code, text in found)


def _about_copies(known: Known) -> Found:
    if known.writes:
        requests = counted(
            sum(known.writes.values()), "request with side effects was", "requests with side effects were"
        )
        yield "writes_mirrored", f"{requests} mirrored ({', '.join(known.writes)})."
    pairs, doubles = (known.partition.shadow[each] for each in (Outcome.PAIRED, Outcome.DUPLICATE))
    if known.doubts.twins == Evidence.PROVEN and doubles > constants.DOUBLED * pairs:
        copies = counted(doubles, "copy is an extra copy", "copies are extra copies")
        text = f"{copies} of requests already copied: two mirror policies seem to feed one shadow."
        yield "two_policies", text
    if surplus := known.findings.surplus:
        have = counted(surplus, "copy is", "copies are")
        text = f"{have} excluded by a user agent or as malformed, but of no original: second copies or orphans."
        yield "excluded_copies", text
    orphans = known.partition.shadow[Outcome.ORPHAN]
    if orphans:
        have = counted(orphans, "copy has", "copies have")
        text = f"{have} no original: the primary refused the request, or its log is not complete."
        yield "orphans", text


def _about_marker(known: Known) -> Found:
    """Whether copies can be distinguished, and whether the shadow's log is one."""
    if not sum(known.partition.originals) or not sum(known.partition.shadow):
        return
    hop = known.sides.shadow[0].stream.common_hop
    if hop:
        text = (
            f"every chain ends in {hop}, a proxy in front of the servers: that hop was excluded from X-Forwarded-For."
        )
        yield "common_hop", text
    if known.findings.stands_in:
        text = f"the shadow does not log the field given with --marker: {_COPIES_KNOWN_BY[known.findings.marker]}."
        yield "marker_not_logged", text
    yield from _about_sides(known)
    if known.findings.marker == NO_MARKER:
        text = "the logs hold no shadow marker: all shadow lines are taken as copies, direct traffic is not recognised."
        yield "no_marker", text
    elif not known.findings.marked:
        text = "no line of the shadow carries a shadow marker: nothing was mirrored, or both logs are the primary's."
        yield "no_marked_line", text


def _about_sides(known: Known) -> Found:
    """Whether one log was given for both sides, or two of one shadow; what the user said holds all the same."""
    if known.findings.looks_like_one_side(known.partition, open_=known.doubts.open):
        text = (
            "every line of both sides ends in the same hop, as in two logs of one shadow: make sure that --primary "
            "names the primary's."
        )
        yield "one_side", text
    if known.findings.same_lines:
        text = "both sides hold the same lines, client addresses included: one log may have been given for both."
        yield "same_lines", text


def _about_ids(ids: IdColumn) -> Found:
    """Ids that could have proven every pair, and why they do not."""
    by = ids.used or "what they ask for"
    for name in ids.sparse:
        text = f"most lines have nothing in {name}: the requests are paired by {by}."
        yield "id_missing", text
    for name, side in ids.one_sided:
        other = "shadow" if side == "primary" else "primary"
        text = f"only the {side} logs {name}: the requests are paired by {by}; log it on the {other}, too."
        yield "id_on_one_side", text
    for name in ids.renewed:
        text = f"no two lines of both sides have {name} in common, so it is given anew on the way: it is not the key."
        yield "id_renewed", text
    for name in ids.repeated:
        text = f"{name} is the same on many requests, so it identifies none of them: it is not used as the key."
        yield "id_not_unique", text


def _about_sampling(known: Known) -> Found:
    """Whether requests were sampled at random, and whether their keys leave that open."""
    if len(known.phases) == 1 and known.sampling and known.sampling.kind == REGULAR:
        text = "copied and missed requests alternate too regularly for random sampling."
        yield "deterministic_sampling", text
    change = known.history.hidden_change() if len(known.phases) == 1 and not known.doubts.open else None
    if change:
        yield "perhaps_changed", change.sentence
    if known.doubts.undecidable and not known.doubts.open:
        text = (
            "too few requests have a key of their own (one URL, one agent?): which were missed, and whether copies "
            "came twice, is unknown; log $http_x_request_id on both sides."
        )
        yield "no_keys_of_their_own", text


def _about_clients(known: Known) -> Found:
    """Requests sent straight to the primary look like misses, and come from other addresses than the rest."""
    history = known.history
    missed = history.missed
    outages = sum(phase.missed for phase in known.phases if not phase.paired)
    clients = known.groups.get("remote_addr", ())
    if len(clients) <= 1 and sum(client.originals for client in clients) >= history.total:
        return
    left_out = [client for client in clients if _never_copied(client, history)]
    if not left_out or outages >= constants.IN_OUTAGES * missed:
        return
    addresses = ", ".join(client.value for client in left_out[:_NAMED]) + (" ..." if len(left_out) > _NAMED else "")
    whose = "a client" if len(left_out) == 1 else f"{len(left_out)} clients"
    lacking = sum(client.missed for client in left_out)
    text = (
        f"{lacking:,} of {missed:,} misses come from {whose} none of whose requests was "
        f"copied ({addresses}): sent straight to the primary, or by a gateway that does not mirror."
    )
    yield "clients_never_copied", text


def _never_copied(client: report.MissedGroup, history: History) -> bool:
    """None of its requests was copied, and at the others' ratio that would be no accident."""
    others = history.total - client.originals
    return (
        client.missed == client.originals
        and others > 0
        and (1 - history.hits / others) ** client.originals < constants.NO_LUCK
    )


def _about_proxies(proxies: tuple[report.Proxy, ...]) -> Found:
    """Addresses by which hardly a copy came: those of a gateway that has little to do, or of one who forges copies."""
    rare = [proxy for proxy in proxies if proxy.share * len(proxies) < constants.RARE]
    if not rare:
        return
    named = ", ".join(f"{proxy.address} {proxy.copies:,}" for proxy in rare[:_NAMED])
    copies = counted(sum(proxy.copies for proxy in rare), "copy came", "copies came")
    text = (
        f"{copies} by addresses that made hardly any ({named}{' ...' if len(rare) > _NAMED else ''}): make sure that "
        "these are proxies, since whoever reaches the shadow can send it what looks like copies."
    )
    yield "rare_proxies", text


def _about_shadow(known: Known) -> Found:
    if gone := known.findings.gone:
        copies = counted(gone, "copy", "copies")
        text = f"the shadow logged {copies} with 499: it was slower than the proxy waits (the route's timeout)."
        yield "shadow_499", text
    if known.delay_ms < -constants.SKEW_MS and not known.doubts.open:
        behind = -known.delay_ms / 1000
        yield (
            "clock_skew",
            f"copies are stamped {behind:,.1f} s before their originals: the clocks of the sides differ.",
        )


def _about_input(sides: Sides) -> Found:
    for name, parts in (("primary", sides.primary), ("shadow", sides.shadow)):
        read = sum(part.counts.read for part in parts)
        unparsed = sum(part.counts.unparsed for part in parts)
        requests = unparsed + sum(part.counts.parsed for part in parts)
        if unparsed > constants.MANY_UNPARSED * requests:
            lines = counted(requests, "line", "lines")
            yield "unparsed", f"{unparsed:,} of {lines} of the {name} did not parse; the first are listed below."
        if not parts:
            yield "no_pods", f"no line names a pod of the {name}: it logged nothing, or its pods have other names."
        elif not read:
            yield "empty", f"the {name}'s log is empty."
    yield from _about_repeats(sides)
    yield from _about_containers(sides)
    if sides.other_pods:
        pods = ", ".join(sides.other_pods[:_NAMED]) + (" ..." if len(sides.other_pods) > _NAMED else "")
        lines = counted(sides.other.parsed if sides.other else 0, "line belongs", "lines belong")
        yield OTHER_PODS, f"{lines} to neither side: their pods match no pattern ({pods})."


def _about_repeats(sides: Sides) -> Found:
    """Lines that two files hold where one goes on in the other."""
    for stream in sides.streams():
        for name, count in stream.repeated.items():
            lines = counted(count, "line is", "lines are")
            text = f"{lines} in {stream.source.name} and in {name}, too: taken for one log, and counted once"
            if stream.counts.unproven:
                text += ", though two pods may log the same within their seconds; log the pod or a request id"
            yield "repeated_lines", f"{text}."
    if unproven := sum(part.counts.unproven for part in sides.shadow):
        lines = counted(unproven, "line of the shadow was", "lines of the shadow were")
        text = f"{lines} not counted, as another file holds the same, and may be second copies or orphans."
        yield "copies_repeated", text


def _about_containers(sides: Sides) -> Found:
    aside = Counter[str]()
    for stream in sides.streams():
        aside.update(stream.aside)
    if aside:
        names = ", ".join(list(aside)[:_NAMED]) + (" ..." if len(aside) > _NAMED else "")
        lines = counted(sum(aside.values()), "line is", "lines are")
        yield "other_containers", f"{lines} not of the containers that log the requests ({names})."
