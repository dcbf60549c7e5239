"""Finds the pods that a destination of a rule means."""

from mirrorcheck.mesh.documents import Document, Labels, entries, labels, merged, namespace_of, section, word, words
from mirrorcheck.mesh.model import Destination, Finding, Group, Objects, place_of

DESTINATION_RULES = "destinationrules.networking.istio.io"


def group_of(place: Destination, objects: Objects) -> tuple[Group, list[Finding]]:
    """The pods of a place; a group without labels where they are unknown."""
    name = place.subset or labels_name(place.labels) or place.service or place.host or "nothing"
    if not place.service:
        return Group(name, place.namespace, "", ()), [] if place.outside else [_no_service(place)]
    selector, findings = selector_of(objects, place.service, place.namespace)
    wanted: Labels | None = place.labels
    if place.subset and not any(each.severity == "error" for each in findings):
        wanted, more = _subset(place, objects)
        findings += more
    usable = wanted is not None and not any(each.severity == "error" for each in findings)
    return Group(name, place.namespace, place.service, merged(selector, wanted or ()) if usable else ()), findings


def selector_of(objects: Objects, service: str, namespace: str) -> tuple[Labels, list[Finding]]:
    """The labels by which a service selects its pods; a guess where it may not be read."""
    if (namespace, service) not in objects.services:
        guess = (("app", service),)
        what = f"service {service} in namespace {namespace} may not be read: its pods are taken by {shown(guess)}"
        return guess, [Finding("warning", "service-unreadable", what, "Ask for get on services, or label its pods so.")]
    found = objects.services[namespace, service]
    where = f"service {service} in namespace {namespace}"
    if found is None:
        remedy = "Create it, or name the right one in the rule."
        return (), [Finding("error", "host-missing", f"{where} does not exist: nothing reaches it", remedy)]
    if selector := labels(found, "spec", "selector"):
        return selector, []
    remedy = "Give the pods with --primary and --shadow."
    return (), [Finding("error", "selector-missing", f"{where} selects no pods", remedy)]


def same_services(objects: Objects) -> set[tuple[str, str]]:
    """The service, and every other that selects only pods of it, such as one for each version."""
    own = (objects.namespace, objects.service)
    selector = set(selector_of(objects, objects.service, objects.namespace)[0])
    near = [(key, service) for key, service in objects.services.items() if key[0] == objects.namespace and service]
    return {own} | {key for key, service in near if selector and selector <= set(labels(service, "spec", "selector"))}


def ready(pod: Document) -> bool:
    """Whether a pod takes requests."""
    if word(pod, "metadata", "deletionTimestamp"):
        return False
    conditions = entries(pod, "status", "conditions")
    return any(word(each, "type") == "Ready" and word(each, "status") == "True" for each in conditions)


def subsets(objects: Objects, service: str, namespace: str) -> dict[str, Labels]:
    """The subsets of a service by name; of several with one name, the first counts."""
    found: dict[str, Labels] = {}
    for rule in objects.destination_rules:
        place = place_of(word(rule, "spec", "host"), namespace_of(rule))
        if (place.service, place.namespace) == (service, namespace) and words(rule, "spec", "exportTo") != ["~"]:
            for subset in entries(rule, "spec", "subsets"):
                found.setdefault(word(subset, "name"), labels(subset, "labels"))
    return found


def _no_service(place: Destination) -> Finding:
    what = f"host {place.host or '(none)'} names no service of this cluster"
    remedy = "Write the service's name, or NAME.NAMESPACE.svc.cluster.local."
    name, dot, namespace = place.host.partition(".")
    if dot and not place.host.endswith(".svc"):
        what += ": Istio takes a name with a dot as it is"
        remedy = remedy if "." in namespace else f"Write {name}.{namespace}.svc.cluster.local."
    return Finding("error", "host-unknown", what, remedy)


def _subset(place: Destination, objects: Objects) -> tuple[Labels | None, list[Finding]]:
    known = subsets(objects, place.service, place.namespace)
    if place.subset in known:
        return known[place.subset], []
    if DESTINATION_RULES in objects.unreadable:
        guess = (("version", place.subset),)
        what = f"subset {place.subset} may not be read: its pods are taken by {shown(guess)}"
        remedy = "Ask for get and list on destinationrules, or give the labels."
        return guess, [Finding("warning", "subset-unreadable", what, remedy)]
    there = f"it has {', '.join(sorted(known))}" if known else "there is none for it"
    what = f"subset {place.subset} of {place.service} is in no DestinationRule ({there}): nothing reaches it"
    remedy = f"Add it to the subsets of the DestinationRule whose host is {place.service}."
    return None, [Finding("error", "subset-missing", what, remedy)]


def shown(wanted: Labels | str) -> str:
    """Labels as --primary and --shadow take them."""
    return wanted if isinstance(wanted, str) else ",".join(f"{name}={value}" for name, value in wanted)


def labels_name(wanted: Labels) -> str:
    """A short name for pods with these labels."""
    return dict(wanted).get("version") or shown(wanted)


def sidecars(pod: Document) -> list[Document]:
    """The sidecar proxies of a pod, native ones (init containers that stay) included."""
    return [
        each
        for kind in ("containers", "initContainers")
        for each in entries(section(pod, "spec"), kind)
        if word(each, "name") in PROXIES
    ]


PROXIES = ("istio-proxy", "linkerd-proxy", "consul-dataplane", "kuma-sidecar", "envoy-sidecar")
"""The names that meshes give to the proxy they put into a pod."""
