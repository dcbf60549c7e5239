"""Reads mirrors that are not of a mesh: of Traefik, Contour and ingress-nginx.

Fields as in Traefik 3.4 (pkg/provider/kubernetes/crd/traefikio/v1alpha1/service.go), Contour 1.30
(apis/projectcontour/v1/httpproxy.go) and ingress-nginx 1.11 (internal/ingress/annotations/mirror).
"""

import re
from collections.abc import Iterator, Sequence

from mirrorcheck.mesh.documents import Document, entries, number, section, word
from mirrorcheck.mesh.matches import ALL, rest_named
from mirrorcheck.mesh.model import WHOLE, Destination, Finding, Passage, Rule, Source

_ANNOTATION = "nginx.ingress.kubernetes.io/"
_HOST = re.compile(r"(?:[a-z]+:)?//([^/:$?#]+)")
_INSIDE = re.compile(r"([^.]+)\.([^.]+)\.svc(?:\..+)?")
_URI = "$request_uri"


def other_mirrors(documents: Sequence[Document]) -> list[Rule]:
    """Every object that may mirror as a rule, whatever it is for; one without a mirror is none."""
    readers = {"TraefikService": _traefik, "HTTPProxy": _contour, "Ingress": _ingress}
    found = (readers[each["kind"]](each) for each in documents if each.get("kind") in readers)
    return [rule for rule in found if any(passage.copies for passage in rule.passages)]


def _traefik(found: Document) -> Rule:
    """A mirror without a percentage gets nothing; Traefik counts copies off, so its ratio is exact."""
    source, mirroring = Source.of(found), section(found, "spec", "mirroring")
    copies = tuple(
        (_traefik_place(each, source.namespace), number(each, "percent") or 0.0)
        for each in entries(mirroring, "mirrors")
    )
    primary = _traefik_place(mirroring, source.namespace)
    passage = Passage("mirroring", ALL, takes_all=True, destinations=((primary, WHOLE),), copies=copies)
    return Rule(source, (passage,), tuple(_about_traefik(source, mirroring)))


def _traefik_place(reference: Document, home: str) -> Destination:
    """A TraefikService within another may stand for several services, and names no pods."""
    name, namespace = word(reference, "name"), word(reference, "namespace") or home
    if word(reference, "kind") == "TraefikService":
        return Destination(f"TraefikService {name}", namespace, "", outside=True)
    return Destination("", namespace, name)


def _about_traefik(source: Source, mirroring: Document) -> Iterator[Finding]:
    most = number(mirroring, "maxBodySize")
    if most is not None and most >= 0:
        what = f"{source} does not mirror requests with a body of more than {most:,.0f} bytes (maxBodySize)"
        yield Finding("warning", "bodies-limited", what, "Leave maxBodySize out to mirror all.")
    if mirroring.get("mirrorBody") is False:
        yield _without_bodies(source, "mirrorBody: false")


def _without_bodies(source: Source, why: str) -> Finding:
    what = f"{source} mirrors requests without their bodies ({why})"
    return Finding("note", "bodies-left-out", what, "The shadow may answer those with a body in another way.")


def _contour(found: Document) -> Rule:
    source = Source.of(found)
    routes = entries(found, "spec", "routes")
    passages = [_contour_passage(f"routes[{index}]", route, source.namespace) for index, route in enumerate(routes)]
    return Rule(source, tuple(rest_named(passages)), tuple(_about_contour(found, source, routes)))


def _contour_passage(at: str, route: Document, home: str) -> Passage:
    """The weight of a mirror is its percentage; 0 counts as not given, which is 100 %."""
    services = [
        (Destination("", home, word(each, "name")), number(each, "weight") or 0.0, each)
        for each in entries(route, "services")
    ]
    taking = [(place, weight) for place, weight, each in services if each.get("mirror") is not True]
    equal = not any(weight for _, weight in taking)
    destinations = tuple((place, 1.0 if equal else weight) for place, weight in taking)
    copies = tuple((place, weight or WHOLE) for place, weight, each in services if each.get("mirror") is True)
    text = ", ".join(filter(None, (_condition(each) for each in entries(route, "conditions"))))
    return Passage(at, f"requests with {text}" if text else ALL, not text, destinations, copies)


