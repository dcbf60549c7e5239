"""A path and a query come in; the answer goes out as it was on the wire, with the way it ended."""

import contextlib
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import urllib3
from urllib3.exceptions import ProtocolError

from tests.kube.access import TOKEN
from tests.kube.server import Server

_PATIENCE_S = 60.0  # a busy machine may be slow


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer; `clean` is False where the connection went without the end that HTTP asks for."""

    status: int
    headers: urllib3.HTTPHeaderDict
    body: bytes
    clean: bool

    @property
    def json(self) -> Any:  # noqa: ANN401 -- JSON is any
        """The body as JSON."""
        return json.loads(self.body)


def get(server: Server, path: str, *, token: str = TOKEN, **query: str | int) -> Reply:
    """Ask, and read to the end."""
    with opened(server, path, token=token, **query) as response:
        pieces: list[bytes] = []
        try:
            pieces.extend(response.stream(65536))
        except ProtocolError:
            return Reply(response.status, response.headers, b"".join(pieces), clean=False)
        return Reply(response.status, response.headers, b"".join(pieces), clean=True)


@contextlib.contextmanager
def opened(server: Server, path: str, *, token: str = TOKEN, **query: str | int) -> Iterator[urllib3.BaseHTTPResponse]:
    """Ask, and let the block read."""
    asked = {name: str(value) for name, value in query.items()}
    with urllib3.PoolManager(ssl_context=server.trust(), retries=False, timeout=_PATIENCE_S) as pool:
        headers = {"Authorization": f"Bearer {token}"}
        response = pool.request("GET", server.url + path, fields=asked, headers=headers, preload_content=False)
        try:
            yield response
        finally:
            response.close()


def lines(response: urllib3.BaseHTTPResponse) -> Iterator[bytes]:
    r"""Yield a stream's whole lines as they come, without their \n."""
    rest = b""
    for piece in response.stream(65536):
        *whole, rest = (rest + piece).split(b"\n")
        yield from whole


def eventually(holds: Callable[[], bool]) -> None:
    """Wait until something holds; TimeoutError where it does not in a minute."""
    until = time.monotonic() + _PATIENCE_S
    while not holds():
        if time.monotonic() > until:
            raise TimeoutError
        time.sleep(0.005)
