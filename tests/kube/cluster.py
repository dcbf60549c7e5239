"""A test's words come in (a pod restarts, a line is logged); the cluster that an API server shows is in that state.

Every method may be called from any thread. Times are in ns, from the cluster's clock unless they are given. A pod is
named by its name and, where that is not the default one, its namespace; KeyError where there is none of that name.
"""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from tests.kube.instants import second
from tests.kube.kinds import KINDS, PODS, Kind
from tests.kube.lives import Life, Line, Record, split
from tests.kube.pods import CREATING, Container, Pod
from tests.kube.refusal import Object
from tests.kube.store import Store

NAMESPACE = "default"


class Cluster:
    """The state of a cluster; the server reads `store` and `pods` under `lock`."""

    def __init__(self, *, kinds: Sequence[Kind] = KINDS, clock: Callable[[], int] = time.time_ns) -> None:
        self.kinds = tuple(kinds)
        self.clock = clock
        self.lock = threading.RLock()
        self.store = Store()
        self.pods: dict[tuple[str, str], Pod] = {}
        self._gone: list[Pod] = []
        self._made = 0
        self._listeners: list[Callable[[], None]] = []

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call the listener after every change, in the thread that made it."""
        self._listeners.append(listener)

    def apply(self, manifest: Mapping[str, Any]) -> Object:
        """Make or replace an object of any kind but Pod, as kubectl apply does; LookupError for an unknown kind.

        Returns what the server will show, but for apiVersion and kind.
        """
        kind = self._kind(manifest)
        made: Object = {"namespace": NAMESPACE, "uid": self._uid(), "creationTimestamp": second(self.clock())}
        content = {name: value for name, value in manifest.items() if name not in ("apiVersion", "kind")}
        with self._changing():
            return self.store.put(kind, content | {"metadata": made | manifest["metadata"]})

    def remove(self, manifest: Mapping[str, Any]) -> None:
        """Remove an object that was applied; its kind and names are enough."""
        metadata = manifest["metadata"]
        with self._changing():
            self.store.remove(self._kind(manifest), metadata.get("namespace", NAMESPACE), metadata["name"])

    def compact(self) -> None:
        """Forget the past: watches from an older resource version and later pages of lists are answered with 410."""
        with self._changing():
            self.store.compact()

    def add_pod(
        self,
        name: str,
        labels: Mapping[str, str],
        *,
        containers: Sequence[str] = ("nginx",),
        namespace: str = NAMESPACE,
        annotations: Mapping[str, str] | None = None,
        owners: Sequence[Object] = (),
        node: str = "node-1",
        waiting: str | None = None,
    ) -> None:
        """Make a pod whose containers run, or wait for the given reason until `start`."""
        made = {each: Container(each, waiting=waiting or CREATING) for each in containers}
        address = f"10.244.{len(self.pods) // 250}.{len(self.pods) % 250 + 2}"
        pod = Pod(namespace, name, self._uid(), labels, annotations or {}, [*owners], node, address, self.clock(), made)
        with self._changing():
            self.pods[namespace, name] = pod
            if waiting is None:
                for container in made.values():
                    self._live(container)
            self._show(pod)

    def create(self, pod: str, container: str, *, namespace: str = NAMESPACE) -> None:
        """Create a container that waits: it has its id from now on, and starts with `start`."""
        with self._changing():
            self.pods[namespace, pod].containers[container].made = f"containerd://{self._number():064x}"
            self._show(self.pods[namespace, pod])

    def label(self, pod: str, labels: Mapping[str, str], *, namespace: str = NAMESPACE) -> None:
        """Give a pod other labels."""
        with self._changing():
            self.pods[namespace, pod].labels = labels
            self._show(self.pods[namespace, pod])

    def start(self, pod: str, container: str, *, namespace: str = NAMESPACE) -> None:
        """Start a container that waits or has ended: restartCount grows if it had lived."""
        with self._changing():
            self._live(self.pods[namespace, pod].containers[container])
            self._show(self.pods[namespace, pod])

    def stop(
        self, pod: str, container: str, *, code: int = 0, waiting: str | None = None, namespace: str = NAMESPACE
    ) -> None:
        """End a container; with a reason to wait (CrashLoopBackOff) its end is seen in lastState only."""
        with self._changing():
            self._end(self.pods[namespace, pod].containers[container], code)
            self.pods[namespace, pod].containers[container].waiting = waiting
            self._show(self.pods[namespace, pod])

    def restart(self, pod: str, container: str, *, code: int = 1, namespace: str = NAMESPACE) -> None:
        """End a container and start it anew, as two changes: streams of the old one end."""
        self.stop(pod, container, code=code, namespace=namespace)
        self.start(pod, container, namespace=namespace)

    def ready(self, pod: str, *, ready: bool, namespace: str = NAMESPACE) -> None:
        """Say whether a pod passes its readiness check."""
        with self._changing():
            self.pods[namespace, pod].ready = ready
            self._show(self.pods[namespace, pod])

    def terminate(self, pod: str, *, namespace: str = NAMESPACE) -> None:
        """Ask a pod to go: it gets its deletionTimestamp, and runs and logs on until `delete`."""
        with self._changing():
            self.pods[namespace, pod].deleted = self.clock()
            self._show(self.pods[namespace, pod])

    def delete(self, pod: str, *, namespace: str = NAMESPACE) -> None:
        """Take a pod away: its containers end and its object goes, so that its log is out of reach."""
        if self.pods[namespace, pod].deleted is None:
            self.terminate(pod, namespace=namespace)
        with self._changing():
            gone = self.pods[namespace, pod]
            for container in gone.containers.values():
                self._end(container, 0)
            self._show(gone)
            self._gone.append(self.pods.pop((namespace, pod)))
            self.store.remove(PODS, namespace, pod)

    def log(
        self,
        pod: str,
        container: str,
        line: bytes,
        *,
        at: int | None = None,
        stream: str = "stdout",
        zone: int = 0,
        parts: Sequence[int] = (),
        file: int = -1,
        namespace: str = NAMESPACE,
    ) -> None:
        r"""Log a line, without its \n: `parts` are the places where its records break, `zone` minutes east.

        `file` -2 is the one before the newest, to which a runtime may still write after a rotation.
        """
        written = split(line, parts, at=self.clock() if at is None else at, stream=stream, zone=zone)
        self.write(pod, container, written, file=file, namespace=namespace)

    def write(
        self, pod: str, container: str, records: Sequence[Record], *, file: int = -1, namespace: str = NAMESPACE
    ) -> None:
        """Append raw records, to break and mix lines as a runtime may; IndexError before the first start."""
        with self._changing():
            self.pods[namespace, pod].containers[container].lives[-1].files[file].extend(records)

    def write_all(self, container: str, records: Mapping[str, Sequence[Record]]) -> None:
        """Append records to the newest files of many pods, by name, as one change."""
        with self._changing():
            for pod, own in records.items():
                self.pods[NAMESPACE, pod].containers[container].lives[-1].files[-1].extend(own)

    def rotate(self, pod: str, container: str, *, namespace: str = NAMESPACE) -> None:
        """Give a container a new log file; what is in the old one is out of reach of new requests."""
        with self._changing():
            self.pods[namespace, pod].containers[container].lives[-1].files.append([])

    def lines(self) -> list[Line]:
        """Return the truth: every whole line of every pod that ever was, container by container in file order."""
        with self.lock:
            return [line for pod in (*self._gone, *self.pods.values()) for line in pod.lines()]

    @contextlib.contextmanager
    def _changing(self) -> Iterator[None]:
        with self.lock:
            yield
        for listener in self._listeners:
            listener()

    def _live(self, container: Container) -> None:
        restarts = container.lives[-1].restarts + 1 if container.lives else 0
        container.waiting = None
        container_id = container.made or f"containerd://{self._number():064x}"
        container.made = ""
        container.lives.append(Life(container_id, restarts, self.clock()))

    def _end(self, container: Container, code: int) -> None:
        if container.running:
            container.running.code, container.running.ended = code, self.clock()

    def _show(self, pod: Pod) -> None:
        self.store.put(PODS, pod.manifest())

    def _kind(self, manifest: Mapping[str, Any]) -> Kind:
        group = manifest["apiVersion"].rpartition("/")[0]
        for kind in self.kinds:
            if (kind.group, kind.kind) == (group, manifest["kind"]) and kind != PODS:
                return kind
        raise LookupError(f"{manifest['apiVersion']} {manifest['kind']} is not applied to this cluster")

    def _uid(self) -> str:
        return f"{self._number():08x}-0000-4000-8000-000000000000"

    def _number(self) -> int:
        with self.lock:
            self._made += 1
            return self._made
