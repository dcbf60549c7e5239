"""The runs of a pod's containers, from start to end, as its Pod object shows them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from mirrorcheck.cluster.logs.stamps import instant
from mirrorcheck.sources.feed import Side

Pod = Mapping[str, Any]
"""A Pod object, as JSON has it."""


@dataclass(frozen=True, slots=True)
class ContainerRun:
    """One run of a container; started and ended in ns, None if unknown.

    started: if unknown, the earliest instant at which it can have started. The other fields are those of `feed.Opened`.
    """

    namespace: str
    pod: str
    uid: str
    container: str
    container_id: str
    restart: int
    side: Side | None
    labels: tuple[tuple[str, str], ...]
    started: int | None
    ended: int | None

    @property
    def stream(self) -> str:
        """The stream's name: unique, and valid as a file name."""
        return f"{self.namespace}_{self.pod}_{self.container}_{self.uid[:8]}_{self.restart}"

    @property
    def path(self) -> str:
        """The pod's path in the API."""
        return f"/api/v1/namespaces/{self.namespace}/pods/{self.pod}"


class RunState(Enum):
    """Where the log of a run can be read, if anywhere."""

    RUNNING = "running"
    ENDED = "ended"  # its log is still the container's
    PREVIOUS = "previous"  # one run came after it; its log is that of `previous`
    LOST = "lost"  # two or more runs came after it
    GONE = "gone"  # with its pod


def name(pod: Pod) -> str:
    """Return a pod's name."""
    return str(pod["metadata"]["name"])


def created(pod: Pod) -> int:
    """Return when a pod was created, in ns; 0 if unknown."""
    return _at(pod["metadata"], "creationTimestamp") or 0


def container_runs(
    pod: Pod, containers: Mapping[str, Side | None] | tuple[str, ...], side: Side | None
) -> Iterator[ContainerRun]:
    """Yield the runs of these containers whose logs can be read, the older ones first."""
    metadata = pod["metadata"]
    labels = tuple(sorted((metadata.get("labels") or {}).items()))
    for status in _statuses(pod):
        if status["name"] not in containers:
            continue
        place = (metadata["namespace"], metadata["name"], metadata["uid"], status["name"])
        restarts = int(status.get("restartCount") or 0)
        current = status.get("containerID") or ""
        before = _ending(status.get("lastState"))
        previous = before.get("containerID") or ""
        if previous and previous != current:
            yield ContainerRun(
                *place,
                previous,
                max(0, restarts - 1),
                side,
                labels,
                _at(before, "startedAt"),
                _at(before, "finishedAt"),
            )
        state = status.get("state") or {}
        ended = _ending(state) or (before if previous == current else {})
        # A container that has not started yet has an id already, but no log.
        if current and ("running" in state or ended):
            started = _at(state.get("running") or ended, "startedAt") or _at(before, "finishedAt") or created(pod)
            yield ContainerRun(*place, current, restarts, side, labels, started, _at(ended, "finishedAt"))


def run_state(pod: Pod | None, run: ContainerRun) -> RunState:
    """Return the state of a run by its pod's object, None if there is no pod of that name."""
    if pod is None or pod["metadata"]["uid"] != run.uid:
        return RunState.GONE
    for status in _statuses(pod):
        if status["name"] != run.container:
            continue
        if status.get("containerID") == run.container_id:
            return RunState.RUNNING if "running" in (status.get("state") or {}) else RunState.ENDED
        if _ending(status.get("lastState")).get("containerID") == run.container_id:
            return RunState.PREVIOUS
        return RunState.LOST if status.get("containerID") else RunState.RUNNING
    return RunState.RUNNING  # the kubelet has not reported yet


def _statuses(pod: Pod) -> list[dict[str, Any]]:
    status = pod.get("status") or {}
    # A sidecar of the new kind is an init container that goes on.
    return [*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())]


def _ending(state: Mapping[str, Any] | None) -> dict[str, Any]:
    return dict((state or {}).get("terminated") or {})


def _at(state: Mapping[str, Any], field: str) -> int | None:
    return instant(str(state[field]).encode()) if state.get(field) else None
