"""Reads VirtualServices of networking.istio.io (v1, v1beta1, v1alpha3), and the delegates in place of delegations.

As Istio does (mergeVirtualServicesIfNeeded in pilot/pkg/model/virtualservice.go): a delegate has no hosts, inherits
what it leaves open, and is under the conditions of both. Without a delegate, or one exported to the root's namespace,
the route does not exist.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from mirrorcheck.mesh.documents import Document, entries, name_of, namespace_of, number, section, word, words
from mirrorcheck.mesh.matches import istio_matches, rest_named
from mirrorcheck.mesh.model import WHOLE, Destination, Finding, Passage, Rule, Source, place_of
from mirrorcheck.mesh.pruned import misspelt, pruned

_MESH = "mesh"
_EXACT = 1_000
_INHERITED = ("mirror", "mirrors", "mirrorPercent", "mirrorPercentage", "redirect", "directResponse")

_Delegates: TypeAlias = Mapping[tuple[str, str], Document]
"""VirtualServices without hosts by namespace and name."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """One route of a merged rule. home: the namespace of its hosts; delegate: the VirtualService that it comes from."""

    at: str
    home: str
    route: Document
    delegate: tuple[str, str] | None = None


def read_virtual_services(
    virtual_services: Sequence[Document], service: str, namespace: str, same: Collection[tuple[str, str]]
) -> list[Rule]:
    """The rules of a service: the mesh's with the closest host, and all others that route to one of `same`."""
    delegates = _delegates_among(virtual_services)
    roots = [each for each in virtual_services if not _is_delegate(each)]
    ranked = [(_rank(each, service, namespace), each) for each in roots if _in_mesh(each)]
    rivals = sorted(((score, each) for score, each in ranked if score), key=_precedence)
    covered = {id(each) for _, each in rivals}
    others = [each for each in roots if id(each) not in covered and _outline(each, delegates).reaches(same)]
    equal = [each for score, each in rivals[1:] if score == rivals[0][0]]
    first = [_rule(rivals[0][1], delegates, equal)] if rivals else []
    return first + [_rule(each, delegates, []) for each in others]


def every_virtual_service(virtual_services: Sequence[Document]) -> list[Rule]:
    """Every VirtualService with hosts of its own as a rule, whatever it is for; without findings."""
    delegates = _delegates_among(virtual_services)
    return [_outline(each, delegates) for each in virtual_services if not _is_delegate(each)]


def _in_mesh(virtual_service: Document) -> bool:
    gateways = words(virtual_service, "spec", "gateways")
    return not gateways or _MESH in gateways


def _rank(virtual_service: Document, service: str, namespace: str) -> int:
    hosts = words(virtual_service, "spec", "hosts")
    return max((_closeness(host, namespace_of(virtual_service), service, namespace) for host in hosts), default=0)


def _precedence(ranked: tuple[int, Document]) -> tuple[int, str, str, str]:
    """The closest host first, then the oldest, as Istio sorts them (sortConfigByCreationTime)."""
    score, found = ranked
    return -score, word(found, "metadata", "creationTimestamp"), name_of(found), namespace_of(found)


def _outline(found: Document, delegates: _Delegates) -> Rule:
    """A rule with its routes, and without findings."""
    merged, _ = _merged_routes(found, delegates)
    passages, _ = _reachable(rest_named([_passage(entry) for entry in merged]))
    return Rule(Source.of(found), tuple(passages))


def _rule(found: Document, delegates: _Delegates, rivals: Sequence[Document]) -> Rule:
    merged, findings = _merged_routes(found, delegates)
    for part in (found, *(delegates[key] for key in dict.fromkeys(entry.delegate for entry in merged) if key)):
        findings += _about_percentages(part)
    findings += _about_reach(found)
    findings += (_about_rival(Source.of(found), rival) for rival in rivals)
    passages, more = _reachable(rest_named([_passage(entry) for entry in merged]))
    return Rule(Source.of(found), tuple(passages), tuple(findings + more), by_sidecars=_in_mesh(found))


