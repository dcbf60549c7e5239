"""A scenario comes in; the server runs that answers late behind nginx where a side is slow."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator

from aiohttp import web

from tests.lab.configs.ports import LOOPBACK
from tests.lab.scenario import Scenario
from tests.lab.traffic import ROUTES


@contextlib.asynccontextmanager
async def backend(scenario: Scenario, port: int) -> AsyncIterator[None]:
    """Serve what nginx passes on when a side is slow: the route's answer, after the delay its headers ask for."""

    async def handle(request: web.Request) -> web.Response:
        asked = request.headers
        first = asked.get("x-envoy-attempt-count", "1") == "1"
        if asked["X-Lab-Side"] == "v2":
            await asyncio.sleep(float(asked.get("x-lab-v2-delay", "0")))
        elif asked.get("x-lab-fail") == "always" or (asked.get("x-lab-fail") == "once" and first):
            await asyncio.sleep(scenario.failures.delay_s or 0)
        return _answered(request.method, request.path)

    application = web.Application()
    application.router.add_route("*", "/{path:.*}", handle)
    runner = web.AppRunner(application, access_log=None, handler_cancellation=True, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, LOOPBACK, port).start()
        yield
    finally:
        await runner.cleanup()


def _answered(method: str, path: str) -> web.Response:
    """Answer as ROUTES says, with the sizes nginx gives its own pages."""
    for route in ROUTES:
        if route.method == method and re.search(route.pattern, path):
            headers = {"Location": "/"} if route.status == 301 else None
            body = None if method == "HEAD" or not route.size else b"x" * route.size
            return web.Response(status=route.status, body=body, headers=headers)
    return web.Response(status=404, body=b"x" * 153)
