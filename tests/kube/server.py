"""A cluster comes in; its API server runs on a free port of loopback until the block is left."""

import asyncio
import base64
import contextlib
import json
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import trustme
from aiohttp import web

from tests.kube.access import TOKEN, Access
from tests.kube.api import Api
from tests.kube.bell import Bell
from tests.kube.cluster import NAMESPACE, Cluster
from tests.kube.faults import Fault, Faults, Where
from tests.kube.ledger import Ledger

_LOOPBACK = "127.0.0.1"
_PATIENCE_S = 60.0  # a busy machine may be slow
_HANDSHAKE_S = 3.0
_TURN_S = 0.005


class Server:
    """A running server: `faults` to plan, `ledger` to read, `access` to change, all from any thread."""

    def __init__(self, cluster: Cluster) -> None:
        self.faults = Faults()
        self.ledger = Ledger()
        self.access = Access()
        self.url = ""
        self._cluster = cluster
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), name="fake Kubernetes")
        self._authority = trustme.CA()
        self._encryption = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._authority.issue_cert(_LOOPBACK).configure_cert(self._encryption)
        self._loop: asyncio.AbstractEventLoop
        self._runner: web.AppRunner
        self._bell: Bell
        self._api: Api
        self._ended: asyncio.Event

    def strike(self, where: Where, *faults: Fault) -> None:
        """Let the streams that are open now meet these faults, in the place of those that were planned for them."""
        self._loop.call_soon_threadsafe(self._api.strike, where, faults)

    def crash(self) -> None:
        """Drop every connection and refuse new ones until `recover`; the cluster lives on."""
        asyncio.run_coroutine_threadsafe(self._drop(), self._loop).result(_PATIENCE_S)

    def recover(self) -> None:
        """Listen again, at the same address."""
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(_PATIENCE_S)

    def bookmark(self) -> None:
        """Send every watch that allows it a bookmark, as happens about once a minute."""

        def order() -> None:
            self._api.marks += 1
            self._bell.ring()

        self._loop.call_soon_threadsafe(order)

    def kubeconfig(self, folder: Path, *, token: str = TOKEN, namespace: str = NAMESPACE) -> Path:
        """Write a kubeconfig into a folder, and return its path."""
        authority = base64.b64encode(self._authority.cert_pem.bytes()).decode()
        context = {"cluster": "fake", "user": "fake", "namespace": namespace}
        told = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "fake", "cluster": {"server": self.url, "certificate-authority-data": authority}}],
            "users": [{"name": "fake", "user": {"token": token}}],
            "contexts": [{"name": "fake", "context": context}],
            "current-context": "fake",
        }
        path = folder / "kubeconfig"
        path.write_text(json.dumps(told))  # JSON is YAML
        return path

    def trust(self) -> ssl.SSLContext:
        """Return what a client needs to believe the server."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._authority.configure_trust(context)
        return context

    def start(self) -> None:
        """Start the server, and wait until it listens."""
        self._thread.start()
        if not self._ready.wait(_PATIENCE_S):
            raise OSError("the fake API server did not start")

    def end(self) -> None:
        """End every exchange and the server's thread."""
        self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join(_PATIENCE_S)
        if self._thread.is_alive():
            raise OSError("the fake API server did not end")

    async def _run(self) -> None:
        self._loop, self._ended, self._bell = asyncio.get_running_loop(), asyncio.Event(), Bell()
        self._cluster.on_change(self._bell.ring)
        self._api = Api(self._cluster, self._bell, self.access, self.faults, self.ledger)
        application = web.Application()
        application.router.add_route("*", "/{path:.*}", self._api.handle)
        self._runner = web.AppRunner(application, access_log=None, handler_cancellation=True, shutdown_timeout=0.05)
        await self._runner.setup()
        try:
            await self._listen()
            self._ready.set()
            await self._ended.wait()
        finally:
            await self._drop()
            await self._runner.cleanup()

    async def _listen(self) -> None:
        port = urlsplit(self.url).port or 0
        await web.TCPSite(self._runner, _LOOPBACK, port, ssl_context=self._encryption).start()
        self.url = "https://{}:{}".format(*self._runner.addresses[0][:2])

    async def _drop(self) -> None:
        for site in self._runner.sites:
            await site.stop()
        self.ledger.drop()
        self._abort()
        until = self._loop.time() + _HANDSHAKE_S
        # A connection that is still taking up TLS is none of the server's yet.
        while any("accept_connection" in repr(task.get_coro()) for task in asyncio.all_tasks()):
            await asyncio.sleep(_TURN_S)
            self._abort()
            if self._loop.time() > until:
                break
        await asyncio.sleep(0)  # in which the sockets are closed

    def _abort(self) -> None:
        for connection in self._runner.server.connections if self._runner.server else ():
            # Not close: a TLS connection would first take leave of its client, and wait for the answer.
            if connection.transport is not None:
                connection.transport.abort()


@contextlib.contextmanager
def serve(cluster: Cluster) -> Iterator[Server]:
    """Serve a cluster while the block runs."""
    server = Server(cluster)
    server.start()
    try:
        yield server
    finally:
        server.end()
