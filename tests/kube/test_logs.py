"""The details of log requests that kubectl hides, as the real reader and API server have them."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.kube import log_options
from tests.kube.client import get, lines, opened
from tests.kube.cluster import Cluster
from tests.kube.faults import FOLLOWING, Stall
from tests.kube.instants import SECOND, instant, stamp
from tests.kube.kubelet import Reader
from tests.kube.lives import Life, Record
from tests.kube.server import Server

POD = "target-v2-58f9c-00000"
LOG = f"/api/v1/namespaces/default/pods/{POD}/log"
AT = instant("2026-11-22T10:00:00Z")


@pytest.mark.parametrize("asked", ["2026-11-22T10:00:00.999999999Z", "2026-11-22T12:00:00.5+02:00"])
def test_since_is_cut_to_the_second(cluster: Cluster, server: Server, asked: str) -> None:
    """Whatever its fraction and zone, the filter begins with the whole second, and includes it."""
    for at in (AT - 1, AT, AT + 1):
        cluster.log(POD, "nginx", b"%d" % (at - AT), at=at)
    assert get(server, LOG, sinceTime=asked).body == b"0\n1\n"


@given(moments=st.lists(st.integers(0, 3 * SECOND)), since=st.integers(0, 3 * SECOND))
def test_since_keeps_file_order(moments: list[int], since: int) -> None:
    """Records out of order, and equal stamps, are filtered one by one and never sorted."""
    life = Life("", 0, AT, files=[[Record(AT + moment, b"%d" % number) for number, moment in enumerate(moments)]])
    reader = Reader(life, log_options.read({"sinceTime": stamp(AT + since)}, POD, AT))
    body = b"".join(iter(reader.read, None))
    kept = [number for number, moment in enumerate(moments) if moment >= since // SECOND * SECOND]
    assert body == b"".join(b"%d\n" % number for number in kept)


def test_since_seconds_is_not_cut(cluster: Cluster, server: Server) -> None:
    """The other way to ask counts back from the node's clock."""
    now = cluster.clock()
    for ago in (90, 10):
        cluster.log(POD, "nginx", b"%d" % ago, at=now - ago * SECOND)
    assert get(server, LOG, sinceSeconds=30).body == b"10\n"


def test_split_line_whose_head_is_too_old(cluster: Cluster, server: Server) -> None:
    """The filter takes records, so a stream may begin with the tail of a line, without a stamp."""
    cluster.write(POD, "nginx", [Record(AT - 1, b"head ", full=False), Record(AT, b"tail"), Record(AT, b"next")])
    body = get(server, LOG, sinceTime=stamp(AT), timestamps="true").body
    assert body == b"tail\n" + stamp(AT).encode() + b" next\n"
    assert [line.body for line in cluster.lines()] == [b"head tail", b"next"]


def test_stderr_between_the_parts_of_a_line(cluster: Cluster, server: Server) -> None:
    """It is glued in and loses its stamp; the truth knows two lines."""
    records = [Record(AT, b"out-", full=False), Record(AT + 1, b"err", stream="stderr"), Record(AT + 2, b"head")]
    cluster.write(POD, "nginx", records)
    body = get(server, LOG, timestamps="true").body
    assert body == f"{stamp(AT)} out-err\n{stamp(AT + 2)} head\n".encode()
    assert [(line.stream, line.body) for line in cluster.lines()] == [("stdout", b"out-head"), ("stderr", b"err")]


def test_zone_and_stamp(cluster: Cluster, server: Server) -> None:
    """The stamp has nine digits, in the zone the runtime wrote."""
    cluster.log(POD, "nginx", b"x", at=AT, zone=-150)
    assert get(server, LOG, timestamps="true").body == b"2026-11-22T07:30:00.000000000-02:30 x\n"


def test_tail_and_limit(cluster: Cluster, server: Server) -> None:
    """The tail counts records, the limit bytes, and cuts within a line."""
    cluster.log(POD, "nginx", b"abcdef", parts=(2, 4))
    cluster.log(POD, "nginx", b"next")
    assert get(server, LOG, tailLines=2).body == b"ef\nnext\n"
    assert get(server, LOG, tailLines=0).body == b""
    assert get(server, LOG, limitBytes=8).body == b"abcdef\nn"


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ({"sinceSeconds": "0"}, "sinceSeconds: Invalid value: 0: must be greater than 0"),
        ({"limitBytes": "0"}, "limitBytes: Invalid value: 0: must be greater than 0"),
        ({"tailLines": "-1"}, "tailLines: Invalid value: -1: must be greater than or equal to 0"),
        ({"sinceSeconds": "1", "sinceTime": stamp(AT)}, "at most one of `sinceTime` or `sinceSeconds`"),
        ({"stream": "Stdout"}, "stream: Forbidden: may not be specified"),
    ],
)
def test_options_that_are_refused(server: Server, query: dict[str, str], told: str) -> None:
    """They are told as a Status of code 422."""
    reply = get(server, LOG, **query)
    assert reply.status == reply.json["code"] == 422
    assert reply.json["reason"] == "Invalid"
    assert told in reply.json["message"]


