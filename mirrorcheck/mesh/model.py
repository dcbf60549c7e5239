"""What a mirror rule is made of, from the object that says it to the pods it means.

A `Rule` is one object as it was read, its `Passage`s the routes in it, and a `Destination` where one of them sends
requests. A `Group` is the pods of a place; a `Mirror` is the copying from some groups to another. A `RuleReading` is
all of it, with what is wrong as `Finding`s.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from mirrorcheck.mesh.documents import Document, Labels, has, namespace_of

Severity = Literal["error", "warning", "note"]
State = Literal["mirror", "no mirror", "no rule", "unreadable"]
"""Whether a service has a rule with a mirror, a rule without one, none, or none that may be read."""
WHOLE = 100.0


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to say about a rule, in a line, and in another what to do about it.

    error: no copies, or others than the rule seems to ask for. warning: copies, but numbers to be read with care.
    note: good to know.
    """

    severity: Severity
    code: str
    what: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Source:
    """The object that a rule comes from."""

    kind: str
    version: str  # as in apiVersion, group included
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a route sends requests: to a service, or to a host that names none. labels: those that it asks for.

    outside: the host may well be one that is not of this cluster.
    """

    host: str
    namespace: str
    service: str
    subset: str = ""
    labels: Labels = ()
    outside: bool = False


@dataclass(frozen=True, slots=True)
class Passage:
    """One route of a rule. at: where it stands in the object; text: the requests it is for.

    destinations: places and their weights. copies: places and percent. fraction: a percentage is written as one.
    """

    at: str
    text: str
    takes_all: bool
    destinations: tuple[tuple[Destination, float], ...]
    copies: tuple[tuple[Destination, float], ...]
    fraction: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """One object as read: its routes in the order in which they are tried, and what is wrong in it alone.

    by_sidecars: the callers' sidecars make its copies.
    """

    source: Source
    passages: tuple[Passage, ...]
    findings: tuple[Finding, ...] = ()
    by_sidecars: bool = False

    def reaches(self, services: Collection[tuple[str, str]]) -> bool:
        """Whether one of its routes goes to one of the services, given by namespace and name."""
        return any(
            (place.namespace, place.service) in services
            for passage in self.passages
            for place, _ in passage.destinations
        )


@dataclass(frozen=True, slots=True)
class Group:
    """The pods of a namespace that carry all `labels`; empty labels stand for no pod, since none are known."""

    name: str
    namespace: str
    service: str
    labels: Labels

    def selects(self, pod: Document) -> bool:
        """Whether a pod is one of them; without labels none is."""
        return bool(self.labels) and namespace_of(pod) == self.namespace and has(pod, self.labels)


@dataclass(frozen=True, slots=True)
class Route:
    """A route with a mirror: the requests it is for, the percentage copied, and the shadow's own weight in percent."""

    at: str
    text: str
    takes_all: bool
    percent: float
    direct: float


@dataclass(frozen=True, slots=True)
class Mirror:
    """The copying of requests to `primary` (one group or more) to `shadow`.

    expect: percent of all requests to the primary; None where its routes differ in it, or not all have it. unmirrored:
    other routes to the primary, in words. fraction: a percentage is written as one. by_sidecars: as of the rule.
    """

    source: Source
    primary: tuple[Group, ...]
    shadow: Group
    routes: tuple[Route, ...]
    expect: float | None
    unmirrored: tuple[str, ...]
    fraction: bool
    by_sidecars: bool

    def __str__(self) -> str:
        percent = " or ".join(f"{each:g}" for each in sorted({route.percent for route in self.routes}))
        if not self.unmirrored:
            return f"{percent} % of {names(self.primary)} -> {self.shadow.name}"
        part = self.routes[0].text if len(self.routes) == 1 and not self.routes[0].takes_all else "its requests"
        return f"{percent} % of {part} to {names(self.primary)} -> {self.shadow.name}"


@dataclass(frozen=True, slots=True)
class Overrides:
    """What the user says instead of the rule. shadow: labels, or the name of a subset or service. expect: percent."""

    primary: Labels = ()
    shadow: Labels | str = ()
    container: str = ""
    expect: float | None = None


NOTHING = Overrides()


@dataclass(frozen=True, slots=True)
class Objects:
    """All that was read of the cluster.

    services: None for one that does not exist; one that could not be read is absent, and so is a namespace of `pods`.
    unreadable: resources that rights withhold, as RBAC names them. narrow: resources that were listed in the service's
    namespace only.
    """

    service: str
    namespace: str
    services: Mapping[tuple[str, str], Document | None]
    pods: Mapping[str, tuple[Document, ...]]
    virtual_services: tuple[Document, ...] = ()
    destination_rules: tuple[Document, ...] = ()
    routes: tuple[Document, ...] = ()  # HTTPRoutes and GRPCRoutes
    route_rules: tuple[Document, ...] = ()
    telemetry: tuple[Document, ...] = ()  # Telemetries and EnvoyFilters
    others: tuple[Document, ...] = ()  # TraefikServices, HTTPProxies and Ingresses
    unreadable: tuple[str, ...] = ()
    narrow: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RuleReading:
    """The rule in force for a service, and whose pods are on which side.

    mirror: the one to watch, others: further ones; both empty without a mirror. expect: percent of the primary's
    requests, None where nothing says. text: the rule in a line.
    """

    mirror: Mirror | None
    others: tuple[Mirror, ...]
    primary: tuple[Group, ...]
    shadow: Group
    expect: float | None
    text: str
    state: State
    findings: tuple[Finding, ...]

    @property
    def sound(self) -> bool:
        """Whether a mirror is in force and nothing is wrong with it that keeps copies from coming as it says."""
        return self.state == "mirror" and not any(each.severity == "error" for each in self.findings)


def ordered(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Each finding once, the gravest first."""
    grades: tuple[Severity, ...] = ("error", "warning", "note")
    return tuple(sorted(dict.fromkeys(findings), key=lambda each: grades.index(each.severity)))


def names(groups: tuple[Group, ...]) -> str:
    """The names of some groups, for people."""
    return " + ".join(group.name for group in groups) or "nothing"
