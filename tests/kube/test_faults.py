"""What a client sees of each planned fault."""

import contextlib

import pytest
from urllib3.exceptions import NewConnectionError, ProtocolError

from tests.kube.client import eventually, get, lines, opened
from tests.kube.cluster import Cluster
from tests.kube.faults import FOLLOWING, Answer, Cut, Slow, Stall, Where
from tests.kube.server import Server, serve

POD = "target-v2-58f9c-00000"
PODS = "/api/v1/namespaces/default/pods"
LOG = f"{PODS}/{POD}/log"
ANY_LOG = Where(resource="pods/log")


@pytest.fixture(autouse=True)
def _three_lines(cluster: Cluster) -> None:
    for word in (b"one", b"two", b"three"):
        cluster.log(POD, "nginx", word)


def test_clean_cut(server: Server) -> None:
    """A dying kubelet's stream ends with half a line, as cleanly as if there were no more; once."""
    server.faults.plan(FOLLOWING, Cut(lines=1, octets=2))
    reply = get(server, LOG, follow="true")
    assert (reply.status, reply.body, reply.clean) == (200, b"one\ntw", True)
    assert get(server, LOG).body == b"one\ntwo\nthree\n"
    assert [exchange.end for exchange in server.ledger.exchanges("/log")] == ["cut", "complete"]


def test_dropped_connection(server: Server) -> None:
    """A dying API server's stream has no end at all."""
    server.faults.plan(FOLLOWING, Cut(lines=2, dropped=True))
    reply = get(server, LOG, follow="true")
    assert not reply.clean
    assert b"one\ntwo\n".startswith(reply.body)
    assert server.ledger.exchanges("/log")[0].end == "dropped"


def test_stall_then_cut(server: Server) -> None:
    """Faults of one plan come in turn, and a silence ends by itself."""
    server.faults.plan(FOLLOWING, Stall(lines=1, seconds=0.01), Cut(octets=2))
    assert get(server, LOG, follow="true").body == b"one\ntw"


def test_strike_at_what_is_open(cluster: Cluster, server: Server) -> None:
    """A stream that is silent for good, or only quiet, can be cut at any time."""
    server.faults.plan(FOLLOWING, Stall(lines=1))
    with opened(server, LOG, follow="true") as response:
        stream = lines(response)
        assert next(stream) == b"one"
        server.strike(FOLLOWING, Cut(lines=1, octets=1))
        assert list(stream) == [b"two"]
    with opened(server, LOG, follow="true") as response:
        stream = lines(response)
        assert [next(stream) for _ in range(3)] == [b"one", b"two", b"three"]
        server.strike(Where(name=POD), Cut())
        assert list(stream) == []
    cluster.log(POD, "nginx", b"four")
    assert get(server, LOG).body.endswith(b"four\n")


def test_slow_stream(server: Server) -> None:
    """It gives all, byte by byte."""
    server.faults.plan(ANY_LOG, Slow(1000))
    assert get(server, LOG).body == b"one\ntwo\nthree\n"


@pytest.mark.parametrize("status", [401, 403, 410, 429, 500, 503])
def test_refusal_as_a_status(server: Server, status: int) -> None:
    """Any status can be answered, as the object that clients read."""
    server.faults.plan(ANY_LOG, Answer(status, "no", retry_after=1), times=2)
    for _ in range(2):
        reply = get(server, LOG)
        assert (reply.status, reply.headers["Retry-After"]) == (status, "1")
        assert (reply.json["kind"], reply.json["code"], reply.json["message"]) == ("Status", status, "no")
    assert get(server, LOG).status == 200


def test_refusal_as_text(server: Server) -> None:
    """The overload filter and proxies do not answer with objects."""
    server.faults.plan(ANY_LOG, Answer(429, "Too many requests, please try again later.", retry_after=1, plain=True))
    reply = get(server, LOG)
    assert reply.body == b"Too many requests, please try again later.\n"
    assert reply.headers["Content-Type"].startswith("text/plain")


def test_plans_choose(cluster: Cluster, server: Server) -> None:
    """A plan waits for its pod, container, verb and turn."""
    other = "target-v1-6d4cf56db6-00000"
    server.faults.plan(Where("get", "pods/log", "target-v1-*", "istio-proxy"), Answer(500), skip=1)
    server.faults.plan(Where("list"), Answer(503))
    paths = {name: f"{PODS}/{other}/log?container={name}" for name in ("nginx", "istio-proxy")}
    assert [get(server, paths["istio-proxy"]).status for _ in range(3)] == [200, 500, 200]
    assert [get(server, path).status for path in (paths["nginx"], PODS, PODS)] == [200, 503, 200]
    server.faults.plan(Where(), Answer(500), times=100)
    server.faults.clear()
    assert get(server, PODS).status == 200
    assert len(cluster.lines()) == 3


def test_answer_that_never_begins(server: Server) -> None:
    """Lists can be late, or dropped before their first byte."""
    server.faults.plan(Where("list"), Stall(seconds=0.01))
    assert len(get(server, PODS).json["items"]) == 3
    server.faults.plan(Where("list"), Cut())
    with pytest.raises(ProtocolError), opened(server, PODS):
        pass


def test_client_that_leaves(server: Server) -> None:
    """The ledger says so."""
    with opened(server, LOG, follow="true") as response:
        assert next(lines(response)) == b"one"
    eventually(lambda: server.ledger.exchanges("/log")[0].end == "left")


def test_server_that_ends(cluster: Cluster) -> None:
    """Open streams end with it, without the end that HTTP asks for."""
    with contextlib.ExitStack() as client:
        with serve(cluster) as server:
            stream = lines(client.enter_context(opened(server, LOG, follow="true")))
            assert next(stream) == b"one"
        with pytest.raises(ProtocolError):
            list(stream)


def test_server_that_crashes(cluster: Cluster, server: Server) -> None:
    """Its streams are dropped and new connections refused; then it is back, and the cluster has gone on."""
    with opened(server, LOG, follow="true") as response:
        stream = lines(response)
        assert next(stream) == b"one"
        server.crash()
        with pytest.raises(ProtocolError):
            list(stream)
    with pytest.raises(NewConnectionError):
        get(server, LOG)
    cluster.log(POD, "nginx", b"meanwhile")
    server.recover()
    assert get(server, LOG).body.endswith(b"meanwhile\n")
    assert [exchange.end for exchange in server.ledger.exchanges("/log")] == ["dropped", "complete"]
