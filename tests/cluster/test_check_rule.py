"""What `mirrorcheck watch SERVICE --check-rule` says, and with which status.

`MIRRORCHECK_REFRESH=1` writes the expected screens anew.
"""

import os
from pathlib import Path

import pytest

from tests.cluster.manifests import LINE, destination_rule, virtual_service
from tests.kube.cluster import Cluster
from tests.kube.server import Server
from tests.program import Ran, call

SCREENS = Path(__file__).parent / "screens"
PODS = ("target-v1-6d4cf56db6-00000", "target-v2-58f9c-00000")


@pytest.fixture(autouse=True)
def logged(cluster: Cluster) -> None:
    """A pod of each side has logged a request."""
    for pod in PODS:
        cluster.log(pod, "nginx", LINE)


def check(server: Server, folder: Path, *options: str, columns: int = 80) -> Ran:
    """Run the command against the server."""
    words = ("watch", "target", "--check-rule", "--kubeconfig", str(server.kubeconfig(folder)), *options)
    return call(folder, *words, COLUMNS=str(columns))


def assert_screen(name: str, ran: Ran, status: int) -> None:
    """The command ends with a status, and shows what is expected on standard output only, in 80 columns."""
    expected = SCREENS / f"{name}.txt"
    if os.environ.get("MIRRORCHECK_REFRESH"):
        expected.write_text(ran.out)
    assert ran.out == expected.read_text()
    assert (ran.err, ran.status) == ("", status)
    assert max(map(len, ran.out.splitlines())) <= 80


def test_sound(cluster: Cluster, server: Server, tmp_path: Path) -> None:
    """A sound rule is one screen, and status 0."""
    cluster.apply(destination_rule())
    cluster.apply(virtual_service(percent=50))
    assert_screen("sound", check(server, tmp_path), 0)


def test_not_sound(cluster: Cluster, server: Server, tmp_path: Path) -> None:
    """What is wrong stands with what to do about it, and the status is 1."""
    cluster.apply(destination_rule())
    rule = virtual_service(mirror="v3", percent=0)
    rule["spec"]["http"][0]["route"].append({"destination": {"host": "target", "subset": "v2"}, "weight": 10})
    rule["spec"]["http"][0]["match"] = [{"uri": {"prefix": "/a-path-that-is-long/and-longer/" + "x" * 60}}]
    cluster.apply(rule)
    assert_screen("not-sound", check(server, tmp_path), 1)


def test_no_mirror(cluster: Cluster, server: Server, tmp_path: Path) -> None:
    """A rule without a mirror is no mirror."""
    cluster.apply(destination_rule())
    cluster.apply(virtual_service(mirror=None))
    assert_screen("no-mirror", check(server, tmp_path), 1)


def test_no_rule(server: Server, tmp_path: Path) -> None:
    """Without a rule nothing is sound, whatever the options say of the sides."""
    assert_screen("no-rule", check(server, tmp_path, "--expect", "50", "--shadow", "version=v2"), 1)


def test_not_readable(server: Server, tmp_path: Path) -> None:
    """A rule that may not be read is status 2, as any input that cannot be read."""
    server.access.deny("*", "virtualservices")
    assert_screen("not-readable", check(server, tmp_path), 2)


def test_hostile_names(cluster: Cluster, server: Server, tmp_path: Path) -> None:
    """Text of the cluster cannot move the cursor."""
    cluster.apply(destination_rule())
    rule = virtual_service(mirror="\x1b[2J\u202evil")
    cluster.apply(rule)
    ran = check(server, tmp_path)
    assert ran.status == 1
    assert "\x1b" not in ran.out
    assert "\u202e" not in ran.out
    assert r"\x1b[2J\u202evil" in ran.out


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--primary", "v1"], "--primary v1 is no label."),
        (["--expect", "150"], "--expect 150 is no percentage."),
        (["--context", "other"], "other"),
        (["-n", "empty"], "there is no service target in namespace empty."),
    ],
)
def test_errors(options: list[str], told: str, server: Server, tmp_path: Path) -> None:
    """What is wrong with the options is one line on standard error, and status 2."""
    ran = check(server, tmp_path, *options)
    assert (ran.out, ran.status, ran.err.count("\n")) == ("", 2, 1)
    assert ran.err.startswith("error: ")
    assert told in ran.err


def test_no_right_at_all(server: Server, tmp_path: Path) -> None:
    """Where nothing may be read, the one line ends with the pipe that works."""
    for right in ("services", "pods", "virtualservices", "destinationrules", "httproutes", "grpcroutes", "routerules"):
        server.access.deny("*", right)
    ran = check(server, tmp_path)
    assert (ran.out, ran.status, ran.err.count("\n")) == ("", 2, 1)
    assert ran.err.endswith("| mirrorcheck watch -\n")


def test_unreachable(server: Server, tmp_path: Path) -> None:
    """A server that is gone is one line, too."""
    server.crash()
    ran = check(server, tmp_path)
    assert (ran.out, ran.status, ran.err.count("\n")) == ("", 2, 1)
    assert "cannot be reached" in ran.err
