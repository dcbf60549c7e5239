"""Requests to a service whose mirror rule changes all the time, by a seed, with the truth beside.

The truth is what this mesh did, and when: which rule it was given, when its proxies took that over, whom each request
went to, who got its copy, and whether one was due.
"""

import random
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tests.cluster.blindness import Request, begin_logs
from tests.cluster.manifests import destination_rule, http_route, virtual_service
from tests.cluster.traffic import line
from tests.kube.cluster import Cluster
from tests.kube.workloads import deploy, service

Manifest = Mapping[str, Any]

TAKEN_OVER_S = 0.25  # at most, by the proxies
_SOON_S, _LATER_S = (0.1, 0.4), (0.8, 2.0)  # until the next change: one of either
_ALL, _NOTHING = 100, 0
_SELDOM = 2
_DELAY = 1_000_000  # ns, of a copy


@dataclass(frozen=True, slots=True)
class Ruling:
    """What a mesh may be told: the objects that say it, whose requests are mirrored to whom, and how many of them.

    primary, shadow: the names of workloads.
    """

    name: str
    objects: tuple[Manifest, ...]
    percent: float = _ALL
    primary: str = "target-v1"
    shadow: str = "target-v2"


def _mirrored_to(host: str) -> Manifest:
    rule = virtual_service()
    rule["spec"]["http"][0]["mirror"] = {"host": host}
    return rule


def _promoted() -> Manifest:
    rule = virtual_service(mirror="v3")
    rule["spec"]["http"][0]["route"][0]["destination"]["subset"] = "v2"
    return rule


ALL = Ruling("all", (virtual_service(),))
NONE = Ruling("no mirror", (virtual_service(mirror=None),), _NOTHING)
DELETED = Ruling("deleted", (), _NOTHING)
RULINGS = (
    ALL,
    Ruling("90 %", (virtual_service(percent=90),), 90),
    Ruling("5 %", (virtual_service(percent=5),), 5),
    NONE,
    DELETED,
    Ruling("another service", (_mirrored_to("target-shadow"),), shadow="target-shadow"),
    Ruling("promoted", (_promoted(),), primary="target-v2", shadow="target-v3"),
    Ruling("HTTPRoute", (http_route(),), 25),
)


@dataclass(frozen=True, slots=True)
class Told:
    """A ruling, when the mesh was told it, and when its proxies follow it; ns since 1970."""

    ruling: Ruling
    at: int
    taken_over: int


@dataclass(frozen=True, slots=True)
class Sent(Request):
    """A request, and what its copy depended on.

    by: the ruling that the proxies followed. dropped: it was to be copied by every rule that could be in force, and was
    not: a miss.
    """

    by: Ruling
    dropped: bool


@dataclass
class Unrest:
    """Requests and their copies by a rule that changes, until it is calmed and then stopped."""

    cluster: Cluster
    chance: random.Random
    whole: bool  # only rules that mirror all or nothing
    sent: list[Request] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    stopped: threading.Event = field(default_factory=threading.Event)
    calm: threading.Event = field(default_factory=threading.Event)
    was_read: Callable[[int], bool] = field(default=lambda _: True)
    _drop: threading.Event = field(default_factory=threading.Event)
    _pods: dict[str, list[str]] = field(default_factory=dict)

    def run(self) -> None:
        """Send a request every few milliseconds, each for a path of its own, and change the rule meanwhile."""
        self._tell(ALL)
        change_at = time.monotonic() + 1.0
        while not self.stopped.wait(0.008):
            if self.calm.is_set():
                if self.told[-1].ruling != ALL:
                    self._tell(ALL)
            elif time.monotonic() > change_at and len(self.told) <= self._most and self._may_change:
                self._tell(
                    self.chance.choice([each for each in self._rulings if each.name != self.told[-1].ruling.name])
                )
                change_at = time.monotonic() + self.chance.uniform(*self.chance.choice((_SOON_S, _LATER_S)))
            self._send()

    def drop(self) -> None:
        """Let the next request have no copy, which only a rule excuses that says so."""
        self._drop.set()

    @property
    def dropped(self) -> set[str]:
        """The paths of requests that are missed."""
        return {each.path for each in self.sent if isinstance(each, Sent) and each.dropped}

    @property
    def _may_change(self) -> bool:
        """Where nothing is there, nothing remembers what came and went before anybody looked: that is not drawn."""
        return bool(self.told[-1].ruling.objects) or self.was_read(self.told[-1].at)

    @property
    def _most(self) -> int:
        """How often it is changed: where all or nothing is mirrored, so seldom that something can be concluded."""
        return _SELDOM if self.whole else sys.maxsize

    @property
    def _rulings(self) -> list[Ruling]:
        return [each for each in RULINGS if not self.whole or each.percent in (_ALL, _NOTHING)]

    def _tell(self, ruling: Ruling) -> None:
        last = self.told[-1].ruling if self.told else ALL
        before = last.objects if self.told else ()
        if not ruling.objects:  # who is asked without a rule is the service's to say: here those of before
            ruling = replace(ruling, primary=last.primary, shadow=last.shadow)
        kept = {(each["kind"], each["metadata"]["name"]) for each in ruling.objects}
        for each in before:
            if (each["kind"], each["metadata"]["name"]) not in kept:
                self.cluster.remove(each)
        for each in ruling.objects:
            self.cluster.apply(each)
        at = time.time_ns()
        self.told.append(Told(ruling, at, at + round(self.chance.uniform(0, TAKEN_OVER_S) * 1e9)))

    def _send(self) -> None:
        dropped = self._drop.is_set()
        self._drop.clear()
        path = f"/page/{len(self.sent)}"
        with self.cluster.lock:  # both are logged at once, however busy the machine is
            at = time.time_ns()
            by = next((each.ruling for each in reversed(self.told) if each.taken_over <= at), ALL)
            copied = not dropped and self.chance.random() * _ALL < by.percent
            primary = self._one_of(by.primary)
            self.cluster.log(primary, "nginx", line(path, "-"), at=at)
            if copied:
                self.cluster.log(self._one_of(by.shadow), "nginx", line(path, "192.0.2.2"), at=at + _DELAY)
        self.sent.append(Sent(path, at, primary, copied, by, dropped))

    def _one_of(self, workload: str) -> str:
        if workload not in self._pods:
            self._pods[workload] = [name for _, name in self.cluster.pods if name.startswith(f"{workload}-")]
        return self.chance.choice(self._pods[workload])


def cluster_of_versions() -> Cluster:
    """Three versions of the service, another service that may be its shadow, and a rule of the first two."""
    cluster = Cluster()
    for version, replicas in (("v1", 2), ("v2", 2), ("v3", 1)):
        labels = {"app": "target", "version": version}
        deploy(cluster, f"target-{version}", labels, replicas=replicas)
        cluster.apply(service(f"target-{version}", labels))
    deploy(cluster, "target-shadow", {"app": "target-shadow"})
    cluster.apply(service("target", {"app": "target"}))
    cluster.apply(service("target-shadow", {"app": "target-shadow"}))
    rule = destination_rule()
    rule["spec"]["subsets"].append({"name": "v3", "labels": {"version": "v3"}})
    cluster.apply(rule)
    cluster.apply(virtual_service())
    begin_logs(cluster)
    return cluster
