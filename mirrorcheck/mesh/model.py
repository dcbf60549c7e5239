"""The parts of a mirror rule, from the object that holds it to the pods it means.

A `Rule` is one object as read, a `Passage` one of its routes, and a `Destination` where a route sends requests. A
`Group` is the pods of a destination, a `Mirror` the copying from some groups to another, and a `RuleReading` the whole,
with `Finding`s for what is wrong.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, Self

from mirrorcheck.errors import UsageError
from mirrorcheck.mesh.documents import Document, Labels, has, name_of, namespace_of, word

Severity = Literal["error", "warning", "note"]
RuleState = Literal["mirror", "no mirror", "no rule", "unreadable"]
"""A service has a rule with a mirror, a rule without one, no rule, or none that may be read."""
WHOLE = 100.0  # percent
_FULL_HOST = re.compile(r"([^.*]+)\.([^.*]+)\.svc\.[^*]+")
_LABEL = re.compile(r"([A-Za-z0-9][A-Za-z0-9._/-]*)={1,2}([A-Za-z0-9._-]*)")


@dataclass(frozen=True, slots=True)
class Finding:
    """One remark about a rule, and what to do about it.

    error: no copies, or others than the rule seems to ask for. warning: copies, but the numbers need care. note: good
    to know.
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

    @classmethod
    def of(cls, document: Document) -> Self:
        """Name an object."""
        return cls(word(document, "kind"), word(document, "apiVersion"), namespace_of(document), name_of(document))

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a route sends requests: a service, or a host that names none. labels: those that the pods must carry.

    outside: the host may not belong to this cluster.
    """

    host: str
    namespace: str
    service: str
    subset: str = ""
    labels: Labels = ()
    outside: bool = False


def place_of(host: str, namespace: str, subset: str = "") -> Destination:
    """Resolve a host as Istio does (ResolveShortnameToFQDN): a name without a dot lies in the rule's namespace.

    Anything else is taken as it is: `target.shop` and `target.shop.svc` are no service's full name, and name nothing.
    """
    if host and "." not in host and "*" not in host:
        return Destination("", namespace, host, subset)
    full = _FULL_HOST.fullmatch(host)
    return Destination("", full[2], full[1], subset) if full else Destination(host, namespace, "", subset)


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
    """One object as read: its routes in the order in which they are tried, and what is wrong within it.

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
    """The pods of a namespace that carry all `labels`; empty labels select no pod, since none are known."""

    name: str
    namespace: str
    service: str
    labels: Labels

    def selects(self, pod: Document) -> bool:
        """Whether a pod belongs to the group; without labels none does."""
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
    """The user's words in place of the rule's. shadow: labels, or a name of a subset or service. expect: percent.

    beside: the names of all shadows of the rule that are watched side by side.
    """

    primary: Labels = ()
    shadow: Labels | str = ()
    container: str = ""
    expect: float | None = None
    beside: tuple[str, ...] = ()


NOTHING = Overrides()


def parse_labels(text: str, option: str) -> Labels:
    """Parse `version=v1,app=target`; raises UsageError, which names the option, for anything else."""
    pairs = [_LABEL.fullmatch(each.strip()) for each in text.split(",")]
    if not all(pairs):
        raise UsageError(f"{option} {text} is no label. Give for example {option} version=v1 or app=target,version=v1.")
    return tuple(sorted({pair[1]: pair[2] for pair in pairs if pair}.items()))


def parse_shadow(text: str) -> Labels | str:
    """Parse labels or, without a `=`, the name of a mirror's subset or service; raises UsageError as `parse_labels`."""
    return parse_labels(text, "--shadow") if "=" in text or not text.strip() else text.strip()


@dataclass(frozen=True, slots=True)
class Objects:
    """All that was read of the cluster.

    services: None for one that does not exist; one that could not be read is absent, as is a namespace of `pods`.
    unreadable: resources that may not be read, as RBAC names them. narrow: resources that were listed in the service's
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

    mirror: the one to watch; others: further ones; both empty without a mirror. expect: percent of the primary's
    requests, None where unknown. text: the rule in a line.
    """

    mirror: Mirror | None
    others: tuple[Mirror, ...]
    primary: tuple[Group, ...]
    shadow: Group
    expect: float | None
    text: str
    state: RuleState
    findings: tuple[Finding, ...]

    @property
    def shadows(self) -> tuple[str, ...]:
        """The names of all shadows that the object with the watched mirror copies to, in its order."""
        own = [
            each for each in (self.mirror, *self.others) if each and self.mirror and each.source == self.mirror.source
        ]
        return tuple(dict.fromkeys(each.shadow.name for each in own))

    @property
    def sound(self) -> bool:
        """Whether a mirror is in force and no error keeps copies from coming as it says."""
        return self.state == "mirror" and not any(each.severity == "error" for each in self.findings)


def ordered(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Each finding once, the gravest first."""
    grades: tuple[Severity, ...] = ("error", "warning", "note")
    return tuple(sorted(dict.fromkeys(findings), key=lambda each: grades.index(each.severity)))


def names(groups: tuple[Group, ...]) -> str:
    """The names of some groups, for people."""
    return " + ".join(group.name for group in groups) or "nothing"
