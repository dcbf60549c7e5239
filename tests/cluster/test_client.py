"""What the client makes of kubeconfigs, of answers, and of logins that run out."""

import base64
import contextlib
import json
import logging
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from urllib3.exceptions import HTTPError

from mirrorcheck.cluster.api.client import Client
from mirrorcheck.cluster.api.errors import (
    ClusterError,
    Forbidden,
    Gone,
    NotFound,
    Refused,
    Throttled,
    Unauthorized,
    Unreachable,
)
from mirrorcheck.cluster.api.login import log_in
from tests.cluster.kubeconfigs import kubeconfig
from tests.kube.cluster import Cluster
from tests.kube.faults import FOLLOWING, Answer, Cut, Where
from tests.kube.server import Server

PODS = "/api/v1/namespaces/default/pods"
V2 = "target-v2-58f9c-00000"


def plugin(folder: Path, program: str) -> dict[str, Any]:
    """Return a user who logs in by a program, given in Python."""
    script = folder / "plugin.py"
    script.write_text(program)
    version = "client.authentication.k8s.io/v1"
    return {"exec": {"apiVersion": version, "command": sys.executable, "args": [str(script)]}}


def credential(**status: str) -> str:
    """Return the program of a plugin that logs in."""
    told = {"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": status}
    return f"print({json.dumps(json.dumps(told))})"


def test_get_and_stream(client: Client, cluster: Cluster, server: Server) -> None:
    """Objects come as JSON has them, a log as the bytes it has; parameters may be those the official client lacks."""
    cluster.log(V2, "nginx", b"one", at=1_763_805_600_000_000_001)
    assert (client.namespace, client.context) == ("default", "fake")
    assert len(client.get(PODS, [("labelSelector", "version=v2")])["items"]) == 1
    asked = [("timestamps", "true"), ("sinceTime", "2025-11-22T10:00:00Z")]
    response = client.stream(f"{PODS}/{V2}/log", asked)
    assert response.read() == b"2025-11-22T10:00:00.000000001Z one\n"
    response.close()
    assert [exchange.user for exchange in server.ledger.exchanges()] == ["tester", "tester"]


@pytest.mark.parametrize(
    ("status", "kind", "says"),
    [
        (400, Refused, r"refuses /api.*: 400 \(no\). `kubectl get --raw`"),
        (401, Unauthorized, r"does not accept the login \(no\). Log in again"),
        (403, Forbidden, r"forbids it \(no\). Ask"),
        (404, NotFound, r"pods does not exist \(no\). Check the names"),
        (410, Gone, "List again"),
        (429, Throttled, "Try again in 7 s"),
        (503, Unreachable, r"in trouble: 503 for .* \(no\). Try again"),
    ],
)
def test_refusals(client: Client, server: Server, status: int, kind: type[ClusterError], says: str) -> None:
    """Each status is an error of its own, one line that ends with the way out, be it a Status object or text."""
    for plain in (False, True):
        server.faults.plan(Where("list"), Answer(status, "no", retry_after=7, plain=plain), times=2)
        with pytest.raises(kind, match=says) as raised:
            client.get(PODS)
        server.faults.clear()
        assert "\n" not in str(raised.value)
        assert raised.value.status == status
        if isinstance(raised.value, Throttled):
            assert raised.value.retry_after == 7


def test_forbidden_names_the_right(client: Client, server: Server) -> None:
    """The verb and the resource are told, with the command that checks them."""
    server.access.deny("get", "pods/log")
    with pytest.raises(Forbidden, match="kubectl auth can-i get pods --subresource=log -n default") as raised:
        client.stream(f"{PODS}/{V2}/log")
    assert (raised.value.verb, raised.value.resource) == ("get", "pods/log")


def test_login_page(client: Client, server: Server) -> None:
    """An answer that is no JSON is said to be none."""
    with pytest.raises(Refused, match="not answer in JSON"):
        client.get("/healthz")
    assert server.url == client.host


def test_unreachable(client: Client, server: Server, caplog: pytest.LogCaptureFixture) -> None:
    """No connection is one line, without retries that write to standard error."""
    server.crash()
    with caplog.at_level(logging.DEBUG), pytest.raises(Unreachable, match=r"cannot be reached: .*Connection refused"):
        client.get(PODS)
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]
    server.recover()


