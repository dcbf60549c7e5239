"""What a follower tells of pods that come, go, restart and are cut off."""

import queue
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TypeVar

import pytest

from mirrorcheck.cluster.api.client import Client
from mirrorcheck.cluster.api.errors import Forbidden
from mirrorcheck.cluster.logs.constants import FollowPace
from mirrorcheck.cluster.logs.container_runs import Pod
from mirrorcheck.cluster.logs.follower import Follower
from mirrorcheck.cluster.logs.joining import Chosen
from mirrorcheck.errors import UsageError
from mirrorcheck.sources.feed import Broken, Closed, FeedEvent, Gap, Listing, Note, Opened, Proof, Text
from tests.kube.cluster import Cluster
from tests.kube.faults import FOLLOWING, Answer, Cut, Stall, Where
from tests.kube.server import Server

V1, V2 = "target-v1-6d4cf56db6-00000", "target-v2-58f9c-00000"
QUICK = FollowPace(batch=0.02, idle=0.15, check=0.15, settle=0.1, most=0.1, margin=0.1)
ANY_LOG = Where(resource="pods/log")


Kind = TypeVar("Kind")


def choose(pod: Pod) -> Chosen:
    """Follow nginx, on the side that the version's label says."""
    shadow = pod["metadata"]["labels"].get("version") == "v2"
    return Chosen("shadow" if shadow else "primary", ("nginx",))


class Heard:
    """What a follower has told, as it is read from its queue."""

    def __init__(self, follower: Follower) -> None:
        self.follower = follower
        self.events: list[FeedEvent] = []

    def until(self, holds: Callable[[], bool]) -> None:
        """Read on until something holds; TimeoutError where it never does, however busy the machine is."""
        end = time.monotonic() + 180.0
        while not holds():
            if time.monotonic() > end:
                raise TimeoutError(self.events)
            try:
                self.events.append(self.follower.events.get(timeout=0.05))
            except queue.Empty:
                continue

    def lines(self, pod: str) -> list[bytes]:
        """Return the bodies of a pod's lines, over all its streams."""
        streams = {event.stream for event in self.of(Opened) if event.pod == pod}
        texts = [event.data for event in self.of(Text) if event.stream in streams]
        return [line.partition(b" ")[2] for line in b"".join(texts).split(b"\n")[:-1]]

    @property
    def losses(self) -> list[Gap]:
        """Return the gaps but those that a late first look makes where the machine is slow."""
        return [gap for gap in self.of(Gap) if gap.reason != "log begins late"]

    def of(self, kind: type[Kind]) -> list[Kind]:
        """Return the events of a kind."""
        return [event for event in self.events if isinstance(event, kind)]


@pytest.fixture
def heard(client: Client) -> Iterator[Heard]:
    """A follower of the cluster's nginx, from now on; every thread of it ends with it."""
    with Follower(client, choose, selector="app=target", pace=QUICK) as follower:
        yield Heard(follower)


def test_lines_of_all_pods(heard: Heard, cluster: Cluster) -> None:
    """Each chosen container is a stream, and its lines come as the runtime stamped them."""
    heard.until(lambda: len(heard.of(Opened)) == 3)
    for pod in (V1, V2):
        cluster.log(pod, "nginx", b"GET / of " + pod.encode())
    cluster.log(V1, "istio-proxy", b"not this")
    heard.until(lambda: bool(heard.lines(V1) and heard.lines(V2)))
    assert heard.lines(V2) == [b"GET / of " + V2.encode()]
    opened = {event.pod: event for event in heard.of(Opened)}
    assert (opened[V1].side, opened[V2].side, opened[V2].restart) == ("primary", "shadow", 0)
    assert dict(opened[V2].labels)["version"] == "v2"
    assert len({event.stream for event in opened.values()}) == 3


def test_cut_and_resumed(heard: Heard, cluster: Cluster, server: Server) -> None:
    """A stream that ends inside a line goes on with that line, and says that it was broken."""
    server.faults.plan(FOLLOWING, Cut(lines=1, octets=33), times=3)
    for number in range(5):
        cluster.log(V2, "nginx", b"%d" % number)
    heard.until(lambda: len(heard.lines(V2)) == 5)
    assert heard.lines(V2) == [b"0", b"1", b"2", b"3", b"4"]
    assert heard.of(Broken)
    assert not heard.losses


