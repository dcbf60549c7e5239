"""Checks a mirror against the pods of its sides."""

from collections.abc import Iterator, Sequence

from mirrorcheck.mesh.documents import Document, labels, word
from mirrorcheck.mesh.groups import ready, same_services, sidecars
from mirrorcheck.mesh.mirrors import twice
from mirrorcheck.mesh.model import Finding, Group, Mirror, Objects, Rule, names

_BY_URL = ("Ingress", "TraefikService")  # whose shadows may be anything
_WRONG_FRACTIONS = ":1.24.0"


def check_mirror(mirror: Mirror, rules: Sequence[Rule], objects: Objects) -> Iterator[Finding]:
    """What is wrong with a mirror itself: nothing copied, only a part, two copies, direct traffic."""
    for route in mirror.routes:
        if not route.percent:
            what = f"{mirror.source} mirrors 0 % in {route.at}: 0 copies expected of {route.text}"
            yield Finding("error", "percentage-zero", what, "Raise the percentage, or remove the mirror.")
        if route.direct and mirror.shadow not in mirror.primary:
            what = f"{route.at} sends {route.direct:g} % of {route.text} to the shadow itself: direct traffic"
            remedy = "Set the shadow's weight to 0 to test it by copies only."
            yield Finding("warning", "shadow-weight", what, remedy)
    yield from _about_parts(mirror)
    for at in twice(mirror, rules, objects):
        what = f"{at} copies to {mirror.shadow.name} twice: both share one draw, so a request has 0 or 2 copies"
        yield Finding("warning", "mirrored-twice", what, "Keep one of the two mirrors.")
    if mirror.shadow.labels and (mirror.shadow.namespace, mirror.shadow.service) not in same_services(objects):
        what = f"the shadow is another service: {mirror.shadow.service}"
        yield Finding("note", "shadow-elsewhere", what, "Its pods are read beside those of the service.")


def check_pods(primary: Sequence[Group], shadow: Group, objects: Objects, mirror: Mirror | None) -> Iterator[Finding]:
    """What is wrong with the pods of the two sides: none, none ready, the same on both, no sidecar."""
    if not primary:
        what = "no route sends requests to a primary"
        yield Finding("error", "no-primary", what, "Give the rule a route, or the pods with --primary.")
    for group in primary:
        yield from _about_group("primary", group, objects)
    yield from _about_group("shadow", shadow, objects)
    yield from _about_both(primary, shadow, objects)
    if mirror is not None:
        yield from _about_unseen(mirror, objects)
        yield from _about_sidecars(primary, objects) if mirror.by_sidecars else ()
        yield from _about_fractions(objects) if mirror.fraction else ()


def unseen(mirror: Mirror, objects: Objects) -> str:
    """Why the log of a shadow cannot be read here although copies may reach it; empty if it can, or none come."""
    shadow = mirror.shadow
    if shadow.labels:
        return "" if shadow.namespace in objects.pods else f"pods in namespace {shadow.namespace} may not be listed"
    if not shadow.service:
        # A mesh takes a name with one dot as it is; it is a service's without its end, and reaches nothing.
        known = mirror.source.kind in _BY_URL or shadow.name.count(".") > 1
        return f"{shadow.name} is no service of this cluster" if known else ""
    service = objects.services.get((shadow.namespace, shadow.service))
    bare = service and not labels(service, "spec", "selector")
    return f"service {shadow.service} selects no pods" if bare else ""


def _about_unseen(mirror: Mirror, objects: Objects) -> list[Finding]:
    shadow, why = mirror.shadow, unseen(mirror, objects)
    if not why or shadow.labels:  # pods that may not be listed are an error of their own
        return []
    what = f"the shadow {shadow.name} has no pods that can be read here, so its copies cannot be seen: {why}"
    remedy = "Save the logs of both, and give them: mirrorcheck analyze --primary FILE --shadow FILE."
    return [Finding("error", "shadow-unseen", what, remedy)]


