"""Pods log while streams break in every way and pods come and go, by a seed; judges what was followed.

    python -m tests.cluster.chaos --seeds 100

Every line that the API could give must be told once, and every other lie in a gap that was told.
"""

import argparse
import contextlib
import logging
import queue
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from mirrorcheck.cluster.api.client import Client
from mirrorcheck.cluster.logs.constants import FollowPace
from mirrorcheck.cluster.logs.container_runs import Pod
from mirrorcheck.cluster.logs.follower import Follower
from mirrorcheck.cluster.logs.joining import Chosen
from mirrorcheck.cluster.logs.tail import Tail
from mirrorcheck.sources.feed import FeedEvent, Gap, Note, Opened, Proof, Text
from tests.cluster.kubeconfigs import with_token_file
from tests.kube.access import TOKEN
from tests.kube.cluster import Cluster
from tests.kube.faults import FOLLOWING, Answer, Cut, Fault, Slow, Stall, Where
from tests.kube.instants import stamp
from tests.kube.lives import Line
from tests.kube.server import Server, serve
from tests.kube.workloads import deploy

PACE = FollowPace(batch=0.02, silence=2.0, idle=0.15, check=0.1, settle=0.15, most=0.15, margin=0.2)
BLIND = replace(PACE, idle=3600.0, check=3600.0)
SECONDS = 4.0
_ROUNDS = 6  # of a run in which nothing but the lines that come again tells of a loss
_WILD = 0.15  # of the steps of a run do harm
_PATIENCE_S = 120.0  # a busy machine may be slow
_APART_S = 0.6  # between two rotations of a pod: more than a look needs, as the kubelet's ten seconds are
_LASTS_S = 1.5  # a token, at least
_JUMPY = "jumpy"
_JUMP_NS = 1_900_000_000  # how far its stamps run back: by less than the slack
_BUFFER_NS = 10_000_000  # lines written within it may have one stamp, as conmon gives it
ANY_LOG = Where(resource="pods/log")

Key = tuple[str, int]
"""A pod's uid and the number of a restart."""


