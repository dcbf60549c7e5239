"""A discovered service: the rule, the pods of each side, and the container to read."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from mirrorcheck.cluster.discover.containers import ContainerChoice, container_of
from mirrorcheck.cluster.discover.mesh_objects import Listed
from mirrorcheck.cluster.logs.joining import Chosen
from mirrorcheck.mesh.access_logs import switched_off
from mirrorcheck.mesh.checks import unseen
from mirrorcheck.mesh.documents import Document
from mirrorcheck.mesh.groups import PROXIES
from mirrorcheck.mesh.model import Finding, Mirror, Objects, Overrides, RuleReading, names
from mirrorcheck.sources.feed import RuleSeen, Side


@dataclass(frozen=True, slots=True)
class Target:
    """A service that is watched.

    containers: the choice for each side. watches: namespaces and label selectors that have all pods of both sides.
    listed, objects, overrides: what the reading rests on, for reading it again. mirrored: the last one of a
    rule, from the first with a mirror on.
    """

    service: str
    namespace: str
    reading: RuleReading
    containers: Mapping[Side, ContainerChoice]
    watches: tuple[tuple[str, str], ...]
    findings: tuple[Finding, ...]
    overrides: Overrides
    objects: Objects = field(repr=False)
    listed: tuple[Listed, ...] = field(repr=False)
    mirrored: RuleReading | None = field(default=None, repr=False)

    @property
    def mirror(self) -> Mirror | None:
        """The mirror that is watched, None where the rule has none."""
        return self.reading.mirror

    def selectors(self, namespace: str) -> tuple[str, ...]:
        """The label selectors for all pods of both sides in a namespace."""
        return tuple(selector for place, selector in self.watches if place == namespace)

    @property
    def sound(self) -> bool:
        """Whether a mirror is in force and nothing keeps its copies from coming, or from being seen."""
        return self.reading.sound and not any(each.severity == "error" for each in self.findings)

    def side_of(self, pod: Document) -> Side | None:
        """The side of a pod; one of both is the shadow's, since its lines distinguish copies from direct traffic."""
        if self.reading.shadow.selects(pod):
            return "shadow"
        return "primary" if any(group.selects(pod) for group in self.reading.primary) else None

    def assign(self, pod: Document) -> Chosen | None:
        """The side of a pod and the container of it to read; None without either."""
        side = self.side_of(pod)
        container = container_of(pod, self.containers[side].name, self.overrides.container) if side else ""
        return Chosen(side, (container,)) if container else None

    def pods(self, side: Side) -> list[Document]:
        """The pods of a side when they were read."""
        return [pod for pods in self.objects.pods.values() for pod in pods if self.side_of(pod) == side]

    def seen(self, at_us: int, known_us: int = 0, *, rewritten: bool = False) -> RuleSeen:
        """The rule as an event. at_us: when it was read, UTC microseconds since 1970; the others: see there."""
        problems = tuple(each.what for each in self.findings if each.severity != "note")
        return RuleSeen(
            at_us,
            self.reading.expect,
            self.reading.text,
            problems,
            self._mirrors(),
            names(self.reading.primary),
            self.reading.shadow.name,
            self._unseen(),
            known_us,
            rewritten,
        )

    def _unseen(self) -> str:
        """Why the shadow's lines cannot be read, empty where they can."""
        if self.mirror is None:
            return ""
        chosen = self.containers.get("shadow")
        off = switched_off(self.pods("shadow"), self.objects.telemetry) if chosen and chosen.name in PROXIES else ""
        return f"{off} switches the access log off" if off else unseen(self.mirror, self.objects)

    def _mirrors(self) -> bool | None:
        """Whether the rule mirrors anything to the shadow that is watched; None where it could not be read."""
        if self.reading.state == "unreadable":
            return None
        return self.mirror is not None and self.mirror.expect != 0


def pipe(namespace: str, labels: str, container: str) -> str:
    """The command by which someone with more rights can give the lines."""
    selected = f" -c {container}" if container else ""
    return f"kubectl logs -f --prefix -n {namespace} -l {labels}{selected} | mirrorcheck watch -"
