"""Reads standard input as one live stream: a capture by somebody else's tool, while it is made."""

import os
from queue import Queue
from threading import Thread
from typing import Self

from mirrorcheck.sources.feed import Closed, FeedEvent, Opened, Text
from mirrorcheck_parsers.wrappers.splitter import DocumentSplitter

STREAM = "standard input"
_CHUNK = 1 << 16


class Pipe:
    """Reads a file descriptor until it ends; the lines name their pods themselves. Each queue gets all events."""

    def __init__(self, descriptor: int, *queues: "Queue[FeedEvent]") -> None:
        self._descriptor, self._queues, self._begun = descriptor, queues, False

    def shared(self, queue: "Queue[FeedEvent]") -> Self:
        """The same for one more, as long as it has not begun."""
        self._queues = (*self._queues, queue)
        return self

    def start(self) -> None:
        """Begin to read, in a thread that dies with the process: a read of a pipe cannot be interrupted."""
        if self._begun:
            return  # by another of those who share it
        self._begun = True
        self._put(Opened(STREAM, "", "", "", "", "", 0, None, (), 0))
        Thread(target=self._read, name="pipe", daemon=True).start()

    def stop(self) -> None:
        """Nothing to do: who stops takes no more events."""

    def ask(self) -> None:
        """Nothing to do: there is no rule."""

    def _put(self, event: FeedEvent) -> None:
        for queue in self._queues:
            queue.put(event)

    def _read(self) -> None:
        unfolder = DocumentSplitter()
        rest: list[bytes] = []
        while chunk := os.read(self._descriptor, _CHUNK):
            text = unfolder.feed(chunk)
            cut = text.rfind(b"\n") + 1
            if cut:
                self._put(Text(STREAM, b"".join((*rest, text[:cut]))))
                rest = []
            rest.append(text[cut:])
        last = b"".join((*rest, unfolder.flush()))
        if last:
            self._put(Text(STREAM, last + b"\n" * (not last.endswith(b"\n"))))
        self._put(Closed(STREAM, "it ended"))
