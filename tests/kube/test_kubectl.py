"""A real kubectl takes the fake for a cluster."""

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cluster.manifests import virtual_service
from tests.kube.cluster import Cluster
from tests.kube.instants import instant, stamp
from tests.kube.server import Server

V1 = "target-v1-6d4cf56db6-00000"
V2 = "target-v2-58f9c-00000"
AT = instant("2026-11-22T17:59:04.5Z")


class Kubectl:
    """kubectl in a folder of its own, with the fake as its only cluster."""

    def __init__(self, program: Path, folder: Path, kubeconfig: Path) -> None:
        self._program = program
        self._environment = {"KUBECONFIG": str(kubeconfig), "HOME": str(folder), "NO_PROXY": "127.0.0.1"}

    def run(self, *words: str, given: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run it to its end; `given`: its standard input."""
        return subprocess.run(
            [self._program, *words],
            env=self._environment,
            input=given,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )

    def out(self, *words: str) -> str:
        """Run it, and return what it printed; it must not fail."""
        done = self.run(*words)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Start it, for the caller to end."""
        return subprocess.Popen(
            [self._program, *words], env=self._environment, stdout=subprocess.PIPE, text=True, bufsize=1
        )


@pytest.fixture
def kubectl(kubectl_program: Path, tmp_path: Path, server: Server) -> Kubectl:
    """Run kubectl against the server."""
    return Kubectl(kubectl_program, tmp_path, server.kubeconfig(tmp_path))


@pytest.fixture
def following(kubectl: Kubectl) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start kubectl for as long as the test runs."""
    started: list[subprocess.Popen[str]] = []

    def start(*words: str) -> subprocess.Popen[str]:
        started.append(kubectl.start(*words))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


def said(process: subprocess.Popen[str]) -> str:
    """Return the next line a program prints; an empty one where it has ended."""
    assert process.stdout is not None
    return process.stdout.readline().rstrip("\n")


def test_get_pods(kubectl: Kubectl) -> None:
    """It finds the resource by discovery, and reads the list."""
    pods = json.loads(kubectl.out("get", "pods", "-o", "json"))["items"]
    assert [pod["metadata"]["name"] for pod in pods] == [V1, V1[:-1] + "1", V2]
    assert {pod["kind"] for pod in pods} == {"Pod"}


@pytest.mark.parametrize("wanted", ["version=v2", "version in (v2,v3)", "app,version!=v1", "version notin (v1)"])
def test_get_by_label(kubectl: Kubectl, wanted: str) -> None:
    """Every form of a selector chooses the same pod."""
    assert kubectl.out("get", "po", "-l", wanted, "-o", "name") == f"pod/{V2}\n"


def test_get_by_field_and_page(kubectl: Kubectl) -> None:
    """A field selects, and pages of one are put together."""
    assert kubectl.out("get", "pods", "--field-selector", f"metadata.name={V1}", "-o", "name") == f"pod/{V1}\n"
    assert len(kubectl.out("get", "pods", "--chunk-size=1", "-o", "name").splitlines()) == 3


def test_get_of_every_version(kubectl: Kubectl, cluster: Cluster) -> None:
    """A mesh object is shown in whichever served version is asked for."""
    rule = {
        "apiVersion": "networking.istio.io/v1",
        "kind": "VirtualService",
        "metadata": {"name": "target"},
        "spec": {},
    }
    cluster.apply(rule)
    for version in ("v1", "v1beta1", "v1alpha3"):
        shown = json.loads(kubectl.out("get", f"virtualservices.{version}.networking.istio.io", "target", "-o", "json"))
        assert shown["apiVersion"] == f"networking.istio.io/{version}"
    assert kubectl.out("get", "vs,dr,httproutes,grpcroutes,routerules", "-o", "name").count("target") == 1


def test_watch(cluster: Cluster, following: Callable[..., subprocess.Popen[str]]) -> None:
    """It lists, then hears of what is new and what is gone."""
    watching = following("get", "pods", "-l", "version=v2", "-w", "--output-watch-events", "--no-headers")
    assert said(watching).split()[:2] == ["ADDED", V2]
    cluster.add_pod("another", {"version": "v2"})
    assert said(watching).split()[:2] == ["ADDED", "another"]
    cluster.delete(V2)
    assert [said(watching).split()[0] for _ in range(3)] == ["MODIFIED", "MODIFIED", "DELETED"]


def test_watch_of_a_rule(cluster: Cluster, following: Callable[..., subprocess.Popen[str]]) -> None:
    """What is taken out of a rule and put back is told as two changes, each of a newer version; a label is none."""
    rule = virtual_service()
    shown = "{.type} {.object.metadata.generation} {.object.spec.http[0].mirror.subset}"
    before = cluster.apply(rule)["metadata"]["resourceVersion"]
    words = ("get", "vs", "-w", "--output-watch-events", "-o")
    watching = following(*words, f'jsonpath={shown} {{.object.metadata.resourceVersion}}{{"\\n"}}')
    told = [said(watching)]
    for changed in (virtual_service(mirror=None), virtual_service(mirror=None), rule):
        cluster.apply(changed)
    cluster.apply(rule | {"metadata": rule["metadata"] | {"labels": {"by": "hand"}}})
    told += [said(watching) for _ in range(3)]
    assert [line.rpartition(" ")[0] for line in told] == ["ADDED 1 v2", "MODIFIED 2 ", "MODIFIED 3 v2", "MODIFIED 3 v2"]
    versions = [int(line.rpartition(" ")[2]) for line in told]
    assert versions == sorted(set(versions))
    assert versions[0] == int(before)


def test_logs(kubectl: Kubectl, cluster: Cluster) -> None:
    """A log is printed, of one pod and, with their names, of all that a label selects."""
    cluster.log(V1, "nginx", b"one")
    cluster.log(V2, "nginx", b"two")
    assert kubectl.out("logs", V1, "-c", "nginx") == "one\n"
    assert kubectl.out("logs", "deploy/target-v2") == "two\n"
    told = kubectl.out("logs", "-l", "app=target", "-c", "nginx", "--prefix").splitlines()
    assert sorted(told) == [f"[pod/{V1}/nginx] one", f"[pod/{V2}/nginx] two"]


def test_follow(cluster: Cluster, following: Callable[..., subprocess.Popen[str]]) -> None:
    """It follows with stamps, and ends when the container does."""
    cluster.log(V2, "nginx", b"before", at=AT)
    tail = following("logs", "-f", "--timestamps", V2)
    assert said(tail) == f"{stamp(AT)} before"
    cluster.log(V2, "nginx", b"after", at=AT + 1, zone=120)
    assert said(tail) == "2026-11-22T19:59:04.500000001+02:00 after"
    cluster.stop(V2, "nginx")
    assert said(tail) == ""
    assert tail.wait(180) == 0


def test_previous(kubectl: Kubectl, cluster: Cluster) -> None:
    """The life before a restart has its own log, and only that one."""
    assert "previous terminated container" in kubectl.run("logs", "--previous", V2).stderr
    for life in ("first", "second", "third"):
        cluster.log(V2, "nginx", life.encode())
        cluster.restart(V2, "nginx")
    assert kubectl.out("logs", "--previous", V2) == "third\n"
    assert kubectl.out("logs", V2) == ""


def test_since_time(kubectl: Kubectl, cluster: Cluster) -> None:
    """What kubectl asks for with a fraction, it gets from the whole second on."""
    for number, at in enumerate((AT - 500_000_001, AT - 500_000_000, AT)):
        cluster.log(V2, "nginx", b"%d" % number, at=at)
    assert kubectl.out("logs", V2, "--since-time", stamp(AT + 1)) == "1\n2\n"


def test_refusals(kubectl: Kubectl, server: Server) -> None:
    """It words each refusal as it does for a real cluster."""
    assert "a container name must be specified" not in kubectl.out("logs", V1)
    assert f'pods "{V2}x" not found' in kubectl.run("logs", f"{V2}x").stderr
    assert f"container none is not valid for pod {V2}" in kubectl.run("logs", V2, "-c", "none").stderr
    server.access.deny("get", "pods/log")
    told = kubectl.run("logs", V2).stderr
    assert 'User "tester" cannot get resource "pods/log" in API group "" in the namespace "default"' in told
    server.access.tokens.clear()
    assert "You must be logged in to the server" in kubectl.run("get", "pods").stderr


def test_exec(kubectl: Kubectl) -> None:
    """It runs a command in a container, by a websocket, with its streams and its exit status."""
    told = kubectl.run("exec", V1, "-c", "nginx", "--", "sh", "-c", "echo out; echo err >&2; exit 3")
    assert (told.stdout, told.stderr, told.returncode) == (
        "out\n",
        "err\ncommand terminated with exit code 3\n",
        3,
    )


def test_exec_with_input(kubectl: Kubectl) -> None:
    """What it is given reaches the command, whose input ends when that does."""
    told = kubectl.run("exec", "-i", "deploy/target-v1", "--", "sh", "-c", "cat; echo done", given="1\n2\n")
    assert (told.stdout, told.returncode) == ("1\n2\ndone\n", 0)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([V1, "-c", "other", "--", "true"], "container other is not valid for pod"),
        ([V1, "--", "no-such-program"], 'exec: "no-such-program": executable file not found in $PATH'),
    ],
)
def test_exec_of_what_is_not_there(kubectl: Kubectl, words: list[str], told: str) -> None:
    """A container or program that is not there is named."""
    done = kubectl.run("exec", *words)
    assert done.returncode == 1
    assert told in done.stderr
