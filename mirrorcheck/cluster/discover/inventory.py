"""Reads the services and pods that the rules name, and gathers everything as `Objects`."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from mirrorcheck.cluster.api.client import Client
from mirrorcheck.cluster.api.errors import ClusterError, Forbidden, NotFound
from mirrorcheck.cluster.discover.mesh_objects import Listed
from mirrorcheck.cluster.discover.target import pipe
from mirrorcheck.mesh.documents import Document, Labels, concerns, has, name_of
from mirrorcheck.mesh.groups import selector_of, shown
from mirrorcheck.mesh.model import Objects, Overrides, RuleReading
from mirrorcheck.mesh.read import read, services_named

NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,251}[a-z0-9])?")
_MOST_NAMED = 8
_PAGE = 500


def gather(  # noqa: PLR0913, PLR0917  # whom to ask, for what, and what is known of it
    client: Client,
    service: str,
    namespace: str,
    listed: Sequence[Listed],
    overrides: Overrides,
    before: RuleReading | None = None,
) -> Objects:
    """Read what the rules are about: the service, those that they name, and the pods of both sides.

    before: the last reading with a mirror, whose sides stay where there is none.
    Raises ClusterError where there is no such service, its pods may not be listed, or the server cannot be asked.
    """
    objects = _objects(service, namespace, listed, _service(client, service, namespace))
    objects = replace(objects, services={**objects.services, **_services(client, objects)})
    return replace(objects, pods=_pods(client, objects, overrides, before))


def selections(reading: RuleReading, objects: Objects) -> tuple[tuple[str, str], ...]:
    """Namespaces and label selectors that have all pods of the service and of both sides, as few as will do."""
    return tuple((namespace, shown(labels)) for namespace, labels in _selected(reading, objects))


def _selected(reading: RuleReading, objects: Objects) -> list[tuple[str, Labels]]:
    groups = [(group.namespace, group.labels) for group in (*reading.primary, reading.shadow)]
    own = selector_of(objects, objects.service, objects.namespace)[0]
    return _widest([(objects.namespace, own), *groups])


def _objects(
    service: str, namespace: str, listed: Sequence[Listed], own: Mapping[tuple[str, str], Document | None]
) -> Objects:
    fields: dict[str, tuple[Document, ...]] = {}
    for each in listed:
        fields[each.kind.field] = fields.get(each.kind.field, ()) + tuple(
            found for found in each.found if concerns(found, namespace) or each.kind.field == "telemetry"
        )
    return Objects(
        service,
        namespace,
        services=own,
        pods={},
        **fields,
        unreadable=tuple(each.kind.resource for each in listed if not each.readable and not each.kind.extra),
        narrow=tuple(each.kind.resource for each in listed if each.path and not each.wide and not each.kind.extra),
    )


def _service(client: Client, name: str, namespace: str) -> dict[tuple[str, str], Document | None]:
    try:
        found = client.get(f"/api/v1/namespaces/{namespace}/services/{name}")
    except Forbidden:
        return {}
    except NotFound as error:
        raise ClusterError(_not_there(client, name, namespace)) from error
    return {(namespace, name): found}


def _not_there(client: Client, name: str, namespace: str) -> str:
    message = f"there is no service {name} in namespace {namespace}"
    try:
        found = client.get(f"/api/v1/namespaces/{namespace}/services", [("limit", str(_MOST_NAMED))])
    except ClusterError:
        found = {}
    names = [name_of(each) for each in found.get("items") or ()]
    there = f"; there are {', '.join(names)}" if names else ""
    return f"{message}{there}. Give -n NAMESPACE or --context, or another name."


def _services(client: Client, objects: Objects) -> dict[tuple[str, str], Document | None]:
    """The services that the rules name, each by a get; one that may not be read is left out."""
    found: dict[tuple[str, str], Document | None] = {}
    for namespace, name in sorted(services_named(objects) - set(objects.services)):
        if (namespace, name) == (objects.namespace, objects.service) or not NAME.fullmatch(name):
            continue
        try:
            found[namespace, name] = client.get(f"/api/v1/namespaces/{namespace}/services/{name}")
        except NotFound:
            found[namespace, name] = None
        except Forbidden:
            continue
    return found


def _widest(wanted: Iterable[tuple[str, Labels]]) -> list[tuple[str, Labels]]:
    """The selections that are not within another: fewer labels select more pods."""
    kept: list[tuple[str, Labels]] = []
    for namespace, labels in sorted(wanted, key=lambda each: (each[0], len(each[1]))):
        if labels and not any(namespace == other and set(fewer) <= set(labels) for other, fewer in kept):
            kept.append((namespace, labels))
    return kept


def _pods(
    client: Client, objects: Objects, overrides: Overrides, before: RuleReading | None
) -> dict[str, tuple[Document, ...]]:
    """Pods by namespace; where options give labels that no pod of the service has, also pods outside it."""
    selected = _selected(read(objects, overrides, before), objects)
    found = _read_pods(client, selected, objects, overrides)
    named = [each for each in (overrides.primary, overrides.shadow) if isinstance(each, tuple)]
    missing = [
        (objects.namespace, each) for each in named if not any(has(pod, each) for pod in found[objects.namespace])
    ]
    for namespace, pods in _read_pods(client, _widest(missing), objects, overrides).items():
        found[namespace] = (*found[namespace], *pods)
    return found


def _read_pods(
    client: Client, wanted: Iterable[tuple[str, Labels]], objects: Objects, overrides: Overrides
) -> dict[str, tuple[Document, ...]]:
    """Pods by namespace, each once; a namespace that may not be read is left out, unless it is the service's."""
    found: dict[str, dict[str, Document]] = {objects.namespace: {}}
    for namespace, labels in wanted:
        try:
            selected = [("labelSelector", shown(labels)), ("limit", str(_PAGE))]
            pages = client.pages(f"/api/v1/namespaces/{namespace}/pods", selected)
            listed = [pod for page in pages for pod in page.get("items") or ()]
        except Forbidden as error:
            if namespace != objects.namespace:
                continue
            way = pipe(namespace, shown(labels), overrides.container or "CONTAINER")
            raise ClusterError(
                f"pods in namespace {namespace} may not be listed, so no log can be read: needs get, list and watch on "
                f"pods and get on pods/log. Where kubectl may: {way}"
            ) from error
        found.setdefault(namespace, {}).update({name_of(pod): pod for pod in listed})
    return {namespace: tuple(pods.values()) for namespace, pods in found.items()}
