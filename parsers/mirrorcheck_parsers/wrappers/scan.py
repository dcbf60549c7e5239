"""Takes columns of places in a text; gives the next byte that is, or is not, one of a few."""

from collections.abc import Callable

import numpy as np

from mirrorcheck_parsers.words import Positions, Window, Words

_ONES = np.uint64(0x0101010101010101)
_LOW = np.uint64(0x7F7F7F7F7F7F7F7F)
_HIGH = np.uint64(0x8080808080808080)
_WORD = 8


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
