"""Probes that are judged by the logs of a service's pods, which are read while the probes are sent."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiohttp import web

from tests.cluster.conftest import cluster
from tests.cluster.manifests import destination_rule, virtual_service
from tests.kube.cluster import Cluster
from tests.kube.conftest import server
from tests.kube.server import Server
from tests.probe.mesh import PROXY, Service, serve
from tests.program import Ran, call

__all__ = ["cluster", "server"]
V1, V2 = "target-v1-6d4cf56db6-00000", "target-v2-58f9c-00000"


class Pods(Service):
    """A service whose lines are those of the cluster's pods."""

    cluster: Cluster

    def log(self, side: str, request: web.Request, xff: str) -> None:
        """Write a line into the log of a pod of the side."""
        stamp = f"{datetime.now(UTC):%d/%b/%Y:%H:%M:%S +0000}"
        asked = f'"{request.method} {request.path_qs} HTTP/1.1" 200 5 "-" "{request.headers["User-Agent"]}"'
        text = f'127.0.0.6 - - [{stamp}] {asked} "{xff}"'
        self.cluster.log(V1 if side == "v1" else V2, "nginx", text.encode())


@pytest.fixture
def service(cluster: Cluster, tmp_path: Path) -> Iterator[Service]:
    """All requests are to be mirrored; a line of each pod is there before."""
    cluster.apply(destination_rule())
    cluster.apply(virtual_service(percent=100))
    pods = Pods(tmp_path)
    pods.cluster = cluster
    for pod, xff in ((V1, "-"), (V2, PROXY)):
        line = f'127.0.0.6 - - [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 5 "-" "curl/8" "{xff}"'
        cluster.log(pod, "nginx", line.encode())
    with serve(pods) as running:
        yield running


def probe(service: Service, server: Server, *words: str) -> Ran:
    """Send 40 probes and judge them by the pods' logs."""
    config = str(server.kubeconfig(service.folder))
    command = ("probe", f"{service.url}/", "--service", "target", "--kubeconfig", config)
    return call(service.folder, *command, "--count", "40", "--rate", "100/s", *words)


def test_every_probe_has_its_copy(service: Service, server: Server) -> None:
    """It is over as soon as all copies are there, long before the time is."""
    ran = probe(service, server, "--expect", "100", "--min-requests", "40", "--timeout", "10m")
    assert ran.status == 0, ran.out + ran.err
    assert "PASS  mirror ratio" in ran.out


@pytest.mark.unmeasured
def test_a_mirror_that_is_dead_fails(service: Service, server: Server) -> None:
    """No probe has a copy: that is known for certain, and for each of them."""
    service.copies = lambda _: 0
    ran = probe(service, server, "--expect", "100", "--timeout", "4s")
    assert ran.status == 1, ran.out + ran.err
    assert "40 of 40 missed" in ran.out
