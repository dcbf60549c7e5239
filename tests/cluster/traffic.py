"""Requests to a cluster's primary and copies to its shadow, with the truth beside."""

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from tests.kube.cluster import Cluster

V1 = ("target-v1-6d4cf56db6-00000", "target-v1-6d4cf56db6-00001")
V2 = "target-v2-58f9c-00000"


def line(path: str, xff: str) -> bytes:
    """A line of `main`, stamped now."""
    now = datetime.now(UTC)
    text = f'127.0.0.6 - - [{now:%d/%b/%Y:%H:%M:%S +0000}] "GET {path} HTTP/1.1" 200 12 "-" "curl/8" "{xff}"'
    return text.encode()


@dataclass
class Traffic:
    """Requests to the primary and their copies, until it is stopped; `missed` are those without one.

    `share` may be changed meanwhile.
    """

    cluster: Cluster
    share: float = 0.9
    originals: int = 0
    missed: list[str] = field(default_factory=list)
    stopped: threading.Event = field(default_factory=threading.Event)

    def leave_out(self) -> str:
        """Send one request, beside the others, that is not copied; returns its path."""
        path = f"/left-out/{len(self.missed)}"
        self.cluster.log(V1[0], "nginx", line(path, "-"))
        self.missed.append(path)
        return path

    def run(self) -> None:
        """Send a request every few milliseconds, each for a path of its own."""
        chance = random.Random(7)
        while not self.stopped.wait(0.01):
            path = f"/page/{self.originals}"
            self.cluster.log(chance.choice(V1), "nginx", line(path, "-"))
            self.originals += 1
            if chance.random() < self.share:
                self.cluster.log(V2, "nginx", line(path, "192.0.2.2"))
            else:
                self.missed.append(path)


@contextmanager
def traffic(cluster: Cluster, share: float = 0.9) -> Iterator[Traffic]:
    """Requests while something else goes on, and none after it."""
    requests = Traffic(cluster, share)
    thread = threading.Thread(target=requests.run)
    thread.start()
    try:
        yield requests
    finally:
        requests.stopped.set()
        thread.join()