def _passage(entry: _Entry) -> Passage:
    route = entry.route
    text, takes_all = istio_matches(entries(route, "match"))
    answers_itself = bool(section(route, "redirect") or section(route, "directResponse"))
    copies = () if answers_itself else tuple(_copies(route, entry.home))
    return Passage(entry.at, text, takes_all, _destinations(route, entry.home), copies)


def _destinations(route: Document, home: str) -> tuple[tuple[Destination, float], ...]:
    """Places and weights; a single one needs no weight, and of several those without one get nothing."""
    found = entries(route, "route")
    default = WHOLE if len(found) == 1 else 0.0
    return tuple((_place(section(each, "destination"), home), number(each, "weight") or default) for each in found)


def _copies(route: Document, home: str) -> list[tuple[Destination, float]]:
    copies = []
    if mirror := section(route, "mirror"):
        copies.append((_place(mirror, home), _percent(route)))
    for policy in entries(route, "mirrors"):
        if destination := section(policy, "destination"):
            share = policy.get("percentage")
            percent = WHOLE if share is None else number(policy, "percentage", "value") or 0.0
            copies.append((_place(destination, home), percent))
    return copies


def _percent(route: Document) -> float:
    """Of the ways to write it, in the order of Istio's MirrorPercent (route.go): an empty mirrorPercentage is zero."""
    if route.get("mirrorPercentage") is not None:
        return number(route, "mirrorPercentage", "value") or 0.0
    for name in ("mirrorPercent", "mirror_percent"):
        if (percent := number(route, name)) is not None:
            return percent
    return WHOLE


def _place(destination: Document, home: str) -> Destination:
    return place_of(word(destination, "host"), home, word(destination, "subset"))


def _reachable(passages: list[Passage]) -> tuple[list[Passage], list[Finding]]:
    """The routes up to the first that takes all requests; a mirror behind it is never reached."""
    last = next((index for index, each in enumerate(passages) if each.takes_all), len(passages))
    findings = []
    for each in passages[last + 1 :]:
        if each.copies:
            what = f"the mirror in {each.at} is never reached: {passages[last].at} takes all requests"
            remedy = f"Move it before {passages[last].at}, or into it."
            findings.append(Finding("error", "mirror-unreachable", what, remedy))
    return passages[: last + 1], findings


def _about_percentages(found: Document) -> Iterator[Finding]:
    for name in pruned(found):
        what = f"{name} of VirtualService {name_of(found)} was dropped by the API: everything is mirrored"
        remedy = "Write mirrorPercentage: {value: N} (in mirrors[], percentage: {value: N})."
        yield Finding("error", "percentage-pruned", what, remedy)
    for name in misspelt(found):
        what = f"{name} of VirtualService {name_of(found)} is no field, and is ignored: everything is mirrored"
        yield Finding("error", "percentage-unknown", what, "Write mirrorPercentage: {value: N}.")
    for index, route in enumerate(entries(found, "spec", "http")):
        if section(route, "mirror") and entries(route, "mirrors"):
            what = f"http[{index}] of VirtualService {name_of(found)} has both mirror and mirrors"
            yield Finding("error", "mirror-and-mirrors", what, "Keep one of them; Istio refuses both.")


def _about_reach(found: Document) -> Iterator[Finding]:
    named, gateways = f"VirtualService {name_of(found)}", words(found, "spec", "gateways")
    if not _in_mesh(found):
        what = f"{named} is for gateway {', '.join(gateways)} only: calls from inside the mesh are not mirrored"
        yield Finding("note", "gateway-only", what, "Add mesh to its gateways to mirror those, too.")
    exported = words(found, "spec", "exportTo")
    if exported and "*" not in exported:
        if exported == ["~"]:
            yield Finding("error", "not-exported", f"{named} is exported to nobody", "Remove its exportTo.")
        else:
            seen = ", ".join(namespace_of(found) if each == "." else each for each in exported)
            what = f"{named} is exported to {seen} only: calls from other namespaces are not mirrored"
            yield Finding("note", "exported-narrowly", what, "Widen its exportTo if they should be.")