def test_restart(heard: Heard, cluster: Cluster) -> None:
    """What the old life logged last is read from `previous`, and the new life is a stream of its own."""
    cluster.log(V2, "nginx", b"one")
    heard.until(lambda: heard.lines(V2) == [b"one"])
    cluster.log(V2, "nginx", b"two")
    cluster.restart(V2, "nginx")
    cluster.log(V2, "nginx", b"three")
    heard.until(lambda: len(heard.lines(V2)) == 3 and bool(heard.of(Closed)))
    assert sorted(heard.lines(V2)) == [b"one", b"three", b"two"]
    assert [event.restart for event in heard.of(Opened) if event.pod == V2] == [0, 1]
    assert not heard.losses


def test_lost_life(heard: Heard, cluster: Cluster, server: Server) -> None:
    """Two restarts between two looks lose a life, and it is said of which moments."""
    cluster.log(V2, "nginx", b"one")
    heard.until(lambda: heard.lines(V2) == [b"one"])
    server.crash()
    lost = time.time_ns() // 1000
    cluster.log(V2, "nginx", b"lost")
    cluster.restart(V2, "nginx")
    cluster.log(V2, "nginx", b"two")
    cluster.restart(V2, "nginx")
    cluster.log(V2, "nginx", b"three")
    server.recover()
    heard.until(lambda: len(heard.lines(V2)) == 3 and bool(heard.losses))
    assert sorted(heard.lines(V2)) == [b"one", b"three", b"two"]
    assert any(gap.from_us <= lost <= gap.to_us for gap in heard.of(Gap))
    assert [event.restart for event in heard.of(Opened) if event.pod == V2] == [0, 1, 2]


def test_lives_that_nobody_saw(heard: Heard, cluster: Cluster, server: Server) -> None:
    """A life that came and went while the server was away is a gap, too."""
    heard.until(lambda: all(tail.connection for tail in heard.follower.streams))
    heard.until(lambda: bool(heard.of(Proof)))
    server.crash()
    for word in (b"one", b"two", b"three", b"four"):
        cluster.log(V2, "nginx", word)
        cluster.restart(V2, "nginx")
    lost = time.time_ns() // 1000
    server.recover()
    heard.until(lambda: heard.lines(V2) == [b"four"] and len(heard.of(Gap)) > 1)
    assert any(gap.from_us <= lost - 100_000 <= gap.to_us for gap in heard.of(Gap))


def test_crash_loop(heard: Heard, cluster: Cluster) -> None:
    """A container that waits to be restarted has a log that is read to its end."""
    cluster.log(V2, "nginx", b"one")
    cluster.stop(V2, "nginx", code=1, waiting="CrashLoopBackOff")
    heard.until(lambda: bool(heard.of(Closed)))
    assert heard.lines(V2) == [b"one"]
    cluster.start(V2, "nginx")
    cluster.log(V2, "nginx", b"two")
    heard.until(lambda: heard.lines(V2) == [b"one", b"two"])
    assert not heard.losses


def test_pods_come_and_go(heard: Heard, cluster: Cluster) -> None:
    """A new pod is followed from its first line on; one that goes may take its last lines with it, and that is said."""
    cluster.add_pod("late", {"app": "target", "version": "v2"}, waiting="ContainerCreating")
    cluster.add_pod("stranger", {"app": "other"})
    cluster.start("late", "nginx")
    cluster.log("late", "nginx", b"one")
    cluster.log("stranger", "nginx", b"not this")
    heard.until(lambda: heard.lines("late") == [b"one"])
    cluster.log("late", "nginx", b"two")
    cluster.delete("late")
    heard.until(lambda: bool(heard.of(Closed)))
    assert heard.lines("late") == [b"one", b"two"]
    (gap,) = heard.losses
    assert (gap.pod, gap.reason) == ("late", "pod deleted")
    assert not heard.lines("stranger")


def test_pod_that_ends_quietly(heard: Heard, cluster: Cluster) -> None:
    """A pod whose log has been read to its end before it goes loses nothing."""
    cluster.log(V2, "nginx", b"one")
    cluster.terminate(V2)
    cluster.stop(V2, "nginx")
    heard.until(lambda: bool(heard.of(Closed)))
    cluster.delete(V2)
    assert heard.lines(V2) == [b"one"]
    assert not heard.losses


