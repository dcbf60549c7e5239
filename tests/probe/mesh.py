"""What a service answers and mirrors comes in; it runs on loopback and writes the logs of both sides."""

import asyncio
import contextlib
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from aiohttp import web

PROXY = "192.0.2.2"


@dataclass(slots=True)
class Service:
    """What a service does with a request: which numbers have how many copies, and what it answers."""

    folder: Path
    copies: Callable[[int], int] = lambda _: 1
    lag_s: float = 0.0  # after which a copy is logged
    answer: Callable[[web.Request], web.Response] = lambda _: web.Response(text="hello")
    think_s: float = 0.0
    asked: list[web.Request] = field(default_factory=list)
    url: str = ""

    @property
    def agents(self) -> list[str]:
        """The user agents of the requests, in their order."""
        return [request.headers["User-Agent"] for request in self.asked]

    @property
    def logs(self) -> list[str]:
        """The words that name both logs."""
        return ["--primary", str(self.folder / "v1.log"), "--shadow", str(self.folder / "v2.log")]

    async def handle(self, request: web.Request) -> web.Response:
        """Log a request and its copies, and answer it."""
        self.asked.append(request)
        self.log("v1", request, "-")
        agent = request.headers["User-Agent"]
        number = int(agent.rpartition(" ")[2].rstrip(")")) if agent.endswith(")") else 0
        for _ in range(self.copies(number)):
            asyncio.get_running_loop().call_later(self.lag_s, self.log, "v2", request, PROXY)
        await asyncio.sleep(self.think_s)
        return self.answer(request)

    def log(self, side: str, request: web.Request, xff: str) -> None:
        """Write a line of nginx's format main."""
        stamp = f"{datetime.now(UTC):%d/%b/%Y:%H:%M:%S +0000}"
        asked = f'"{request.method} {request.path_qs} HTTP/1.1" 200 5 "-" "{request.headers["User-Agent"]}"'
        with (self.folder / f"{side}.log").open("a") as log:
            log.write(f'127.0.0.6 - - [{stamp}] {asked} "{xff}"\n')


@contextlib.contextmanager
def serve(service: Service, encryption: ssl.SSLContext | None = None) -> Iterator[Service]:
    """Run a service in a thread of its own while the block runs."""
    for side in ("v1", "v2"):
        (service.folder / f"{side}.log").touch()
    loop, ready = asyncio.new_event_loop(), threading.Event()
    stopped = asyncio.Event()

    async def run() -> None:
        application = web.Application()
        application.router.add_route("*", "/{path:.*}", service.handle)
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.05)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=encryption).start()
        service.url = f"http{'s' if encryption else ''}://127.0.0.1:{runner.addresses[0][1]}"
        ready.set()
        await stopped.wait()
        await runner.cleanup()

    thread = threading.Thread(target=lambda: loop.run_until_complete(run()))
    thread.start()
    try:
        assert ready.wait(60)
        yield service
    finally:
        loop.call_soon_threadsafe(stopped.set)
        thread.join(20)
        loop.close()