def test_dropped_answer(client: Client, server: Server) -> None:
    """A connection that was kept open too long is no error; one that breaks again and again is."""
    server.faults.plan(Where("list"), Cut(dropped=True))
    assert len(client.get(PODS)["items"]) == 3
    server.faults.plan(Where("list"), Cut(dropped=True), times=2)
    with pytest.raises(Unreachable, match="cannot be reached"):
        client.get(PODS)


def test_stream_shuts_down_from_another_thread(client: Client, cluster: Cluster) -> None:
    """A read that waits ends at once."""
    cluster.log(V2, "nginx", b"one")
    response = client.stream(f"{PODS}/{V2}/log", [("follow", "true")], timeout=120.0)
    assert response.read1(1 << 16) == b"one\n"
    ended = threading.Event()

    def read() -> None:
        with contextlib.suppress(HTTPError):
            response.read1(1 << 16)
        ended.set()

    reader = threading.Thread(target=read)
    reader.start()
    response.shutdown()
    reader.join(60.0)
    assert ended.is_set()
    response.close()


def test_keep_alive(client: Client, cluster: Cluster) -> None:
    """A connection that dies silently is found out by the kernel, too."""
    cluster.log(V2, "nginx", b"one")
    response: Any = client.stream(f"{PODS}/{V2}/log", [("follow", "true")])
    assert response.connection.sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
    response.close()


class TestKubeconfig:
    """Kubectl's rules."""

    def test_list_of_files(self, server: Server, tmp_path: Path) -> None:
        """Files are merged, the first current context counts, and what is absent or empty is skipped."""
        first = kubeconfig(tmp_path / "a", server, {"token": "sesame"}, name="first", namespace="shop")
        second = kubeconfig(tmp_path / "b", server, {"token": "sesame"}, name="second")
        (tmp_path / "empty").touch()
        listed = ":".join(map(str, ["/dev/null", tmp_path / "empty", tmp_path / "none", first, second]))
        client = Client.connect(environ={"KUBECONFIG": listed})
        assert (client.context, client.namespace) == ("first", "shop")
        assert Client.connect(None, "second", environ={"KUBECONFIG": listed}).namespace == "default"
        assert Client.connect(None, "second", "mine", environ={"KUBECONFIG": listed}).namespace == "mine"
        assert len(client.get(PODS)["items"]) == 3

    def test_file_of_the_home(self, server: Server, tmp_path: Path) -> None:
        """Without KUBECONFIG it is the one kubectl writes."""
        (tmp_path / ".kube").mkdir()
        kubeconfig(tmp_path / ".kube" / "config", server, {"token": "sesame"}, namespace="home")
        assert Client.connect(environ={"HOME": str(tmp_path)}).namespace == "home"

    def test_nothing_to_go_by(self, tmp_path: Path) -> None:
        """No file, a wrong one and a wrong context are one line each."""
        with pytest.raises(ClusterError, match=r"no kubeconfig is found.*--kubeconfig"):
            Client.connect(environ={"HOME": str(tmp_path)})
        with pytest.raises(ClusterError, match="nowhere does not exist"):
            Client.connect(tmp_path / "nowhere", environ={})
        broken = tmp_path / "broken"
        broken.write_text("a: [")
        with pytest.raises(ClusterError, match=r"broken cannot be used: .*kubectl config view"):
            Client.connect(broken, environ={})
        broken.write_text("just words")
        with pytest.raises(ClusterError, match="broken cannot be used"):
            Client.connect(broken, environ={})

    def test_contexts(self, server: Server, tmp_path: Path) -> None:
        """A context that is not there, and none at all, are told apart."""
        path = kubeconfig(tmp_path / "a", server, {"token": "sesame"})
        with pytest.raises(ClusterError, match=r"has no context prod. `kubectl config get-contexts`"):
            Client.connect(path, "prod", environ={})
        told = json.loads(path.read_text()) | {"current-context": ""}
        path.write_text(json.dumps(told))
        with pytest.raises(ClusterError, match=r"sets no current context. Choose one with --context"):
            Client.connect(path, environ={})

    def test_in_cluster(self, server: Server, tmp_path: Path) -> None:
        """In a pod, its service account serves, when there is no kubeconfig."""
        told = json.loads(server.kubeconfig(tmp_path).read_text())
        account = tmp_path / "account"
        account.mkdir()
        (account / "token").write_text("sesame\n")
        (account / "namespace").write_text("shop")
        authority = told["clusters"][0]["cluster"]["certificate-authority-data"]
        (account / "ca.crt").write_bytes(base64.b64decode(authority))
        host, port = server.url.removeprefix("https://").split(":")
        environ = {"HOME": str(tmp_path), "KUBERNETES_SERVICE_HOST": host, "KUBERNETES_SERVICE_PORT": port}
        client = Client.connect(environ=environ, account=account)
        assert (client.context, client.namespace) == ("in-cluster", "shop")
        assert len(client.get(PODS)["items"]) == 3
        (account / "namespace").unlink()
        with pytest.raises(ClusterError, match="service account cannot be read"):
            Client.connect(environ=environ, account=account)


