"""Bytes for one client come in; they go out as its faults let them, and into the ledger."""

import asyncio
import time
from collections import deque
from collections.abc import Sequence

from aiohttp import web

from tests.kube.bell import Bell
from tests.kube.faults import Cut, Fault, Slow, Stall
from tests.kube.ledger import Exchange

_SLICES = 20  # a slow stream's pieces a second


class BrokenError(Exception):
    """The exchange has ended before its time, by a fault."""


class Outflow:
    """The body of one streamed answer."""

    def __init__(self, request: web.Request, exchange: Exchange, bell: Bell, faults: Sequence[Fault]) -> None:
        self._request = request
        self._exchange = exchange
        self._bell = bell
        self.response = web.StreamResponse()
        self.strike(faults)

    def strike(self, faults: Sequence[Fault]) -> None:
        """Let these faults take the place of those still to come; in the loop's thread."""
        self._rate = next((fault.rate for fault in faults if isinstance(fault, Slow)), 0)
        self._faults = deque(fault for fault in faults if isinstance(fault, Cut | Stall))
        self._arm()

    async def begin(self, kind: str) -> None:
        """Send the header, at once as the API server does."""
        self.response.headers.update({"Content-Type": kind, "Cache-Control": "no-cache, private"})
        self._exchange.status = 200
        await self.response.prepare(self._request)

    async def send(self, piece: bytes) -> None:
        """Send a piece, maybe empty; BrokenError where a fault is reached that lets nothing more through."""
        while (reached := self._reach(piece)) is not None:
            await self._write(piece[:reached])
            piece = piece[reached:]
            await self._suffer(self._faults[0])
        await self._write(piece)

    async def finish(self) -> None:
        """End the answer, as complete."""
        self._exchange.end = "complete"
        await self.response.write_eof()

    def _arm(self) -> None:
        if self._faults:
            self._lines, self._octets = self._faults[0].lines, self._faults[0].octets

    def _reach(self, piece: bytes) -> int | None:
        """Return after how many bytes of the piece the next fault is due."""
        if not self._faults:
            return None
        place = 0
        while self._lines:
            place = piece.find(b"\n", place) + 1
            if not place:
                return None
            self._lines -= 1
        if self._octets > len(piece) - place:
            self._octets -= len(piece) - place
            return None
        return place + self._octets

    async def _suffer(self, fault: Cut | Stall) -> None:
        if isinstance(fault, Cut):
            if fault.dropped:
                drop(self._request, self._exchange)
            else:
                self._exchange.end = "cut"
                await self.response.write_eof()
            raise BrokenError
        await self._silence(fault)
        if self._faults and self._faults[0] is fault:
            self._faults.popleft()
            self._arm()

    async def _silence(self, fault: Stall) -> None:
        until = None if fault.seconds is None else time.monotonic() + fault.seconds
        while self._faults and self._faults[0] is fault:
            left = None if until is None else until - time.monotonic()
            if left is not None and left <= 0:
                return
            await self._bell.after(self._bell.count, left)

    async def _write(self, piece: bytes) -> None:
        size = max(1, self._rate // _SLICES or len(piece))
        for start in range(0, len(piece), size):
            part = piece[start : start + size]
            self._exchange.sent += part
            await self.response.write(part)
            if self._rate:
                await asyncio.sleep(len(part) / self._rate)


def drop(request: web.Request, exchange: Exchange) -> None:
    """Drop a connection without the end that HTTP asks for; what was written just before may be lost with it."""
    if request.transport is not None:
        request.transport.abort()
    exchange.end = "dropped"
