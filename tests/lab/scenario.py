"""Nothing comes in; the words a scenario of the lab is described with go out."""

from dataclasses import dataclass
from typing import Literal

OUTAGE_VERBS = ("stop", "kill", "drain")


@dataclass(frozen=True, slots=True)
class Failures:
    """Shares of the requests that v1 refuses with 503, or holds back, on the first attempt or on every one."""

    once: float = 0.0
    always: float = 0.0
    delay_s: float | None = None
    """None: answer 503 at once. Else: answer rightly, but only after this many seconds."""


@dataclass(frozen=True, slots=True)
class Retries:
    """The proxy's retry policy towards v1."""

    on: str = "5xx"
    times: int = 2
    per_try_timeout_s: float | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """Something done at_s seconds after the load began: `v1|v2 stop|kill|drain|start|freeze|thaw` or `mirror N`."""

    at_s: float
    what: str

    @property
    def changes_ratio(self) -> bool:
        """Whether copies arrive at another rate from here on."""
        subject, verb = self.what.split()
        return subject == "mirror" or (subject == "v2" and verb in (*OUTAGE_VERBS, "start"))


@dataclass(frozen=True, slots=True)
class Clock:
    """A pod's clock ("v1-a"): ahead of the true time, and how fast it drifts from there."""

    pod: str
    ahead_s: float = 0.0
    drift_ms_a_minute: float = 0.0


@dataclass(frozen=True, slots=True)
class Expected:
    """What the truth of a recording must show for the scenario to have happened at all.

    missed: lowest and highest share of the requests that have no copy; None: what the policies' percentages say. The
    flags say whether requests with several primary lines, with several copies, and copies without original occur.
    """

    missed: tuple[float, float] | None = None
    retries: bool = False
    duplicates: bool = False
    orphans: bool = False


@dataclass(frozen=True, slots=True)
class Scenario:
    """One recording: a load, a mesh, what happens to it, and what must be true afterwards."""

    name: str
    about: str
    requests: int = 800
    policies: tuple[float, ...] = (100.0,)
    """Percentages of the mirror policies, all to the one shadow."""
    concurrency: int = 1
    rate: float | None = None
    """Requests started per second; None: each worker starts the next as soon as it has its answer."""
    flavour: Literal["sidecar", "gateway"] = "sidecar"
    """A sidecar leaves X-Forwarded-For alone; a gateway adds the client's address to it."""
    server_sidecars: Literal["none", "transparent", "appending"] = "none"
    """A proxy in front of every nginx; an appending one adds its peer's address to X-Forwarded-For."""
    second_proxy: tuple[float, ...] | None = None
    """Policies of a second mirroring proxy, which then takes every other request; None: there is one proxy."""
    mix: Literal["shop", "hot"] = "shop"
    body_bytes: tuple[int, int] | None = None
    """Sizes of the bodies of POST, PUT and PATCH; None: nine bytes."""
    failures: Failures = Failures()
    retries: Retries | None = None
    client_retries: int = 0
    client_xff: bool = False
    v2_delay_s: tuple[float, float] | None = None
    v2_failing: float = 0.0
    v2_limit: int | None = None
    """Circuit breaker on the shadow: connections and pending requests allowed at once."""
    v2_bytes_a_second: int | None = None
    """nginx `limit_rate` on the shadow."""
    aborts: float = 0.0
    malformed: int = 0
    direct: int = 0
    probes: int = 0
    events: tuple[Event, ...] = ()
    v1_pods: int = 1
    v2_pods: int = 1
    clocks: tuple[Clock, ...] = ()
    """Clocks that are off; applied to the stamps when the files are written."""
    stretch: float = 1.0
    """A second of the run is written as this many: a short run stands for a long one, as far as clocks go."""
    v2_zone: str = "UTC"
    route_timeout_s: float = 30.0
    workers: int = 1
    """nginx workers a pod; more than one also write through buffer=8k flush=1s."""
    expected: Expected = Expected()

    @property
    def steady(self) -> bool:
        """Whether every request stands the same chance to be copied, from the first to the last."""
        return self.expected.missed is None and not any(event.changes_ratio for event in self.events)

    def clock(self, pod: str) -> Clock:
        """Return a pod's clock, right unless told otherwise."""
        return next((clock for clock in self.clocks if clock.pod == pod), Clock(pod))

    @property
    def pods(self) -> tuple[str, ...]:
        """Names of all pods: `v1` where a side has one, else `v1-a`, `v1-b`..."""
        return (*_names("v1", self.v1_pods), *_names("v2", self.v2_pods))


def _names(side: str, count: int) -> tuple[str, ...]:
    return (side,) if count == 1 else tuple(f"{side}-{letter}" for letter in "abcdefgh"[:count])
