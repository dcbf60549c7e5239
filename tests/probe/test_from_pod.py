"""Probes that are sent from inside: by curl in a container, over the fake API server's pods/exec."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from aiohttp import web

from tests.kube.cluster import Cluster
from tests.kube.conftest import server
from tests.kube.server import Server
from tests.kube.workloads import deploy
from tests.measured import measured
from tests.probe.mesh import Service, serve
from tests.program import Ran
from tests.sample import sampled

__all__ = ["server"]

Run = Callable[..., Ran]
POD = "sleep-6f569f4c9-00000"
MIRRORCHECK = str(Path(sys.executable).with_name("mirrorcheck"))
CURL = shutil.which("curl")
pytestmark = pytest.mark.skipif(CURL is None and os.environ.get("CI") != "true", reason="this machine has no curl")


@pytest.fixture
def cluster() -> Cluster:
    """The article's client, with its sidecar."""
    made = Cluster()
    deploy(made, "sleep", {"app": "sleep"}, containers=("sleep", "istio-proxy"), revision="6f569f4c9")
    return made


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    """A service that mirrors everything."""
    with serve(Service(tmp_path)) as running:
        yield running


@pytest.fixture
def command(service: Service, server: Server) -> list[str]:
    """The words that probe the service from the article's client."""
    words = ["probe", f"{service.url}/", "--kubeconfig", str(server.kubeconfig(service.folder))]
    return [*words, "--rate", "100", "--from", "deploy/sleep", "-c", "sleep"]


