"""Changes in any thread come in; the coroutines that wait for one go on."""

import asyncio
import contextlib
import threading

_TICK_S = 0.005  # changes within it ring once: thousands of lines a second would else wake every stream for each


class Bell:
    """Rings for all that wait, in the loop it was made in."""

    def __init__(self) -> None:
        self.count = 0
        self._loop = asyncio.get_running_loop()
        self._lock = threading.Lock()
        self._rung = False
        self._waiting: set[asyncio.Future[None]] = set()

    def ring(self) -> None:
        """Ring soon; from any thread, also when the loop is closed already."""
        with self._lock:
            if self._rung:
                return
            self._rung = True
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._loop.call_later, _TICK_S, self._strike)

    async def after(self, count: int, timeout: float | None = None) -> None:  # noqa: ASYNC109 -- not an error here
        """Wait until it has rung since `count` was read, or for so many seconds."""
        if self.count != count:
            return
        waiting = self._loop.create_future()
        self._waiting.add(waiting)
        try:
            await asyncio.wait([waiting], timeout=timeout)
        finally:
            self._waiting.discard(waiting)

    def _strike(self) -> None:
        with self._lock:
            self._rung = False
        self.count += 1
        for waiting in self._waiting:
            if not waiting.done():
                waiting.set_result(None)