class TestLogin:
    """Who asks."""

    def test_impersonation(self, server: Server, tmp_path: Path) -> None:
        """`as` and its kin go out as headers, every group of them: the official client would ask as oneself."""
        user: dict[str, Any] = {"token": "sesame", "as": "reader", "as-uid": "7", "as-groups": ["one", "two"]}
        user |= {"as-user-extra": {"example.test/scope": ["logs"]}}
        Client.connect(kubeconfig(tmp_path / "a", server, user), environ={}).get(PODS)
        (exchange,) = server.ledger.exchanges("/pods")
        assert exchange.user == "reader"
        assert exchange.impersonated == [
            ("Impersonate-User", "reader"),
            ("Impersonate-Uid", "7"),
            ("Impersonate-Group", "one"),
            ("Impersonate-Group", "two"),
            ("Impersonate-Extra-example.test%2Fscope", "logs"),
        ]

    def test_groups_without_user(self, server: Server, tmp_path: Path) -> None:
        """What the server would refuse is refused before."""
        user = {"token": "sesame", "as-groups": ["one"]}
        with pytest.raises(ClusterError, match=r"Set `as` beside `as-groups`"):
            Client.connect(kubeconfig(tmp_path / "a", server, user), environ={})

    def test_plugin(self, server: Server, tmp_path: Path) -> None:
        """A login plugin's token serves."""
        user = plugin(tmp_path, credential(token="sesame"))  # noqa: S106  # the fake's
        assert Client.connect(kubeconfig(tmp_path / "a", server, user), environ={}).get(PODS)["items"]

    @pytest.mark.parametrize("program", ["import sys; sys.exit('no such profile')", "print('{')", credential()])
    def test_plugin_that_fails(
        self, server: Server, tmp_path: Path, capfd: pytest.CaptureFixture[str], program: str
    ) -> None:
        """It is said, and nothing is asked as nobody."""
        path = kubeconfig(tmp_path / "a", server, plugin(tmp_path, program))
        with pytest.raises(Unauthorized, match=r"login plugin .* failed: .*Run it by hand") as raised:
            Client.connect(path, environ={})
        assert "\n" not in str(raised.value)
        assert not server.ledger.exchanges()
        assert not capfd.readouterr().err

    def test_plugin_that_begins_to_fail(self, server: Server, tmp_path: Path) -> None:
        """It is asked again ever more rarely, whoever wants something meanwhile, and its own words are told."""
        count = tmp_path / "count"
        fails = f"open({str(count)!r}, 'a').write('x'); import sys; sys.exit('Your session ended. Log in there')"
        good = credential(token="sesame", expirationTimestamp="2020-01-01T00:00:00Z")  # noqa: S106  # the fake's
        now = [0.0]
        path = kubeconfig(tmp_path / "a", server, plugin(tmp_path, good))
        client = Client(lambda: log_in(path, None, {}, tmp_path, attended=False), clock=lambda: now[0])
        plugin(tmp_path, fails)
        for _ in range(100):
            now[0] += 1.2
            with pytest.raises(Unauthorized, match="ended with status 1: Your session ended; Log in there"):
                client.get(PODS)
        assert len(count.read_text()) in range(5, 9)  # of 100, in two minutes
        plugin(tmp_path, good)
        now[0] += 60
        assert client.get(PODS)["items"]

    def test_plugin_whose_token_is_refused(self, server: Server, tmp_path: Path) -> None:
        """It is asked for another one ever more rarely."""
        count = tmp_path / "count"
        program = f"open({str(count)!r}, 'a').write('x'); " + credential(token="old")  # noqa: S106  # the fake's
        now = [0.0]
        path = kubeconfig(tmp_path / "a", server, plugin(tmp_path, program))
        client = Client(lambda: log_in(path, None, {}, tmp_path, attended=False), clock=lambda: now[0])
        for _ in range(100):
            now[0] += 1.2
            with pytest.raises(Unauthorized):
                client.get(PODS)
        assert len(count.read_text()) in range(5, 10)

    def test_plugin_that_is_absent(self, server: Server, tmp_path: Path) -> None:
        """Its name is told."""
        user = {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "no-such-plugin"}}
        with pytest.raises(Unauthorized, match=r"no-such-plugin failed: .*No such file"):
            Client.connect(kubeconfig(tmp_path / "a", server, user), environ={})

    def test_provider_without_token(self, server: Server, tmp_path: Path) -> None:
        """An old auth-provider that gives none is no reason to go on as nobody."""
        user = {"auth-provider": {"name": "azure", "config": {}}}
        with pytest.raises(Unauthorized, match="auth-provider azure gave no token"):
            Client.connect(kubeconfig(tmp_path / "a", server, user), environ={})

    def test_token_file_is_read_again(self, server: Server, tmp_path: Path) -> None:
        """One refusal leads to one new login, of which the caller learns nothing; a second to the error."""
        token = tmp_path / "token"
        token.write_text("sesame")
        client = Client.connect(kubeconfig(tmp_path / "a", server, {"tokenFile": str(token)}), environ={})
        assert client.get(PODS)["items"]
        server.access.tokens.clear()
        server.access.tokens["new"] = "tester"
        token.write_text("new")
        assert client.get(PODS)["items"]
        server.access.tokens.clear()
        with pytest.raises(Unauthorized):
            client.get(PODS)
        statuses = [exchange.status for exchange in server.ledger.exchanges()]
        assert statuses == [200, 401, 200, 401]

    def test_login_that_runs_out(self, server: Server, tmp_path: Path) -> None:
        """A plugin whose credential has expired is asked again before the next request."""
        count = tmp_path / "count"
        program = f"open({str(count)!r}, 'a').write('x'); " + credential(
            token="sesame",  # noqa: S106  # the fake's
            expirationTimestamp="2020-01-01T00:00:00Z",
        )
        now = [0.0]
        path = kubeconfig(tmp_path / "a", server, plugin(tmp_path, program))
        client = Client(lambda: log_in(path, None, {}, tmp_path), clock=lambda: now[0])
        client.get(PODS)
        client.get(PODS)
        assert count.read_text() == "x"
        now[0] = 1.5
        client.get(PODS)
        assert count.read_text() == "xx"


