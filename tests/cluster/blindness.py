"""Watches a mirror while sight of it is lost in some way, by a seed, and judges the conclusions.

    python -m tests.cluster.blindness --seeds 100

Every request of the truth must be paired, missed or in a gap that is named; no verdict may pass on less of the watching
than is allowed, no miss be told that is none, and no alarm be raised while all is copied. Time runs a hundred times as
fast as in a cluster: an outage of 300 s lasts 3 s.
"""

import argparse
import errno
import logging
import random
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from queue import Queue
from typing import Protocol
from unittest.mock import patch

from mirrorcheck.checks.evaluate import evaluate
from mirrorcheck.checks.expectations import CheckOptions, complete_checks
from mirrorcheck.checks.unjudged import lacks
from mirrorcheck.checks.verdicts import CheckResult
from mirrorcheck.cli.watch_run import watcher
from mirrorcheck.cluster.api.client import Client
from mirrorcheck.cluster.discover.discovery import discover
from mirrorcheck.cluster.live_source import ClusterSource, RulePace
from mirrorcheck.cluster.logs.constants import FollowPace
from mirrorcheck.engine import constants
from mirrorcheck.engine.snapshot import Snapshot
from mirrorcheck.engine.watch.limits import Limits
from mirrorcheck.engine.watch.loop import WatchLoop
from mirrorcheck.engine.watch.snapshots import Subject
from mirrorcheck.mesh.model import Overrides
from mirrorcheck.report.model import Gap, Report
from mirrorcheck.settings import Options, complete
from mirrorcheck.sources import recording
from mirrorcheck.sources.feed import FeedEvent
from tests.cluster.manifests import destination_rule, virtual_service
from tests.cluster.traffic import line
from tests.kube.cluster import Cluster
from tests.kube.faults import Answer, Cut, Stall, Where
from tests.kube.server import Server, serve
from tests.kube.workloads import deploy, service

FOLLOW = FollowPace(batch=0.02, silence=1.0, idle=0.15, check=0.3, settle=0.1, most=0.15, margin=0.05, list_most=0.2)
SETTINGS = complete(Options(horizon="1s"))
BROKEN_S, LATE_S = 0.3, 1.2
PATIENCE_S = 20.0  # with a busy machine, until sight is back,
_LOOKS, _MOST_S = 12, 180.0  # and as many looks, where that machine takes longer for them, but not for ever
ALLOWED = 0.1  # of the requests
_TOLERANCE = 0.06  # requests come at random, and the limit is of time
_ODD = 0.15  # of the requests are not copied, in one seed of three
_BEFORE_S, _AFTER_S = 1.5, 1.5
OUTAGES_S = (0.05, 0.6, 3.0, None)  # None: for good
ANY_LOG = Where(resource="pods/log")


@dataclass(frozen=True, slots=True)
class Request:
    """One request of the truth: when its line was logged (ns since 1970), by which pod, and whether it was copied."""

    path: str
    at: int
    pod: str
    copied: bool


@dataclass(slots=True)
class Seen:
    """What a watching showed and concluded."""

    report: Report
    states: list[Snapshot]
    begun: int  # ns since 1970
    back: bool  # whether sight was to be back,
    returned: int  # and from which of the states on
    no_sight: bool  # at the end
    lost: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a seed; each problem is a sentence."""

    seed: int
    deed: str
    outage_s: float | None
    verdict: str
    unseen: float
    problems: tuple[str, ...]


@dataclass
class Requests:
    """Requests to several pods and their copies, until it is stopped."""

    cluster: Cluster
    chance: random.Random
    share: float
    sent: list[Request] = field(default_factory=list)
    stopped: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Send a request every few milliseconds, each for a path of its own."""
        while not self.stopped.wait(0.008):
            path = f"/page/{len(self.sent)}"
            copied = self.chance.random() < self.share
            with self.cluster.lock:
                pods = {name: pod.labels["version"] for (_, name), pod in self.cluster.pods.items()}
                v1 = self.chance.choice([name for name, version in pods.items() if version == "v1"])
                v2 = self.chance.choice([name for name, version in pods.items() if version == "v2"])
                at = time.time_ns()
                self.cluster.log(v1, "nginx", line(path, "-"), at=at)
                if copied:
                    self.cluster.log(v2, "nginx", line(path, "192.0.2.2"), at=at)
            self.sent.append(Request(path, at, v1, copied))


@contextmanager
def hastened() -> Iterator[None]:
    """Let this process look, ask again and lose patience as fast as the time here runs."""
    with (
        patch.object(constants, "LOOK_S", 0.3),
        patch.object(constants, "BROKEN_US", round(BROKEN_S * 1e6)),
        patch.object(constants, "LATE_US", round(LATE_S * 1e6)),
    ):
        yield


