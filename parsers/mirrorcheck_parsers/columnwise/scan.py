"""Takes columns of places in a text; gives the next byte that is, or is not, one of a few."""

from collections.abc import Callable

import numpy as np

from mirrorcheck_parsers.columnwise.words import Mask, Positions, Window, Words, blocks

_ONES = np.uint64(0x0101010101010101)
_LOW = np.uint64(0x7F7F7F7F7F7F7F7F)
_HIGH = np.uint64(0x8080808080808080)
_WORD = 8
_SEEN = 64  # bytes, as many as are padded


class Ends:
    """Where a few bytes stand behind n places: a bit for each of the 64 bytes there, so that each search is cheap."""

    def __init__(self, view: Window, start: Positions, wanted: bytes) -> None:
        self._view, self._start, self._wanted = view, start, wanted
        seen = blocks(view, _SEEN)[start].view(np.uint8).reshape(-1, _SEEN)
        marked: Mask = seen == wanted[0]
        for byte in wanted[1:]:
            marked |= seen == byte
        self._bits: Words = np.packbits(marked, axis=1, bitorder="little").view("<u8").reshape(-1)

    def find(self, at: Positions, stop: Positions, reach: int) -> Positions:
        """Give the first place from `at` on, no less than start, that holds one; stop or at + reach without."""
        offset = (at - self._start).astype(np.uint64)
        bits = self._bits >> np.minimum(offset, np.uint64(_SEEN - 1))
        found: Positions = at + np.bitwise_count(~bits & (bits - np.uint64(1)))
        unseen = np.flatnonzero((bits == 0) | (offset >= _SEEN))
        if len(unseen):
            found[unseen] = find_any(self._view, at[unseen], stop[unseen], self._wanted, reach)
        return np.minimum(found, stop)


def find_any(view: Window, start: Positions, stop: Positions, wanted: bytes, reach: int) -> Positions:
    """Give the first place from start on, before stop, that holds one of the bytes; stop or start + reach without."""
    return _walk(view, start, np.minimum(stop, start + reach), lambda words: _holds(words, wanted))


def skip(view: Window, start: Positions, stop: Positions, byte: int) -> Positions:
    """Give the first place from start on, before stop, that does not hold the byte; stop where all do."""
    return _walk(view, start, stop, lambda words: _HIGH & ~_holds(words, bytes([byte])))


def _walk(view: Window, start: Positions, stop: Positions, mark: Callable[[Words], Words]) -> Positions:
    """Go on word by word until a byte is marked (by its high bit) or the stop is reached."""
    found = stop.copy()
    rows, at, end = np.arange(len(start)), start, stop
    while len(rows):
        marked = mark(view.words[at])
        # ctz(marked) >> 3: the bits below the lowest one set; 64 of them where none is.
        distance = (np.bitwise_count(~marked & (marked - np.uint64(1))) >> np.uint8(3)).astype(np.int64)
        place = at + distance
        found[rows] = np.minimum(place, end)
        pending = np.flatnonzero((distance == _WORD) & (place < end))
        rows, at, end = rows[pending], place[pending], end[pending]
    return found


def _holds(words: Words, wanted: bytes) -> Words:
    """Mark the high bit of each byte that is one of those wanted, exactly: no borrow runs from byte to byte."""
    marked: Words = np.zeros_like(words)
    for byte in wanted:
        difference = words ^ (_ONES * np.uint64(byte))
        marked |= ~(((difference & _LOW) + _LOW) | difference) & _HIGH
    return marked
