"""Reads HTTPRoutes and GRPCRoutes of gateway.networking.k8s.io."""

from collections.abc import Collection, Iterator, Sequence

from mirrorcheck.mesh.documents import Document, entries, namespace_of, number, section, word
from mirrorcheck.mesh.matches import gateway_matches, rest_named
from mirrorcheck.mesh.model import WHOLE, Destination, Finding, Passage, Rule, Source
from mirrorcheck.mesh.pruned import pruned

_SERVICE = "Service"
_CONDITIONS = {
    "ResolvedRefs": ("refs-unresolved", "a reference in it is not resolved, and mirrors nothing"),
    "Accepted": ("route-not-accepted", "it is not accepted, and does nothing"),
}


def read_gateway_routes(
    routes: Sequence[Document], service: str, namespace: str, same: Collection[tuple[str, str]]
) -> list[Rule]:
    """The rules that are attached to a service, or route to it or another of `same`."""
    found = ((each, gateway_rule(each)) for each in routes)
    return [rule for each, rule in found if _is_attached(each, service, namespace) or rule.reaches(same)]


def _is_attached(route: Document, service: str, namespace: str) -> bool:
    return any(
        word(parent, "kind") == _SERVICE
        and word(parent, "name") == service
        and (word(parent, "namespace") or namespace_of(route)) == namespace
        for parent in entries(route, "spec", "parentRefs")
    )


def gateway_rule(found: Document) -> Rule:
    """A route as a rule, whatever it is for."""
    source = Source.of(found)
    passages = [
        _passage(f"rules[{index}]", rule, namespace_of(found))
        for index, rule in enumerate(entries(found, "spec", "rules"))
    ]
    findings = (*_about_status(found, source), *_about_percentages(found, source))
    return Rule(source, tuple(rest_named(passages)), findings)


def _passage(at: str, rule: Document, home: str) -> Passage:
    text, takes_all = gateway_matches(entries(rule, "matches"))
    mirrors = [
        section(each, "requestMirror") for each in entries(rule, "filters") if word(each, "type") == "RequestMirror"
    ]
    copies = [(_place(section(mirror, "backendRef"), home), _percent(mirror)) for mirror in mirrors]
    fraction = any(section(mirror, "fraction") for mirror in mirrors)
    return Passage(at, text, takes_all, _destinations(rule, home), tuple(copies), fraction)


def _destinations(rule: Document, home: str) -> tuple[tuple[Destination, float], ...]:
    """Places and weights; a backend without a weight has one of 1 (Gateway API 1.3, BackendRef)."""
    found = [(each, number(each, "weight")) for each in entries(rule, "backendRefs")]
    return tuple((_place(each, home), 1.0 if weight is None else weight) for each, weight in found)


def _place(reference: Document, home: str) -> Destination:
    """A reference's place; one to anything but a Service, such as an import from another cluster, has no pods here."""
    name, namespace = word(reference, "name"), word(reference, "namespace") or home
    is_service = (word(reference, "kind") or _SERVICE) == _SERVICE and not word(reference, "group")
    return Destination(name, namespace, name if is_service else "")


def _percent(mirror: Document) -> float:
    if (percent := number(mirror, "percent")) is not None:
        return percent
    if fraction := section(mirror, "fraction"):
        return WHOLE * (number(fraction, "numerator") or 0.0) / (number(fraction, "denominator") or WHOLE)
    return WHOLE


def _about_status(found: Document, source: Source) -> Iterator[Finding]:
    for parent in entries(found, "status", "parents"):
        for condition in entries(parent, "conditions"):
            if word(condition, "type") in _CONDITIONS and word(condition, "status") == "False":
                code, meaning = _CONDITIONS[word(condition, "type")]
                why = word(condition, "message") or word(condition, "reason")
                what = f"{source}: {word(condition, 'type')} is False: {meaning}"
                remedy = f"{word(parent, 'controllerName') or 'Its controller'} says: {why or 'nothing more'}."
                yield Finding("error", code, what, remedy.replace("..", "."))


def _about_percentages(found: Document, source: Source) -> list[Finding]:
    whats = [f"{name} of {source} was dropped by the API: everything is mirrored" for name in pruned(found)]
    remedy = "Install Gateway API 1.3 or newer, whose standard channel has percent and fraction."
    return [Finding("error", "percentage-pruned", what, remedy) for what in whats]
