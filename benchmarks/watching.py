"""Pods of a cluster log at a rate for a while; how `mirrorcheck watch` keeps up goes out, and whether it is exact.

    python -m benchmarks.watching --pods 200 --rate 250 --seconds 1200

The watcher is the process that users start. The cluster is a fake API server in a process of its own, which is in
Python, too, and may not keep up with the rate: then the rate that it reached is printed. One request in a thousand is
not copied. Afterwards each pod logs ten lines a second until all is decided. The status is 1 where the report is not
exact.
"""

import argparse
import gc
import json
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import polars as pl

from benchmarks.generate import MISSED, PROXY, line, requests
from tests.cluster.manifests import destination_rule, virtual_service
from tests.kube.cluster import NAMESPACE, Cluster
from tests.kube.lives import Record
from tests.kube.server import serve
from tests.kube.workloads import deploy, service

_TURN_S = 0.1
_BODIES = 100_000  # requests that are sent again and again
_KEPT_S = 60  # the server forgets what it logged so long ago: nobody asks for it again
_OLD = Record(0, b"")
_HORIZON_S = 60
_AFTER_S, _AFTER = _HORIZON_S + 5, 10  # then so many requests a second to each pod


# The cluster, in a process of its own.


def serve_pods(pods: int, rate: int, seconds: float) -> None:
    """Serve a cluster; say where it is, wait for a line of standard input, log, and say what was logged, as JSON."""
    logging.disable(logging.CRITICAL)  # the server tells of each client that leaves
    gc.disable()  # it would stop the server for seconds, as there are millions of records, none of them in a circle
    cluster = Cluster()
    sides = [
        deploy(cluster, f"target-{name}", {"app": "target", "version": name}, replicas=pods // 2, revision=revision)
        for name, revision in (("v1", "6d4cf56db6"), ("v2", "58f9c"))
    ]
    cluster.apply(service("target", {"app": "target"}))
    cluster.apply(destination_rule())
    cluster.apply(virtual_service())
    originals, copies = _bodies()
    earlier = time.time_ns() - 600 * 10**9
    for names, bodies in zip(sides, (originals, copies), strict=True):
        for pod in names:  # a line of each, by which its container is found
            cluster.write(pod, "nginx", [Record(earlier, _stamped(bodies[0], earlier))])
    with TemporaryDirectory() as folder, serve(cluster) as server:
        _tell(kubeconfig=str(server.kubeconfig(Path(folder))))
        sys.stdin.readline()
        _tell(**_log(cluster, sides, (originals, copies), rate * pods / 2, seconds))
        sys.stdin.readline()


def _bodies() -> tuple[list[tuple[bytes, bytes]], list[tuple[bytes, bytes]]]:
    """What originals and copies are logged as, without their stamps."""
    table = requests(_BODIES, np.random.default_rng(2))
    made = table.select(line("original_ms", "-").alias("original"), line("copy_ms", PROXY).alias("copy"))
    found: tuple[list[tuple[bytes, bytes]], ...] = tuple(
        [(head.encode() + b"[", b"]" + rest.encode()) for head, rest in _without_stamp(made[name])]
        for name in ("original", "copy")
    )
    return found[0], found[1]


def _without_stamp(lines: pl.Series) -> list[tuple[str, str]]:
    return [(text.partition("[")[0], text.partition("]")[2]) for text in lines.to_list()]


def _stamped(body: tuple[bytes, bytes], at_ns: int) -> bytes:
    return body[0] + datetime.fromtimestamp(at_ns // 10**9, UTC).strftime("%d/%b/%Y:%H:%M:%S +0000").encode() + body[1]


def _log(
    cluster: Cluster,
    sides: list[list[str]],
    bodies: tuple[list[tuple[bytes, bytes]], list[tuple[bytes, bytes]]],
    per_second: float,
    seconds: float,
) -> dict[str, Any]:
    """Log so many requests a second, and then few; how many there were, and how many without a copy."""
    chance = np.random.default_rng(3)
    begin, sent, missed = time.time(), 0, 0
    forgotten = dict.fromkeys((pod for names in sides for pod in names), 1)  # the first line stays
    while (now := time.time()) < begin + seconds + _AFTER_S:
        is_after = now > begin + seconds
        count = (
            int(min(now - begin, seconds) * per_second + max(0.0, now - begin - seconds) * _AFTER * len(sides[0]))
            - sent
        )
        at_ns, stamp = (
            time.time_ns(),
            datetime.fromtimestamp(int(now), UTC).strftime("%d/%b/%Y:%H:%M:%S +0000").encode(),
        )
        copied = (chance.random(count) >= MISSED) | is_after
        records: dict[str, list[Record]] = {}
        for names, own, which in zip(sides, bodies, (np.ones(count, np.bool_), copied), strict=True):
            numbers = (sent + np.flatnonzero(which)).tolist()
            pods = chance.integers(0, len(names), len(numbers)).tolist()
            for place, (number, pod) in enumerate(zip(numbers, pods, strict=True)):
                head, tail = own[number % _BODIES]
                records.setdefault(names[pod], []).append(Record(at_ns + place * 1000, head + stamp + tail))
        cluster.write_all("nginx", records)
        sent, missed = sent + count, missed + int((~copied).sum())
        _forget(cluster, forgotten, at_ns - _KEPT_S * 10**9)
        time.sleep(max(0.0, now + _TURN_S - time.time()))
    return {"began": begin, "originals": sent, "missed": missed}


def _forget(cluster: Cluster, forgotten: dict[str, int], before_ns: int) -> None:
    """Keep the places of old records, so that readers find theirs, but not what they hold."""
    with cluster.lock:
        for pod, place in forgotten.items():
            file = cluster.pods[NAMESPACE, pod].containers["nginx"].lives[-1].files[-1]
            old = next((number for number in range(place, len(file)) if file[number].at >= before_ns), len(file))
            file[place:old] = [_OLD] * (old - place)
            forgotten[pod] = old


def _tell(**facts: object) -> None:
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


# The watcher, and what is seen of it.


@dataclass
class _Seen:
    """What the watcher said, with when it said so, and what it took, second by second."""

    told: list[tuple[float, dict[str, Any]]] = field(default_factory=list)
    taken: list[tuple[float, float, float]] = field(default_factory=list)  # instant, processor seconds, MiB

    def listen(self, watcher: "subprocess.Popen[str]") -> None:
        """Read what it says, to the end."""
        assert watcher.stdout  # noqa: S101  # asked for
        for text in watcher.stdout:
            self.told.append((time.time(), json.loads(text)))

    def measure(self, pid: int) -> None:
        """Note what the process took until now."""
        stat, ticks = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split(), os.sysconf("SC_CLK_TCK")
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        self.taken.append(
            (time.time(), (int(stat[11]) + int(stat[12])) / ticks, pages * os.sysconf("SC_PAGE_SIZE") / 2**20)
        )

    def of(self, kind: str) -> list[tuple[float, dict[str, Any]]]:
        """The events of a type."""
        return [(at, event) for at, event in self.told if event["type"] == kind]


def _instant(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def main() -> int:
    """Measure, and print what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--pods", type=int, default=200)
    parser.add_argument("--rate", type=int, default=250, help="lines a second of each pod")
    parser.add_argument("--seconds", type=float, default=1200.0)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        serve_pods(given.pods, given.rate, given.seconds)
        return 0
    words = [f"--{name}={getattr(given, name)}" for name in ("pods", "rate", "seconds")]
    cluster = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.watching", "--serve", *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert cluster.stdin  # noqa: S101  # asked for
    assert cluster.stdout  # noqa: S101
    kubeconfig = json.loads(cluster.stdout.readline())["kubeconfig"]
    program = str(Path(sys.executable).with_name("mirrorcheck"))
    command = [program, "watch", "target", "--kubeconfig", kubeconfig, "--max-streams", str(given.pods), "--jsonl"]
    watcher = subprocess.Popen([*command, "--interval", "1s"], stdout=subprocess.PIPE, text=True)
    seen = _Seen()
    listener = threading.Thread(target=seen.listen, args=(watcher,))
    listener.start()
    while not any(len(event["streams"]) == given.pods for _, event in seen.of("status")):
        time.sleep(_TURN_S)
    cluster.stdin.write("log\n")
    cluster.stdin.flush()
    truth: dict[str, Any] = {}
    ended = threading.Thread(target=lambda: truth.update(json.loads(cluster.stdout.readline())))  # type: ignore[union-attr]
    ended.start()
    while ended.is_alive():
        seen.measure(watcher.pid)
        time.sleep(1.0)
    asked = time.time()
    watcher.send_signal(signal.SIGINT)
    listener.join()
    watcher.wait()
    cluster.communicate("end\n")
    return _print(given, seen, truth, asked)


def _print(given: argparse.Namespace, seen: _Seen, truth: dict[str, Any], asked: float) -> int:
    [(reported, report)] = seen.of("report")
    ended = asked - _AFTER_S
    statuses = [(at, event) for at, event in seen.of("status") if truth["began"] + 5 < at < ended]
    behind = [max(stream["lag_ms"] for stream in event["streams"]) / 1000 for _, event in statuses]
    spaces = np.diff([at for at, _ in statuses])
    late = [at - _instant(event["at"]) for at, event in seen.of("missed")]
    seconds, spent, memory = (np.array(column) for column in zip(*seen.taken, strict=True))
    rate = truth["originals"] * 2 / given.seconds
    last = seconds >= seconds[-1] - given.seconds * 3 / 4
    slope, spread = _slope(seconds[last], memory[last])
    originals = report["report"]["originals"]
    exact = (originals["total"], originals["missed"]) == (truth["originals"], truth["missed"])
    third = len(spaces) // 3
    print(f"{given.pods} pods, {rate:,.0f} lines/s reached of {given.pods * given.rate:,}, {given.seconds:,.0f} s")
    print(f"behind: median {np.median(behind):.1f} s, most {max(behind):.1f} s")
    print(
        f"from state to state: {np.median(spaces[:third]):.2f} s at first, {np.median(spaces[-third:]):.2f} s at last"
    )
    if late:
        print(
            f"a miss after its request: median {np.median(late):.1f} s, most {max(late):.1f} s, horizon {_HORIZON_S} s"
        )
    print(f"the report after Ctrl-C: {reported - asked:.1f} s")
    print(f"cores: {(spent[-1] - spent[0]) / (seconds[-1] - seconds[0]):.2f}")
    print(
        f"memory: {memory[-1]:,.0f} MiB, {slope * 60:+.2f} +- {spread * 60:.2f} MiB a minute in the last three quarters"
    )
    print(
        f"{originals['missed']:,} of {originals['total']:,} missed, "
        f"{'exact' if exact else f'not {truth}'}; gaps: {_reasons(report['report']['gaps'])}"
    )
    return int(not exact)


def _reasons(gaps: list[dict[str, Any]]) -> str:
    return ", ".join(f"{count} of: {why}" for why, count in Counter(gap["reason"] for gap in gaps).items()) or "none"


def _slope(seconds: Any, memory: Any) -> tuple[float, float]:  # noqa: ANN401  # columns
    """The slope of a line through the points, and twice its standard error."""
    centred = seconds - seconds.mean()
    slope = float((centred * (memory - memory.mean())).sum() / (centred**2).sum())
    rest = memory - memory.mean() - slope * centred
    return slope, 2 * float(np.sqrt((rest**2).sum() / max(1, len(rest) - 2) / (centred**2).sum()))


if __name__ == "__main__":
    sys.exit(main())
