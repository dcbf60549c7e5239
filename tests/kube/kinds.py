"""The kinds of objects the server knows: their groups, versions and names."""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Kind:
    """A resource type; `versions` has the best first, `group` is empty for the core, `custom` means by a CRD."""

    group: str
    versions: tuple[str, ...]
    plural: str
    kind: str
    short_names: tuple[str, ...] = ()
    custom: bool = False

    def api_version(self, version: str) -> str:
        """Return the apiVersion of an object served in a version."""
        return f"{self.group}/{version}" if self.group else version

    @property
    def singular(self) -> str:
        """The name kubectl takes for one object."""
        return self.kind.lower()

    @property
    def qualified(self) -> str:
        """The name messages use: pods, deployments.apps."""
        return f"{self.plural}.{self.group}" if self.group else self.plural


_ISTIO = ("networking.istio.io", ("v1", "v1beta1", "v1alpha3"))
_GATEWAY = "gateway.networking.k8s.io"
PODS = Kind("", ("v1",), "pods", "Pod", ("po",))
REPLICA_SETS = Kind("apps", ("v1",), "replicasets", "ReplicaSet", ("rs",))
DEPLOYMENTS = Kind("apps", ("v1",), "deployments", "Deployment", ("deploy",))
BUILT_IN = (
    PODS,
    Kind("", ("v1",), "services", "Service", ("svc",)),
    Kind("", ("v1",), "configmaps", "ConfigMap", ("cm",)),
    REPLICA_SETS,
    DEPLOYMENTS,
    Kind("discovery.k8s.io", ("v1",), "endpointslices", "EndpointSlice"),
)
MESH = (
    Kind(*_ISTIO, "virtualservices", "VirtualService", ("vs",), custom=True),
    Kind(*_ISTIO, "destinationrules", "DestinationRule", ("dr",), custom=True),
    Kind(_GATEWAY, ("v1", "v1beta1"), "httproutes", "HTTPRoute", custom=True),
    Kind(_GATEWAY, ("v1",), "grpcroutes", "GRPCRoute", custom=True),
    Kind("config.istio.io", ("v1alpha2",), "routerules", "RouteRule", custom=True),
)
TELEMETRY = (
    Kind("telemetry.istio.io", ("v1", "v1alpha1"), "telemetries", "Telemetry", custom=True),
    Kind("networking.istio.io", ("v1alpha3",), "envoyfilters", "EnvoyFilter", custom=True),
)
"""Kinds that say what a mesh's proxies log."""
OTHERS = (
    Kind("traefik.io", ("v1alpha1",), "traefikservices", "TraefikService", custom=True),
    Kind("projectcontour.io", ("v1",), "httpproxies", "HTTPProxy", custom=True),
    Kind("networking.k8s.io", ("v1",), "ingresses", "Ingress", ("ing",)),
)
"""Kinds of what mirrors without a mesh."""
KINDS = BUILT_IN + MESH
"""What a cluster has unless it is told otherwise."""


def without(group: str, *versions: str, kinds: tuple[Kind, ...] = KINDS) -> tuple[Kind, ...]:
    """Return the kinds of a cluster that does not serve those versions of a group, or, with none named, the group."""
    left = []
    for kind in kinds:
        served = tuple(each for each in kind.versions if versions and each not in versions)
        if kind.group != group:
            left.append(kind)
        elif served:
            left.append(replace(kind, versions=served))
    return tuple(left)
