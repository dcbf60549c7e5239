"""Objects of a mesh that route and mirror requests, as they are applied to a cluster."""

from typing import Any

NAMESPACE = "default"
LINE = b'127.0.0.6 - - [12/Feb/2018:15:28:30 +0000] "GET / HTTP/1.1" 200 612 "-" "curl/7.38.0" "10.240.0.29"'
COMBINED = b'127.0.0.6 - - [12/Feb/2018:15:28:30 +0000] "GET / HTTP/1.1" 200 612 "-" "curl/7.38.0"'


def virtual_service(
    *, mirror: str | None = "v2", percent: float = 100, name: str = "target", namespace: str = NAMESPACE
) -> dict[str, Any]:
    """Everything to subset v1 of the service, and copies to another subset."""
    host = f"target.{NAMESPACE}.svc.cluster.local"
    route: dict[str, Any] = {"route": [{"destination": {"host": host, "subset": "v1"}}]}
    if mirror is not None:
        route |= {"mirror": {"host": host, "subset": mirror}, "mirrorPercentage": {"value": percent}}
    return _made("networking.istio.io/v1", "VirtualService", name, {"hosts": [host], "http": [route]}, namespace)


def destination_rule() -> dict[str, Any]:
    """The subsets v1 and v2 of the service."""
    subsets = [{"name": each, "labels": {"version": each}} for each in ("v1", "v2")]
    return _made("networking.istio.io/v1", "DestinationRule", "target", {"host": "target", "subsets": subsets})


def http_route() -> dict[str, Any]:
    """Everything to the service target-v1, and a quarter of it copied to target-v2."""
    mirror = {"backendRef": {"name": "target-v2", "port": 80}, "fraction": {"numerator": 1, "denominator": 4}}
    rule = {
        "backendRefs": [{"name": "target-v1", "port": 80}],
        "filters": [{"type": "RequestMirror", "requestMirror": mirror}],
    }
    spec = {"parentRefs": [{"group": "", "kind": "Service", "name": "target"}], "rules": [rule]}
    return _made("gateway.networking.k8s.io/v1", "HTTPRoute", "target", spec)


def route_rule() -> dict[str, Any]:
    """The article's rule with its mirror."""
    labels = [{"app": "target", "version": each} for each in ("v1", "v2")]
    route = [{"labels": labels[0], "weight": 100}, {"labels": labels[1], "weight": 0}]
    mirror = {"name": "target", "labels": labels[1]}
    spec = {"destination": {"name": "target"}, "precedence": 1, "route": route, "mirror": mirror}
    return _made("config.istio.io/v1alpha2", "RouteRule", "rule-all-http", spec)


def _made(version: str, kind: str, name: str, spec: dict[str, Any], namespace: str = NAMESPACE) -> dict[str, Any]:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name, "namespace": namespace}, "spec": spec}