class Sending(Protocol):
    """What sends requests in a thread of its own, until it is stopped."""

    stopped: threading.Event
    sent: list[Request]

    def run(self) -> None:
        """Send them."""


class Blindness:
    """One run: what is lost, when and for how long is drawn from the seed."""

    tells = True  # what is lost for good is told on the screen
    pace = RulePace(reread=0.3, cached=0.05, follow=FOLLOW)

    def __init__(self, seed: int, folder: Path, cluster: Cluster, requests: Sending) -> None:
        self.chance = random.Random(seed)
        self._folder = folder
        self.cluster, self.requests = cluster, requests
        self._broken_disk = threading.Event()
        self._no_files = threading.Event()

    def watch(self, deed: "Deed", outage_s: float | None, after_s: float = _AFTER_S) -> Seen:
        """Watch; sight is lost after a while, by a deed, and comes back after an outage."""
        with serve(self.cluster) as server, hastened(), self._disk():
            client = Client.connect(server.kubeconfig(self._folder), environ={})
            target = discover(client, "target", Overrides())

            def source(queue: "Queue[FeedEvent]") -> ClusterSource:
                return ClusterSource(client, target, queue, 100, self.pace)

            subject = Subject("target", "default", None)
            watched_ = watcher(source, subject, Options(horizon="1s"), SETTINGS, self._folder / "kept")
            seen = self._watch(watched_, server, deed, outage_s, after_s)
            client.close()
        return seen

    def _watch(self, watched_: WatchLoop, server: Server, deed: "Deed", outage_s: float | None, after_s: float) -> Seen:
        states: list[Snapshot] = []
        begun, returned = time.time_ns(), 0
        thread = threading.Thread(target=self.requests.run)
        watched_.start(Limits())
        thread.start()
        look(watched_, states, _BEFORE_S)
        undo = deed(self, server)
        look(watched_, states, after_s + LATE_S if outage_s is None else outage_s)
        if outage_s is None and self.tells:
            look(watched_, states, PATIENCE_S, lambda state: state.no_sight is not None)
        if outage_s is not None:
            undo()
            returned = len(states)
            look(watched_, states, after_s)
            _look_until_seen(watched_, states)
            self.calm_down(watched_, states)
        self.requests.stopped.set()
        thread.join()
        found = watched_.finish()
        report, back = found.report(SETTINGS), outage_s is not None
        return Seen(report, states, begun, back, returned, found.no_sight is not None, str(watched_.lost or ""))

    def calm_down(self, watched_: WatchLoop, states: list[Snapshot]) -> None:
        """Do what is to be seen once sight is back: nothing but what was done all the time."""

    def fill_disk(self) -> None:
        """Let nothing be written any more."""
        self._broken_disk.set()

    def take_files(self) -> None:
        """Let no file be opened any more."""
        self._no_files.set()

    @contextmanager
    def _disk(self) -> Iterator[None]:
        write, make = recording._write_all, recording._open_log  # noqa: SLF001  # where the disk is

        def perhaps(log: object, text: bytes) -> None:
            if self._broken_disk.is_set():
                raise OSError(errno.ENOSPC, "No space left on device")
            write(log, text)  # type: ignore[arg-type]  # as it is handed in

        def perhaps_open(path: Path) -> object:
            if self._no_files.is_set():
                raise OSError(errno.EMFILE, "Too many open files")
            return make(path)

        with patch.object(recording, "_write_all", perhaps), patch.object(recording, "_open_log", perhaps_open):
            yield


