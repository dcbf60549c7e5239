"""Plans of what shall go wrong come in; the one that a request meets goes out, and is spent."""

import threading
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TypeAlias

from tests.kube.calls import Call, flag


@dataclass(frozen=True, slots=True)
class Answer:
    """The request is refused: as a Status object, or, as proxies and the overload filter do, as plain text."""

    status: int
    message: str = "the server is told to refuse this"
    retry_after: int | None = None
    plain: bool = False


@dataclass(frozen=True, slots=True)
class Cut:
    """The stream ends cleanly `octets` bytes after its `lines`-th next line: half a line then, at times half a stamp.

    A kubelet that dies, resets or times out looks like this behind a real API server (writers.go ignores the error of
    its copy). `dropped` is a dying API server: the connection goes without an end.
    """

    lines: int = 0
    octets: int = 0
    dropped: bool = False


@dataclass(frozen=True, slots=True)
class Stall:
    """The stream is silent from there on, for a while or, with None, until another fault strikes."""

    lines: int = 0
    octets: int = 0
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Slow:
    """The stream gives so many bytes a second."""

    rate: int


Fault: TypeAlias = Answer | Cut | Stall | Slow


@dataclass(frozen=True, slots=True)
class Where:
    """Which requests a plan is for; names are shell patterns, and `follow` None takes every log request."""

    verb: str = "*"
    resource: str = "*"
    name: str = "*"
    container: str = "*"
    follow: bool | None = None

    def fits(self, call: Call) -> bool:
        """Return whether a request is meant."""
        given = (call.verb, call.resource, call.name, call.query.get("container", ""))
        wanted = (self.verb, self.resource, self.name, self.container)
        if self.follow not in (None, flag(call.query, "follow")):
            return False
        return all(fnmatchcase(have, want) for have, want in zip(given, wanted, strict=True))


FOLLOWING = Where(resource="pods/log", follow=True)
"""Any log that is followed."""


@dataclass(slots=True)
class _Plan:
    where: Where
    faults: tuple[Fault, ...]
    times: int
    skip: int


@dataclass(slots=True)
class Faults:
    """What is planned; any thread may plan."""

    _plans: list[_Plan] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def plan(self, where: Where, *faults: Fault, times: int = 1, skip: int = 0) -> None:
        """Let the next so many requests of that sort meet these faults in turn, the first `skip` unharmed."""
        with self._lock:
            self._plans.append(_Plan(where, faults, times, skip))

    def clear(self, where: Where | None = None) -> None:
        """Forget what was not met yet: all of it, or what was planned for these requests."""
        with self._lock:
            self._plans = [plan for plan in self._plans if where is not None and plan.where != where]

    def met(self, call: Call) -> tuple[Fault, ...]:
        """Return the faults of the first plan for this request, which is then spent once."""
        with self._lock:
            for plan in self._plans:
                if not plan.where.fits(call):
                    continue
                if plan.skip:
                    plan.skip -= 1
                    continue
                plan.times -= 1
                if not plan.times:
                    self._plans.remove(plan)
                return plan.faults
        return ()
