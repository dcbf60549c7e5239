"""Each command of the README that needs a cluster does its work on one, and each that needs a mesh behind one."""

import os
import shlex
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from tests.cluster.manifests import destination_rule, virtual_service
from tests.cluster.traffic import V1, V2, line, traffic
from tests.docs import readme
from tests.kube.cluster import Cluster
from tests.kube.conftest import cluster, kubectl_program, server
from tests.kube.server import Server
from tests.probe.mesh import Service, serve
from tests.program import Ran, call

pytestmark = pytest.mark.unmeasured

__all__ = ["cluster", "kubectl_program", "server"]
COMMANDS = "".join(readme.blocks(readme.text(), "shell")).splitlines()
# Those that never end, and are interrupted, run as a process; the others in this one, without the start of one.
ENDLESS = tuple(command for command in COMMANDS if command.endswith(("watch target", "watch -")))


def quick(command: str, wait_s: int = 4) -> str:
    """The command with a shorter wait."""
    waits = command.replace("5m", f"{wait_s}s").replace("10m", f"{wait_s}s")
    return waits.replace("watch target", "watch target --horizon 1s")


def expected(command: str) -> str:
    """What is printed where it does its work."""
    return "OK" if "--check-rule" in command else "copied"


def ended(command: str, server: Server, folder: Path) -> Ran:
    """Run a command that ends by itself, and again for longer where a busy machine saw no request meanwhile."""
    ran = _run(command, 4, server, folder)
    return ran if "no original request" not in ran.out + ran.err else _run(command, 40, server, folder)


def _run(command: str, wait_s: int, server: Server, folder: Path) -> Ran:
    if "--save" in command:
        shutil.rmtree(folder / "recording", ignore_errors=True)
    words = shlex.split(quick(command, wait_s))[1:]
    return call(folder, *words, KUBECONFIG=str(server.kubeconfig(folder)))


def started(command: str, server: Server, folder: Path, kubectl: Path) -> "subprocess.Popen[str]":
    """Start a command that never ends, as a user types it, with a shorter wait."""
    environment = {
        **readme.surroundings(folder),
        "KUBECONFIG": str(server.kubeconfig(folder)),
        "PATH": os.pathsep.join((str(kubectl.parent), readme.surroundings(folder)["PATH"])),
    }
    hurried = quick(command)
    return subprocess.Popen(  # noqa: S603  # the commands are the README's own
        ["/bin/sh", "-c", f"exec {hurried}" if "|" not in hurried else hurried],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def interrupted(process: "subprocess.Popen[str]") -> tuple[str, str]:
    """Press Ctrl-C, and again where nothing comes of it for minutes: it may get lost in polars."""
    os.killpg(process.pid, signal.SIGINT)
    try:
        return process.communicate(timeout=180)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGINT)
        return process.communicate(timeout=180)


@pytest.fixture(autouse=True)
def mesh(cluster: Cluster) -> None:
    """All requests are to be mirrored."""
    cluster.apply(destination_rule())
    cluster.apply(virtual_service(percent=100))
    for pod in (*V1, V2):
        cluster.log(pod, "nginx", line("/before", "-"))


def test_commands_for_a_cluster(cluster: Cluster, server: Server, kubectl_program: Path, tmp_path: Path) -> None:
    """In their order, since one reads what another keeps."""
    assert len(COMMANDS) == 6
    with traffic(cluster, 1.0):
        for command in COMMANDS:
            if command not in ENDLESS:
                ran = ended(command, server, tmp_path)
                assert expected(command) in ran.out, (command, ran)
                assert "error:" not in ran.err, command
                continue
            process = started(command, server, tmp_path, kubectl_program)
            assert process.stdout
            seen: list[str] = []
            for each in process.stdout:
                seen.append(each)
                if "STATUS" in each and " 0 paired" not in each:
                    break
            rest, complaint = interrupted(process)
            out = "".join(seen) + rest
            assert "Traceback" not in complaint
            assert "error:" not in complaint, command
            assert expected(command) in out, (command, out, complaint)


def test_commands_for_a_mesh(tmp_path: Path) -> None:
    """The probes reach a service whose requests are copied, and are judged by its logs."""
    [command] = "".join(readme.blocks(readme.text(), "probe")).splitlines()
    with serve(Service(tmp_path)) as service:
        ran = call(tmp_path, *shlex.split(command.replace("http://target/", service.url))[1:])
    assert ran.status == 0, ran
    assert "PASS  mirror ratio" in ran.out
