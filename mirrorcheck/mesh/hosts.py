"""Resolves the hosts in rules to services, and says which objects can concern a namespace."""

import re
from collections.abc import Mapping

from mirrorcheck.mesh.documents import Document, namespace_of
from mirrorcheck.mesh.model import Destination

_FULL = re.compile(r"([^.*]+)\.([^.*]+)\.svc\.[^*]+")
_EXACT = 1_000


def place_of(host: str, namespace: str, subset: str = "") -> Destination:
    """Resolve a host as Istio does (ResolveShortnameToFQDN): a name without a dot lies in the rule's namespace.

    Anything else is taken as it is: `target.shop` and `target.shop.svc` are no service's full name, and name nothing.
    """
    if host and "." not in host and "*" not in host:
        return Destination("", namespace, host, subset)
    full = _FULL.fullmatch(host)
    return Destination("", full[2], full[1], subset) if full else Destination(host, namespace, "", subset)


def rank(pattern: str, rule_namespace: str, service: str, namespace: str) -> int:
    """How closely a host of a rule fits a service: 0 not at all, the more the closer; a wildcard by its length."""
    if not pattern.startswith("*"):
        place = place_of(pattern, rule_namespace)
        return _EXACT if (place.service, place.namespace) == (service, namespace) else 0
    suffix = pattern.removeprefix("*")
    domain = suffix.partition(".svc.")[2] or "cluster.local"
    return min(len(pattern), _EXACT - 1) if f"{service}.{namespace}.svc.{domain}".endswith(suffix) else 0


def concerns(document: Document, namespace: str) -> bool:
    """Whether an object can say anything about the services of a namespace.

    It can if it lies in the namespace, names it, has a wildcard for a host, or delegates (to an unknown place). In a
    cluster with thousands of rules this leaves a few.
    """
    return namespace_of(document) == namespace or _names(document.get("spec"), namespace, f".{namespace}.")


def _names(found: object, namespace: str, inner: str) -> bool:
    if isinstance(found, str):
        return found == namespace or inner in found or found.startswith("*")
    if isinstance(found, Mapping):
        return "delegate" in found or any(_names(each, namespace, inner) for each in found.values())
    return isinstance(found, list) and any(_names(each, namespace, inner) for each in found)