@dataclass(slots=True)
class Told:
    """What a follower has told: lines and gaps by life."""

    lines: dict[Key, list[bytes]] = field(default_factory=dict)
    gaps: dict[Key, list[Gap]] = field(default_factory=dict)
    early: int = 0  # lines that came after the proof that there were no more
    breaks: int = 0
    blind_until: int = 0  # pods that came and went before this instant may not have been seen, as was told
    keys: dict[str, Key] = field(default_factory=dict)
    diary: list[str] = field(default_factory=list)
    _proofs: dict[str, int] = field(default_factory=dict)

    def take(self, event: FeedEvent) -> None:
        """Take an event."""
        self.diary.append(f"{stamp(time.time_ns())} {_brief(event)}")
        match event:
            case Opened():
                self.keys[event.stream] = (event.uid, event.restart)
            case Text():
                lines = event.data.split(b"\n")[:-1]
                self.lines.setdefault(self.keys[event.stream], []).extend(lines)
                proved = stamp(self._proofs.get(event.stream, 0) * 1000).encode()
                self.early += sum(line[:30] <= proved for line in lines if _JUMPY.encode() not in line)
            case Gap():
                self.gaps.setdefault(self.keys[event.stream], []).append(event)
            case Proof():
                self._proofs[event.stream] = event.through_us
            case Note():
                self.blind_until = event.at_us * 1000 if "not seen" in event.text else self.blind_until
            case _:
                self.breaks += 1

    def drain(self, follower: Follower, seconds: float) -> None:
        """Take what comes within some time."""
        until = time.monotonic() + seconds
        with contextlib.suppress(queue.Empty):
            while (left := until - time.monotonic()) > 0:
                self.take(follower.events.get(timeout=left))


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of a seed; each problem is a sentence."""

    seed: int
    lines: int
    in_gaps: int
    breaks: int
    problems: tuple[str, ...]
    diary: tuple[str, ...] = ()


class Chaos:
    """One run: what happens is drawn from the seed, when it happens depends on the machine, too."""

    def __init__(self, seed: int, folder: Path) -> None:
        self._random = random.Random(seed)
        self._cluster = Cluster()
        self._token = folder / "token"
        self._folder = folder
        self._count = 0
        self._began = time.time_ns()
        self._last: dict[str, int] = {}
        self._rotated: dict[str, float] = {}
        self._later: list[tuple[float, Callable[[], None]]] = []
        self._tokens = 0
        self._expired = 0.0
        self._state: list[str] = []
        self._told = Told()
        for version, replicas in (("v1", 2), ("v2", 2)):
            deploy(self._cluster, f"target-{version}", {"app": "target", "version": version}, replicas=replicas)
        self._cluster.add_pod(_JUMPY, {"app": "target", "version": "v2"})

    def run(self, seed: int, *, blind: bool = False) -> Verdict:
        """Play, and judge; blind: where no look beside the streams gives anything."""
        self._told = told = Told()
        start = self._began = time.time_ns()
        self._rotated = {name: time.monotonic() for _, name in self._cluster.pods}
        with serve(self._cluster) as server:
            client = Client.connect(with_token_file(server, self._folder, self._token), environ={})
            pace = BLIND if blind else PACE
            with Follower(client, _choose, selector="app=target", start=start, pace=pace) as follower:
                if blind:
                    self._play_blind(server, follower)
                else:
                    self._play(server, follower)
                told.drain(follower, 1.0)
            told.drain(follower, 0.01)
            client.close()
        return self._judge(seed, told)

    def _play(self, server: Server, follower: Follower) -> None:
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            self._act(server)
            self._told.drain(follower, self._random.uniform(0.0, 0.04))
        self._calm(server)
        self._wait(follower)

    def _play_blind(self, server: Server, follower: Follower) -> None:
        """Let every pod rotate its log while the server is away, but for one whose clock runs back.

        Only the last line told, which does not come again, tells of what is lost; and only the slack gives the rest.
        """
        names = [name for _, name in self._cluster.pods]
        for turn in range(_ROUNDS):
            for name in names:
                self._log(name)
            self._wait(follower)
            if not turn:
                server.faults.plan(Where(resource="pods/log", follow=False), Cut(), times=1 << 30)
            server.crash()
            for name in names:
                self._count += 1
                if name == _JUMPY:
                    at = max(line.at for line in self._cluster.lines() if line.pod == name)
                    self._cluster.log(name, "nginx", b"back %d" % self._count, at=max(self._began, at - _JUMP_NS))
                else:
                    self._cluster.log(name, "nginx", b"lost %d" % self._count)
                    self._cluster.rotate(name, "nginx")
                    self._log(name)
            server.recover()
            self._wait(follower)
            if self._state:
                return
            self._told.drain(follower, 2.0 if turn < 1 else 0.0)  # so that no stamp runs back behind the start

    def _wait(self, follower: Follower) -> None:
        """Wait until all lines are told that the API can give; where they are not, say how the streams are."""
        until = time.monotonic() + _PATIENCE_S
        while any(given for _, given in self._missing(self._told)):
            if time.monotonic() > until:
                self._state = [_state(tail) for tail in follower.streams]
                return
            self._told.drain(follower, 0.1)

    def _act(self, server: Server) -> None:
        now = time.monotonic()
        for due in [each for each in self._later if each[0] <= now]:
            self._later.remove(due)
            due[1]()
        names = [name for _, name in self._cluster.pods]
        for _ in range(self._random.randint(1, 3)):
            self._log(self._random.choice(names))
        if self._random.random() < _WILD:
            deed, name = self._random.choice(self._deeds()), self._random.choice(names)
            self._told.diary.append(f"{stamp(time.time_ns())} {deed.__name__} {name}")
            deed(name, server)

    def _deeds(self) -> list[Callable[[str, Server], None]]:
        breaks = [self._cut, self._cut, self._plan, self._plan, self._refuse, self._stall]
        return [
            *breaks,
            self._rotate,
            self._rotate,
            self._restart,
            self._replace,
            self._expire,
            self._crash,
            self._forget,
        ]

    def _log(self, name: str) -> None:
        container = self._cluster.pods["default", name].containers["nginx"]
        if container.running is None:
            return
        for _ in range(self._random.choice([1, 1, 2, 5, 30])):
            self._count += 1
            now, last = time.time_ns(), self._last.get(name, 0)
            if name == _JUMPY:
                at = now - (self._random.random() < 0.1) * self._random.randint(0, _JUMP_NS)
                at = max(at, self._began)
            elif self._random.random() < 0.5 and now - last < _BUFFER_NS:
                at = last
            else:
                at = now
            self._last[name] = at
            body = f"{name} {self._count} ".encode() + b"x" * self._random.choice([0, 20, 400])
            parts = [7] if self._random.random() < 0.05 else []
            stream = self._random.choice(["stdout"] * 9 + ["stderr"])
            self._cluster.log(name, "nginx", body, at=at, parts=parts, stream=stream)

    def _fault(self) -> Fault:
        lines, octets = self._random.choice([0, 1, 3, 20]), self._random.choice([0, 1, 15, 31, 40])
        stall = Stall(lines, octets, self._random.choice([0.05, 0.4, None]))
        slow = Slow(self._random.choice([3000, 30_000]))
        faults: list[Fault] = [Cut(lines, octets), Cut(lines, octets, dropped=True), stall, slow]
        return self._random.choice(faults)

    def _cut(self, name: str, server: Server) -> None:
        dropped = self._random.random() < 0.4
        where = Where(resource="pods/log", name=self._random.choice([name, "*"]), follow=True)
        server.strike(where, Cut(self._random.choice([0, 1, 5]), self._random.choice([0, 9, 31, 33]), dropped=dropped))

    def _plan(self, name: str, server: Server) -> None:
        where = self._random.choice([FOLLOWING, ANY_LOG, Where(resource="pods/log", name=name, follow=True)])
        server.faults.plan(where, self._fault(), times=self._random.choice([1, 2, 4]))

    def _stall(self, name: str, server: Server) -> None:
        server.strike(Where(resource="pods/log", name=name), Stall(seconds=self._random.choice([0.3, None])))

    def _refuse(self, name: str, server: Server) -> None:
        status = self._random.choice([401, 403, 429, 500, 503, 504])
        where = self._random.choice([FOLLOWING, ANY_LOG, Where("get", "pods", name), Where()])
        server.faults.plan(where, Answer(status, retry_after=0, plain=self._random.random() < 0.5), times=3)
        server.strike(Where(resource="pods/log", name=name), Cut())

    def _rotate(self, name: str, _: Server) -> None:
        now = time.monotonic()
        if name == _JUMPY or now - self._rotated.setdefault(name, now) < _APART_S:
            return
        self._rotated[name] = now
        with self._cluster.lock:
            for _again in range(self._random.choice([1, 1, 2])):
                self._cluster.rotate(name, "nginx")
                self._log(name)
            # A file that is read twice is known by its stamps running back, which those of one line cannot.
            self._last[name] = 0
            self._log(name)
        if self._random.random() < 0.5:
            self._count += 1
            at = self._last[name] = max(time.time_ns(), self._last.get(name, 0))
            self._cluster.log(name, "nginx", f"{name} {self._count} late".encode(), at=at, file=-2)

    def _restart(self, name: str, _: Server) -> None:
        if name == _JUMPY:
            return
        for _again in range(self._random.choice([1, 1, 1, 2])):
            if self._cluster.pods["default", name].containers["nginx"].running is None:
                return
            self._log(name)
            self._rotated[name] = time.monotonic() + 0.5  # a file takes its time to grow
            if self._random.random() < 0.3:
                self._cluster.stop(name, "nginx", code=1, waiting="CrashLoopBackOff")
                self._after(0.3, lambda: self._start(name))
            else:
                self._cluster.restart(name, "nginx")
            self._log(name)

    def _start(self, name: str) -> None:
        if ("default", name) in self._cluster.pods:
            self._cluster.start(name, "nginx")

    def _replace(self, name: str, _: Server) -> None:
        if name == _JUMPY or self._random.random() < 0.5:
            return
        self._count += 1
        labels = dict(self._cluster.pods["default", name].labels)
        made = f"{name[:9]}-{self._count}"
        self._cluster.add_pod(made, labels)
        self._rotated[made] = time.monotonic() + 0.5
        self._log(name)
        self._cluster.delete(name)

    def _expire(self, _: str, server: Server) -> None:
        if time.monotonic() - self._expired < _LASTS_S:
            return
        self._expired = time.monotonic()
        self._tokens += 1
        fresh = f"{TOKEN}-{self._tokens}"
        server.access.tokens.clear()
        server.access.tokens[fresh] = "tester"
        self._after(self._random.choice([0.0, 0.2]), lambda: self._write(fresh))
        server.strike(Where(), Cut(dropped=True))

    def _write(self, token: str) -> None:
        fresh = self._token.with_suffix(".new")
        fresh.write_text(token)
        fresh.replace(self._token)

    def _crash(self, _: str, server: Server) -> None:
        if self._random.random() < 0.5:
            server.crash()
            time.sleep(self._random.choice([0.0, 0.1]))
            server.recover()

    def _forget(self, _: str, server: Server) -> None:
        self._cluster.compact()
        server.strike(Where("watch"), Cut(dropped=True))

    def _after(self, seconds: float, deed: Callable[[], None]) -> None:
        self._later.append((time.monotonic() + seconds, deed))

    def _calm(self, server: Server) -> None:
        """Let everything work again, and what stalls end."""
        for _, deed in self._later:
            deed()
        server.faults.clear()
        server.strike(Where(), Cut())

    def _missing(self, told: Told) -> list[tuple[Line, bool]]:
        """Return the lines not told, and whether the API can give them."""
        counts = {key: Counter(lines) for key, lines in told.lines.items()}
        missing = []
        for line in self._cluster.lines():
            count = counts.get((line.uid, line.restarts), Counter())
            count[_sent(line)] -= 1
            if count[_sent(line)] < 0 and (line.file, line.container_id) not in self._reach(line):
                missing.append((line, False))
            elif count[_sent(line)] < 0:
                missing.append((line, True))
        return missing

    def _reach(self, line: Line) -> list[tuple[int, str]]:
        pod = self._cluster.pods.get((line.namespace, line.pod))
        if pod is None or pod.uid != line.uid:
            return []
        return [(len(life.files) - 1, life.container_id) for life in pod.containers["nginx"].lives[-2:]]

    def _judge(self, seed: int, told: Told) -> Verdict:
        truth = self._cluster.lines()
        missing = self._missing(told)
        problems = [
            f"lost: {line.body[:40]!r} at {stamp(line.at)}, file {line.file}" for line, given in missing if given
        ]
        unseen = {line.uid for line, _ in missing} - {uid for uid, _ in told.keys.values()}
        problems += [
            f"unsaid: {line.body[:40]!r} at {stamp(line.at)}, restart {line.restarts}, file {line.file}, {line.uid[:8]}"
            for line, given in missing
            if not (given or _said(line, told) or (line.uid in unseen and line.at < told.blind_until))
        ]
        known = Counter(((line.uid, line.restarts), _sent(line)) for line in truth)
        came = Counter((key, line) for key, lines in told.lines.items() for line in lines)
        problems += [f"doubled or made up: {line[:90]!r} {known[key, line]}" for key, line in (came - known).elements()]
        problems += [f"out of order: {key}" for key in told.lines if not self._in_order(key, told, truth)]
        problems += [f"{told.early} lines after the proof that there were none"] * bool(told.early)
        problems += self._state
        problems += [f"false gap: {gap.reason}" for gap in self._false_gaps(told)]
        return Verdict(
            seed, len(truth), len(missing), told.breaks, tuple(problems), tuple(told.diary) if problems else ()
        )

    def _in_order(self, key: Key, told: Told, truth: list[Line]) -> bool:
        lines = [_sent(line) for line in truth if (line.uid, line.restarts) == key and line.stream == "stdout"]
        places = {line: place for place, line in enumerate(lines)}
        came = [places[line] for line in told.lines[key] if line in places]
        return came == sorted(came)

    def _false_gaps(self, told: Told) -> Iterator[Gap]:
        """Yield the gaps of a pod to which nothing has happened that could lose a line."""
        calm = self._cluster.pods["default", _JUMPY].uid
        for (uid, _), gaps in told.gaps.items():
            yield from (gap for gap in gaps if uid == calm and gap.reason != "log begins late")


def _brief(event: FeedEvent) -> str:
    """Return an event in a line of the diary."""
    if isinstance(event, Text):
        lines = event.data.split(b"\n")[:-1]
        return f"Text {event.stream}: {len(lines)} lines, {lines[0][:60]!r} to {lines[-1][:60]!r}"
    if isinstance(event, Gap):
        return f"Gap {event.stream}: {stamp(event.from_us * 1000)} to {stamp(event.to_us * 1000)} {event.reason}"
    if isinstance(event, Proof):
        return f"Proof {event.stream}: {stamp(event.through_us * 1000)}"
    return str(event)[:200]


def _choose(pod: Pod) -> Chosen:
    return Chosen("shadow" if pod["metadata"]["labels"]["version"] == "v2" else "primary", ("nginx",))


def _state(tail: Tail) -> str:
    events = tail.events
    return f"{events.run.stream}: {tail.connection} {events.doubt} {events.cursor.torn} {events.cursor.expecting}"


def _sent(line: Line) -> bytes:
    return stamp(line.at).encode() + b" " + line.body


def _said(line: Line, told: Told) -> bool:
    """Return whether a gap of the pod holds the line: of its own life, or of a life beside one that nobody saw."""
    gaps = [gap for (uid, _), each in told.gaps.items() for gap in each if uid == line.uid]
    return any(gap.from_us * 1000 <= line.at <= gap.to_us * 1000 + 999 for gap in gaps)


def play(seed: int, *, blind: bool = False) -> Verdict:
    """Play one seed; blind: only the lines that come again tell of a loss."""
    with tempfile.TemporaryDirectory() as folder:
        return Chaos(seed, Path(folder)).run(seed, blind=blind)


def main() -> int:
    """Play many seeds, and say what came of them."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--seeds", type=int, default=100)
    options.add_argument("--first", type=int, default=0)
    options.add_argument("--jobs", type=int, default=4)
    options.add_argument("--blind", action="store_true", help="only the lines that come again tell of a loss")
    options.add_argument("--diaries", type=Path, help="a folder for what happened in the seeds with problems")
    given = options.parse_args()
    logging.disable(logging.CRITICAL)  # the server tells of each client that leaves
    seeds = range(given.first, given.first + given.seeds)
    with ProcessPoolExecutor(given.jobs) as pool:
        verdicts = list(pool.map(partial(play, blind=given.blind), seeds))
    for verdict in verdicts:
        if given.diaries and verdict.problems:
            diary = "\n".join([*verdict.problems, "", *verdict.diary, ""])
            (given.diaries / f"{verdict.seed}.txt").write_text(diary)
        for problem in verdict.problems[:5]:
            sys.stdout.write(f"seed {verdict.seed}: {problem}\n")
    bad = sum(bool(verdict.problems) for verdict in verdicts)
    lines, in_gaps, breaks = (sum(getattr(each, name) for each in verdicts) for name in ("lines", "in_gaps", "breaks"))
    sys.stdout.write(f"{len(verdicts)} seeds, {lines} lines, {breaks} breaks and ends: {bad} seeds with problems; ")
    sys.stdout.write(f"{in_gaps} lines out of the API's reach, in gaps\n")
    return bool(bad)


if __name__ == "__main__":
    sys.exit(main())
