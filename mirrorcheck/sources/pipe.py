"""Standard input in, the events of one live stream out: a capture of somebody else's tool, while it is made."""

import os
from queue import Queue
from threading import Thread

from mirrorcheck.sources.feed import Closed, Event, Opened, Text

STREAM = "standard input"
_CHUNK = 1 << 16


class Pipe:
    """Reads a file descriptor until it ends; the lines name their pods themselves."""

    def __init__(self, descriptor: int, events: "Queue[Event]") -> None:
        self._descriptor, self._events = descriptor, events

    def start(self) -> None:
        """Begin to read, in a thread that dies with the process: a read of a pipe cannot be interrupted."""
        self._events.put(Opened(STREAM, "", "", "", "", "", 0, None, (), 0))
        Thread(target=self._read, name="pipe", daemon=True).start()

    def stop(self) -> None:
        """Nothing to do: who stops takes no more events."""

    def _read(self) -> None:
        rest = b""
        while chunk := os.read(self._descriptor, _CHUNK):
            cut = chunk.rfind(b"\n") + 1
            if cut:
                self._events.put(Text(STREAM, rest + chunk[:cut]))
                rest = chunk[cut:]
            else:
                rest += chunk
        if rest:
            self._events.put(Text(STREAM, rest + b"\n"))
        self._events.put(Closed(STREAM, "it ended"))