def _about_rival(source: Source, rival: Document) -> Finding:
    what = f"VirtualService {name_of(rival)} in {namespace_of(rival)} is for the same host, and {source.name} hides it"
    return Finding("warning", "rival-rule", what, "Put the routes of both into one VirtualService.")


def _closeness(pattern: str, rule_namespace: str, service: str, namespace: str) -> int:
    """How closely a host of a rule fits a service: 0 not at all, the more the closer; a wildcard by its length."""
    if not pattern.startswith("*"):
        place = place_of(pattern, rule_namespace)
        return _EXACT if (place.service, place.namespace) == (service, namespace) else 0
    suffix = pattern.removeprefix("*")
    domain = suffix.partition(".svc.")[2] or "cluster.local"
    return min(len(pattern), _EXACT - 1) if f"{service}.{namespace}.svc.{domain}".endswith(suffix) else 0


def _merged_routes(root: Document, delegates: _Delegates) -> tuple[list[_Entry], list[Finding]]:
    """The routes of a rule in their order, and what is wrong with its delegations."""
    found: list[_Entry] = []
    findings: list[Finding] = []
    for index, route in enumerate(entries(root, "spec", "http")):
        at, delegation = f"http[{index}]", section(route, "delegate")
        if not delegation:
            found.append(_Entry(at, namespace_of(root), route))
            continue
        key = (word(delegation, "namespace") or namespace_of(root), word(delegation, "name"))
        delegate = delegates.get(key)
        if delegate is None or not _is_exported(delegate, namespace_of(root)):
            findings.append(_missing(at, key, exists=delegate is not None, root=root))
            continue
        for place, leaf in enumerate(entries(delegate, "spec", "http")):
            found.append(_Entry(f"{key[1]} http[{place}]", key[0], _merged(route, leaf), key))
    return found, findings


def _delegates_among(virtual_services: Iterable[Document]) -> _Delegates:
    """The delegates by namespace and name."""
    return {(namespace_of(each), name_of(each)): each for each in virtual_services if _is_delegate(each)}


def _is_delegate(virtual_service: Document) -> bool:
    """Whether a VirtualService has no hosts of its own."""
    return not words(virtual_service, "spec", "hosts")


def _is_exported(delegate: Document, namespace: str) -> bool:
    exported = words(delegate, "spec", "exportTo")
    own = namespace == namespace_of(delegate)
    return not exported or "*" in exported or namespace in exported or ("." in exported and own)


def _missing(at: str, key: tuple[str, str], *, exists: bool, root: Document) -> Finding:
    named = f"{at} of VirtualService {name_of(root)} delegates to {key[1]} in {key[0]}"
    if exists:
        remedy = f"Add {namespace_of(root)} to its exportTo."
        return Finding("error", "delegate-not-exported", f"{named}, which is not exported to its namespace", remedy)
    remedy = "Create it, without hosts, or name the right one."
    return Finding("error", "delegate-missing", f"{named}, which does not exist or has hosts of its own", remedy)


def _merged(root: Document, leaf: Document) -> Document:
    inherited = {name: root[name] for name in _INHERITED if name in root}
    return inherited | dict(leaf) | {"match": _merged_matches(entries(root, "match"), entries(leaf, "match"))}


def _merged_matches(root: list[Document], leaf: list[Document]) -> list[Document]:
    if not root or not leaf:
        return root or leaf
    return [_merged_match(outer, inner) for inner in leaf for outer in root]


def _merged_match(outer: Document, inner: Document) -> Document:
    both: dict[str, object] = {**outer, **inner}
    for name, value in outer.items():
        if isinstance(value, Mapping) and isinstance(inner.get(name), Mapping) and name.lower().endswith("s"):
            both[name] = {**value, **inner[name]}
    return both
