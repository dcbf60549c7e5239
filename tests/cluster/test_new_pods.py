"""Pods that come while others are watched: from when on they have something to say, and whom they hold up."""

import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from mirrorcheck.cluster.api.client import Client
from mirrorcheck.cluster.logs.container_runs import container_runs
from mirrorcheck.cluster.logs.follower import Follower
from mirrorcheck.sources.feed import Opened, Proof
from tests.cluster.test_follow import QUICK, Heard, choose
from tests.kube.cluster import Cluster
from tests.kube.faults import Answer, Cut, Where
from tests.kube.server import Server

HOUR = 3600 * 10**9
LABELS = {"app": "target", "version": "v2"}
NEW = "target-v2-new"


@pytest.fixture
def heard(client: Client) -> Iterator[Heard]:
    """A follower that has been at it for an hour."""
    start = time.time_ns() - HOUR
    with Follower(client, choose, selector="app=target", pace=replace(QUICK, seen_late=0.1), start=start) as follower:
        found = Heard(follower)
        found.until(lambda: len(found.of(Proof)) >= 3)
        yield found


def began(heard: Heard) -> int:
    """From when on the new pod is read, in ns."""
    heard.until(lambda: any(event.pod == NEW for event in heard.of(Opened)))
    [opened] = [event for event in heard.of(Opened) if event.pod == NEW]
    return opened.from_us * 1000


def test_a_container_that_is_created_has_no_log_before_it_starts(heard: Heard, cluster: Cluster) -> None:
    """The kubelet tells its id before it starts: its duty begins with its start all the same."""
    cluster.add_pod(NEW, LABELS, waiting="ContainerCreating")
    cluster.create(NEW, "nginx")
    time.sleep(0.3)  # so that it is seen like this
    before = time.time_ns()
    cluster.start(NEW, "nginx")
    cluster.log(NEW, "nginx", b"one")
    heard.until(lambda: heard.lines(NEW) == [b"one"])
    assert 0 <= time.time_ns() - began(heard) < time.time_ns() - before + 10**9
    assert not heard.losses


def test_a_pod_that_is_labelled_late_has_nothing_to_say_of_before(heard: Heard, cluster: Cluster) -> None:
    """It has run for half an hour, and is one of the shadow's from now on."""
    clock = cluster.clock
    cluster.clock = lambda: clock() - HOUR // 2
    cluster.add_pod(NEW, {"app": "target-canary"})
    cluster.log(NEW, "nginx", b"long ago")
    cluster.clock = clock
    cluster.label(NEW, LABELS)
    cluster.log(NEW, "nginx", b"one")
    heard.until(lambda: heard.lines(NEW) == [b"one"])
    assert 0 <= time.time_ns() - began(heard) < HOUR // 4


def test_a_pod_that_comes_while_nobody_can_look_is_read_from_its_start(
    heard: Heard, cluster: Cluster, server: Server
) -> None:
    """The watch that is made anew tells of it late: that does not make it one that was there before."""
    where = Where("watch", "pods")
    server.faults.plan(where, Answer(500), times=10**6)
    server.strike(where, Cut(dropped=True))
    time.sleep(1.2)  # a pod's age is told in whole seconds
    cluster.add_pod(NEW, LABELS)
    cluster.log(NEW, "nginx", b"early")
    time.sleep(0.5)
    cluster.log(NEW, "nginx", b"late")
    server.faults.clear(where)
    heard.until(lambda: heard.lines(NEW)[-1:] == [b"late"])
    assert heard.lines(NEW) == [b"early", b"late"]


def test_a_start_that_is_not_told_is_not_before_the_pod(cluster: Cluster) -> None:
    """A start is told by the kubelet, and may lack: nothing was logged before the pod was made."""
    cluster.add_pod(NEW, LABELS)
    pod = cluster.pods["default", NEW].manifest()
    del pod["status"]["containerStatuses"][0]["state"]["running"]["startedAt"]
    [run] = container_runs(pod, ("nginx",), "shadow")
    assert run.started
    assert time.time_ns() - run.started < 60 * 10**9
