"""The fake cluster and its server, for the tests of what speaks to them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mirrorcheck.cluster.api.client import Client
from tests.kube.conftest import cluster, server
from tests.kube.server import Server

__all__ = ["client", "cluster", "server"]


@pytest.fixture
def client(server: Server, tmp_path: Path) -> Iterator[Client]:
    """Our client, logged in to the server by its kubeconfig."""
    made = Client.connect(server.kubeconfig(tmp_path), environ={})
    yield made
    made.close()
