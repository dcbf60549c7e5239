"""Finds where one byte stands, by a bit for each byte of the text."""

from collections.abc import Callable
from typing import Final

import numpy as np

from mirrorcheck_parsers.columnwise.words import (
    HIGH,
    ONE,
    TILE,
    Mask,
    Octets,
    Positions,
    Window,
    Words,
    blocks,
    mark_bytes,
    trailing_zeros,
)

_SPARE: Final = 16  # bytes of bits behind the text, at the least
_MOST_STEPS: Final = 16  # of 64 bytes; beyond them all places are looked through, lest one line costs a step per word


class Bits:
    """Where one byte stands in a text, which is taken to have one more of it behind its end."""

    def __init__(self, octets: Octets, byte: int) -> None:
        self._packed = _pack(octets, byte, beyond=0xFF)
        self._words: Words = np.ndarray((len(self._packed) - 7,), "<u8", self._packed, 0, (1,))  # the one at each byte

    def next(self, at: Positions) -> Positions:
        """Give the first place of the byte from each place on, int64[n]; what is no place of the text has any."""
        first = at >> 3
        bits: Words = self._words[first]
        bits >>= (at & 7).view(np.uint64)
        found = at + trailing_zeros(bits)
        pending = np.flatnonzero(bits == 0)
        if len(pending):
            found[pending] = self._farther(first[pending] + 8)
        return found

    def _farther(self, first: Positions) -> Positions:
        """Give the first place from the bit of a byte on."""
        found = first << 3
        rows = np.arange(len(first))
        for _ in range(_MOST_STEPS):
            bits = self._words[np.minimum(first, len(self._words) - 1)]
            found[rows] = (first << 3) + trailing_zeros(bits)
            left = np.flatnonzero(bits == 0)
            if not len(left):
                return found
            rows, first = rows[left], first[left] + 8
        places = np.flatnonzero(np.unpackbits(self._packed, bitorder="little"))
        found[rows] = places[np.searchsorted(places, first << 3)]
        return found


class Ranks:
    """How many of one byte stand in a text before any place."""

    def __init__(self, octets: Octets, byte: int) -> None:
        self._words: Words = _pack(octets, byte).view(np.uint64)
        self._before = np.zeros(len(self._words), np.int64)
        np.cumsum(np.bitwise_count(self._words[:-1]), out=self._before[1:])

    def differ(self, start: Positions, stop: Positions) -> Mask:
        """Where the byte stands between start and stop, int64[n] each."""
        differ: Mask = self._rank(start) != self._rank(stop)
        return differ

    def _rank(self, at: Positions) -> Positions:
        word, bit = at >> 6, (at & 63).view(np.uint64)
        below = self._words[word]
        below &= (ONE << bit) - ONE
        rank: Positions = self._before[word]
        rank += np.bitwise_count(below)
        return rank


def find_rare(octets: Octets, byte: int) -> Positions:
    """Find all places of a byte that is rare, in order: 64 bytes without it are passed over at once."""
    bits: Words = _pack(octets, byte).view(np.uint64)
    word = np.flatnonzero(bits != 0)
    bits = bits[word]
    found = [(word << 6) + trailing_zeros(bits)]
    while len(word):
        bits &= bits - ONE
        left = np.flatnonzero(bits)
        word, bits = word[left], bits[left]
        found.append((word << 6) + trailing_zeros(bits))
    return np.sort(np.concatenate(found), kind="stable")


def _pack(octets: Octets, byte: int, *, beyond: int = 0) -> Octets:
    """Give a bit for each byte of the text, lowest first, set where it is the one that is wanted, uint8.

    These are words of 64 bits; behind what they need, each byte of the last two words or more is `beyond`.
    """
    mask: Mask = np.empty(TILE, np.bool_)
    bits = np.full(len(octets) // 64 * 8 + 8 + _SPARE, beyond, np.uint8)
    for begin in range(0, len(octets), TILE):
        tile = octets[begin : begin + TILE]
        np.equal(tile, byte, out=mask[: len(tile)])
        packed = np.packbits(mask[: len(tile)], bitorder="little")
        bits[begin >> 3 : (begin >> 3) + len(packed)] = packed
    return bits


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
        found: Positions = at + trailing_zeros(bits)
        unseen = np.flatnonzero((bits == 0) | (offset >= _SEEN))
        if len(unseen):
            found[unseen] = find_any(self._view, at[unseen], stop[unseen], self._wanted, reach)
        return np.minimum(found, stop)


def find_any(view: Window, start: Positions, stop: Positions, wanted: bytes, reach: int) -> Positions:
    """Give the first place from start on, before stop, that holds one of the bytes; stop or start + reach without."""
    return _walk(
        view,
        start,
        np.minimum(stop, start + reach),
        lambda words: np.bitwise_or.reduce([mark_bytes(words, byte) for byte in wanted]),
    )


def skip(view: Window, start: Positions, stop: Positions, byte: int) -> Positions:
    """Give the first place from start on, before stop, that does not hold the byte; stop where all do."""
    return _walk(view, start, stop, lambda words: HIGH & ~mark_bytes(words, byte))


def _walk(view: Window, start: Positions, stop: Positions, mark: Callable[[Words], Words]) -> Positions:
    """Go on word by word until a byte is marked (by its high bit) or the stop is reached."""
    found = stop.copy()
    rows, at, end = np.arange(len(start)), start, stop
    while len(rows):
        marked = mark(view.words[at])
        distance = (trailing_zeros(marked) >> np.uint8(3)).astype(np.int64)
        place = at + distance
        found[rows] = np.minimum(place, end)
        pending = np.flatnonzero((distance == _WORD) & (place < end))
        rows, at, end = rows[pending], place[pending], end[pending]
    return found
