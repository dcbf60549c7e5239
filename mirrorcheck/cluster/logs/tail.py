"""Follows the log of one container run to its end, over as many connections as it takes."""

import contextlib
import random
import threading
import time

import urllib3
from urllib3.exceptions import HTTPError, ReadTimeoutError

from mirrorcheck.cluster.api.client import Client, Params, hang_up
from mirrorcheck.cluster.api.errors import ClusterError, NotFound, Refused, Throttled, one_line
from mirrorcheck.cluster.logs.container_runs import ContainerRun, Pod, RunState, run_state
from mirrorcheck.cluster.logs.ending import Ending
from mirrorcheck.cluster.logs.rotation import Checks
from mirrorcheck.cluster.logs.stamps import since
from mirrorcheck.cluster.logs.stream_events import StreamEvents

_OVER = "the container has ended"
_PIECE = 1 << 16
_ANSWER_S = 5.0  # of silence, in a plain read
_SMALL = 1 << 12
_BURST_S = 0.005
_CALM_S = 5.0  # a connection that lasted so long was a good one


class Tail:
    """Follows one run in a thread of its own; `flush` and `check` are called from others."""

    def __init__(self, client: Client, events: StreamEvents) -> None:
        self.events = events
        self.checks = Checks()
        self.ending = Ending(events, self.checks)
        self._client = client
        self._pace = events.pace
        self._ended = threading.Event()
        self._response: urllib3.BaseHTTPResponse | None = None
        self._left: urllib3.BaseHTTPResponse | None = None
        self._connection = 0
        self._wait = 0.0
        self._started = False
        self._thread = threading.Thread(target=self._run, name=f"tail {events.run.stream}", daemon=True)

    @property
    def run(self) -> ContainerRun:
        """The run that is followed."""
        return self.events.run

    @property
    def over(self) -> bool:
        """True when there is nothing more to come."""
        return self._started and not self._thread.is_alive()

    @property
    def connection(self) -> int:
        """The number of the connection that is open; 0 where none is."""
        return self._connection if self._response is not None else 0

    def start(self) -> None:
        """Begin."""
        self._thread.start()
        self._started = True

    def stop(self) -> None:
        """End at once, from any thread; `join` waits for it."""
        self._ended.set()
        self.hang_up()

    def join(self, seconds: float) -> None:
        """Wait for the thread."""
        if self._thread.is_alive():
            self._thread.join(seconds)

    def hang_up(self) -> None:
        """End the open connection; the thread then asks for the state of the run."""
        if (response := self._response) is not None:
            self._left = response
            hang_up(response)

    def note_gone(self, *, deleting: bool) -> None:
        """Note that the pod is gone, and no later run was seen; deleting: it was seen to be deleted."""
        self.ending.note_gone(deleting=deleting, closed=self._ended.is_set())

    def due(self, stretch: float) -> bool:
        """Return whether a `check` is due."""
        return self.events.doubt or self._ends or self.checks.due(self, stretch)

    @property
    def _ends(self) -> bool:
        return self.ending.is_open and bool(self.connection)

    def check(self) -> None:
        """Check, if due, that the stream gives everything; takes a request or two."""
        try:
            self._check()
        except (ClusterError, HTTPError, OSError) as error:
            # Of a silent stream nothing is known then.
            if time.monotonic() - self.events.received_at > self._pace.idle:
                self.events.broken(one_line(str(error)) or type(error).__name__)

    def _check(self) -> None:
        if self.events.doubt:
            self._settle_doubt()
        elif self._ends:
            self.ending.settle(self)
        elif self.connection:
            self.checks.run(self)

    def read(self, params: Params) -> bytes:
        """Return what a plain read of the log gives."""
        with contextlib.closing(self._open(params, _ANSWER_S)) as response:
            return response.read()

    def run_state(self) -> RunState:
        """Ask for the state of the run; ClusterError if there is no answer."""
        return run_state(self._pod(), self.run)

    def _run(self) -> None:
        try:
            self._go_on()
        except Exception as error:
            # An error of our own must not end the stream silently.
            self.events.lose_until(self.events.wall(), f"error in mirrorcheck: {one_line(repr(error))}")
            self._close("error in mirrorcheck")
            raise

    def _go_on(self) -> None:
        now: RunState | None = RunState.ENDED if self.run.ended is not None else RunState.RUNNING
        while not self._ended.is_set():
            if self.ending.complete:
                self._close(_OVER)
                return
            try:
                if self._step(now or self.run_state()):
                    self._wait = 0.0
                now = None
            except Throttled as refused:
                self.events.broken(str(refused))
                self._ended.wait(refused.retry_after)
            except (ClusterError, HTTPError, OSError) as error:
                now = None
                self.events.broken(one_line(str(error)))
            self._pause()

    def _step(self, now: RunState) -> bool:
        """Take one step; True if it made progress. A run that is over ends the thread."""
        if now is RunState.RUNNING:
            return self._follow()
        if now in (RunState.GONE, RunState.LOST):
            self.ending.lose(now)
            self._close("the pod is gone" if now is RunState.GONE else "the container was restarted twice")
        elif self.ending.drained(self, now):
            self._close(_OVER)
        return False

    def _follow(self) -> bool:
        """Follow one connection to its end; True if it was a good one."""
        events, began = self.events, time.monotonic()
        with contextlib.suppress(Refused):  # no file yet
            self.checks.before(self)
        asked = [("follow", "true"), *since(events.begin())]
        response = self._open(asked, self._pace.silence)
        self._connection += 1
        self._response = response
        reason: str | None = "the stream ended"
        try:
            if self._ended.is_set() or not self._is_the_right_one():
                return False
            events.mended()
            self._receive(response)
        except ReadTimeoutError:
            # An idle stream may well be silent; one that is not is broken.
            reason = None if time.monotonic() - events.proved_at < self._pace.silence / 2 else "the stream is silent"
        except (HTTPError, OSError) as error:
            reason = one_line(str(error)) or type(error).__name__
        finally:
            self._response = None
            response.close()
        self._finish()
        if reason and not self._ended.is_set() and not self.ending.complete:
            events.broken(reason)
        return time.monotonic() - began > _CALM_S

    def _is_the_right_one(self) -> bool:
        """Check that a stream is of this run, if no line emitted before can show it.

        The API opens a log by the container's name, which may be that of a later run: ask once it is open.
        """
        if self.events.cursor.expecting:
            return True
        if self._connection > 1:
            self._ended.wait(self._pace.settle)  # in which the kubelet reports a restart
        if not self._is_ours():
            return False
        self.checks.before(self)  # there is no witness of a rotation since the first check either
        return True

    def _receive(self, response: urllib3.BaseHTTPResponse) -> None:
        """Take all that comes, small pieces together: each line may come as one, and each would wake this thread."""
        rested = time.monotonic()
        for piece in response.stream(_PIECE):
            if self._left is response:
                return  # what TLS gives once it was shut down is not decrypted any more
            if not self.events.receive(piece):
                self._hold()
            if len(piece) < _SMALL and time.monotonic() - rested > _BURST_S:
                time.sleep(self._pace.batch / 2)
                rested = time.monotonic()

    def _finish(self) -> None:
        """Emit what is left of a connection."""
        self.events.flush()
        if self.events.doubt and self._is_ours():
            self.events.accept()

    def _hold(self) -> None:
        """Wait until what was received is emitted; the server then waits, too."""
        while self.events.full and not self._ended.is_set():
            self._ended.wait(self._pace.batch)

    def _close(self, reason: str) -> None:
        self.checks.finish(self.events)
        self.events.closed(reason)
        self._ended.set()

    def _settle_doubt(self) -> None:
        """Check that what came without the witness is of this run, not of the next."""
        connection = self.connection
        self._ended.wait(self._pace.settle)
        ours = self._is_ours()
        with self.events.lock:
            if connection and connection == self.connection and self.events.doubt:
                if ours:
                    self.events.accept()
                else:
                    self.hang_up()

    def _is_ours(self) -> bool:
        return self.run_state() in (RunState.RUNNING, RunState.ENDED)

    def _pause(self) -> None:
        self._wait = min(self._pace.most, max(self._pace.least, self._wait * 2))
        self._ended.wait(self._wait * random.uniform(0.5, 1.0))  # noqa: S311  # so that many do not come at once

    def _pod(self) -> Pod | None:
        try:
            return self._client.get(self.run.path)
        except NotFound:
            return None

    def _open(self, params: Params, timeout: float) -> urllib3.BaseHTTPResponse:
        asked = [("container", self.run.container), ("timestamps", "true"), *params]
        return self._client.stream(f"{self.run.path}/log", asked, timeout)
