"""Reads the objects that hold mesh rules, as far as rights and served versions allow."""

import contextlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from urllib3.exceptions import HTTPError

from mirrorcheck.cluster.api.client import Client, line_batches
from mirrorcheck.cluster.api.errors import ClusterError, Forbidden, NotFound
from mirrorcheck.mesh.documents import Document
from mirrorcheck.mesh.read import Name

_PAGE = 500
_WATCH_S = 2  # for the end of an object that is gone


@dataclass(frozen=True, slots=True)
class ResourceKind:
    """A resource that says where requests go; versions: best first. field: that of `Objects`.

    extra: of what few have; without the right to read it, it is passed over.
    """

    group: str
    plural: str
    kind: str
    versions: tuple[str, ...]
    field: str
    extra: bool = False

    @property
    def resource(self) -> str:
        """The name that RBAC messages and kubectl use."""
        return f"{self.plural}.{self.group}"


_ISTIO = ("v1", "v1beta1", "v1alpha3")
_GATEWAY = ("v1", "v1beta1", "v1alpha2")
KINDS = (
    ResourceKind("networking.istio.io", "virtualservices", "VirtualService", _ISTIO, "virtual_services"),
    ResourceKind("networking.istio.io", "destinationrules", "DestinationRule", _ISTIO, "destination_rules"),
    ResourceKind("gateway.networking.k8s.io", "httproutes", "HTTPRoute", _GATEWAY, "routes"),
    ResourceKind("gateway.networking.k8s.io", "grpcroutes", "GRPCRoute", _GATEWAY, "routes"),
    ResourceKind("config.istio.io", "routerules", "RouteRule", ("v1alpha2",), "route_rules"),
    ResourceKind("telemetry.istio.io", "telemetries", "Telemetry", ("v1", "v1alpha1"), "telemetry", extra=True),
    ResourceKind("networking.istio.io", "envoyfilters", "EnvoyFilter", ("v1alpha3",), "telemetry", extra=True),
    ResourceKind("traefik.io", "traefikservices", "TraefikService", ("v1alpha1",), "others", extra=True),
    ResourceKind("traefik.containo.us", "traefikservices", "TraefikService", ("v1alpha1",), "others", extra=True),
    ResourceKind("projectcontour.io", "httpproxies", "HTTPProxy", ("v1",), "others", extra=True),
    ResourceKind("networking.k8s.io", "ingresses", "Ingress", ("v1",), "others", extra=True),
)


@dataclass(frozen=True, slots=True)
class Listed:
    """A kind as it was read. path: where its version is served, empty where none is.

    wide: in all namespaces. readable: False where the right to list is missing; `found` may still have the object that
    has the service's name. version: of the resources when they were read, empty where no list was.
    """

    kind: ResourceKind
    path: str
    wide: bool
    readable: bool
    found: tuple[Document, ...]
    version: str = ""


def read_mesh(client: Client, service: str, namespace: str) -> tuple[Listed, ...]:
    """Read every kind that is served; ClusterError where the server cannot be asked."""
    groups = dict.fromkeys(kind.group for kind in KINDS)
    served = {group: _served(client, group) for group in groups}
    return tuple(_listed(client, kind, served[kind.group], service, namespace) for kind in KINDS)


def reread_mesh(
    client: Client, listed: Iterable[Listed], namespaces: Iterable[str], service: str, namespace: str
) -> tuple[Listed, ...]:
    """Read the kinds again where they were found, in these namespaces only: what the server has at hand (version 0)."""
    return tuple(_listed_again(client, each, sorted(namespaces), service, namespace) for each in listed)


def _served(client: Client, group: str) -> tuple[str, ...] | None:
    """The versions of a group; none if it is absent, None if unknown."""
    try:
        found = client.get(f"/apis/{group}")
    except NotFound:
        return ()
    except Forbidden:
        return None
    return tuple(each["version"] for each in found.get("versions", ()))


