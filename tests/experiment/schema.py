"""The mesh's kinds as far as the experiment uses them, as models that refuse what their APIs do not know.

Written after the CRDs of Istio 1.24 (networking.istio.io/v1: VirtualService, DestinationRule), of the Gateway API 1.3
(standard channel: HTTPRoute) and, for a kind that never had a schema, the fields of Istio 0.5's RouteRule.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Name = Annotated[str, Field(pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", max_length=63)]
Port = Annotated[int, Field(ge=1, le=65535)]
Weight = Annotated[int, Field(ge=0, le=100)]
Labels = dict[str, str]


class Strict(BaseModel):
    """An object that has no other fields than these."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Metadata(Strict):
    """What the experiment writes of an object's metadata."""

    name: Name
    namespace: Name | None = None
    labels: Labels | None = None


class Destination(Strict):
    """A host as VirtualServices name it."""

    host: str
    subset: str | None = None
    port: dict[Literal["number"], Port] | None = None


class Weighted(Strict):
    """A destination with its share."""

    destination: Destination
    weight: Weight | None = None


class Percent(Strict):
    """A percentage with a fraction."""

    value: Annotated[float, Field(ge=0, le=100, strict=False)] | None = None


class Policy(Strict):
    """One of several mirrors."""

    destination: Destination
    percentage: Percent | None = None


class HttpRoute(Strict):
    """A route of a VirtualService."""

    name: str | None = None
    match: list[dict[str, Any]] | None = None
    route: list[Weighted] | None = None
    mirror: Destination | None = None
    mirrors: list[Policy] | None = None
    mirrorPercentage: Percent | None = None  # noqa: N815  # as the API calls it
    mirrorPercent: Weight | None = None  # noqa: N815  # as the API calls it
    mirror_percent: Weight | None = None


class VirtualServiceSpec(Strict):
    """Hosts and their routes."""

    hosts: list[str] | None = None
    gateways: list[str] | None = None
    exportTo: list[str] | None = None  # noqa: N815  # as the API calls it
    http: list[HttpRoute] | None = None


class VirtualService(Strict):
    """networking.istio.io/v1."""

    apiVersion: Literal["networking.istio.io/v1"]  # noqa: N815  # as the API calls it
    kind: Literal["VirtualService"]
    metadata: Metadata
    spec: VirtualServiceSpec


class Subset(Strict):
    """Pods of a host, by labels."""

    name: str
    labels: Labels | None = None


class DestinationRuleSpec(Strict):
    """A host and its subsets."""

    host: str
    subsets: list[Subset] | None = None


class DestinationRule(Strict):
    """networking.istio.io/v1."""

    apiVersion: Literal["networking.istio.io/v1"]  # noqa: N815  # as the API calls it
    kind: Literal["DestinationRule"]
    metadata: Metadata
    spec: DestinationRuleSpec


class BackendRef(Strict):
    """A Service; a mirror's has no weight."""

    name: Name
    namespace: Name | None = None
    group: str | None = None
    kind: str | None = None
    port: Port | None = None


class WeightedBackendRef(BackendRef):
    """A Service with its share."""

    weight: Annotated[int, Field(ge=0, le=1_000_000)] | None = None


class Fraction(Strict):
    """A part of the requests."""

    numerator: Annotated[int, Field(ge=0)]
    denominator: Annotated[int, Field(ge=1)] | None = None


class RequestMirror(Strict):
    """Where copies go, and of how many requests."""

    backendRef: BackendRef  # noqa: N815  # as the API calls it
    percent: Weight | None = None
    fraction: Fraction | None = None


class Filter(Strict):
    """What is done with the requests of a rule."""

    type: Literal["RequestMirror"]
    requestMirror: RequestMirror  # noqa: N815  # as the API calls it


class RouteRuleOfGateway(Strict):
    """A rule of an HTTPRoute."""

    matches: list[dict[str, Any]] | None = None
    filters: list[Filter] | None = None
    backendRefs: list[WeightedBackendRef] | None = None  # noqa: N815  # as the API calls it


class ParentRef(BackendRef):
    """What a route is attached to."""

    sectionName: str | None = None  # noqa: N815  # as the API calls it


class HTTPRouteSpec(Strict):
    """Parents and rules."""

    parentRefs: list[ParentRef] | None = None  # noqa: N815  # as the API calls it
    hostnames: list[str] | None = None
    rules: list[RouteRuleOfGateway] | None = None


class HTTPRoute(Strict):
    """gateway.networking.k8s.io/v1."""

    apiVersion: Literal["gateway.networking.k8s.io/v1"]  # noqa: N815  # as the API calls it
    kind: Literal["HTTPRoute"]
    metadata: Metadata
    spec: HTTPRouteSpec


class IstioService(Strict):
    """A service as RouteRules name it."""

    name: str | None = None
    namespace: str | None = None
    domain: str | None = None
    service: str | None = None
    labels: Labels | None = None


class DestinationWeight(Strict):
    """A version of the destination with its share."""

    destination: IstioService | None = None
    labels: Labels | None = None
    weight: Weight | None = None


class RouteRuleSpec(Strict):
    """A destination, the versions of it, and the mirror."""

    destination: IstioService
    precedence: int | None = None
    match: dict[str, Any] | None = None
    route: list[DestinationWeight] | None = None
    mirror: IstioService | None = None


class RouteRule(Strict):
    """config.istio.io/v1alpha2."""

    apiVersion: Literal["config.istio.io/v1alpha2"]  # noqa: N815  # as the API calls it
    kind: Literal["RouteRule"]
    metadata: Metadata
    spec: RouteRuleSpec


MESH: dict[str, type[BaseModel]] = {
    each.__name__: each for each in (VirtualService, DestinationRule, HTTPRoute, RouteRule)
}
