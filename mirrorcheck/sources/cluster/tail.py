"""One life of a container comes in; its log is followed to the end, over as many connections as it takes."""

import contextlib
import random
import threading
import time

import urllib3
from urllib3.exceptions import HTTPError, ReadTimeoutError

from mirrorcheck.sources.cluster import checks
from mirrorcheck.sources.cluster.client import Client, Params
from mirrorcheck.sources.cluster.errors import ClusterError, NotFound, Refused, Throttled, one_line
from mirrorcheck.sources.cluster.lives import Fate, Life, Pod, fate
from mirrorcheck.sources.cluster.stamps import since
from mirrorcheck.sources.cluster.telling import Telling

_PIECE = 1 << 16
_SMALL = 1 << 12
_BURST_S = 0.005
_CALM_S = 5.0  # a connection that lasted so long was a good one
_DRAINS = 8  # plain reads of an ended life that end inside a line, before that line is given up


class Tail:
    """Follows one life in a thread of its own; `tell` and `check` are called from others."""

    def __init__(self, client: Client, telling: Telling) -> None:
        self.telling = telling
        self.checks = checks.Checks()
        self._client = client
        self._pace = telling.pace
        self._ended = threading.Event()
        self._response: urllib3.BaseHTTPResponse | None = None
        self._connection = 0
        self._torn = 0
        self._wait = 0.0
        self._quiet = False
        self._started = False
        self._thread = threading.Thread(target=self._run, name=f"tail {telling.life.stream}", daemon=True)

    @property
    def life(self) -> Life:
        """What is followed."""
        return self.telling.life

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
        """End the connection that is open: the thread will ask what has become of the pod."""
        response = self._response
        if response is not None:
            # It may end by itself meanwhile; close() could wait for a reader for ever, shutdown() does not.
            with contextlib.suppress(ValueError, RuntimeError, OSError):
                response.shutdown()

    def due(self, stretch: float) -> bool:
        """Return whether a `check` is due."""
        return self.telling.doubt or self.checks.due(self, stretch)

    def check(self) -> None:
        """Look whether the stream still tells all there is, as far as a look is due; takes a request or two."""
        with contextlib.suppress(ClusterError, HTTPError, OSError):
            if self.telling.doubt:
                self._settle_doubt()
            elif self.connection:
                self.checks.run(self)

    def read(self, params: Params) -> bytes:
        """Return what a plain read of the log gives."""
        with contextlib.closing(self._open(params, self._pace.silence)) as response:
            return response.read()

    def fate(self) -> Fate:
        """Ask what has become of the life; ClusterError where nobody can tell."""
        return fate(self._pod(), self.life)

    def _run(self) -> None:
        try:
            self._go_on()
        except Exception as error:
            # An error of our own: it must not end in silence what nobody else watches.
            self.telling.lose_until(self.telling.wall(), f"error in mirrorcheck: {one_line(repr(error))}")
            self.telling.closed("error in mirrorcheck")
            raise

    def _go_on(self) -> None:
        now: Fate | None = Fate.ENDED if self.life.ended is not None else Fate.RUNNING
        while not self._ended.is_set():
            try:
                if self._step(now or self.fate()):
                    self._wait = 0.0
                now = None
            except Throttled as refused:
                self.telling.broken(str(refused))
                self._ended.wait(refused.retry_after)
            except (ClusterError, HTTPError, OSError) as error:
                now = None
                self.telling.broken(one_line(str(error)))
            self._pause()

    def _step(self, now: Fate) -> bool:
        """Take one step; True where it made progress. A life that is over ends the thread."""
        if now is Fate.RUNNING:
            return self._follow()
        if now in (Fate.GONE, Fate.LOST):
            self._lose(now)
        elif self._drained(now):
            self.telling.closed("the container has ended")
            self._ended.set()
        return False

    def _follow(self) -> bool:
        """Follow one connection to its end; True where it was a good one."""
        telling, began, told = self.telling, time.monotonic(), self.telling.told
        with contextlib.suppress(Refused):  # no file yet
            self.checks.before(self)
        asked = [("follow", "true"), *_since(telling.begin())]
        response = self._open(asked, self._pace.silence)
        self._connection += 1
        self._response = response
        reason: str | None = "the stream ended"
        try:
            if self._ended.is_set() or not self._is_the_right_one():
                return False
            telling.mended()
            self._receive(response)
        except ReadTimeoutError:
            # An idle stream may well be silent; one that is not is broken.
            reason = None if time.monotonic() - telling.proved_at < self._pace.silence / 2 else "the stream is silent"
        except (HTTPError, OSError) as error:
            reason = one_line(str(error)) or type(error).__name__
        finally:
            self._response = None
            response.close()
        self._finish(telling.told - told)
        if reason and not self._ended.is_set():
            telling.broken(reason)
        return time.monotonic() - began > _CALM_S

    def _is_the_right_one(self) -> bool:
        """Make sure that a stream is of this life, where no line told before can show it.

        The API opens a log by the container's name. That of a later life is not read: ask again once it is open.
        """
        if self.telling.cursor.expecting:
            return True
        if self._connection > 1:
            self._ended.wait(self._pace.settle)  # in which the kubelet tells of a restart
        return self._is_ours()

    def _receive(self, response: urllib3.BaseHTTPResponse) -> None:
        """Take all that comes, small pieces together: each line may come as one, and each would wake this thread."""
        rested = time.monotonic()
        for piece in response.stream(_PIECE):
            if not self.telling.receive(piece):
                self._hold()
            if len(piece) < _SMALL and time.monotonic() - rested > _BURST_S:
                time.sleep(self._pace.batch / 2)
                rested = time.monotonic()

    def _finish(self, told: int) -> None:
        """Tell what is left of a connection, and note whether there was anything new on it."""
        telling = self.telling
        telling.tell()
        if telling.doubt and self._is_ours():
            telling.accept()
        self._quiet = not told and not telling.cursor.torn

    def _hold(self) -> None:
        """Wait until what was received is told: the server then waits, too."""
        while self.telling.full and not self._ended.is_set():
            self._ended.wait(self._pace.batch)

    def _drained(self, now: Fate) -> bool:
        """Read an ended life's log; True when a read has brought nothing new."""
        telling, told = self.telling, self.telling.told
        asked = [("previous", "true")] if now is Fate.PREVIOUS else []
        data = self.read([*asked, *_since(telling.begin())])
        if self.fate() is not now:
            return False  # it may have been the log of another life
        telling.receive(data)
        telling.tell()
        if telling.doubt:
            telling.accept()
        if not telling.cursor.torn:
            return telling.told == told
        self._torn += 1
        if self._torn < _DRAINS:
            return False
        telling.lose_until(telling.wall(), "the log ends inside a line")
        return True

    def _lose(self, now: Fate) -> None:
        """Tell what may be lost of a life whose log is out of reach: nothing, where the last read was quiet."""
        if not self._quiet:
            why = "pod deleted" if now is Fate.GONE else "container restarted twice"
            self.telling.lose_until(self.telling.wall(), why)
        self.telling.closed("the pod is gone" if now is Fate.GONE else "the container was restarted twice")
        self._ended.set()

    def _settle_doubt(self) -> None:
        """Make sure that what came without the witness is this container's log, not that of the one after it."""
        connection = self.connection
        self._ended.wait(self._pace.settle)
        ours = self._is_ours()
        with self.telling.lock:
            if connection and connection == self.connection and self.telling.doubt:
                if ours:
                    self.telling.accept()
                else:
                    self.hang_up()

    def _is_ours(self) -> bool:
        return self.fate() in (Fate.RUNNING, Fate.ENDED)

    def _pause(self) -> None:
        self._wait = min(self._pace.most, max(self._pace.least, self._wait * 2))
        self._ended.wait(self._wait * random.uniform(0.5, 1.0))  # noqa: S311  # so that many do not come at once

    def _pod(self) -> Pod | None:
        try:
            return self._client.get(self.life.path)
        except NotFound:
            return None

    def _open(self, params: Params, timeout: float) -> urllib3.BaseHTTPResponse:
        asked = [("container", self.life.container), ("timestamps", "true"), *params]
        return self._client.stream(f"{self.life.path}/log", asked, timeout)


def _since(second: int | None) -> list[tuple[str, str]]:
    return [] if second is None else [("sinceTime", since(second))]