@pytest.fixture
def probe(command: list[str], service: Service) -> Run:
    """Probe the service from the article's client."""

    def run(*words: str) -> Ran:
        # A process, not this one: what it left of a connection would be the server's, which looks for such remains.
        ran = subprocess.run(
            [MIRRORCHECK, *command, *words],
            env={**measured(), "PATH": os.defpath, "NO_COLOR": "1", "COLUMNS": "110", "NO_PROXY": "127.0.0.1"},
            cwd=service.folder,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
        return Ran(ran.returncode, ran.stdout, ran.stderr)

    return run


def numbers(service: Service) -> list[int]:
    """The numbers of the probes that arrived, sorted."""
    return sorted(int(agent.rpartition(" ")[2].rstrip(")")) for agent in service.agents)


def test_every_number_once(probe: Run, service: Service, server: Server) -> None:
    """One command sends all requests, each with its number, the paths in turns, and the headers as they are."""
    quoted = 'x: "a" \\ $HOME `id`'
    told = probe("--count", "20", "--path", "/a?x=$(id)&y=%22", "--path", '/b"\\', "-H", quoted, "-H", "Host: shop")
    assert told.status == 0, told.err
    assert numbers(service) == [*range(1, 21)]
    assert {request.raw_path for request in service.asked} == {"/a?x=$(id)&y=%22", '/b"\\'}
    assert {(request.headers["x"], request.host) for request in service.asked} == {('"a" \\ $HOME `id`', "shop")}
    assert f"pod {POD}, container sleep, namespace default" in told.out
    assert len(server.ledger.exchanges("/exec")) == 1


def test_answers_and_failures(probe: Run, service: Service) -> None:
    """Answers are counted by their status, and curl's reasons by name; no redirect is followed."""
    service.answer = lambda request: web.Response(status=302 if request.path == "/" else 404, headers={"Location": "/"})
    told = json.loads(probe("--count", "6", "--path", "/", "--path", "/no", "--json").out)
    assert (told["answered"], told["failed"]) == ({"302": 3, "404": 3}, {})
    service.think_s = 30
    told = json.loads(probe("--count", "2", "--max-time", "300ms", "--json").out)
    assert (told["sent"], told["answered"], told["failed"]) == (2, {}, {"no answer within 0.3 s": 2})


@pytest.mark.unmeasured
@pytest.mark.parametrize("method", sampled(["PUT", "HEAD"], 1))
def test_methods(probe: Run, service: Service, method: str) -> None:
    """A method without a body, and one that needs a word."""
    assert probe("--count", "2", "-X", method, "--yes-mirror-writes").status == 0
    assert [request.method for request in service.asked] == [method] * 2


@pytest.mark.unmeasured
def test_judged_at_once(probe: Run, service: Service) -> None:
    """The logs of the same run are judged as those of probes that were sent from here."""
    service.copies = lambda number: number % 2
    told = probe("--count", "10", *service.logs, "--timeout", "1s")
    assert "10 of 10 seen by the primary, 5 copied once, 5 not copied" in " ".join(told.out.split())


def test_interrupted(command: list[str], service: Service) -> None:
    """Ctrl-C ends the command in the container in good order, and tells what was sent."""
    words = [MIRRORCHECK, *command, "--count", "100000", "--rate", "20", "--max-time", "60s", "--save", "run.json"]
    with subprocess.Popen(
        words, cwd=service.folder, env={**measured(), "PATH": os.defpath}, stdout=subprocess.DEVNULL
    ) as process:
        try:
            while len(service.asked) < 3:
                assert process.poll() is None
            process.send_signal(signal.SIGINT)
            assert process.wait(180) == 130
        finally:
            process.kill()
    document = json.loads((service.folder / "run.json").read_text())
    assert 3 <= document["sent"] == document["answered"]["200"] == len(service.asked) < 100000


@pytest.mark.parametrize(
    ("verb", "resource"),
    sampled([("create", "pods/exec"), ("get", "deployments"), ("list", "pods"), ("get", "pods/exec")], 1),
)
def test_rights(probe: Run, server: Server, verb: str, resource: str) -> None:
    """The right that is missing is named, in one line, and nothing is sent."""
    server.access.deny(verb, resource)
    told = probe()
    assert (told.status, told.out) == (2, "")
    assert f"error: the right to {verb} {resource} in namespace default is missing" in told.err
    assert "Traceback" not in told.err


@pytest.mark.parametrize(
    ("programs", "told"), sampled([(("sh",), "it has no curl"), ((), "executable file not found")], 1)
)
def test_a_container_without_tools(
    probe: Run, server: Server, tmp_path: Path, programs: tuple[str, ...], told: str
) -> None:
    """A container without a shell or without curl is named, with the way out."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in programs:
        (folder / name).symlink_to(shutil.which(name) or name)
    server.access.programs = str(folder)
    error = probe().err
    assert told in error
    assert "Name a container that has a shell and curl, with -c." in error


@pytest.mark.long
def test_no_pod_that_runs(probe: Run, cluster: Cluster) -> None:
    """A pod that goes away is no place to send from, and a workload without pods says how to look."""
    cluster.terminate(POD)
    assert f"no pod of deploy/sleep runs: {POD} is going away" in probe().err
    cluster.delete(POD)
    assert "deploy/sleep has no pod in namespace default" in probe().err


@pytest.mark.parametrize(
    ("words", "told"),
    sampled(
        [
            (["--from", "deploy/other"], "deployments/other does not exist"),
            (["-c", "nginx"], f"pod {POD} has no container nginx. Give one of these with -c: sleep, istio-proxy"),
            (["--from", "sleep"], "--from sleep names no workload"),
            (["--cacert", "kubeconfig"], "which the pod of --from cannot read"),
        ],
        1,
    ),
)
def test_what_is_not_there(probe: Run, words: list[str], told: str) -> None:
    """Names that mean nothing are one line each."""
    found = probe(*words)
    assert found.status == 2
    assert told in found.err


@pytest.mark.unmeasured
def test_pod_by_name(probe: Run, service: Service, server: Server) -> None:
    """A pod that is named needs no right to list."""
    server.access.deny("list", "pods")
    assert probe("--from", f"pod/{POD}", "--count", "2").status == 0
    assert numbers(service) == [1, 2]


def test_acting_as_another_user(probe: Run, service: Service) -> None:
    """The official client would leave out whom it acts for, and ask with other rights: that is refused."""
    path = service.folder / "kubeconfig"
    told = json.loads(path.read_text())
    told["users"][0]["user"]["as"] = "someone"
    path.write_text(json.dumps(told))
    assert "acts as another user, which --from cannot" in probe().err
    assert service.asked == []


def test_a_broken_connection(command: list[str], service: Service, server: Server) -> None:
    """Where the connection to the pod breaks, the run so far is told and saved, and the error says so."""
    words = [MIRRORCHECK, *command, "--count", "100000", "--rate", "20", "--max-time", "60s", "--save", "run.json"]
    with subprocess.Popen(
        words,
        cwd=service.folder,
        env={**measured(), "PATH": os.defpath},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            while len(service.asked) < 3:
                assert process.poll() is None
            server.crash()
            _, error = process.communicate(timeout=180)
        finally:
            process.kill()
    assert process.returncode == 2
    assert f"error: the connection to pod {POD}, container sleep, namespace default broke" in error
    assert json.loads((service.folder / "run.json").read_text())["sent"] >= 3