def _condition(condition: Document) -> str:
    for kind, form in (("prefix", "path {}*"), ("exact", "path {}"), ("regex", "path ~{}")):
        if (value := word(condition, kind)) and (kind, value) != ("prefix", "/"):
            return form.format(value)
    if name := word(condition, "header", "name"):
        return f"header {name}"
    return f"query {name}" if (name := word(condition, "queryParameter", "name")) else ""


def _about_contour(found: Document, source: Source, routes: Sequence[Document]) -> Iterator[Finding]:
    if word(found, "status", "currentStatus") == "invalid":
        what = f"{source} is invalid, and does nothing"
        yield Finding("error", "proxy-invalid", what, f"Contour says: {word(found, 'status', 'description')}.")
    for index, route in enumerate(routes):
        mirrors = [each for each in entries(route, "services") if each.get("mirror") is True]
        if len(mirrors) > 1:
            what = f"routes[{index}] of {source} has {len(mirrors)} mirrors, and Contour takes one: it does nothing"
            yield Finding("error", "mirrors-too-many", what, "Keep one of them.")
        if any(number(each, "weight") == 0.0 for each in mirrors):
            what = f"the mirror in routes[{index}] of {source} has weight 0, which mirrors everything"
            remedy = "Remove the mirror; a weight of 1 to 100 is its percentage."
            yield Finding("warning", "mirror-weight-zero", what, remedy)


def _ingress(found: Document) -> Rule:
    source = Source.of(found)
    target = word(section(found, "metadata", "annotations"), f"{_ANNOTATION}mirror-target")
    copies = ((_ingress_place(target, source.namespace), WHOLE),) if target else ()
    passages = [
        Passage(at, text, not text.startswith("requests"), ((Destination("", source.namespace, service), 1.0),), copies)
        for at, text, service in _backends(found)
    ]
    return Rule(source, tuple(passages), tuple(_about_ingress(found, source, target)) if target else ())


def _backends(found: Document) -> Iterator[tuple[str, str, str]]:
    """Where each backend stands, the requests it is for, and its service."""
    for index, rule in enumerate(entries(found, "spec", "rules")):
        host = word(rule, "host")
        for place, path in enumerate(entries(rule, "http", "paths")):
            conditions = [f"host {host}"] if host else []
            prefix, end = word(path, "path"), "" if word(path, "pathType") == "Exact" else "*"
            conditions += [f"path {prefix}{end}"] if prefix not in {"", "/"} else []
            text = f"requests with {', '.join(conditions)}" if conditions else ALL
            yield f"rules[{index}].http.paths[{place}]", text, word(path, "backend", "service", "name")
    if default := word(found, "spec", "defaultBackend", "service", "name"):
        yield "defaultBackend", ALL, default


def _ingress_place(target: str, home: str) -> Destination:
    """The host of a URL: a service by its name in the cluster, else a host that names none."""
    match = _HOST.match(target)
    host = match[1] if match else target
    inside = _INSIDE.fullmatch(host)
    if inside:
        return Destination("", inside[2], inside[1])
    return Destination("", home, host) if match and "." not in host else Destination(host, home, "", outside=True)


def _about_ingress(found: Document, source: Source, target: str) -> Iterator[Finding]:
    if _URI not in target:
        what = f"mirror-target of {source} has no {_URI}: every copy asks for the same path, {target}"
        yield Finding("error", "mirror-path-fixed", what, f"End it with {_URI}.")
    what = f"{source} mirrors by nginx: its copies carry no mark, and nginx logs an original when its copy is answered"
    yield Finding("note", "mirror-unmarked", what, "Log $http_x_request_id on both sides; nginx passes it on.")
    if word(section(found, "metadata", "annotations"), f"{_ANNOTATION}mirror-request-body") == "off":
        yield _without_bodies(source, "mirror-request-body: off")
