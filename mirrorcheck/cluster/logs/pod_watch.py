"""Lists and watches the pods of a namespace, and reports each one, its changes and its end."""

import json
import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import urllib3
from urllib3.exceptions import HTTPError, ReadTimeoutError

from mirrorcheck.cluster.api.client import Client, hang_up, line_batches
from mirrorcheck.cluster.api.errors import ClusterError, Forbidden, Gone, Throttled, one_line, refusal
from mirrorcheck.cluster.logs.constants import FollowPace
from mirrorcheck.cluster.logs.container_runs import Pod
from mirrorcheck.cluster.logs.stamps import SECOND

_BLIND = "the API server no longer has the latest changes of pods: one that came and went just now was not seen"
_PAGE = 500  # pods a request
_WATCH_S = 300  # seconds of a watch, at most; the server sends its version about once a minute
_SILENCE_S = 90.0
_LEAST_S = 0.1  # before the first retry
_REASONS = 3  # why pods cannot be listed that are reported before they are listed again


@dataclass(frozen=True, slots=True)
class PodListener:
    """changed: a new or changed pod; removed: the uid of one; trouble: one line for people.

    known: up to which instant (ns since 1970) all pods are known, and why not since then, empty if they are.
    """

    changed: Callable[[Pod], None]
    removed: Callable[[str], None]
    trouble: Callable[[str], None]
    known: Callable[[int, str], None]


class Pods:
    """Lists and watches pods in a thread of its own."""

    def __init__(self, client: Client, namespace: str, selector: str, listener: PodListener, pace: FollowPace) -> None:
        """selector: of labels, as the API takes it; empty for all."""
        self._pace = pace
        self._client, self._path = client, f"/api/v1/namespaces/{namespace}/pods"
        self._selected = [("labelSelector", selector)] if selector else []
        self._listener = listener
        self._listed_for: list[tuple[str, str]] | None = None  # what was selected by the last list
        self._known: set[str] = set()
        self._version = ""
        self._blind = False
        self._watching = True
        self._anew = False
        self._wait = _LEAST_S
        self._answered = self._listed = time.time_ns()  # the last answer, and the last complete list
        self._is_current = False
        self._tries = 0  # failed since then
        self._reported: set[str] = set()  # the reasons of that
        self._ended = threading.Event()
        self._response: urllib3.BaseHTTPResponse | None = None
        self._thread = threading.Thread(target=self._run, name="pods", daemon=True)

    def start(self) -> None:
        """List once, here, so that what is forbidden is known at once (ClusterError); then go on in the thread."""
        self._list()
        self._thread.start()

    @property
    def through(self) -> int:
        """Up to here, in ns since 1970, all pods are known; what is reported comes after it.

        A new watch first reports what happened meanwhile, until its first bookmark.
        """
        return time.time_ns() if self._is_current else self._listed

    def select(self, selector: str) -> None:
        """List and watch the pods of another selector, which includes those of the one before."""
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
        if (response := self._response) is not None:
            hang_up(response)

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
            self._wait = min(self._pace.list_most, self._wait * 2)
            self._ended.wait(self._wait * random.uniform(0.5, 1.0))  # noqa: S311  # so that many do not come at once

    def _step(self) -> None:
        if self._anew:
            self._anew, self._version = False, ""
        if not self._version:
            self._list()
        if self._watching:
            self._watch()
        else:
            self._ended.wait(self._pace.list_poll)
            self._version = ""

    def _endure(self, error: Exception) -> None:
        """Report trouble that lasts; where watching is forbidden, go on by lists."""
        if isinstance(error, Forbidden) and error.verb == "watch":
            self._watching = False
            self._listener.trouble(one_line(str(error)))
            return
        self._tries += 1
        why = one_line(str(error))
        # A connection that ends is opened again at once; what lasts is reported once, not at each try.
        if (
            self._wait >= self._pace.list_most
            and not self._ended.is_set()
            and why not in self._reported
            and len(self._reported) < _REASONS
        ):
            self._reported.add(why)
            self._listener.trouble(f"pods cannot be listed, so that new ones are not seen: {why}")
            self._listener.known(self._answered, why)

    def _recover(self) -> None:
        """Note that the server answers; if trouble was reported, report its duration."""
        now, tries = time.time_ns(), self._tries
        if self._reported:
            self._listener.trouble(
                f"pods are listed again after {(now - self._answered) // SECOND} s and {tries} tries"
            )
            self._listener.known(now, "")
        self._answered, self._tries, self._reported = now, 0, set()

    def _list(self) -> None:
        asked, seen = time.time_ns(), set[str]()
        selected = self._selected
        for page in self._client.pages(self._path, [*selected, ("limit", str(_PAGE))]):
            for pod in page.get("items") or ():
                seen.add(pod["metadata"]["uid"])
                self._listener.changed(pod)
        for uid in self._known - seen:
            self._listener.removed(uid)
        self._recover()
        if self._blind:
            self._listener.trouble(_BLIND)
        self._blind, self._known, self._listed, self._listed_for = False, seen, asked, selected
        self._version = page["metadata"]["resourceVersion"]

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
                self._answered = time.time_ns()
            self._answered = time.time_ns()
        except ReadTimeoutError:
            raise
        except (HTTPError, OSError):
            # Up to the end of the connection nothing was kept back, unless it was only silent.
            self._answered = time.time_ns()
            raise
        finally:
            if self._is_current:
                self._listed, self._is_current = self._answered, False
            self._response = None
            response.close()

    def _take(self, kind: str, found: dict[str, Any]) -> None:
        if kind == "ERROR":
            self._version = ""
            raise refusal(int(found.get("code") or 500), {}, json.dumps(found).encode(), self._path)
        uid = found["metadata"].get("uid", "")
        if kind == "DELETED":
            self._known.discard(uid)
            self._listener.changed(found)  # as it was at the end
            self._listener.removed(uid)
        elif kind == "BOOKMARK":
            self._is_current = True
        else:
            self._known.add(uid)
            self._listener.changed(found)
        self._version = found["metadata"]["resourceVersion"]


def _events(response: urllib3.BaseHTTPResponse, ended: threading.Event) -> Iterator[dict[str, Any]]:
    """Yield the events of a watch; one that is cut off at the end comes again."""
    for lines in line_batches(response):
        if ended.is_set():
            return  # what TLS gives after a shutdown is not decrypted any more
        yield from map(json.loads, lines)