def _listed(client: Client, kind: ResourceKind, served: tuple[str, ...] | None, service: str, namespace: str) -> Listed:
    """Read a kind in its best version; one that is served, and not for this kind, is passed over."""
    for version in kind.versions:
        if served is not None and version not in served:
            continue
        path = f"/apis/{kind.group}/{version}"
        try:
            return _as_far_as_allowed(client, kind, path, service, namespace)
        except NotFound:
            continue
    return Listed(kind, "", wide=True, readable=True, found=())


def _as_far_as_allowed(client: Client, kind: ResourceKind, path: str, service: str, namespace: str) -> Listed:
    """Read a kind everywhere, else in the service's namespace, else only the object of the service's name."""
    for wide, where in ((True, ""), (False, f"/namespaces/{namespace}")):
        try:
            found, seen = _items(client, f"{path}{where}/{kind.plural}", kind, path)
        except Forbidden:
            continue
        return Listed(kind, path, wide, readable=True, found=found, version=seen)
    return Listed(kind, path, wide=False, readable=False, found=_by_name(client, kind, path, service, namespace))


def _by_name(client: Client, kind: ResourceKind, path: str, service: str, namespace: str) -> tuple[Document, ...]:
    try:
        return (client.get(f"{path}/namespaces/{namespace}/{kind.plural}/{service}"),)
    except (Forbidden, NotFound):
        return ()


def _listed_again(client: Client, listed: Listed, namespaces: list[str], service: str, namespace: str) -> Listed:
    kind, path = listed.kind, listed.path
    if not path:
        return listed
    if not listed.readable:
        found = _by_name(client, kind, path, service, namespace)
        return Listed(kind, path, listed.wide, listed.readable, found)
    lists = [
        _items(client, f"{path}/namespaces/{each}/{kind.plural}", kind, path, at_hand=True)
        for each in (namespaces if listed.wide else [namespace])
    ]
    found = tuple(each for items, _ in lists for each in items)
    return Listed(kind, path, listed.wide, listed.readable, found, version=lists[0][1])


def _items(
    client: Client, path: str, kind: ResourceKind, served: str, *, at_hand: bool = False
) -> tuple[tuple[Document, ...], str]:
    """The objects of a list and its version; each is given its kind, which a list may leave out."""
    pages = list(client.pages(path, [("resourceVersion", "0")] if at_hand else [("limit", str(_PAGE))]))
    known = {"kind": kind.kind, "apiVersion": served.removeprefix("/apis/")}
    found = tuple({**known, **each} for page in pages for each in page["items"] or ())
    return found, pages[-1].get("metadata", {}).get("resourceVersion") or ""


def last_states(client: Client, listed: Iterable[Listed], names: Iterable[Name]) -> dict[Name, Document]:
    """The last states of deleted objects, from a watch that starts at the version in which they were listed.

    Needs the right to watch; without an answer an object is left out.
    """
    kinds = {each.kind.kind: each for each in listed if each.version}
    found: dict[Name, Document] = {}
    for name in names:
        if name[0] in kinds:
            with contextlib.suppress(ClusterError, HTTPError, OSError, ValueError):
                found |= _deleted(client, kinds[name[0]], name)
    return found


def _deleted(client: Client, listed: Listed, name: Name) -> dict[Name, Document]:
    kind, namespace, called = name
    path = f"{listed.path}/namespaces/{namespace}/{listed.kind.plural}"
    asked = [("watch", "true"), ("resourceVersion", listed.version), ("fieldSelector", f"metadata.name={called}")]
    with contextlib.closing(client.stream(path, [*asked, ("timeoutSeconds", str(_WATCH_S))], 2 * _WATCH_S)) as response:
        for lines in line_batches(response):
            events: list[dict[str, Any]] = [json.loads(line) for line in lines]
            ends = [event["object"] for event in events if event["type"] == "DELETED"]
            if ends:  # of several the last: it may have come and gone again
                return {name: {"kind": kind, **ends[-1]}}
    return {}
