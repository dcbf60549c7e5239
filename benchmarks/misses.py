"""Pods that log at a rate come in, from a fake API server; how long a miss takes to be told goes out.

    python -m benchmarks.misses --pods 100 --rate 250 --against ../other-checkout

`mirrorcheck watch --jsonl` runs in a process of its own. With --against it is run twice in turn, first with the code of
that folder. The fake is in Python, too: of what it cannot keep up with, it says how much it wrote.
"""

import argparse
import json
import logging
import os
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from tests.cluster.manifests import destination_rule, virtual_service
from tests.kube.cluster import Cluster
from tests.kube.lives import Record
from tests.kube.server import serve
from tests.kube.workloads import deploy, service

_TURN_S = 0.1
_APART_S = 2.0  # between two misses
_ROOT = Path(__file__).parents[1]


@dataclass
class Run:
    """What one watching told: by the path of a miss when it was sent and when it was told, seconds since 1970."""

    pods: int
    rate: int
    horizon_s: float
    sent: dict[str, float] = field(default_factory=dict)
    told: dict[str, float] = field(default_factory=dict)
    looks: list[float] = field(default_factory=list)
    lines: int = 0
    ended: float = 0.0

    def summary(self, name: str) -> str:
        """A line for people."""
        late = sorted(at - self.sent[path] for path, at in self.told.items() if path in self.sent)
        due = [path for path, at in self.sent.items() if at + 3 * self.horizon_s < self.ended]
        lost = sum(path not in self.told for path in due)
        still = max((b - a for a, b in zip(self.looks, self.looks[1:], strict=False)), default=0.0)
        told = f"median {statistics.median(late):.1f} s, most {late[-1]:.1f} s" if late else "none told"
        return (
            f"{name}: {self.pods} pods, {self.lines} lines written; {len(late)} of {len(self.sent)} misses told after "
            f"{told}, {lost} not within {3 * self.horizon_s:g} s; state told at most {still:.1f} s apart\n"
        )


def line(path: str, xff: str) -> bytes:
    """A line of `main`, stamped now."""
    stamp = datetime.now(UTC).strftime("%d/%b/%Y:%H:%M:%S +0000")
    return f'127.0.0.6 - - [{stamp}] "GET {path} HTTP/1.1" 200 12 "-" "curl/8" "{xff}"'.encode()


def prepare(run: Run) -> tuple[Cluster, list[str], list[str]]:
    """A service half of whose pods are mirrored to the other half."""
    cluster = Cluster()
    cluster.apply(service("target", {"app": "target"}))
    cluster.apply(destination_rule())
    cluster.apply(virtual_service())
    sides = [
        deploy(cluster, f"target-{version}", {"app": "target", "version": version}, replicas=run.pods // 2)
        for version in ("v1", "v2")
    ]
    for pods in sides:
        cluster.log(pods[0], "nginx", line("/before", "-"))
    return cluster, sides[0], sides[1]


def log(run: Run, cluster: Cluster, v1: list[str], v2: list[str], seconds: float) -> None:
    """Let requests come at the rate, a miss among them every so often."""
    chance, number, end, next_miss = random.Random(7), 0, time.monotonic() + seconds, 0.0  # noqa: S311  # traffic, no secret
    each = max(1, round(run.rate * _TURN_S / 2))
    while (now := time.monotonic()) < end:
        by_pod: dict[str, list[Record]] = {}
        for _ in range(each):
            number += 1
            at, path = time.time_ns(), f"/page/{number}"
            by_pod.setdefault(chance.choice(v1), []).append(Record(at, line(path, "-")))
            by_pod.setdefault(chance.choice(v2), []).append(Record(at + 1, line(path, "192.0.2.2")))
        if now >= next_miss:
            next_miss, path = now + _APART_S, f"/left-out/{len(run.sent)}"
            by_pod.setdefault(v1[0], []).append(Record(time.time_ns(), line(path, "-")))
            run.sent[path] = time.time()
        for pod, records in by_pod.items():
            cluster.write(pod, "nginx", records)
            run.lines += len(records)
        time.sleep(max(0.0, now + _TURN_S - time.monotonic()))


def hear(run: Run, process: "subprocess.Popen[str]", ready: threading.Event) -> None:
    """Note when each miss is told."""
    assert process.stdout  # noqa: S101  # asked for where it was started
    for told in process.stdout:
        if not told.startswith("{"):
            continue
        event = json.loads(told)
        if event["type"] == "missed":
            run.told.setdefault(event["target"], time.time())
        if event["type"] == "status":
            run.looks.append(time.time())
            if len(event["streams"]) >= run.pods:
                ready.set()
    ready.set()


def watch(run: Run, root: Path, seconds: float) -> Run:
    """Watch with the code of a folder."""
    cluster, v1, v2 = prepare(run)
    with tempfile.TemporaryDirectory() as folder, serve(cluster) as server:
        words = ["--kubeconfig", str(server.kubeconfig(Path(folder))), "--jsonl", "--interval", "0.2s"]
        words += ["--horizon", f"{run.horizon_s:g}s", "--max-streams", str(run.pods)]
        process = subprocess.Popen(
            [sys.executable, "-m", "mirrorcheck", "watch", "target", *words],
            stdout=subprocess.PIPE,
            text=True,
            cwd=root,
            env=os.environ | {"PYTHONPATH": os.pathsep.join((str(root), str(root / "parsers")))},
        )
        ready = threading.Event()
        hearing = threading.Thread(target=hear, args=(run, process, ready))
        hearing.start()
        ready.wait()
        log(run, cluster, v1, v2, seconds)
        run.ended = time.time()
        process.terminate()
        hearing.join()
        process.wait()
    return run


def main() -> int:
    """Measure, and print a line for each run."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--pods", type=int, default=50)
    options.add_argument("--rate", type=int, default=250, help="lines a second of all pods")
    options.add_argument("--seconds", type=float, default=60.0)
    options.add_argument("--horizon", type=float, default=10.0)
    options.add_argument("--against", type=Path, help="a folder with other code of this project")
    given = options.parse_args()
    logging.disable(logging.CRITICAL)  # the server tells of each client that leaves
    for name, root in (("before", given.against), ("now", _ROOT)):
        if root is not None:
            run = watch(Run(given.pods, given.rate, given.horizon), root.resolve(), given.seconds)
            sys.stdout.write(run.summary(name))
            sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
