"""A client of the Kubernetes API: gives JSON objects and raw streams, or one error that names the way out."""

import contextlib
import json
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Self, cast

import urllib3
from urllib3.exceptions import HTTPError

from mirrorcheck.cluster.api.errors import ClusterError, Refused, Unreachable, one_line, refusal
from mirrorcheck.cluster.api.login import ACCOUNT, Session, log_in

Params = Iterable[tuple[str, str]]

_CONNECT_S = 5.0
_ANSWER_S = 10.0
_PATIENCE_S = 1.0  # a login that is refused again so soon would be refused once more
_LONGEST_S = 60.0
_REFUSAL_BYTES = 1 << 16  # no Status object is longer


def _patience_s(times: int) -> float:
    """How long to wait before a login that failed so often is tried again."""
    return float(min(_LONGEST_S, _PATIENCE_S * 2**times))


class Client:
    """Asks one API server, from any thread; logs in again when a login runs out or is refused."""

    def __init__(
        self, login: Callable[[], Session], namespace: str | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._login = login
        self._clock = clock
        self._lock = threading.Lock()
        self._refused_at = float("-inf")
        self._refusals = 0  # of logins in turn
        self._failure: ClusterError | None = None
        self._failures = 0  # of attempts to log in, in turn
        self._again_at = float("-inf")
        self._log_in()
        self.namespace = namespace or self._session.namespace
        self.context = self._session.context

    @classmethod
    def connect(
        cls,
        kubeconfig: Path | None = None,
        context: str | None = None,
        namespace: str | None = None,
        *,
        environ: Mapping[str, str] = os.environ,
        account: Path = ACCOUNT,
    ) -> Self:
        """Log in by kubectl's rules; ClusterError where that fails. Nothing is asked of the server yet."""
        first = iter([True])  # later ones happen while a screen is drawn
        return cls(lambda: log_in(kubeconfig, context, environ, account, attended=next(first, False)), namespace)

    @property
    def host(self) -> str:
        """The server's address, for people."""
        return str(self._session.api.configuration.host)

    def get(self, path: str, params: Params = ()) -> dict[str, Any]:
        """Return what stands at a path; ClusterError, by the kind of refusal."""
        try:
            body = self._read(path, params)
        except Unreachable as error:
            if error.status is not None:
                raise
            body = self._read(path, params)  # a connection kept open may have been closed by the other side
        try:
            return cast("dict[str, Any]", json.loads(body))
        except ValueError as error:
            hint = "Check that the context's server is an API server, not a proxy's login page."
            raise Refused(f"{self.host}{path} does not answer in JSON. {hint}", 200) from error

    def pages(self, path: str, params: Params = ()) -> Iterator[dict[str, Any]]:
        """Yield the pages of a list; ClusterError as for `get`."""
        following: Params = ()
        while True:
            page = self.get(path, [*params, *following])
            yield page
            token = (page.get("metadata") or {}).get("continue")
            if not token:
                return
            following = [("continue", token)]

    def stream(self, path: str, params: Params = (), timeout: float = _ANSWER_S) -> urllib3.BaseHTTPResponse:
        """Return an answer whose body is still to be read, in bytes as they come; the reader closes it.

        timeout: seconds of silence after which a read raises urllib3's ReadTimeoutError. ClusterError as for `get`.
        """
        session = self.session()
        response = self._ask(session, path, params, timeout)
        if response.status == 401 and (renewed := self.renewed(session)) is not session:  # noqa: PLR2004
            response.close()
            response = self._ask(renewed, path, params, timeout)
        if response.status == 200:  # noqa: PLR2004
            self._refusals = 0
            return response
        try:
            body = response.read(_REFUSAL_BYTES)
        except (HTTPError, OSError):
            body = b""
        finally:
            response.close()
        raise refusal(response.status, response.headers, body, path)

    def session(self) -> Session:
        """Return a login that is valid now."""
        with self._lock:
            if self._clock() >= self._until:
                self._log_in()
            return self._session

    def renewed(self, refused: Session) -> Session:
        """Return a session newer than the one refused, or the same where a new login was refused a moment ago."""
        with self._lock:
            if self._session is refused and self._clock() - self._refused_at > _patience_s(self._refusals):
                self._refused_at, self._refusals = self._clock(), self._refusals + 1
                self._log_in()
            return self._session

    def close(self) -> None:
        """Close the connections that are not in use."""
        self._session.api.close()

    def _read(self, path: str, params: Params) -> bytes:
        response = self.stream(path, params)
        try:
            return response.read()
        except (HTTPError, OSError) as error:
            raise self._unreachable(error) from error
        finally:
            response.release_conn()

    def _ask(self, session: Session, path: str, params: Params, timeout: float) -> urllib3.BaseHTTPResponse:
        api = session.api
        method, url, headers, *rest = api.param_serialize(
            "GET", path, query_params=list(params), auth_settings=["BearerToken"]
        )
        sent = urllib3.HTTPHeaderDict(headers)
        for name, text in session.headers:
            sent.add(name, text)
        from kubernetes.client import ApiException

        try:
            return cast(
                "urllib3.BaseHTTPResponse",
                api.call_api(method, url, sent, *rest, _request_timeout=(_CONNECT_S, timeout)).response,
            )
        except (HTTPError, OSError, ApiException) as error:
            raise self._unreachable(error) from error
        except ImportError as error:
            hint = "Install PySocks beside mirrorcheck, or use an HTTP proxy."
            raise ClusterError(f"the proxy {api.configuration.proxy} speaks SOCKS. {hint}") from error

    def _log_in(self) -> None:
        """Log in; not again so soon where that failed: a plugin may open a browser each time."""
        if self._failure is not None and self._clock() < self._again_at:
            raise type(self._failure)(*self._failure.args)
        try:
            self._session = self._login()
        except ClusterError as error:
            self._failure, self._failures = error, self._failures + 1
            self._again_at = self._clock() + _patience_s(self._failures)
            raise
        self._failure, self._failures = None, 0
        lasts = self._session.lasts
        self._until = float("inf") if lasts is None else self._clock() + lasts

    def _unreachable(self, error: Exception) -> Unreachable:
        reason = getattr(error, "reason", None) or error
        why = one_line(str(reason).rpartition("): ")[2] or type(error).__name__)
        hint = "Check the context (kubectl config current-context) and the network."
        return Unreachable(f"the API server at {self.host} cannot be reached: {why}. {hint}")


def hang_up(response: urllib3.BaseHTTPResponse) -> None:
    """End a stream that another thread may be reading; close() could wait for that thread for ever."""
    with contextlib.suppress(ValueError, RuntimeError, OSError):
        response.shutdown()


def line_batches(response: urllib3.BaseHTTPResponse) -> Iterator[list[bytes]]:
    """Yield the whole lines of each piece of a stream; a line that is cut off at the end is dropped."""
    rest = b""
    for piece in response.stream(1 << 16):
        *lines, rest = (rest + piece).split(b"\n")
        yield lines
