"""Reads columns of positions in a text, eight bytes at a time.

Every position is int64[n] and must lie inside the text; PADDING bytes after the text keep the last loads inside.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mirrorcheck_parsers import scanning

Positions = NDArray[np.int64]
Mask = NDArray[np.bool_]
Words = NDArray[np.uint64]
Octets = NDArray[np.uint8]
Spans = tuple[Positions, Positions]  # where each of n texts begins, and where it ends

PADDING: Final = 272
REACH: Final = 256  # bytes that find_byte looks at, a word less than PADDING

TILE: Final = 1 << 17  # bytes: masks of this size stay in the cache
_NEAR: Final = 32  # bytes that are looked at together
_FAR: Final = 64  # bytes that are looked at together from behind
_FEW_ROWS: Final = 1 << 12
_PART: Final = 1 << 16  # bytes
_WORD: Final = 8
ONE: Final = np.uint64(1)

_LONG: Final = 1 << 10  # bytes
_FIRST_BYTES: Final = np.frombuffer(b"".join(b"\xff" * n + bytes(_FAR - n) for n in range(_FAR + 1)), np.uint64)
_FIRST_BYTES.shape = (_FAR + 1, _FAR // _WORD)
"""By number of bytes from 0 to 64, the words in which so many first bytes are set."""

_ONES: Final = np.uint64(0x0101010101010101)
_LOW: Final = np.uint64(0x7F7F7F7F7F7F7F7F)
HIGH: Final = np.uint64(0x8080808080808080)
_ZEROS: Final = np.uint64(0x3030303030303030)
_ABOVE_NINE: Final = np.uint64(0x7676767676767676)


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """One text, also as bytes, uint8[m], and as the little-endian word that starts at each byte, uint64[m - 7]."""

    text: bytes
    octets: Octets
    words: Words


def window(text: bytes) -> Window:
    """View a padded text of at least eight bytes without copying it."""
    words: Words = np.ndarray((len(text) - 7,), "<u8", text, 0, (1,))
    return Window(text, np.frombuffer(text, np.uint8), words)


def blocks(view: Window, width: int) -> NDArray[np.void]:
    """View the `width` bytes, at most PADDING, that start at each byte: gathering them costs little more than one."""
    starting: NDArray[np.void] = np.ndarray((len(view.octets) - width + 1,), f"V{width}", view.octets, 0, (1,))
    return starting


def find_byte(view: Window, start: Positions, byte: int) -> Positions:
    """Give the first position >= start that holds `byte`; start + REACH where none of the next REACH bytes does."""
    found = start + _distance(view, start, byte)
    pending = np.flatnonzero(found == start + 8)
    for step in range(1, REACH // 8):
        if not len(pending):
            break
        begin = start[pending] + 8 * step
        distance = _distance(view, begin, byte)
        found[pending] = begin + distance
        pending = pending[distance == 8]  # noqa: PLR2004 - a word is eight bytes
    return found


def find_all(octets: Octets, wanted: Sequence[int]) -> Positions:
    """Give the positions of all bytes that are one of those wanted, in order."""
    # Masks of a chunk's size would cost a page fault for every 4 KiB, each time.
    masks = np.empty((2, TILE), np.bool_)
    found = [np.zeros(0, np.int64)]
    for begin in range(0, len(octets), TILE):
        tile = octets[begin : begin + TILE]
        is_wanted, is_other = masks[:, : len(tile)]
        np.equal(tile, wanted[0], out=is_wanted)
        for byte in wanted[1:]:
            is_wanted |= np.equal(tile, byte, out=is_other)
        places = np.flatnonzero(is_wanted)
        places += begin
        found.append(places)
    return np.concatenate(found)


def find_first(view: Window, start: Positions, stop: Positions, byte: int) -> Positions:
    """Give the first position >= start and < stop that holds `byte`; stop where none does."""
    if scanning.kernel:
        places: Positions = np.empty(len(start), np.int64)
        scanning.kernel.find_first(view.text, start, stop, byte, places)
        return places
    found, rows = stop.copy(), np.arange(len(start))
    for step in range(REACH // _NEAR):
        at = start[rows] + _NEAR * step
        near = np.concatenate([at[:0], *(_nearest(view, part, byte) for part in _parts(at))])
        found[rows] = np.minimum(near, stop[rows])
        rows = rows[(near == at + _NEAR) & (near < stop[rows])]
        if not len(rows):
            return found
    places = np.append(find_all(view.octets, [byte]), len(view.octets))
    found[rows] = np.minimum(stop[rows], places[np.searchsorted(places, start[rows])])
    return found


def _nearest(view: Window, start: Positions, byte: int) -> Positions:
    """Give the first position of a byte from start on, start + 32 where none of the next 32 holds it."""
    holds = blocks(view, _NEAR)[start].view(np.uint8) == byte
    bits = np.packbits(holds, bitorder="little").view("<u4")
    nearest: Positions = start + np.bitwise_count(~bits & (bits - np.uint32(1)))  # trailing_zeros of 32 bits
    return nearest


def _parts(places: Positions) -> list[Positions]:
    """Cut a column into parts whose blocks stay in the cache."""
    return [places[begin : begin + _FEW_ROWS] for begin in range(0, len(places), _FEW_ROWS)]


def find_last(view: Window, start: Positions, stop: Positions, byte: int) -> Positions:
    """Give the last position >= start and < stop, at most 64 bytes on, that holds `byte`; -1 where none does."""
    found = np.full(len(start), -1)
    if scanning.kernel:
        scanning.kernel.find_last(view.text, start, stop, byte, found)
        return found
    for begin in range(0, len(start), _FEW_ROWS):
        part = slice(begin, begin + _FEW_ROWS)
        holds = blocks(view, _FAR)[start[part]].view(np.uint8) == byte
        bits: Words = np.packbits(holds, bitorder="little").view("<u8")
        # That of the last byte before stop comes on top.
        bits <<= (start[part] + _FAR - stop[part]).view(np.uint64)
        rows = np.flatnonzero(bits)
        found[begin + rows] = stop[part][rows] - 1 - leading_zeros(bits[rows])
    return found


def first_words(view: Window, start: Positions, stop: Positions) -> Words:
    """Give the first eight bytes between start and stop as a little-endian word, zero beyond stop."""
    word: Words = np.empty(len(start), np.uint64)
    if scanning.kernel:
        scanning.kernel.first_words(view.text, start, stop, word)
        return word
    beyond = np.maximum(start + 8 - stop, 0).view(np.uint64) << np.uint64(3)
    word = view.words[start]
    word <<= beyond
    word >>= beyond
    return word


def equals(view: Window, start: Positions, literal: bytes) -> Mask:
    """Where the literal stands at start."""
    if len(literal) == 1:
        first: Mask = view.octets[start] == literal[0]
        return first
    if len(literal) > _WORD and stands_everywhere(view, start, literal):
        return np.ones(len(start), np.bool_)
    same = np.ones(len(start), np.bool_)
    for offset in range(0, len(literal), _WORD):
        piece = literal[offset : offset + _WORD]
        keep = np.uint64((1 << 8 * len(piece)) - 1)
        same &= (view.words[start + offset] & keep) == np.uint64(int.from_bytes(piece, "little"))
    return same


def equals_at(text: bytes, start: Positions, other: Positions, length: Positions) -> Mask:
    """Where the bytes at start are those at other, so many each."""
    same = np.ones(len(start), np.bool_)
    for row in np.flatnonzero(length > _LONG).tolist():  # lest one text costs a step per block of it
        begin, beside, count = int(start[row]), int(other[row]), int(length[row])
        same[row] = text[begin : begin + count] == text[beside : beside + count]
    view, rows = window(text), np.flatnonzero(length <= _LONG)
    for at in range(0, int(length[rows].max(initial=0)), _FAR):
        rows = rows[same[rows] & (length[rows] > at)]
        for part in _parts(rows):
            same[part] = _same_blocks(view, start[part] + at, other[part] + at, length[part] - at)
    return same


def _same_blocks(view: Window, start: Positions, other: Positions, length: Positions) -> Mask:
    """Where the first 64 bytes at start are those at other, or so many of them as length says."""
    words, others = (blocks(view, _FAR)[each].view(np.uint64).reshape(-1, _FAR // _WORD) for each in (start, other))
    differing = (words ^ others) & _FIRST_BYTES[np.minimum(length, _FAR)]
    same: Mask = np.logical_not(np.bitwise_or.reduce(differing, axis=1))
    return same


def stands_everywhere(view: Window, start: Positions, text: bytes) -> bool:
    """Whether a text stands at all places, which costs less than to find where it does."""
    # In parts that stay in the processor's cache.
    size = 1 + _PART // len(text)
    # A bytearray can be compared without a copy of what stands there, bytes cannot.
    texts = bytearray(text * min(size, len(start)))
    standing = blocks(view, len(text))
    for begin in range(0, len(start), size):
        part = standing[start[begin : begin + size]]
        del texts[part.nbytes :]  # the last part may be shorter
        if texts != part.data:
            return False
    return True


def are_digits(octets: Octets) -> Mask:
    """Which bytes are decimal digits."""
    digits: Mask = octets - np.uint8(ord("0")) < 10  # noqa: PLR2004 - digits
    return digits


def are_letters(octets: Octets) -> Mask:
    """Which bytes are letters of ASCII."""
    letters: Mask = (octets | np.uint8(0x20)) - np.uint8(ord("a")) < 26  # noqa: PLR2004 - of the alphabet
    return letters


def are_dashes(view: Window, start: Positions, stop: Positions) -> Mask:
    """Where nothing but a dash stands between start and stop, as logs write what is missing."""
    dashes: Mask = (stop - start == 1) & (view.octets[start] == ord("-"))
    return dashes


def starts_behind(stops: Positions) -> Positions:
    """Give where each of some texts begins that stand one behind the other, a byte between them: the first at 0."""
    return np.concatenate([np.zeros(1, np.int64), stops[:-1] + 1])[: len(stops)]


def first_everywhere(places: Positions) -> Positions:
    """Give the first place for all: where the same stands at each, it is then fetched once and stays in the cache."""
    return np.full(len(places), places[0]) if len(places) else places


def number(view: Window, start: Positions, stop: Positions) -> tuple[Positions, Mask]:
    """Read 1 to 16 decimal digits between start and stop; (value, whether it is that), value 0 where it is not."""
    length = stop - start
    tail_start = np.maximum(start, stop - 8)
    value, valid = _eight_digits(view, tail_start, stop - tail_start)
    valid &= length > 0
    long = np.flatnonzero(length > 8)  # noqa: PLR2004 - a word is eight bytes
    if len(long):
        head_length = length[long] - 8
        head, head_valid = _eight_digits(view, start[long], np.minimum(head_length, 8))
        value[long] += head * 100_000_000
        valid[long] &= head_valid & (head_length <= 8)  # noqa: PLR2004 - a word is eight bytes
    value *= valid
    return value, valid


def leading_number(view: Window, start: Positions) -> tuple[Positions, Positions]:
    """Read the decimal digits that follow each other from start on, 8 at most: (value, how many there are)."""
    digits = view.words[start] ^ _ZEROS
    other = (((digits & _LOW) + _ABOVE_NINE) | digits) & HIGH
    bits = trailing_zeros(other) & np.uint8(0x78)  # all that do not count the bits of one byte
    value = _join_digits(digits << (np.uint64(64) - bits))
    return value, (bits >> np.uint8(3)).astype(np.int64)


def trailing_zeros(words: Words) -> Octets:
    """Count the bits below the lowest one that is set; 64 of them where none is."""
    zeros: Octets = np.bitwise_count(~words & (words - ONE))
    return zeros


def leading_zeros(words: Words) -> Positions:
    """Count the bits above the highest one that is set; 64 of them where none is."""
    below = words.copy()  # and all bits below the highest one
    for step in (1, 2, 4, 8, 16, 32):
        below |= below >> np.uint64(step)
    return 64 - np.bitwise_count(below).astype(np.int64)


def _distance(view: Window, start: Positions, byte: int) -> Positions:
    """Give the number of bytes before the first `byte` in the word at start, 8 where it is not in it."""
    return (trailing_zeros(mark_bytes(view.words[start], byte)) >> np.uint8(3)).astype(np.int64)


def mark_bytes(words: Words, byte: int) -> Words:
    """Mark the high bit of each byte that is this one, exactly: no borrow runs from byte to byte."""
    difference = words ^ (_ONES * np.uint64(byte))
    marked: Words = ~(((difference & _LOW) + _LOW) | difference) & HIGH
    return marked


def _eight_digits(view: Window, start: Positions, length: Positions) -> tuple[Positions, Mask]:
    """Read 0 to 8 digits from start on, int64 and whether all are digits."""
    # Shifting the digits to the high end leaves zeros in front of them: "12" is read as "00000012".
    digits = (view.words[start] ^ _ZEROS) << (np.uint64(64) - (length.astype(np.uint64) << np.uint64(3)))
    valid = (((digits & _LOW) + _ABOVE_NINE) | digits) & HIGH == 0
    return _join_digits(digits), valid


def _join_digits(digits: Words) -> Positions:
    """Read eight bytes of which each is the value of a digit, the first one being the highest."""
    pairs = (digits * np.uint64(10) + (digits >> np.uint64(8))) & np.uint64(0x00FF00FF00FF00FF)
    fours = (pairs * np.uint64(100) + (pairs >> np.uint64(16))) & np.uint64(0x0000FFFF0000FFFF)
    whole = (fours * np.uint64(10000) + (fours >> np.uint64(32))) & np.uint64(0xFFFFFFFF)
    return whole.view(np.int64)
