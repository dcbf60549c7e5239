"""Sends the probes of a plan over HTTP from this machine."""

import asyncio
import os
import signal
import ssl
from collections.abc import Awaitable, Callable
from http.cookiejar import CookieJar, DefaultCookiePolicy
from socket import gaierror

import httpx

from mirrorcheck.errors import InputError
from mirrorcheck.probe.agent import agent
from mirrorcheck.probe.plan import Plan
from mirrorcheck.probe.tally import Tally

MOST_AT_ONCE = 100
"""Probes under way at once: when answers come too slowly for that, probes are sent later than planned."""
_INTERRUPTED = "interrupted before the answer"


class Sender:
    """Sends the probes of one plan; `stop` ends it after those under way, a second `stop` at once."""

    def __init__(
        self,
        plan: Plan,
        tally: Tally,
        transport: httpx.AsyncBaseTransport | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        now: Callable[[], float] | None = None,
    ) -> None:
        self._plan, self._transport, self._sleep = plan, transport, sleep
        self._now = now or (lambda: asyncio.get_running_loop().time())
        self._tally = tally
        self._slots = asyncio.Semaphore(MOST_AT_ONCE)
        self._feeding: asyncio.Task[None] | None = None
        self._probes: set[asyncio.Task[None]] = set()

    async def send(self) -> None:
        """Send them all, by the schedule of the plan."""
        async with _client(self._plan, self._transport) as client:
            self._feeding = asyncio.ensure_future(self._feed(client))
            await asyncio.wait([self._feeding])
            while self._probes:
                await asyncio.wait(self._probes)
            if not self._feeding.cancelled():
                self._feeding.result()

    def stop(self) -> None:
        """Send no more; called again, wait for no answer either."""
        if self._feeding is not None and not self._feeding.done():
            self._feeding.cancel()
            return
        for probe in self._probes:
            probe.cancel()

    async def _feed(self, client: httpx.AsyncClient) -> None:
        start = self._now()
        for number in range(1, self._plan.count + 1):
            await self._sleep(max(0.0, start + self._plan.due_s(number) - self._now()))
            await self._slots.acquire()
            probe = asyncio.ensure_future(self._ask(client, number))
            self._probes.add(probe)
            probe.add_done_callback(self._forget)

    def _forget(self, probe: asyncio.Task[None]) -> None:
        self._probes.discard(probe)
        self._slots.release()

    async def _ask(self, client: httpx.AsyncClient, number: int) -> None:
        self._tally.begin(number)
        try:
            async with asyncio.timeout(self._plan.patience_s):
                status = await self._answer(client, number)
        except TimeoutError:
            self._tally.failed(number, f"no answer within {self._plan.patience_s:g} s")
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            self._tally.failed(number, _reason(error))
        except asyncio.CancelledError:
            self._tally.failed(number, _INTERRUPTED)
        else:
            self._tally.answered(number, status)

    async def _answer(self, client: httpx.AsyncClient, number: int) -> int:
        headers = [*self._plan.headers, ("User-Agent", agent(self._plan.run, number))]
        async with client.stream(self._plan.method, self._plan.url(number), headers=headers) as response:
            async for _ in response.aiter_raw():
                pass  # a connection can be used again only when its answer has been read
            return response.status_code


def send_from_here(plan: Plan, tally: Tally) -> None:
    """Send the probes; Ctrl-C ends it after those under way, a second one at once.

    Raises InputError where the certificates of the plan cannot be read.
    """

    async def send() -> None:
        sender = Sender(plan, tally)
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGINT, sender.stop)
        try:
            await sender.send()
        finally:
            loop.remove_signal_handler(signal.SIGINT)

    asyncio.run(send())


def _client(plan: Plan, transport: httpx.AsyncBaseTransport | None) -> httpx.AsyncClient:
    # A cookie of one answer must not bind the next probe to the pod that set it.
    no_cookies = CookieJar(DefaultCookiePolicy(allowed_domains=()))
    limits = httpx.Limits(max_connections=MOST_AT_ONCE, max_keepalive_connections=MOST_AT_ONCE)
    return httpx.AsyncClient(
        verify=_trust(plan),
        cookies=no_cookies,
        limits=limits,
        timeout=plan.patience_s,
        follow_redirects=False,
        transport=transport,
    )


def _trust(plan: Plan) -> ssl.SSLContext | bool:
    if plan.insecure:
        return False
    if plan.authority is None:
        return ssl.create_default_context()
    try:
        return ssl.create_default_context(cafile=plan.authority)
    except OSError as error:
        raise InputError(
            f"--cacert {plan.authority} holds no certificates in PEM ({error.strerror or error}). Name another file."
        ) from error


def _reason(error: BaseException) -> str:
    """What went wrong underneath, without the addresses that would make every failure a reason of its own."""
    deepest = error
    while isinstance(cause := deepest.__cause__ or deepest.__context__, BaseException):
        deepest = cause
    if isinstance(deepest, ssl.SSLError):
        return f"TLS: {getattr(deepest, 'verify_message', '') or deepest.reason or 'no agreement'}"
    reason = str(deepest)
    if isinstance(deepest, OSError) and deepest.errno:
        # Where a name was looked up, errno is one of another list.
        reason = (deepest.strerror or reason) if isinstance(deepest, gaierror) else os.strerror(deepest.errno)
    return " ".join(reason.split()).lower() or type(error).__name__
