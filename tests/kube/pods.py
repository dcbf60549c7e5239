"""A pod's containers and their lives come in; the Pod object that an API server shows of them goes out."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from tests.kube.instants import second
from tests.kube.lives import Life, Line
from tests.kube.refusal import Object, RefusalError

CREATING = "ContainerCreating"


@dataclass(slots=True)
class Container:
    """A container and every life it had; `waiting` is the reason why none is running, as the kubelet words it.

    made: the id of one that was created and did not start yet, which the kubelet tells as well.
    """

    name: str
    lives: list[Life] = field(default_factory=list)
    waiting: str | None = None
    made: str = ""

    @property
    def running(self) -> Life | None:
        """The life that goes on."""
        return self.lives[-1] if self.lives and self.lives[-1].ended is None else None

    @property
    def dead(self) -> Life | None:
        """The ended life that lastState names: the kubelet keeps one."""
        ended = [life for life in self.lives if life.ended is not None]
        if ended and ended[-1] is self.lives[-1] and self.waiting is None:
            ended.pop()
        return ended[-1] if ended else None

    def log_of(self, pod: str, *, previous: bool) -> Life:
        """Return the life whose log is read, as validateContainerLogStatus chooses; RefusalError (400) without one."""
        last = self.lives[-1] if self.lives and self.waiting is None else None
        chosen = self.dead if previous else last or self.dead
        if chosen is not None:
            return chosen
        if previous:
            raise RefusalError(400, f'previous terminated container "{self.name}" in pod "{pod}" not found')
        raise RefusalError(400, f'container "{self.name}" in pod "{pod}" is waiting to start: {self.waiting}')


@dataclass(slots=True)
class Pod:
    """A pod with what its object is made of; `deleted` is when it was asked to go, in ns."""

    namespace: str
    name: str
    uid: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    owners: list[Object]
    node: str
    address: str
    created: int
    containers: dict[str, Container]
    ready: bool = True
    deleted: int | None = None

    def container(self, name: str | None) -> Container:
        """Return the container a log request means; RefusalError (400) as registry/core/pod/strategy.go words it."""
        if name in self.containers:
            return self.containers[name]
        choice = " ".join(self.containers)
        if name:
            raise RefusalError(400, f"container {name} is not valid for pod {self.name}")
        if len(self.containers) == 1:
            return next(iter(self.containers.values()))
        told = f"a container name must be specified for pod {self.name}, choose one of: [{choice}]"
        raise RefusalError(400, told)

    def manifest(self) -> Object:
        """Return the pod's object."""
        metadata: Object = {"name": self.name, "namespace": self.namespace, "uid": self.uid}
        metadata["creationTimestamp"] = second(self.created)
        metadata["labels"], metadata["annotations"] = dict(self.labels), dict(self.annotations)
        metadata["ownerReferences"] = self.owners
        if self.deleted is not None:
            metadata["deletionTimestamp"], metadata["deletionGracePeriodSeconds"] = second(self.deleted), 30
        containers = [{"name": name, "image": f"example.test/{name}:1"} for name in self.containers]
        return {
            "metadata": metadata,
            "spec": {"nodeName": self.node, "containers": containers},
            "status": self._status(),
        }

    def lines(self) -> Iterator[Line]:
        """Yield every whole line its containers wrote."""
        for container in self.containers.values():
            for life in container.lives:
                yield from life.lines(self.namespace, self.name, self.uid, container.name)

    def _status(self) -> Object:
        ready = self.ready and all(container.running for container in self.containers.values())
        told = [{"type": "Ready", "status": str(ready)}, {"type": "ContainersReady", "status": str(ready)}]
        status: Object = {"phase": self._phase(), "conditions": told, "hostIP": "192.0.2.1", "podIP": self.address}
        status["startTime"] = second(self.created)
        status["containerStatuses"] = [_status(each, ready=self.ready) for each in self.containers.values()]
        return status

    def _phase(self) -> str:
        if not all(container.lives for container in self.containers.values()):
            return "Pending"
        if any(container.running or container.waiting for container in self.containers.values()):
            return "Running"
        return "Failed" if any(container.lives[-1].code for container in self.containers.values()) else "Succeeded"


def _status(container: Container, *, ready: bool) -> Object:
    running = container.running
    told: Object = {"name": container.name, "image": f"example.test/{container.name}:1"}
    told["imageID"] = f"example.test/{container.name}@sha256:0"
    told["restartCount"] = max((life.restarts for life in container.lives), default=0)
    told["ready"], told["started"] = ready and running is not None, running is not None
    if container.made or container.lives:
        told["containerID"] = container.made or container.lives[-1].container_id
    told["state"] = _state(container)
    told["lastState"] = {"terminated": _ending(container.dead)} if container.dead else {}
    return told


def _state(container: Container) -> Object:
    if container.running:
        return {"running": {"startedAt": second(container.running.started)}}
    if container.lives and container.waiting is None:
        return {"terminated": _ending(container.lives[-1])}
    return {"waiting": {"reason": container.waiting or CREATING}}


def _ending(life: Life) -> Object:
    told: Object = {"exitCode": life.code, "reason": "Error" if life.code else "Completed"}
    told["startedAt"], told["finishedAt"] = second(life.started), second(life.ended or life.started)
    return told | {"containerID": life.container_id}