def look(
    watched_: WatchLoop, states: list[Snapshot], seconds: float, enough: Callable[[Snapshot], bool] = lambda _: False
) -> None:
    """Keep every state for a while, or until one is enough."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and not watched_.ended.is_set() and not enough(watched_.state):
        if not states or states[-1] is not watched_.state:
            states.append(watched_.state)
        time.sleep(0.02)
    states.append(watched_.state)


def _look_until_seen(watched_: WatchLoop, states: list[Snapshot]) -> None:
    """Wait until sight is back: a machine that takes seconds for a look has seen nothing within those of another."""
    before, until = len(states), time.monotonic() + _MOST_S
    while time.monotonic() < until and not watched_.ended.is_set():
        look(watched_, states, PATIENCE_S, lambda state: state.no_sight is None)
        if states[-1].no_sight is None or len({id(state) for state in states[before:]}) > _LOOKS:
            return


Undo = Callable[[], None]
Deed = Callable[[Blindness, Server], Undo]


def kill_server(_: Blindness, server: Server) -> Undo:
    """The API server is gone."""
    server.crash()
    return server.recover


def take_rights(_: Blindness, server: Server) -> Undo:
    """Logs may not be read any more, and what is open is ended."""
    server.access.deny("get", "pods/log")
    server.strike(ANY_LOG, Cut())
    return lambda: server.access.allow("get", "pods/log")


def take_list(_: Blindness, server: Server) -> Undo:
    """Pods may neither be listed nor watched any more."""
    for verb in ("list", "watch"):
        server.access.deny(verb, "pods")
    server.strike(Where("watch", "pods"), Cut())

    def undo() -> None:
        for verb in ("list", "watch"):
            server.access.allow(verb, "pods")

    return undo


def lose_node(run: Blindness, server: Server) -> Undo:
    """The node of one pod is gone: its log is answered with an error, and what is open is silent or ends."""
    name = run.chance.choice([name for _, name in run.cluster.pods])
    where = Where(resource="pods/log", name=name)
    server.faults.plan(where, Answer(502, "dial tcp 10.0.0.7:10250: connect: no route to host"), times=1 << 30)
    server.strike(where, Cut() if run.chance.random() < 0.5 else Stall())  # one or the other
    return lambda: server.faults.clear(where)


def lose_shadow(_: Blindness, server: Server) -> Undo:
    """No pod of the shadow can be read: whether copies come cannot be known."""
    where = Where(resource="pods/log", name="target-v2-*")
    server.faults.plan(where, Answer(502, "dial tcp 10.0.0.8:10250: i/o timeout"), times=1 << 30)
    server.strike(where, Cut())
    return lambda: server.faults.clear(where)


def change_rule(run: Blindness, server: Server) -> Undo:
    """The rule is changed again and again, and then the server goes away."""
    for percent in (90, 100, 90):
        run.cluster.apply(virtual_service(percent=percent))
        time.sleep(0.3)
    server.crash()

    def undo() -> None:
        run.cluster.apply(virtual_service(percent=100))
        server.recover()

    return undo


def fill_disk(run: Blindness, _: Server) -> Undo:
    """Nothing can be kept any more; it stays so."""
    run.fill_disk()
    return lambda: None


def take_files(run: Blindness, _: Server) -> Undo:
    """No file can be opened any more, and a pod comes."""
    run.take_files()
    run.cluster.add_pod("target-v1-late", {"app": "target", "version": "v1"})
    return lambda: None


NOT_KEPT: tuple[Deed, ...] = (fill_disk, take_files)
DEEDS: tuple[Deed, ...] = (kill_server, take_rights, take_list, lose_node, lose_shadow, change_rule, *NOT_KEPT)


def made(seed: int, folder: Path) -> Blindness:
    """A mirror of three pods to two, by a rule that stays; of some seeds not every request is copied."""
    cluster = Cluster()
    for version, replicas in (("v1", 3), ("v2", 2)):
        deploy(cluster, f"target-{version}", {"app": "target", "version": version}, replicas=replicas)
    cluster.apply(service("target", {"app": "target"}))
    cluster.apply(destination_rule())
    cluster.apply(virtual_service())
    begin_logs(cluster)
    return Blindness(seed, folder, cluster, Requests(cluster, random.Random(seed + 1), _share(seed)))


def begin_logs(cluster: Cluster) -> None:
    """Let each pod have logged a line, by which its container is found."""
    for namespace, name in cluster.pods:
        at = time.time_ns() - 10 * 10**9
        cluster.log(name, "nginx", line("/before", "-"), at=at, namespace=namespace)


def _share(seed: int) -> float:
    return 1.0 if seed % 3 else 1.0 - _ODD


def judge(run: Blindness, seen: Seen, share: float) -> tuple[str, float, list[str]]:
    """The verdict of a check, the share of requests that were not judged, and what is wrong with either."""
    report = seen.report
    became = outcomes(report)
    sent = [each for each in run.requests.sent if each.at > seen.begun + 1_000_000_000]
    unread = [each for each in sent if each.path not in became]
    problems = unsaid(unread, report)
    problems += [f"false miss: {each.path}" for each in sent if each.copied and became.get(each.path) == "missed"]
    told = {each.target for state in seen.states for each in state.events if each.kind == "missed"}
    problems += [f"false alarm: {each.path}" for each in sent if each.copied and each.path in told]
    alarms = [state for state in seen.states if state.silence]
    problems += [f"NO COPIES at {moment_us(state.now_us)}" for state in alarms[:1]]
    outside = [each for each in sent if became.get(each.path, "unobserved") == "unobserved"]
    unseen = len(outside) / max(1, len(sent))
    expect = "100" if share == 1 else "85"
    within = None if share == 1 else "10"
    verdict = evaluate(report, complete_checks(CheckOptions(expect=expect, within=within))).verdict
    if verdict is CheckResult.PASS and unseen > ALLOWED + _TOLERANCE:
        problems.append(f"PASS, and {unseen:.0%} unseen")
    if verdict is CheckResult.FAIL:
        problems.append("FAIL of a mirror that does what is expected")
    if not lacks(report) and len(unread) / max(1, len(sent)) > ALLOWED + _TOLERANCE:
        problems.append(f"status 0 without checks, and {len(unread)} of {len(sent)} unread")
    return verdict.word, unseen, problems


def outcomes(report: Report) -> dict[str, str]:
    """What became of each original, by its path."""
    table = report.table.filter(report.table["side"] == "primary")
    return dict(zip(table["target"].to_list(), table["outcome"].to_list(), strict=True))


def unsaid(unread: Iterable[Request], report: Report) -> list[str]:
    """Those of requests without an outcome that no gap names, but for the last moments."""
    ended = round(report.sight.to.timestamp() * 1e9) if report.sight else 0
    return [
        f"unsaid: {each.path} of {each.pod} at {moment(each.at)}, ended {moment(ended)}"
        for each in unread
        if not _named(each, report) and each.at < ended - round(LATE_S * 1e9)
    ]


def shown(seen: Seen) -> list[str]:
    """What is wrong with the screen: it says that sight is lost as long as it is, and not any more once it is back."""
    if not seen.back:
        return [] if seen.no_sight else ["no word of what cannot be seen"]
    later = seen.states[seen.returned :]
    return [f"still blind at {moment_us(later[-1].now_us)}"] if all(state.no_sight for state in later) else []


def _named(request: Request, report: Report) -> bool:
    at = datetime.fromtimestamp(request.at / 1e9, UTC)
    return any(gap.pod in {request.pod, ""} and _holds(gap, at) for gap in report.gaps)


def _holds(gap: Gap, at: datetime) -> bool:
    slack = timedelta(milliseconds=1)
    return gap.from_ - slack <= at and (gap.to is None or at <= gap.to + slack)


def moment(at: int) -> str:
    """A time of day of ns since 1970."""
    return f"{datetime.fromtimestamp(at / 1e9, UTC):%H:%M:%S.%f}"


def moment_us(at_us: int) -> str:
    """A time of day of UTC microseconds since 1970."""
    return moment(at_us * 1000)


def play(seed: int) -> Outcome:
    """Play one seed."""
    chance = random.Random(seed)
    deed, outage_s = DEEDS[seed % len(DEEDS)], chance.choice(OUTAGES_S)
    with tempfile.TemporaryDirectory() as folder:
        run = made(seed, Path(folder))
        run.tells = deed not in NOT_KEPT
        seen = run.watch(deed, outage_s)
        verdict, unseen, problems = judge(run, seen, _share(seed))
        if deed not in NOT_KEPT:
            problems += shown(seen)
        elif not seen.lost and unseen < 1.0:  # else nothing was to be kept
            problems.append("no word of what could not be kept")
    return Outcome(seed, deed.__name__, outage_s, verdict, unseen, tuple(problems))


def main() -> int:
    """Play many seeds, and say what came of them."""
    return play_all(play, __doc__.splitlines()[0])


def play_all(play: Callable[[int], Outcome], description: str) -> int:
    """Play the seeds that the command line asks for; 1 where there was a problem."""
    options = argparse.ArgumentParser(description=description)
    options.add_argument("--seeds", type=int, default=100)
    options.add_argument("--first", type=int, default=0)
    options.add_argument("--jobs", type=int, default=2)
    given = options.parse_args()
    logging.disable(logging.CRITICAL)  # the server tells of each client that leaves
    bad = 0
    with ProcessPoolExecutor(given.jobs) as pool:
        for each in pool.map(play, range(given.first, given.first + given.seeds)):
            outage = "for good" if each.outage_s is None else f"for {each.outage_s * 100:g} s"
            sys.stdout.write(f"seed {each.seed}: {each.deed} {outage}: {each.verdict}, {each.unseen:.0%} unseen\n")
            sys.stdout.writelines(f"  {problem}\n" for problem in each.problems[:5])
            sys.stdout.flush()
            bad += bool(each.problems)
    sys.stdout.write(f"{given.seeds} seeds: {bad} with problems\n")
    return bool(bad)


if __name__ == "__main__":
    sys.exit(main())
