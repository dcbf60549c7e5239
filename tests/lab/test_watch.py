"""The whole way: requests through a real Envoy to real nginx, their lines through a kubelet, and a screen in tmux."""

import re
import shlex
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.cluster.manifests import destination_rule, virtual_service
from tests.kube.cluster import Cluster
from tests.kube.server import Server, serve
from tests.kube.workloads import deploy, service
from tests.lab import accuracy, truth
from tests.lab.catalogue import SCENARIOS
from tests.lab.recording import record
from tests.lab.test_lab import nginx
from tests.render.live.test_tmux import LIVE, SHELL, Start, start
from tests.sample import sampled

pytestmark = pytest.mark.unmeasured

__all__ = ["nginx", "start"]
SCENARIO = next(each for each in SCENARIOS if each.name == "shadow-restarted")
SIZES = (((80, 24),), ((160, 50), (80, 24)))
V1, V2 = "target-v1-6d4cf56db6-00000", "target-v2-58f9c-00000"


@pytest.fixture
def cluster() -> Cluster:
    """A pod of each version behind a service that is mirrored; nobody sends requests yet."""
    made = Cluster()
    deploy(made, "target-v1", {"app": "target", "version": "v1"})
    deploy(made, "target-v2", {"app": "target", "version": "v2"}, revision="58f9c")
    made.apply(service("target", {"app": "target"}))
    made.apply(destination_rule())
    made.apply(virtual_service(percent=100))
    for pod in (V1, V2):
        made.log(pod, "nginx", b"2026/11/22 10:00:00 [notice] 1#1: start worker process 29")
    return made


@pytest.fixture
def server(cluster: Cluster) -> Iterator[Server]:
    """The cluster's server."""
    with serve(cluster) as running:
        yield running


def relay(folder: Path, true: truth.Truth, cluster: Cluster) -> None:
    """Log the recorded lines at the pace at which nginx wrote them."""
    lines = {stem: (folder / f"{stem}.log").read_bytes().splitlines() for stem in ("v1", "v2")}
    began = time.monotonic()
    for (stem, number), end_ms in sorted(true.end_ms.items(), key=lambda entry: entry[1]):
        time.sleep(max(0.0, began + end_ms / 1000 - time.monotonic()))
        cluster.log(V1 if stem == "v1" else V2, "nginx", lines[stem][number - 1])


@pytest.mark.usefixtures("nginx")
@pytest.mark.parametrize("sizes", sampled([(sizes,) for sizes in SIZES], 1), ids=len)
def test_screens_tell_the_truth(
    sizes: Sequence[tuple[int, int]], start: Start, cluster: Cluster, server: Server, tmp_path: Path
) -> None:
    """While the shadow is down the screens say so; in the end they and the report count what the truth counts."""
    folder = tmp_path / "recorded"
    record(SCENARIO, accuracy.PUBLISHED_SEED, folder)
    true = truth.read(folder)
    originals, missed = len(set(true.requests("v1"))), len(true.missed)
    config = shlex.quote(str(server.kubeconfig(tmp_path)))
    command = f"{shlex.quote(sys.executable)} -m mirrorcheck watch target --horizon 3s --kubeconfig {config}"
    shells = [start(size) for size in sizes]
    for shell in shells:
        shell.run(command)
    for shell in shells:
        shell.until_shown("all well")
        assert shell.modes() == LIVE
    relay(folder, true, cluster)
    expected = f"{originals:,} = {originals - missed:,} paired + {missed:,} missed + 0 unobserved + 0 pending"
    for shell in shells:
        shell.until_shown(expected)
        # Pairs count at once; the word waits until all before them is decided.
        shell.until_shown("\n INTERRUPTED ")
        shown = shell.shown()
        assert "VirtualService target: 100 % of v1 -> v2" in shown
        assert re.search(r"MISSED +(\S+ +)?\d{3} +\w+ +/", shown), shown
        assert max(map(len, shown.splitlines())) <= 160
    for shell in shells:
        shell.press("q")
        shell.until_shown("status=0")
        assert shell.modes() == SHELL
        report = shell.shown("-S", "-")
        assert f"{originals - missed:,} of {originals:,} requests were copied" in " ".join(report.split())
