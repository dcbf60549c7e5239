"""A namespace and a label selector come in; each pod is told as it is, again when it changes, and when it is gone."""

import contextlib
import json
import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import urllib3
from urllib3.exceptions import HTTPError, ReadTimeoutError

from mirrorcheck.cluster.api.client import Client
from mirrorcheck.cluster.api.errors import ClusterError, Forbidden, Gone, Throttled, one_line, refusal
from mirrorcheck.cluster.logs.container_runs import Pod
from mirrorcheck.cluster.logs.stamps import SECOND

_BLIND = "the API server has forgotten what became of the pods lately: one that came and went just now was not seen"
_PAGE = 500  # pods a request
_WATCH_S = 300  # seconds of a watch, at most; the server tells its version about once a minute
_SILENCE_S = 90.0
_POLL_S = 5.0  # between lists, where watching is forbidden
_LEAST_S, _MOST_S = 0.1, 2.0
_REASONS = 3  # why pods cannot be listed, that are said before they are again


@dataclass(frozen=True, slots=True)
class PodListener:
    """told: a pod's object; gone: the uid of one that is not there any more; trouble: one line for people.

    known: which pods there are is known up to an instant (ns since 1970), and why not since then; empty where it is.
    """

    told: Callable[[Pod], None]
    gone: Callable[[str], None]
    trouble: Callable[[str], None]
    known: Callable[[int, str], None]


