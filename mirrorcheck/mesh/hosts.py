"""The host of a rule and the rule's namespace in; the service that it names out, or whether it covers a service."""

import re

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
