"""Reads RouteRules of config.istio.io/v1alpha2 (Istio 0.2 to 0.8)."""

from collections.abc import Sequence

from mirrorcheck.mesh.documents import Document, Labels, entries, labels, name_of, namespace_of, number, section, word
from mirrorcheck.mesh.matches import ALL, REST
from mirrorcheck.mesh.model import WHOLE, Destination, Finding, Passage, Rule, Source, place_of


def read_route_rules(route_rules: Sequence[Document], service: str, namespace: str) -> list[Rule]:
    """The rules of a service by falling precedence, down to the first that takes all requests."""
    own = [each for each in route_rules if _is_for(each, service, namespace)]
    rules: list[Rule] = []
    for each in sorted(own, key=lambda each: (-(number(each, "spec", "precedence") or 0), name_of(each))):
        rules.append(_rule(each, service, namespace, REST if rules else ALL))
        if rules[-1].passages[0].takes_all:
            break
    return rules


def _is_for(route_rule: Document, service: str, namespace: str) -> bool:
    place = _place(section(route_rule, "spec", "destination"), namespace_of(route_rule), "", ())
    return (place.service, place.namespace) == (service, namespace)


def _place(reference: Document, home: str, service: str, wanted: Labels) -> Destination:
    """The place of an IstioService: a name and a namespace, or a full name in `service`; without either the rule's."""
    if full := word(reference, "service"):
        place = place_of(full, home)
    else:
        place = place_of(word(reference, "name") or service, word(reference, "namespace") or home)
    return Destination(place.host, place.namespace, place.service, "", wanted)


def _rule(found: Document, service: str, namespace: str, rest: str) -> Rule:
    source = Source.of(found)
    routes = entries(found, "spec", "route")
    destinations = tuple(
        (_place(section(each, "destination"), namespace, service, labels(each, "labels")), _weight(each, routes))
        for each in routes
    )
    mirror = section(found, "spec", "mirror")
    wanted = labels(mirror, "labels")
    copies = ((_place(mirror, source.namespace, service, wanted), WHOLE),) if mirror else ()
    matched = section(found, "spec", "match")
    text = f"requests that match {', '.join(matched)}" if matched else rest
    passage = Passage("spec", text, not matched, destinations, copies)
    return Rule(source, (passage,), tuple(_about_entry(source, wanted, routes) if mirror else ()), by_sidecars=True)


def _weight(route: Document, routes: Sequence[Document]) -> float:
    return (number(route, "weight") or 0.0) if len(routes) > 1 else WHOLE


def _about_entry(source: Source, wanted: Labels, routes: Sequence[Document]) -> list[Finding]:
    """Envoy knows a set of labels only from an entry in the route: without one for the mirror, nothing is mirrored."""
    if any(labels(each, "labels") == wanted for each in routes):
        return []
    shown = ", ".join(f"{name}: {value}" for name, value in wanted)
    what = f"{source} has no route entry with the labels of its mirror ({shown}): nothing is mirrored"
    return [Finding("error", "entry-missing", what, "Add one with these labels and weight: 0 to its route.")]