def test_proxy(server: Server, tmp_path: Path) -> None:
    """The kubeconfig's proxy-url is gone through; one that needs a package is refused by name."""
    told = json.loads(server.kubeconfig(tmp_path).read_text())
    path = tmp_path / "proxied"
    with _proxy() as (address, asked):
        told["clusters"][0]["cluster"]["proxy-url"] = address
        path.write_text(json.dumps(told))
        client = Client.connect(path, environ={})
        assert client.get(PODS)["items"]
        client.close()
    assert asked == [server.url.removeprefix("https://")]


@contextmanager
def _proxy() -> Iterator[tuple[str, list[str]]]:
    """Run a proxy that opens one tunnel, and note where to."""
    asked: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            near, _ = listening.accept()
            with near:
                head = b""
                while b"\r\n\r\n" not in head:
                    head += near.recv(4096)
                asked.append(head.split()[1].decode())
                host, port = asked[0].split(":")
                with socket.create_connection((host, int(port))) as far:
                    near.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                    back = threading.Thread(target=_pour, args=(far, near))
                    back.start()
                    _pour(near, far)
                    back.join()

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}", asked
        thread.join(5.0)


def _pour(source: socket.socket, target: socket.socket) -> None:
    while piece := source.recv(65536):
        target.sendall(piece)
    target.shutdown(socket.SHUT_WR)


def test_followed_stream_ends_silently(client: Client, cluster: Cluster, server: Server) -> None:
    """A cut looks like an end: whoever reads must ask for the pod."""
    cluster.log(V2, "nginx", b"one")
    server.faults.plan(FOLLOWING, Cut(octets=2))
    response = client.stream(f"{PODS}/{V2}/log", [("follow", "true")])
    assert response.read() == b"on"
    response.close()