def test_container_that_waits(cluster: Cluster, server: Server) -> None:
    """Before its first life it has no log; in a crash loop it has that of the last one."""
    cluster.add_pod("young", {}, waiting="ContainerCreating")
    path = "/api/v1/namespaces/default/pods/young/log"
    refused = get(server, path)
    told = 'container "nginx" in pod "young" is waiting to start: ContainerCreating'
    assert (refused.status, refused.json["message"]) == (400, told)
    cluster.start("young", "nginx")
    cluster.log("young", "nginx", b"alive")
    cluster.stop("young", "nginx", code=1, waiting="CrashLoopBackOff")
    assert get(server, path, follow="true").body == get(server, path, previous="true").body == b"alive\n"


def test_one_dead_life_is_kept(cluster: Cluster, server: Server) -> None:
    """After two restarts the first life's lines are out of reach, and only restartCount tells."""
    for life in (b"one", b"two"):
        cluster.log(POD, "nginx", life)
        cluster.restart(POD, "nginx")
    assert get(server, LOG, previous="true").body == b"two\n"
    status = get(server, LOG.removesuffix("/log")).json["status"]["containerStatuses"][0]
    assert status["restartCount"] == 2
    assert status["lastState"]["terminated"]["containerID"] != status["containerID"]
    assert [line.restarts for line in cluster.lines()] == [0, 1]


def test_end_of_container_and_of_pod(cluster: Cluster, server: Server) -> None:
    """Both end a stream as cleanly as anything else; then the log of the pod is gone."""
    ends: list[Callable[[], None]] = [lambda: cluster.restart(POD, "nginx"), lambda: cluster.delete(POD)]
    for end in ends:
        with opened(server, LOG, follow="true") as response:
            end()
            assert list(lines(response)) == []
    assert get(server, LOG).status == 404


def test_rotation_is_followed(cluster: Cluster, server: Server) -> None:
    """A follower that keeps up sees every line but those the runtime writes to the old file afterwards."""
    cluster.log(POD, "nginx", b"old")
    with opened(server, LOG, follow="true") as response:
        stream = lines(response)
        assert next(stream) == b"old"
        cluster.rotate(POD, "nginx")
        cluster.log(POD, "nginx", b"new")
        assert next(stream) == b"new"
        cluster.log(POD, "nginx", b"late", file=-2)
        cluster.log(POD, "nginx", b"newer")
        assert next(stream) == b"newer"
    assert get(server, LOG).body == b"new\nnewer\n"
    assert [line.file for line in cluster.lines()] == [0, 0, 1, 1]


def test_rotation_before_the_first_end_of_file(cluster: Cluster, server: Server) -> None:
    """A follower that is behind then stays silent for good, with the connection open."""
    server.faults.plan(FOLLOWING, Stall(lines=1))
    for number in range(5_000):
        cluster.log(POD, "nginx", b"%0100d" % number)
    with opened(server, LOG, follow="true") as response:
        stream = lines(response)
        next(stream)
        cluster.rotate(POD, "nginx")
        cluster.log(POD, "nginx", b"unseen")
        server.strike(FOLLOWING)
        assert [next(stream) for _ in range(4_999)][-1] == b"%0100d" % 4_999
        cluster.log(POD, "nginx", b"unseen too")
        cluster.stop(POD, "nginx")
        assert list(stream) == []


def test_two_rotations_while_behind(cluster: Cluster, server: Server) -> None:
    """One file is skipped and the next is read twice, in one unbroken stream."""
    cluster.log(POD, "nginx", b"first")
    with opened(server, LOG, follow="true") as response:
        stream = lines(response)
        assert next(stream) == b"first"
        with cluster.lock:
            for body in (b"skipped", b"twice"):
                cluster.rotate(POD, "nginx")
                cluster.log(POD, "nginx", body)
        assert [next(stream), next(stream)] == [b"twice", b"twice"]


def test_rotation_just_before_the_end(cluster: Cluster, server: Server) -> None:
    """A follower asks whether the container runs before it looks for a new file; a new request finds that file."""
    cluster.log(POD, "nginx", b"old")
    with opened(server, LOG, follow="true") as response:
        stream = lines(response)
        assert next(stream) == b"old"
        with cluster.lock:
            cluster.rotate(POD, "nginx")
            cluster.log(POD, "nginx", b"new")
            cluster.stop(POD, "nginx")
        assert list(stream) == []
    assert get(server, LOG, follow="true").body == b"new\n"


def test_truth_and_ledger(cluster: Cluster, server: Server) -> None:
    """What was written and what was sent are both known, line by line."""
    for number in range(3):
        cluster.log(POD, "nginx", b"%d" % number, at=AT + number)
    get(server, LOG, timestamps="true", tailLines=2)
    sent = server.ledger.exchanges("/log")[0]
    assert (sent.user, sent.status, sent.end, sent.newest) == ("tester", 200, "complete", AT + 2)
    assert sent.lines == [f"{stamp(line.at)} {line.body.decode()}".encode() for line in cluster.lines()[1:]]