def _about_both(primary: Sequence[Group], shadow: Group, objects: Objects) -> list[Finding]:
    both = any(group.selects(pod) for pod in pods_of(shadow, objects) for group in primary)
    if both and shadow in primary:
        what = f"primary and shadow are the same pods, of {shadow.name}: originals and copies land in one log"
        return [Finding("error", "same-pods", what, "Give the shadow a subset, or a service, of its own.")]
    if both:
        what = f"{names(tuple(primary))} selects the shadow's pods, too: they get direct traffic beside the copies"
        remedy = "Route the originals to a subset without them."
        return [Finding("warning", "shadow-in-primary", what, remedy)]
    return []


def pods_of(group: Group, objects: Objects) -> list[Document]:
    """The pods of a group, ready or not."""
    return [pod for pod in objects.pods.get(group.namespace, ()) if group.selects(pod)]


def _about_parts(mirror: Mirror) -> list[Finding]:
    if mirror.unmirrored:
        what = f"requests reach {names(mirror.primary)} that are not mirrored: {'; '.join(mirror.unmirrored)}"
        remedy = "Mirror those, too, or give --expect with the share that you expect of all."
        return [Finding("warning", "mirrored-in-part", what, remedy)]
    if mirror.expect is None:
        routes = "; ".join(f"{route.percent:g} % of {route.text}" for route in mirror.routes)
        what = f"the routes differ in their percentage: {routes}"
        return [Finding("warning", "percentages-differ", what, "Give --expect with the share that you expect of all.")]
    return []


def _about_group(side: str, group: Group, objects: Objects) -> list[Finding]:
    if group.namespace not in objects.pods:
        what = f"pods in namespace {group.namespace}, where the {side} is, cannot be read"
        return [Finding("error", "pods-unreadable", what, f"Ask for get, list and watch on pods in {group.namespace}.")]
    if not group.labels:
        return []
    found = pods_of(group, objects)
    wanted = ",".join(f"{name}={value}" for name, value in group.labels)
    if not found:
        what = f"no pod of the {side} {group.name}: none in {group.namespace} carries {wanted}"
        return [Finding("error", "no-pods", what, "Start it, or correct the labels of the subset or the pods.")]
    if not any(ready(pod) for pod in found):
        what = f"none of the {len(found)} pods of the {side} {group.name} is ready"
        if len(found) == 1:
            what = f"the only pod of the {side} {group.name} is not ready"
        remedy = f"See kubectl describe pods -n {group.namespace} -l {wanted}."
        return [Finding("error", "no-ready-pods", what, remedy)]
    return []


def _about_sidecars(primary: Sequence[Group], objects: Objects) -> list[Finding]:
    found = [pod for group in primary for pod in pods_of(group, objects)]
    bare = [pod for pod in found if not sidecars(pod)]
    if not bare or any(_is_ambient(pod) for pod in found):
        return []
    count = "no pod" if len(bare) == len(found) else f"{len(bare)} of {len(found)} pods"
    has = "has" if count == "no pod" else "have no" if len(bare) > 1 else "has no"
    what = f"sidecar missing: {count} of the primary {has} {'a ' if count == 'no pod' else ''}mesh proxy"
    remedy = (
        "The callers' proxies make the copies: see that they have one (istio-injection=enabled), or call by a gateway."
    )
    return [Finding("warning", "sidecar-missing", what, remedy)]


def _is_ambient(pod: Document) -> bool:
    """Whether a pod is in Istio's ambient mode, which needs no sidecar but a waypoint."""
    return word(pod, "metadata", "annotations", "ambient.istio.io/redirection") == "enabled"


def _about_fractions(objects: Objects) -> list[Finding]:
    images = [word(each, "image") for pods in objects.pods.values() for pod in pods for each in sidecars(pod)]
    if not any(image.endswith(_WRONG_FRACTIONS) for image in images):
        return []
    what = "Istio 1.24.0 takes every fraction for parts of a million: far fewer copies come"
    return [Finding("error", "fraction-bug", what, "Write percent instead, or upgrade Istio.")]