def test_rotation_while_away(heard: Heard, cluster: Cluster, server: Server) -> None:
    """The witness does not come back: what is out of reach is named."""
    cluster.log(V2, "nginx", b"one")
    heard.until(lambda: heard.lines(V2) == [b"one"])
    server.crash()
    cluster.log(V2, "nginx", b"lost")
    lost = cluster.lines()[-1].at
    cluster.rotate(V2, "nginx")
    cluster.log(V2, "nginx", b"two")
    server.recover()
    heard.until(lambda: heard.lines(V2) == [b"one", b"two"])
    (gap,) = [gap for gap in heard.of(Gap) if gap.from_us <= lost // 1000 <= gap.to_us]
    assert gap.reason == "rotated log"


def test_late_writes_to_the_old_file(heard: Heard, cluster: Cluster) -> None:
    """A rotation under an unbroken stream is noticed by the newest file's first line."""
    cluster.log(V2, "nginx", b"one")
    heard.until(lambda: heard.lines(V2) == [b"one"])
    cluster.rotate(V2, "nginx")
    time.sleep(0.05)
    cluster.log(V2, "nginx", b"two")
    lost = cluster.lines()[-1].at + 50_000_000
    heard.until(lambda: heard.lines(V2) == [b"one", b"two"])  # a busy machine reads the old file for longer
    cluster.log(V2, "nginx", b"lost", file=-2, at=lost)
    heard.until(lambda: len(heard.losses) > 0)
    assert heard.lines(V2) == [b"one", b"two"]
    assert any(gap.from_us <= lost // 1000 <= gap.to_us for gap in heard.of(Gap))


def test_stuck_behind_a_rotation(client: Client, cluster: Cluster, server: Server) -> None:
    """A reader that has missed the rotation for good is found out and left."""
    server.faults.plan(FOLLOWING, Stall(seconds=0.3))
    for number in range(5):
        cluster.log(V2, "nginx", b"%d" % number)
    start = time.time_ns() - 10**9
    with Follower(client, choose, selector="version=v2", start=start, pace=QUICK) as follower:
        heard = Heard(follower)
        heard.until(lambda: bool(server.ledger.exchanges("/log")))
        heard.until(lambda: any(event.query.get("follow") for event in server.ledger.exchanges("/log")))
        cluster.rotate(V2, "nginx")
        cluster.log(V2, "nginx", b"new")
        heard.until(lambda: b"new" in heard.lines(V2))
        assert len(set(heard.lines(V2))) == len(heard.lines(V2))


def test_idle_stream_is_proved_idle(heard: Heard, cluster: Cluster) -> None:
    """A silent stream advances by proof, and nothing comes later that was logged before."""
    cluster.log(V2, "nginx", b"one")
    heard.until(lambda: len({proof.stream for proof in heard.of(Proof)}) == 3)
    heard.until(lambda: len(heard.of(Proof)) > 6)
    cluster.log(V2, "nginx", b"two")
    heard.until(lambda: heard.lines(V2) == [b"one", b"two"])
    at = cluster.lines()[-1].at // 1000
    (stream,) = {event.stream for event in heard.of(Opened) if event.pod == V2}
    proofs = [proof.through_us for proof in heard.of(Proof) if proof.stream == stream]
    assert proofs == sorted(proofs)
    assert proofs[-1] < at
    assert not heard.of(Broken)


def test_idle_since_before_it_was_followed(client: Client, cluster: Cluster) -> None:
    """How old the lines are that were there before says nothing of how late lines come: it is proved up to now."""
    long_ago = time.time_ns() - 600_000_000_000
    cluster.log(V2, "nginx", b"old", at=long_ago)
    with Follower(client, choose, selector="app=target", start=long_ago - 1_000_000_000, pace=QUICK) as follower:
        heard = Heard(follower)
        heard.until(lambda: heard.lines(V2) == [b"old"])
        read = time.time_ns() // 1000
        (stream,) = {event.stream for event in heard.of(Opened) if event.pod == V2}
        heard.until(lambda: any(p.through_us > read for p in heard.of(Proof) if p.stream == stream))


def test_idle_after_a_rotation(heard: Heard, cluster: Cluster) -> None:
    """A newest file that is empty is a rotation: said once, and then it is idle like any other."""
    cluster.log(V2, "nginx", b"one")
    heard.until(lambda: heard.lines(V2) == [b"one"])
    cluster.rotate(V2, "nginx")
    heard.until(lambda: bool(heard.losses))
    end = heard.losses[0].to_us
    heard.until(lambda: any(p.through_us > end for p in heard.of(Proof) if p.stream == heard.losses[0].stream))
    cluster.log(V2, "nginx", b"two")
    heard.until(lambda: heard.lines(V2) == [b"one", b"two"])


def test_silent_stream(heard: Heard, cluster: Cluster, server: Server) -> None:
    """A stream that stops without an end is found out by a plain read, and made anew."""
    heard.until(lambda: bool(heard.of(Proof)) and all(tail.connection for tail in heard.follower.streams))
    server.strike(FOLLOWING, Stall())
    cluster.log(V2, "nginx", b"one")
    heard.until(lambda: heard.lines(V2) == [b"one"])
    assert "no longer sends" in heard.of(Broken)[0].reason


def test_idle_stream_of_which_nothing_can_be_known(heard: Heard, cluster: Cluster, server: Server) -> None:
    """Where the looks beside an idle stream fail it is broken: each reason is told once, and ever more rarely later."""
    heard.until(lambda: bool(heard.of(Proof)))
    server.faults.plan(Where(resource="pods/log", follow=False), Answer(500, "the kubelet is away"), times=10**6)
    (stream,) = {event.stream for event in heard.of(Opened) if event.pod == V2}

    def tries() -> list[int]:
        return [broken.tries for broken in heard.of(Broken) if broken.stream == stream and "away" in broken.reason]

    heard.until(lambda: len(tries()) == 4)
    assert tries() == [1, 2, 4, 8]
    server.faults.clear()
    before = len(heard.of(Proof))
    heard.until(lambda: any(proof.stream == stream for proof in heard.of(Proof)[before:]))
    cluster.log(V2, "nginx", b"one")
    heard.until(lambda: heard.lines(V2) == [b"one"])
    assert not heard.losses


def test_pods_that_cannot_be_listed(client: Client, server: Server) -> None:
    """It is said once, since when, and once again when they can; not at each try."""
    with Follower(client, choose, selector="app=target", pace=replace(QUICK, list_most=0.15)) as follower:
        heard = Heard(follower)
        heard.until(lambda: bool(heard.of(Proof)))
        struck = time.time_ns() // 1000
        server.faults.plan(Where("watch", "pods"), Answer(503, "the server is busy"), times=15)
        server.strike(Where("watch", "pods"), Cut())
        heard.until(lambda: any(each.status == 503 for each in server.ledger.exchanges("/pods")[-1:]))
        refused = time.time_ns() // 1000
        heard.until(lambda: len(heard.of(Listing)) == 2)
    lost, found = heard.of(Listing)
    assert struck <= lost.through_us <= refused
    assert "the server is busy" in lost.reason
    assert not found.reason
    assert [note.text.partition(",")[0].partition(" after")[0] for note in heard.of(Note)] == [
        "pods cannot be listed",
        "pods are listed again",
    ]
    assert "15 tries" in heard.of(Note)[1].text


@pytest.mark.parametrize("status", [401, 403, 429, 500, 503])
def test_refused_for_a_while(heard: Heard, cluster: Cluster, server: Server, status: int) -> None:
    """Whatever is refused is asked for again."""
    heard.until(lambda: len(heard.of(Opened)) == 3)
    server.faults.plan(Where(), Answer(status, retry_after=0), times=6)
    server.strike(FOLLOWING, Cut())
    cluster.log(V2, "nginx", b"one")
    heard.until(lambda: heard.lines(V2) == [b"one"])
    assert not heard.losses


def test_watch_that_is_too_old(heard: Heard, cluster: Cluster, server: Server) -> None:
    """Pods are listed anew where the server has forgotten the past."""
    heard.until(lambda: len(heard.of(Opened)) == 3)
    server.faults.plan(Where("watch"), Answer(410))
    server.strike(Where("watch"), Cut(dropped=True))
    cluster.compact()
    cluster.add_pod("late", {"app": "target", "version": "v2"})
    cluster.log("late", "nginx", b"one")
    heard.until(lambda: heard.lines("late") == [b"one"])


def test_forbidden_pods(client: Client, server: Server) -> None:
    """What may not be listed is known at once."""
    server.access.deny("list", "pods")
    with pytest.raises(Forbidden, match="right to list pods"):
        Follower(client, choose, pace=QUICK).start()


def test_forbidden_watch(client: Client, cluster: Cluster, server: Server) -> None:
    """Without the right to watch, pods are listed again and again."""
    server.access.deny("watch", "pods")
    with Follower(client, choose, pace=replace(QUICK, list_poll=0.1)) as follower:
        heard = Heard(follower)
        heard.until(lambda: bool(heard.of(Note)))
        cluster.add_pod("late", {"app": "target", "version": "v2"})
        cluster.log("late", "nginx", b"one")
        heard.until(lambda: heard.lines("late") == [b"one"])


def test_too_many(client: Client, cluster: Cluster) -> None:
    """More streams than allowed are refused by name at the start, and wait for a place later."""
    with pytest.raises(UsageError, match=r"3 containers .* 2 are allowed\. Raise --max-streams to 3"):
        Follower(client, choose, selector="app=target", max_streams=2, pace=QUICK).start()
    with Follower(client, choose, selector="app=target", max_streams=3, pace=QUICK) as follower:
        heard = Heard(follower)
        cluster.add_pod("late", {"app": "target", "version": "v2"})
        heard.until(lambda: bool(heard.of(Note)))
        assert "late is not followed yet" in heard.of(Note)[0].text
        cluster.log("late", "nginx", b"one")
        cluster.delete(V1)
        heard.until(lambda: heard.lines("late") == [b"one"])


def test_stop_is_at_once(client: Client, cluster: Cluster) -> None:
    """Open streams, silent or not, end with the follower."""
    for number in range(30):
        cluster.add_pod(f"many-{number}", {"app": "target", "version": "v1"})
    before = {thread.name for thread in threading.enumerate()}
    with Follower(client, choose, selector="app=target", pace=QUICK) as follower:
        heard = Heard(follower)
        heard.until(lambda: len(heard.of(Opened)) == 33)
        heard.until(lambda: all(tail.connection for tail in follower.streams))
    assert {thread.name for thread in threading.enumerate()} == before


def test_slow_consumer(client: Client, cluster: Cluster) -> None:
    """Lines wait for a consumer that is late, and none is lost."""
    with Follower(client, choose, selector="app=target", pace=replace(QUICK, queue=5)) as follower:
        for number in range(20):
            cluster.log(V2, "nginx", b"%d" % number)
            time.sleep(0.03)
        assert follower.events.qsize() < 20
        heard = Heard(follower)
        heard.until(lambda: len(heard.lines(V2)) == 20)


def test_witness_alone(heard: Heard, cluster: Cluster, server: Server) -> None:
    """A rotation during a break is known by the line that does not come back, where no look tells anything."""
    blind(heard, cluster, server)
    for word in (b"1", b"2", b"3"):
        away(heard, server)
        cluster.log(V2, "nginx", b"lost " + word)
        lost = cluster.lines()[-1].at // 1000
        cluster.rotate(V2, "nginx")
        cluster.log(V2, "nginx", word)
        server.faults.clear(FOLLOWING)
        heard.until(lambda: heard.lines(V2)[-1] == word)  # noqa: B023  # it is called before the next turn
        assert any(gap.from_us <= lost <= gap.to_us and gap.reason == "rotated log" for gap in heard.of(Gap))


def test_stamps_that_run_back_over_a_break(heard: Heard, cluster: Cluster, server: Server) -> None:
    """What comes after a break is asked for from two seconds before the last line on, and not from later or earlier."""
    blind(heard, cluster, server)
    told = heard.lines(V2)
    (opened,) = [event for event in heard.of(Opened) if event.pod == V2]
    now = opened.from_us * 1000 + 60 * 10**9
    cluster.log(V2, "nginx", b"ahead", at=now)
    for number in range(3):
        told.append(b"at %d" % number)
        now += 3 * 10**9
        cluster.log(V2, "nginx", told[-1], at=now + 10**8)
        heard.until(lambda: heard.lines(V2)[-1] == told[-1])
        away(heard, server)
        told.append(b"back %d" % number)
        cluster.log(V2, "nginx", told[-1], at=now - 2 * 10**9)
        server.faults.clear(FOLLOWING)
        heard.until(lambda: heard.lines(V2)[-1] == told[-1])
    assert [line for line in heard.lines(V2) if line != b"ahead"] == told
    assert not heard.losses


def blind(heard: Heard, cluster: Cluster, server: Server) -> None:
    """Tell a line, and let all looks beside the stream come back empty from then on."""
    cluster.log(V2, "nginx", b"one")
    heard.until(lambda: heard.lines(V2) == [b"one"])
    server.faults.plan(Where(resource="pods/log", follow=False), Cut(), times=10**6)


def away(heard: Heard, server: Server) -> None:
    """End all streams, and refuse new ones."""
    server.faults.plan(FOLLOWING, Answer(503), times=10**6)
    server.strike(FOLLOWING, Cut())
    heard.until(lambda: not any(tail.connection for tail in heard.follower.streams))


@pytest.mark.unmeasured
def test_hung_up_while_lines_come(heard: Heard, cluster: Cluster) -> None:
    """What is under way on a TLS connection that is hung up is not taken for lines."""
    heard.until(lambda: all(tail.connection for tail in heard.follower.streams))
    (tail,) = [tail for tail in heard.follower.streams if tail.run.pod == V2]
    for number in range(20):
        for each in range(300):
            cluster.log(V2, "nginx", b"%d %d " % (number, each) + b"x" * 200)
        tail.hang_up()
        heard.until(lambda: len(heard.lines(V2)) == 300 * (number + 1))  # noqa: B023  # before the next turn
    assert heard.lines(V2) == [line.body for line in cluster.lines() if line.pod == V2]
    assert not heard.losses


def test_rotation_just_before_the_end(heard: Heard, cluster: Cluster) -> None:
    """A file that came and went before a container ended is missed by no look any more, but by the one at its end."""
    cluster.log(V2, "nginx", b"one")
    heard.until(lambda: heard.lines(V2) == [b"one"] and bool(heard.of(Proof)))
    cluster.rotate(V2, "nginx")
    cluster.log(V2, "nginx", b"two")
    heard.until(lambda: heard.lines(V2)[-1] == b"two")
    cluster.log(V2, "nginx", b"lost", file=-2)
    lost = cluster.lines()[1].at // 1000
    cluster.restart(V2, "nginx")
    heard.until(lambda: bool(heard.of(Closed)))
    assert heard.lines(V2) == [b"one", b"two"]
    assert any(gap.from_us <= lost <= gap.to_us for gap in heard.losses)


def test_pod_that_restarts_and_goes_unseen(heard: Heard, cluster: Cluster, server: Server) -> None:
    """A life that came and went with its pod while nobody could look is a gap."""
    cluster.log(V2, "nginx", b"one")
    cluster.stop(V2, "nginx", code=1, waiting="CrashLoopBackOff")
    heard.until(lambda: bool(heard.of(Closed)))
    server.faults.plan(Where("watch"), Answer(500), times=10**6)
    server.strike(Where("watch"), Cut(dropped=True))
    heard.until(lambda: any(exchange.status == 500 for exchange in server.ledger.exchanges("/pods")))
    cluster.start(V2, "nginx")
    cluster.log(V2, "nginx", b"lost")
    lost = cluster.lines()[-1].at // 1000
    cluster.delete(V2)
    cluster.compact()
    server.faults.clear()
    heard.until(lambda: bool(heard.losses))
    assert any(gap.from_us <= lost <= gap.to_us for gap in heard.losses)


def test_rolling_deployment(heard: Heard, cluster: Cluster) -> None:
    """Pods that go as a deployment replaces them, first asked, then ended, then gone, lose no moment."""
    for number in range(4):
        old, new = (f"rolled-{number}", f"rolled-{number + 1}")
        if number == 0:
            cluster.add_pod(old, {"app": "target", "version": "v2"})
        cluster.add_pod(new, {"app": "target", "version": "v2"})
        cluster.log(old, "nginx", b"of %d" % number)
        cluster.terminate(old)
        for each in range(20):
            cluster.log(old, "nginx", b"%d of %d" % (each, number))
        cluster.stop(old, "nginx")
        heard.until(lambda: len(heard.of(Closed)) > number)  # noqa: B023  # it is called before the next turn
        cluster.delete(old)
        assert len(heard.lines(old)) == 21
    assert not heard.losses
