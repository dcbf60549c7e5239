"""Remembers the last minute of a stream's lines, to recognise them when they come again."""

from array import array
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from mirrorcheck.cluster.logs import constants
from mirrorcheck.cluster.logs.stamps import instant

_HEAD = 64  # bytes that hold any stamp


@dataclass(slots=True)
class _Batch:
    """Lines emitted together: verbatim at first, as hashes later. last: their newest known instant, in ns."""

    data: bytes
    last: int
    keys: "array[int] | None" = None


class Window:
    """The lines emitted in the last minute, by the clock of their stamps; a line's key is its hash."""

    def __init__(self) -> None:
        self._batches: deque[_Batch] = deque()
        self._verbatim: deque[_Batch] = deque()
        self._bytes = 0
        self.last: int | None = None

    def add(self, data: bytes) -> None:
        """Take whole lines that have just been emitted."""
        at = instant(data[data.rfind(b"\n", 0, -1) + 1 :][:_HEAD])
        if at is None:
            at = self.last or 0
        self.last = at
        batch = _Batch(data, at)
        self._batches.append(batch)
        self._verbatim.append(batch)
        self._bytes += len(data)
        self._age(at)

    def clear(self) -> None:
        """Forget the lines, not the last instant: the file they stand in is gone."""
        self._batches.clear()
        self._verbatim.clear()
        self._bytes = 0

    def since(self, at: int) -> list[int]:
        """Return the keys of the lines not logged before an instant, in the order in which they were emitted."""
        keys: list[int] = []
        for batch in self._batches:
            if batch.keys is not None:
                keys += batch.keys if batch.last >= at else ()
            else:
                keys += (hash(line) for line in _lines(batch.data) if (instant(line) or 0) >= at)
        return keys

    def holds(self, line: bytes) -> bool:
        """Return whether a line was emitted in the last minute."""
        return self.preceding(line) is not None

    def preceding(self, line: bytes) -> int | None:
        """Return the last known instant before an emitted line, maybe some lines earlier; None if not emitted."""
        batches = list(self._batches)
        key, at = hash(line), instant(line) or 0
        for number in range(len(batches) - 1, -1, -1):
            batch = batches[number]
            if batch.last < at - constants.DISORDER:
                return None
            before = batches[number - 1].last if number else at
            if batch.keys is None:
                found = _find(batch.data, line + b"\n", before)
                if found is not None:
                    return found[0] or at
            elif key in batch.keys:
                return before
        return None

    def after(self, head: bytes) -> tuple[int, int] | None:
        """Return the instants before and of the first verbatim line with this beginning; None if there is none.

        The instant before is 0 if no line before is known.
        """
        before = 0
        for batch in self._verbatim:
            found = _find(batch.data, head, before)
            if found is not None:
                return found
            before = batch.last
        return None

    def ends_with(self, line: bytes) -> bool:
        """Return whether a line, with its newline, is the last one emitted."""
        return bool(self._verbatim) and self._verbatim[-1].data.endswith(line)

    def keys_from(self, line: bytes) -> list[int]:
        """Return the keys from an emitted line on."""
        keys = [key for batch in self._batches for key in _keys(batch)]
        return keys[keys.index(hash(line)) :]

    def _age(self, now: int) -> None:
        while len(self._verbatim) > 1 and self._too_many(self._verbatim[0], now):
            old = self._verbatim.popleft()
            self._bytes -= len(old.data)
            old.keys = array("q", map(hash, _lines(old.data)))
            old.data = b""
        while (
            len(self._batches) > 1
            and self._batches[0].keys is not None
            and self._batches[0].last < now - constants.KNOWN
        ):
            self._batches.popleft()

    def _too_many(self, oldest: _Batch, now: int) -> bool:
        return self._bytes > constants.LIMIT or (
            self._bytes > constants.ROOM and oldest.last < now - constants.VERBATIM
        )


def _find(data: bytes, head: bytes, before: int) -> tuple[int, int] | None:
    """Return the instants before and of the first line that begins so; before: that of the line ahead of the data."""
    place = 0 if data.startswith(head) else data.find(b"\n" + head) + 1
    if not place and not data.startswith(head):
        return None
    if place:
        before = instant(data[data.rfind(b"\n", 0, place - 1) + 1 :][:_HEAD]) or before
    at = instant(data[place : place + _HEAD]) or before
    return before, at


def _lines(data: bytes) -> list[bytes]:
    return data.split(b"\n")[:-1]


def _keys(batch: _Batch) -> Iterator[int]:
    return map(hash, _lines(batch.data)) if batch.keys is None else iter(batch.keys)
