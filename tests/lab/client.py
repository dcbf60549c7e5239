"""A plan of calls and ports come in; the same calls are sent over HTTP, each numbered by its x-lab-id."""

import asyncio
import contextlib
import itertools
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Self

import aiohttp
from yarl import URL

from tests.lab.configs.ports import LOOPBACK, SIDECAR_SOURCE, Ports
from tests.lab.scenario import Scenario
from tests.lab.traffic import Call, plan

_GATEWAY_CLIENTS = tuple(f"127.0.1.{host}" for host in range(1, 6))
_BODY_METHODS = ("POST", "PUT", "PATCH")
_PROBE = Call("GET", "/healthz", "kube-probe/1.31", None, None, None, None, v2_fail=False, aborted=False)
_NONSENSE = (
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    b"hello\r\n\r\n",
    b"\r\n\r\n\x00\x01\r\n",
    b"GET /no-host HTTP/1.1\r\n\r\n",
    b"GET / HTTP/9.9\r\nHost: x\r\n\r\n",
)
_PATIENCE_S = 40.0
_ABORT_S = 0.1


@dataclass(slots=True)
class Sent:
    """What the client did: request numbers handed out, and which of them were not plain mirrored requests."""

    numbers: Iterator[int] = field(default_factory=itertools.count)
    total: int = 0
    direct: list[int] = field(default_factory=list)
    probes: list[int] = field(default_factory=list)
    client_retries: dict[int, int] = field(default_factory=dict)
    """A further try of a client -> the number of its first one."""

    def number(self) -> int:
        """Hand out the next request number."""
        self.total += 1
        return next(self.numbers)


@dataclass(frozen=True, slots=True)
class _Way:
    """Where a request comes from and goes to: a source address and a port on loopback."""

    source: str
    port: int


