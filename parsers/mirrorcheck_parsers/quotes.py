"""Takes a text; gives the next quote from any of its places on, from a bit for each of its bytes."""

from typing import Final

import numpy as np

from mirrorcheck_parsers.bits import mark_byte
from mirrorcheck_parsers.words import Octets, Positions, Words, trailing_zeros

QUOTE: Final = ord('"')
_MOST_STEPS: Final = 16  # of 64 bytes; what is longer is searched one by one, lest one line costs a step per word of it


class Quotes:
    """The quotes of a text, which is taken to have one more behind its end."""

    def __init__(self, octets: Octets) -> None:
        self._octets = octets
        packed = mark_byte(octets, QUOTE, beyond=0xFF)
        self._words: Words = np.ndarray((len(packed) - 7,), "<u8", packed, 0, (1,))  # the word at each byte

    def next(self, at: Positions) -> Positions:
        """Give the first place of a quote from each place on, int64[n]; what is no place of the text has any."""
        first = at >> 3
        bits: Words = self._words[first]
        bits >>= (at & 7).view(np.uint64)
        found = at + trailing_zeros(bits)
        pending = np.flatnonzero(bits == 0)
        if len(pending):
            found[pending] = self._farther(first[pending] + 8)
        return found

    def _farther(self, first: Positions) -> Positions:
        """Give the first quote from the bit of a byte on."""
        found = first << 3
        rows = np.arange(len(first))
        for _ in range(_MOST_STEPS):
            bits = self._words[np.minimum(first, len(self._words) - 1)]
            found[rows] = (first << 3) + trailing_zeros(bits)
            left = np.flatnonzero(bits == 0)
            if not len(left):
                return found
            rows, first = rows[left], first[left] + 8
        for row, begin in zip(rows.tolist(), (first << 3).tolist(), strict=True):
            place = self._octets[begin:].tobytes().find(b'"')
            found[row] = begin + place if place >= 0 else len(self._octets)
        return found
