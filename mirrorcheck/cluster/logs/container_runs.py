"""A Pod object comes in; the lives of its containers go out, and what has become of one of them."""

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
    """One life of a container, from a start to its end; started and ended in ns, None where it is not told.

    started: or, where that is not told, when it can have at the earliest.

    What names it is named as in `feed.Opened`. It holds none: a Pod does not say from when on its log is asked for, and
    an `Opened` is kept, and read again, field by field.
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
        """The stream's name: unique, and fit for a file's."""
        return f"{self.namespace}_{self.pod}_{self.container}_{self.uid[:8]}_{self.restart}"

    @property
    def path(self) -> str:
        """The pod's path in the API."""
        return f"/api/v1/namespaces/{self.namespace}/pods/{self.pod}"


class RunState(Enum):
    """What has become of a life: where its log is to be read, if anywhere."""

    RUNNING = "running"
    ENDED = "ended"  # its log is still the container's
    PREVIOUS = "previous"  # it has been followed by another, and its log is that of `previous`
    LOST = "lost"  # it has been followed by two or more
    GONE = "gone"  # with its pod


def name(pod: Pod) -> str:
    """Return a pod's name."""
    return str(pod["metadata"]["name"])


def created(pod: Pod) -> int:
    """Return when a pod was made, in ns; 0 where it is not told."""
    return _at(pod["metadata"], "creationTimestamp") or 0


def lives(
    pod: Pod, containers: Mapping[str, Side | None] | tuple[str, ...], side: Side | None
) -> Iterator[ContainerRun]:
    """Yield the lives whose logs are within reach, of these containers, the older ones first."""
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
        told = status.get("state") or {}
        ended = _ending(told) or (before if previous == current else {})
        # One that was created and did not start yet has its id already, and no log.
        if current and ("running" in told or ended):
            started = _at(told.get("running") or ended, "startedAt") or _at(before, "finishedAt") or created(pod)
            yield ContainerRun(*place, current, restarts, side, labels, started, _at(ended, "finishedAt"))


def fate(pod: Pod | None, run: ContainerRun) -> RunState:
    """Return what has become of a life by its pod's object, None where there is none of that name."""
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
    return RunState.RUNNING  # the kubelet has not told yet


def oldest_start(pod: Pod, container: str) -> int | None:
    """Return when the oldest life within reach began, in ns."""
    for status in _statuses(pod):
        if status["name"] == container:
            running = (status.get("state") or {}).get("running") or {}
            return _at(_ending(status.get("lastState")), "startedAt") or _at(running, "startedAt")
    return None


def _statuses(pod: Pod) -> list[dict[str, Any]]:
    status = pod.get("status") or {}
    # A sidecar of the new kind is an init container that goes on.
    return [*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())]


def _ending(state: Mapping[str, Any] | None) -> dict[str, Any]:
    return dict((state or {}).get("terminated") or {})


def _at(told: Mapping[str, Any], field: str) -> int | None:
    return instant(str(told[field]).encode()) if told.get(field) else None
