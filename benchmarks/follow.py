"""Pods that log at a rate come in, from a fake API server; what following them costs goes out, in CPU time a line.

    python -m benchmarks.follow --pods 200 --rate 250

The follower runs in a process of its own, so that its CPU time is its own; the fake is in Python too, and may not keep
up with the rate. The ratio is the follower's CPU time by that of splitting the same bytes into lines and hashing them.
"""

import argparse
import json
import logging
import queue
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from mirrorcheck.cluster.api.client import Client
from mirrorcheck.cluster.logs.follower import Follower
from mirrorcheck.cluster.logs.joining import Chosen
from mirrorcheck.sources.feed import Broken, Gap, Text
from tests.kube.cluster import Cluster
from tests.kube.lives import Record
from tests.kube.server import serve

_TURN_S = 0.1
_LINE = (
    b'10.0.0.1 - - [22/Nov/2026:10:00:00 +0000] "GET /api/cart/1 HTTP/1.1" 200 512 "-" "curl/8" '
    b"rt=0.001 xff=10.1.1.1,10.2.2.2"
)
_STAMP = b"2026-11-22T10:00:00.000000000Z "


def follow(kubeconfig: Path, pods: int) -> None:
    """Follow all pods until standard input ends and no more comes; print what it took, as JSON."""
    client = Client.connect(kubeconfig, environ={})
    lines = breaks = 0
    gaps: Counter[str] = Counter()
    with Follower(client, lambda _: Chosen("primary", ("nginx",)), max_streams=pods) as follower:
        while not all(tail.connection for tail in follower.streams):
            time.sleep(_TURN_S)
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        began, expected = time.process_time(), int(sys.stdin.readline() or 0)
        while not lines or lines < expected:
            try:
                event = follower.events.get(timeout=60.0)
            except queue.Empty:
                break
            lines += event.data.count(b"\n") if isinstance(event, Text) else 0
            gaps.update([event.reason] if isinstance(event, Gap) else [])
            breaks += isinstance(event, Broken)
        spent = time.process_time() - began
    sys.stdout.write(json.dumps({"lines": lines, "cpu_s": spent, "gaps": gaps, "breaks": breaks}) + "\n")


def log(cluster: Cluster, pods: int, rate: int, seconds: float) -> int:
    """Let every pod log at a rate, or as fast as the fake can; returns the number of lines."""
    each, written = max(1, round(rate * _TURN_S)), 0
    end = time.monotonic() + seconds
    while (now := time.monotonic()) < end:
        for pod in range(pods):
            at = time.time_ns()
            cluster.write(f"pod-{pod}", "nginx", [Record(at + number, _LINE) for number in range(each)])
            written += each
        time.sleep(max(0.0, now + _TURN_S - time.monotonic()))
    return written


def floor(lines: int) -> float:
    """Return the CPU seconds that splitting so many lines and hashing them takes, at least."""
    data = (_STAMP + _LINE + b"\n") * 500
    began = time.process_time()
    for _ in range(max(1, lines // 500)):
        for line in data.split(b"\n"):
            hash(line)
    return time.process_time() - began


def main() -> int:
    """Measure, and print a line; the status is 1 where a line is missing or was said to be."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--pods", type=int, default=200)
    options.add_argument("--rate", type=int, default=250, help="lines a second of each pod")
    options.add_argument("--seconds", type=float, default=10.0)
    options.add_argument("--follow", type=Path, help=argparse.SUPPRESS)
    given = options.parse_args()
    logging.disable(logging.CRITICAL)  # the server tells of each client that leaves
    if given.follow:
        follow(given.follow, given.pods)
        return 0
    cluster = Cluster()
    for pod in range(given.pods):
        cluster.add_pod(f"pod-{pod}", {"app": "target"})
    with tempfile.TemporaryDirectory() as folder, serve(cluster) as server:
        words = ["--follow", str(server.kubeconfig(Path(folder))), "--pods", str(given.pods)]
        process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.follow", *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdin  # noqa: S101  # asked for above
        assert process.stdout  # noqa: S101
        process.stdout.readline()
        began = time.monotonic()
        written = log(cluster, given.pods, given.rate, given.seconds)
        took = time.monotonic() - began
        out, _ = process.communicate(f"{written}\n")
    found = json.loads(out)
    micros, least = found["cpu_s"] / written * 1e6, floor(written) / written * 1e6
    why = ", ".join(f"{count} of: {reason}" for reason, count in found["gaps"].items()) or "none"
    sys.stdout.write(
        f"{given.pods} pods, {written} lines in {took:.0f} s ({written / took:.0f}/s): {found['lines']} told, "
        f"gaps {why}; {found['breaks']} breaks; {micros:.1f} us of CPU a line, "
        f"{micros / least:.0f} times splitting and hashing it; {micros * given.rate * given.pods / 1e6:.2f} of a core "
        f"at {given.rate * given.pods} lines/s\n"
    )
    return int(found["lines"] != written or bool(found["gaps"]))


if __name__ == "__main__":
    sys.exit(main())
