"""HTTP requests come in; answers go out as the cluster's state, the users' rights and the planned faults ask for."""

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import replace

from aiohttp import web

from tests.kube import calls, discovery, log_options, objects, remote
from tests.kube.access import Access
from tests.kube.bell import Bell
from tests.kube.calls import Call
from tests.kube.cluster import Cluster
from tests.kube.faults import Answer, Cut, Fault, Faults, Stall, Where
from tests.kube.kubelet import Reader
from tests.kube.ledger import Exchange, Ledger
from tests.kube.outflow import BrokenError, Outflow, drop
from tests.kube.refusal import Object, RefusalError

_REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
_DISCOVERY = 4  # parts of the longest path that names no objects: /apis/GROUP/VERSION


class Api:
    """The handlers of one server."""

    def __init__(self, cluster: Cluster, bell: Bell, access: Access, faults: Faults, ledger: Ledger) -> None:
        self._cluster, self._bell = cluster, bell
        self._access, self._faults, self._ledger = access, faults, ledger
        self._streams: dict[Outflow, Call] = {}
        self._pages: dict[str, list[Object]] = {}
        self.marks = 0

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer a request, and write down how that ended."""
        exchange = self._ledger.open(self._cluster.clock(), request.method, request.path, dict(request.query))
        try:
            return await self._answer(request, exchange)
        except RefusalError as refusal:
            exchange.status, exchange.end = refusal.status, "complete"
            response = refusal.response()
            exchange.sent += response.body if isinstance(response.body, bytes) else b""
            return response
        except BrokenError:
            return web.Response()  # to a connection that is gone
        except ConnectionError:
            exchange.end = exchange.end or "left"
            return web.Response()  # to whoever has left, or was dropped
        except asyncio.CancelledError:
            exchange.end = exchange.end or "left"
            raise
        except Exception:
            exchange.end = "failed"
            raise

    def strike(self, where: Where, faults: Sequence[Fault]) -> None:
        """Let the streams that are open now meet these faults; in the loop's thread."""
        for outflow, call in self._streams.items():
            if where.fits(call):
                outflow.strike(faults)
        self._bell.ring()

    async def _answer(self, request: web.Request, exchange: Exchange) -> web.StreamResponse:
        exchange.user = self._access.user(request.headers)
        exchange.impersonated += [each for each in request.headers.items() if each[0].startswith("Impersonate-")]
        if request.method == "POST" and request.path == _REVIEWS:
            if "protobuf" in request.content_type:
                raise RefusalError(415, f"the body of the request was in an unknown format - {request.content_type}")
            return _complete(exchange, self._review(exchange.user, await request.json()), 201)
        if request.method != "GET":
            raise RefusalError(405, "the server does not allow this method on the requested resource")
        parts = request.path.strip("/").split("/")
        if parts[0] in ("livez", "readyz", "healthz"):
            return web.Response(text="ok")
        if parts[0] not in ("api", "apis") or len(parts) < _DISCOVERY - (parts[0] == "api"):
            return _complete(exchange, discovery.document(request.path, self._cluster.kinds))
        call = calls.read(request.path, request.query, self._cluster.kinds)
        return await self._objects(request, exchange, call)

    async def _objects(self, request: web.Request, exchange: Exchange, call: Call) -> web.StreamResponse:
        faults = self._faults.met(call)
        if faults and isinstance(faults[0], Answer):
            raise _refusal(faults[0])
        self._access.check(exchange.user, call)
        if call.subresource == "exec":
            return await self._exec(request, exchange, call)
        if call.subresource:
            return await self._log(request, exchange, call, faults)
        if call.verb == "watch":
            return await self._watch(request, exchange, call, faults)
        await _delayed(request, exchange, faults)
        with self._cluster.lock:
            if call.name:
                return _complete(exchange, objects.one(self._cluster.store, call))
            return _complete(exchange, objects.listing(self._cluster.store, call, self._pages))

    async def _log(
        self, request: web.Request, exchange: Exchange, call: Call, faults: Sequence[Fault]
    ) -> web.StreamResponse:
        options = log_options.read(call.query, call.name, self._cluster.clock())
        with self._cluster.lock:
            self._cluster.store.get(call.kind, call.namespace or "", call.name)
            pod = self._cluster.pods[call.namespace or "", call.name]
            life = pod.container(options.container).log_of(pod.name, previous=options.previous)
            reader = Reader(life, options)
        outflow = Outflow(request, exchange, self._bell, faults)
        return await self._stream(outflow, call, "text/plain", reader.read)

    async def _exec(self, request: web.Request, exchange: Exchange, call: Call) -> web.StreamResponse:
        # From 1.35 on the right to get, which a websocket asks for, is not enough.
        self._access.check(exchange.user, replace(call, verb="create"))
        with self._cluster.lock:
            self._cluster.store.get(call.kind, call.namespace or "", call.name)
            remote.container_of(self._cluster.pods[call.namespace or "", call.name], call.query)
        exchange.status = 101
        socket = await remote.execute(request, request.query, self._access.programs)
        exchange.end = "complete"
        return socket

    async def _watch(
        self, request: web.Request, exchange: Exchange, call: Call, faults: Sequence[Fault]
    ) -> web.StreamResponse:
        with self._cluster.lock:
            watch = objects.Watch(self._cluster.store, call, lambda: self.marks)
        outflow = Outflow(request, exchange, self._bell, faults)
        limit = float(call.query.get("timeoutSeconds") or 0) or None
        return await self._stream(outflow, call, "application/json", watch.read, limit)

    async def _stream(
        self, outflow: Outflow, call: Call, kind: str, read: Callable[[], bytes | None], limit: float | None = None
    ) -> web.StreamResponse:
        self._streams[outflow] = call
        try:
            await outflow.begin(kind)
            async with asyncio.timeout(limit):
                await self._pump(outflow, read)
            await outflow.finish()
        except TimeoutError:
            await outflow.finish()
        except BrokenError:
            pass  # the fault has ended it
        finally:
            del self._streams[outflow]
        return outflow.response

    async def _pump(self, outflow: Outflow, read: Callable[[], bytes | None]) -> None:
        while True:
            await outflow.send(b"")
            count = self._bell.count
            with self._cluster.lock:
                piece = read()
            if piece is None:
                return
            await outflow.send(piece)
            if not piece:
                await self._bell.after(count)

    def _review(self, user: str, review: Object) -> Object:
        asked = review["spec"].get("resourceAttributes", {})
        named = [asked.get("resource", ""), asked.get("subresource", "")]
        allowed = self._access.may(user, asked.get("verb", ""), "/".join(filter(None, named)))
        return review | {"status": {"allowed": allowed}}


def _complete(exchange: Exchange, document: Object, status: int = 200) -> web.Response:
    body = json.dumps(document).encode()
    exchange.status, exchange.end = status, "complete"
    exchange.sent += body
    return web.Response(status=status, body=body, content_type="application/json")


def _refusal(fault: Answer) -> RefusalError:
    headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
    details = None if fault.retry_after is None else {"retryAfterSeconds": fault.retry_after}
    return RefusalError(fault.status, fault.message, details=details, headers=headers, plain=fault.plain)


async def _delayed(request: web.Request, exchange: Exchange, faults: Sequence[Fault]) -> None:
    """Meet the faults of an answer that is no stream: silence before it, or no answer at all."""
    for fault in faults:
        if isinstance(fault, Stall):
            # No end of it: the client's patience is.
            await asyncio.sleep(24 * 3600 if fault.seconds is None else fault.seconds)
        elif isinstance(fault, Cut):
            drop(request, exchange)
            raise BrokenError