class Client:
    """Sends calls to Envoy (mirrored) or straight to a pod (direct), each under a number of its own."""

    def __init__(self, scenario: Scenario, seed: int, ports: Ports, sent: Sent) -> None:
        self._scenario = scenario
        self._ports = ports
        self._sent = sent
        self._rng = random.Random(f"client {scenario.name} {seed}")
        self._calls = plan(scenario, seed, scenario.requests)
        self._direct_calls = plan(scenario, -seed, scenario.direct)
        self._sessions: dict[str, aiohttp.ClientSession] = {}

    @contextlib.asynccontextmanager
    async def opened(self) -> AsyncIterator[Self]:
        """Hold one connection pool for each source address while the load runs."""
        async with contextlib.AsyncExitStack() as stack:
            for source in (LOOPBACK, SIDECAR_SOURCE, *_GATEWAY_CLIENTS):
                connector = aiohttp.TCPConnector(limit=256, local_addr=(source, 0), keepalive_timeout=120)
                session = aiohttp.ClientSession(
                    connector=connector,
                    auto_decompress=False,
                    timeout=aiohttp.ClientTimeout(total=_PATIENCE_S),
                    skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
                )
                self._sessions[source] = await stack.enter_async_context(session)
            yield self

    async def run(self) -> None:
        """Send the whole plan: main load, direct requests, probes and nonsense beside it."""
        span_s = self._scenario.requests / (self._scenario.rate or 300)
        beside = (
            *(self._spread(call, span_s, self._send_direct) for call in self._direct_calls),
            *(self._spread(_PROBE, span_s, self._send_probe) for _ in range(self._scenario.probes)),
            *(self._nonsense(index, span_s) for index in range(self._scenario.malformed)),
        )
        async with asyncio.TaskGroup() as tasks:
            for each in (self._main_load(), *beside):
                tasks.create_task(each)

    async def _main_load(self) -> None:
        pending = iter(enumerate(self._calls))
        start = asyncio.get_running_loop().time()

        async def worker() -> None:
            for index, call in pending:
                if self._scenario.rate:
                    due = start + index / self._scenario.rate
                    await asyncio.sleep(max(0.0, due - asyncio.get_running_loop().time()))
                await self._send_mirrored(call)

        await asyncio.gather(*(worker() for _ in range(self._scenario.concurrency)))

    async def _spread(self, call: Call, span_s: float, send: Callable[[Call], Awaitable[None]]) -> None:
        await asyncio.sleep(self._rng.uniform(0, span_s))
        await send(call)

    async def _send_mirrored(self, call: Call) -> None:
        """Send through a proxy; when clients retry by themselves, again after a 503, as a new request."""
        source = self._rng.choice(_GATEWAY_CLIENTS) if self._scenario.flavour == "gateway" else LOOPBACK
        first = self._sent.number()
        way = _Way(source, self._proxy(first))
        if not self._scenario.client_retries:
            await self._send(call, first, way)
            return
        status = await self._send(replace(call, fail=call.fail and "always"), first, way)
        for _ in range(self._scenario.client_retries):
            if status != 503:
                return
            await asyncio.sleep(self._rng.uniform(0.02, 0.4))
            number = self._sent.number()
            self._sent.client_retries[number] = first
            again = replace(call, fail="always" if call.fail == "always" else None)
            status = await self._send(again, number, way)

    async def _send_direct(self, call: Call) -> None:
        number = self._sent.number()
        self._sent.direct.append(number)
        if self._scenario.flavour == "gateway":
            call = replace(call, xff=self._rng.choice(_GATEWAY_CLIENTS))
        await self._send(replace(call, fail=None), number, _Way(SIDECAR_SOURCE, self._door("v2")))

    async def _send_probe(self, call: Call) -> None:
        for side in ("v1", "v2"):
            number = self._sent.number()
            self._sent.probes.append(number)
            await self._send(call, number, _Way(SIDECAR_SOURCE, self._door(side)))

    def _proxy(self, number: int) -> int:
        return self._ports.proxies[number % len(self._ports.proxies)].traffic

    def _door(self, side: str) -> int:
        return self._rng.choice(list(self._ports.doors(side).values()))

    async def _send(self, call: Call, number: int, way: _Way) -> int:
        """Send one request and read its answer's status; 0 stands for none."""
        body = b"x" * call.body_bytes if call.method in _BODY_METHODS else None
        url = URL(f"http://{LOOPBACK}:{way.port}{call.target}", encoded=True)
        headers = _headers(call, number)
        with contextlib.suppress(TimeoutError, aiohttp.ClientError):
            async with (
                asyncio.timeout(_ABORT_S if call.aborted else _PATIENCE_S),
                self._sessions[way.source].request(
                    call.method, url, headers=headers, data=body, allow_redirects=False
                ) as response,
            ):
                await response.read()
                return response.status
        return 0

    async def _nonsense(self, index: int, span_s: float) -> None:
        """Send one malformed request to Envoy or a pod; every third is well-formed but too large for nginx."""
        await asyncio.sleep(self._rng.uniform(0, span_s))
        port = self._rng.choice([self._proxy(index), *self._ports.pods.values()])
        payload = _NONSENSE[index % len(_NONSENSE)]
        if index % 3 == 0:
            port = self._proxy(index)
            long = b"x" * 9000
            target, cookie = (b"/" + long, b"") if index % 2 else (b"/large", b"Cookie: " + long + b"\r\n")
            payload = b"GET " + target + b" HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n" + cookie + b"\r\n"
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(3):
                reader, writer = await asyncio.open_connection(LOOPBACK, port)
                writer.write(payload)
                writer.write_eof()
                await reader.read()
                writer.close()


def _headers(call: Call, number: int) -> dict[str, str]:
    optional = {
        "User-Agent": call.agent,
        "Referer": call.referer,
        "X-Forwarded-For": call.xff,
        "x-lab-fail": call.fail,
        "x-lab-v2-fail": "always" if call.v2_fail else None,
        "x-lab-v2-delay": None if call.v2_delay_s is None else f"{call.v2_delay_s:.3f}",
    }
    given = {name: value for name, value in optional.items() if value is not None}
    return {"x-lab-id": str(number), "Host": "shop.example.com", **given}
