"""Makes texts that begin as asked for, are printable, and have the hash of another text."""

import numpy as np
from numpy.typing import NDArray

from mirrorcheck_parsers.columnwise.hashes import hash_text

Words = NDArray[np.uint64]

_WORD, _TRIED = 8, 1 << 17
_SHIFT, _LENGTHS = np.uint64(33), 0x9E3779B97F4A7C15
_FACTORS = (0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53)
_INVERSE = tuple(pow(factor, -1, 1 << 64) for factor in reversed(_FACTORS))
_UNWANTED = b"\"\\?#'*[]"


def colliding(begin: str, text: str, count: int) -> list[str]:
    """So many texts that begin with `begin`, at most 40 or so, whose hash is that of `text`."""
    head = begin.encode() + b"0" * (-len(begin) % _WORD)
    numbers = [b"%08d" % number for number in range(_TRIED)]
    state = np.full(_TRIED, (len(head) + 2 * _WORD) * _LENGTHS % (1 << 64), np.uint64)
    for word in np.frombuffer(head, np.uint64):
        state = _mixed(state ^ word)
    state = _mixed(state ^ np.frombuffer(b"".join(numbers), np.uint64))
    # Two rounds end a hash: that of the last word, and a last one.
    last = state ^ _unmixed(_unmixed(np.array([hash_text(text.encode())], np.uint64)))
    octets = last.view(np.uint8).reshape(-1, _WORD)
    fine = ((octets > ord(" ")) & (octets < ord("~")) & ~np.isin(octets, list(_UNWANTED))).all(axis=1)
    rows = np.flatnonzero(fine)[:count].tolist()
    return [(head + numbers[row] + last[row].tobytes()).decode() for row in rows]


def _mixed(state: Words) -> Words:
    for factor in _FACTORS:
        state = (state ^ state >> _SHIFT) * np.uint64(factor)
    return state


def _unmixed(state: Words) -> Words:
    """What `_mixed` makes into this: a shift by more than half the width undoes itself."""
    for factor in _INVERSE:
        state = state * np.uint64(factor)
        state = state ^ state >> _SHIFT
    return state
