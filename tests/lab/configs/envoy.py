"""A scenario and ports come in; the bootstrap of a mirroring Envoy, and of one in front of the servers, goes out."""

import json
from collections.abc import Mapping
from typing import Any

from tests.lab.configs.ports import LOOPBACK, SIDECAR_SOURCE, Ports
from tests.lab.scenario import Scenario

RUNTIME_KEY = "lab.mirror"
"""Beginning of the runtime keys of the mirror policies; the policy's number follows."""

_MANAGER = "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"


def mirroring(scenario: Scenario, ports: Ports, proxy: int) -> str:
    """Write the bootstrap of the mirroring proxy of this number: one listener, and a policy for each percentage."""
    route: dict[str, Any] = {
        "cluster": "v1",
        "timeout": f"{scenario.route_timeout_s}s",
        "request_mirror_policies": [
            _mirror(index, share, proxy) for index, share in enumerate(policies(scenario, proxy))
        ],
    }
    if scenario.retries:
        route["retry_policy"] = {"retry_on": scenario.retries.on, "num_retries": scenario.retries.times}
        if scenario.retries.per_try_timeout_s:
            route["retry_policy"]["per_try_timeout"] = f"{scenario.retries.per_try_timeout_s}s"
    listener = _listener("lab", ports.proxies[proxy].traffic, route, appending=scenario.flavour == "gateway")
    clusters = [_cluster("v1", ports.doors("v1"), None), _cluster("v2", ports.doors("v2"), scenario.v2_limit)]
    return _bootstrap(ports.proxies[proxy].admin, [listener], clusters)


def inbound(scenario: Scenario, ports: Ports) -> str:
    """Write the bootstrap of the proxy in front of the servers: a listener and a cluster for each pod."""
    appending = scenario.server_sidecars == "appending"
    listeners = [
        _listener(pod, port, {"cluster": pod, "timeout": "30s"}, appending=appending)
        for pod, port in ports.inbound.items()
    ]
    clusters = [_cluster(pod, {pod: ports.pods[pod]}, None) for pod in ports.inbound]
    return _bootstrap(ports.inbound_admin, listeners, clusters)


def policies(scenario: Scenario, proxy: int) -> tuple[float, ...]:
    """Return the percentages that a proxy mirrors."""
    return scenario.policies if proxy == 0 or scenario.second_proxy is None else scenario.second_proxy


def _bootstrap(admin: int, listeners: list[dict[str, Any]], clusters: list[dict[str, Any]]) -> str:
    document = {
        "admin": {"address": _address(admin)},
        "layered_runtime": {"layers": [{"name": "admin", "admin_layer": {}}]},
        "cluster_manager": {"upstream_bind_config": {"source_address": {"address": SIDECAR_SOURCE, "port_value": 0}}},
        "static_resources": {"listeners": listeners, "clusters": clusters},
    }
    return json.dumps(document, indent=1)


def _listener(name: str, port: int, route: Mapping[str, Any], *, appending: bool) -> dict[str, Any]:
    host = {
        "name": "shop",
        "domains": ["*"],
        "include_request_attempt_count": bool(route.get("request_mirror_policies")),
        "routes": [{"match": {"prefix": "/"}, "route": route}],
    }
    manager = _typed(
        "envoy.filters.network.http_connection_manager",
        _MANAGER,
        stat_prefix=name,
        use_remote_address=appending,
        generate_request_id=True,
        preserve_external_request_id=True,
        max_request_headers_kb=96,
        route_config={"name": name, "virtual_hosts": [host]},
        http_filters=[_typed("envoy.filters.http.router", "envoy.extensions.filters.http.router.v3.Router")],
    )
    return {"name": name, "address": _address(port), "filter_chains": [{"filters": [manager]}]}


def _mirror(index: int, share: float, proxy: int) -> dict[str, Any]:
    """Build one mirror policy; its runtime key is what `mirror N` events change, its header tells copies for sure."""
    if share == int(share):
        value = {"numerator": int(share), "denominator": "HUNDRED"}
    else:
        value = {"numerator": round(share * 100), "denominator": "TEN_THOUSAND"}
    return {
        "cluster": "v2",
        "runtime_fraction": {"default_value": value, "runtime_key": f"{RUNTIME_KEY}{index}"},
        "request_headers_mutations": [{"append": {"header": {"key": "x-lab-copy", "value": str(proxy)}}}],
    }


def _cluster(name: str, doors: Mapping[str, int], limit: int | None) -> dict[str, Any]:
    """Build one cluster over its pods; `limit` is its circuit breaker."""
    threshold = dict.fromkeys(("max_connections", "max_pending_requests", "max_requests"), limit or 4096)
    # Envoy allows 3 retries at once unless told; Istio lifts that limit, so does the lab.
    threshold["max_retries"] = 4096
    endpoints = [{"endpoint": {"address": _address(port)}} for port in doors.values()]
    return {
        "name": name,
        "type": "STATIC",
        "connect_timeout": "1s",
        "circuit_breakers": {"thresholds": [threshold]},
        "load_assignment": {"cluster_name": name, "endpoints": [{"lb_endpoints": endpoints}]},
    }


def _typed(name: str, kind: str, **config: object) -> dict[str, Any]:
    return {"name": name, "typed_config": {"@type": f"type.googleapis.com/{kind}", **config}}


def _address(port: int) -> dict[str, Any]:
    return {"socket_address": {"address": LOOPBACK, "port_value": port}}