class Pods:
    """Lists and watches pods in a thread of its own."""

    def __init__(self, client: Client, namespace: str, selector: str, hearer: PodListener) -> None:
        """selector: of labels, as the API takes it; empty for all."""
        self._client, self._path = client, f"/api/v1/namespaces/{namespace}/pods"
        self._selected = [("labelSelector", selector)] if selector else []
        self._hearer = hearer
        self._listed_for: list[tuple[str, str]] | None = None  # what was selected by the last list
        self._known: set[str] = set()
        self._version = ""
        self._blind = False
        self._watching = True
        self._anew = False
        self._wait = _LEAST_S
        self._heard = self._listed = time.time_ns()  # from the server, the last time; and all that it had
        self._is_current = False
        self._tries = 0  # in vain since then
        self._said: set[str] = set()  # of why it is in vain
        self._ended = threading.Event()
        self._response: urllib3.BaseHTTPResponse | None = None
        self._thread = threading.Thread(target=self._run, name="pods", daemon=True)

    def start(self) -> None:
        """List once, here, so that what is forbidden is known at once (ClusterError); then go on in the thread."""
        self._list()
        self._thread.start()

    @property
    def through(self) -> int:
        """Up to here, in ns since 1970, it is known which pods there are: what is told comes after it.

        A watch that is made anew tells first what happened meanwhile, until its first bookmark.
        """
        return time.time_ns() if self._is_current else self._listed

    def select(self, selector: str) -> None:
        """List and watch the pods of another selector, which has all those of the one before."""
        self._selected = [("labelSelector", selector)] if selector else []
        self._anew = True
        self._hang_up()

    @property
    def selected(self) -> bool:
        """Whether the pods of the latest selector were listed."""
        return self._listed_for is self._selected

    def stop(self) -> None:
        """End at once."""
        self._ended.set()
        self._hang_up()

    def _hang_up(self) -> None:
        response = self._response
        if response is not None:
            with contextlib.suppress(ValueError, RuntimeError, OSError):
                response.shutdown()

    def join(self, seconds: float) -> None:
        """Wait for the thread."""
        if self._thread.is_alive():
            self._thread.join(seconds)

    def _run(self) -> None:
        while not self._ended.is_set():
            try:
                self._step()
                self._wait = _LEAST_S
                self._recover()
            except Gone:
                self._version, self._blind = "", True
                continue
            except Throttled as error:
                self._endure(error)
                self._ended.wait(error.retry_after)
            except (ClusterError, HTTPError, OSError) as error:
                self._endure(error)
            self._wait = min(_MOST_S, self._wait * 2)
            self._ended.wait(self._wait * random.uniform(0.5, 1.0))  # noqa: S311  # so that many do not come at once

    def _step(self) -> None:
        if self._anew:
            self._anew, self._version = False, ""
        if not self._version:
            self._list()
        if self._watching:
            self._watch()
        else:
            self._ended.wait(_POLL_S)
            self._version = ""

    def _endure(self, error: Exception) -> None:
        """Say what lasts; where watching is forbidden, listing goes on."""
        if isinstance(error, Forbidden) and error.verb == "watch":
            self._watching = False
            self._hearer.trouble(one_line(str(error)))
            return
        self._tries += 1
        why = one_line(str(error))
        # A connection that ends is made anew at once; what lasts is said once, and not at each try.
        if self._wait >= _MOST_S and not self._ended.is_set() and why not in self._said and len(self._said) < _REASONS:
            self._said.add(why)
            self._hearer.trouble(f"pods cannot be listed, so that new ones are not seen: {why}")
            self._hearer.known(self._heard, why)

    def _recover(self) -> None:
        """Take in that the server answers; where it was said that it does not, say for how long."""
        now, tries = time.time_ns(), self._tries
        if self._said:
            self._hearer.trouble(f"pods are listed again after {(now - self._heard) // SECOND} s and {tries} tries")
            self._hearer.known(now, "")
        self._heard, self._tries, self._said = now, 0, set()

    def _list(self) -> None:
        asked, seen = time.time_ns(), set[str]()
        selected = self._selected
        params = [*selected, ("limit", str(_PAGE))]
        page: list[tuple[str, str]] = []
        while True:
            found = self._client.get(self._path, [*params, *page])
            for pod in found.get("items") or ():
                seen.add(pod["metadata"]["uid"])
                self._hearer.told(pod)
            token = found["metadata"].get("continue")
            if not token:
                break
            page = [("continue", token)]
        for uid in self._known - seen:
            self._hearer.gone(uid)
        self._recover()
        if self._blind:
            self._hearer.trouble(_BLIND)
        self._blind, self._known, self._listed, self._listed_for = False, seen, asked, selected
        self._version = found["metadata"]["resourceVersion"]

    def _watch(self) -> None:
        asked = [("watch", "true"), ("allowWatchBookmarks", "true"), ("resourceVersion", self._version)]
        limit = ("timeoutSeconds", str(random.randint(_WATCH_S // 2, _WATCH_S)))  # noqa: S311  # as client-go does
        response = self._client.stream(self._path, [*self._selected, *asked, limit], _SILENCE_S)
        self._response = response
        try:
            if self._ended.is_set() or self._anew:
                return
            self._recover()
            for event in _events(response, self._ended):
                if self._anew:
                    return
                self._take(event["type"], event["object"])
                self._heard = time.time_ns()
            self._heard = time.time_ns()
        except ReadTimeoutError:
            raise
        except (HTTPError, OSError):
            # Up to the end of the connection nothing was kept back, unless it was only silent.
            self._heard = time.time_ns()
            raise
        finally:
            if self._is_current:
                self._listed, self._is_current = self._heard, False
            self._response = None
            response.close()

    def _take(self, kind: str, found: dict[str, Any]) -> None:
        if kind == "ERROR":
            self._version = ""
            raise refusal(int(found.get("code") or 500), {}, json.dumps(found).encode(), self._path)
        uid = found["metadata"].get("uid", "")
        if kind == "DELETED":
            self._known.discard(uid)
            self._hearer.told(found)  # as it was at the end
            self._hearer.gone(uid)
        elif kind == "BOOKMARK":
            self._is_current = True
        else:
            self._known.add(uid)
            self._hearer.told(found)
        self._version = found["metadata"]["resourceVersion"]


def _events(response: urllib3.BaseHTTPResponse, ended: threading.Event) -> Iterator[dict[str, Any]]:
    """Yield the events of a watch; what is cut short at the end is dropped, and comes again."""
    rest = b""
    for piece in response.stream(1 << 16):
        if ended.is_set():
            return  # what TLS gives once it was shut down is not decrypted any more
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            yield json.loads(line)
