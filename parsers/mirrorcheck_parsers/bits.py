"""Takes a text and one byte; gives where that stands, from a bit for each byte of the text."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from mirrorcheck_parsers.words import ONE, TILE, Mask, Octets, Positions, Words, trailing_zeros

_BEYOND: Final = 256  # more places than a stretch of any plan takes
_SPARE: Final = 16  # bytes of bits behind the text, at the least


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """Where one byte stands in a text: all its places in order, int64, and how many there are before any place."""

    places: Positions  # behind the last one as many as a line may ask for beyond it, at the text's end
    bits: Words
    before: Positions

    def rank(self, at: Positions) -> Positions:
        """Count the places below each position, int64[n]: places[rank] is the first one from there on."""
        word, bit = at >> 6, (at & 63).view(np.uint64)
        below = self.bits[word]
        below &= (ONE << bit) - ONE
        rank: Positions = self.before[word]
        rank += np.bitwise_count(below)
        return rank


def find_places(octets: Octets, byte: int) -> Places:
    """Find all places of a byte."""
    mask: Mask = np.empty(TILE, np.bool_)
    found = [np.zeros(0, np.int64)]
    bits = [np.zeros(0, np.uint8)]
    for begin in range(0, len(octets), TILE):
        tile = octets[begin : begin + TILE]
        is_wanted = np.equal(tile, byte, out=mask[: len(tile)])
        places = np.flatnonzero(is_wanted)
        places += begin
        found.append(places)
        bits.append(np.packbits(is_wanted, bitorder="little"))
    words = np.concatenate([*bits, np.zeros(8 + -sum(map(len, bits)) % 8, np.uint8)]).view(np.uint64)
    before = np.zeros(len(words), np.int64)
    np.cumsum(np.bitwise_count(words[:-1]), out=before[1:])
    return Places(np.concatenate([*found, np.full(_BEYOND, len(octets))]), words, before)


def find_rare(octets: Octets, byte: int) -> Positions:
    """Find all places of a byte that is rare, in order: 64 bytes without it are passed over at once."""
    bits = mark_byte(octets, byte).view(np.uint64)
    word = np.flatnonzero(bits != 0)
    bits = bits[word]
    found = [np.zeros(0, np.int64)]
    while len(word):
        found.append((word << 6) + trailing_zeros(bits))
        bits &= bits - ONE
        left = np.flatnonzero(bits)
        word, bits = word[left], bits[left]
    places = np.concatenate(found)
    places.sort()
    return places


def mark_byte(octets: Octets, byte: int, *, beyond: int = 0) -> Octets:
    """Give a bit for each byte of the text, lowest first, set where it is the one that is wanted, uint8.

    These are words of 64 bits; behind what they need, each byte of the last two words or more is `beyond`.
    """
    mask: Mask = np.empty(TILE, np.bool_)
    marks = np.full(len(octets) // 64 * 8 + 8 + _SPARE, beyond, np.uint8)
    for begin in range(0, len(octets), TILE):
        tile = octets[begin : begin + TILE]
        np.equal(tile, byte, out=mask[: len(tile)])
        packed = np.packbits(mask[: len(tile)], bitorder="little")
        marks[begin >> 3 : (begin >> 3) + len(packed)] = packed
    return marks
