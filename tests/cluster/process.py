"""`mirrorcheck watch` as the process that users start, and where it ends by itself in the tests' own process."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.cluster.hurried import hurried
from tests.kube.server import Server
from tests.measured import measured
from tests.program import call

HURRIED = hurried.__module__
_PATIENCE_S = 180  # a busy machine may be slow


def environment() -> dict[str, str]:
    """The variables of a plain terminal of 80 columns."""
    plain = {"PATH": os.environ["PATH"], "NO_COLOR": "1", "COLUMNS": "80", "LC_ALL": "C.UTF-8"}
    return {**plain, "PYTHONPATH": os.pathsep.join(sys.path)}


def start(
    server: Server, folder: Path, *options: str, program: str = "mirrorcheck", limit: str = ""
) -> "subprocess.Popen[str]":
    """Start watching a service; limit: a command of the shell before it, such as ulimit."""
    words = ["watch", "target", "--kubeconfig", str(server.kubeconfig(folder)), *options]
    measures = {} if "-f" in limit else measured()  # coverage could not write its data either
    return subprocess.Popen(  # noqa: S603  # it is this project's own
        ["/bin/sh", "-c", f'{limit or ":"}; exec "$@"', "sh", sys.executable, "-m", program, *words],
        env=environment() | measures | {"TMPDIR": str(folder)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(server: Server, folder: Path, *options: str, status: int) -> tuple[str, str]:
    """Watch a service in this process, as the options say how long, and return what was printed on either stream."""
    ran = call(folder, "watch", "target", "--kubeconfig", str(server.kubeconfig(folder)), *options, COLUMNS="80")
    assert ran.status == status, ran.err + ran.out
    assert "Traceback" not in ran.err
    return ran.out, ran.err


def finish(process: "subprocess.Popen[str]", status: int) -> tuple[str, str]:
    """Wait for the process, and return what it printed on either stream."""
    out, err = process.communicate(timeout=_PATIENCE_S)
    assert process.returncode == status, err + out
    assert "Traceback" not in err
    return out, err


def interrupted(process: "subprocess.Popen[str]", status: int, number: int = signal.SIGINT) -> tuple[str, str]:
    """Interrupt the process and wait for it; again where that takes minutes, since Ctrl-C may get lost in polars."""
    for _ in range(2):
        process.send_signal(number)
        with suppress(subprocess.TimeoutExpired):
            return finish(process, status)
    process.send_signal(number)
    return finish(process, status)


def read_until(process: "subprocess.Popen[str]", seen: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """Read events of --jsonl until one is what is waited for, and return it."""
    assert process.stdout
    for told in process.stdout:
        event: dict[str, Any] = json.loads(told)
        if seen(event):
            return event
    raise AssertionError("the watching ended before")


def report_of(out: str) -> dict[str, Any]:
    """The report among the events of --jsonl, behind which checks may stand."""
    [told] = [each for each in out.splitlines() if each.startswith('{"type": "report"')]
    report: dict[str, Any] = json.loads(told)["report"]
    return report
