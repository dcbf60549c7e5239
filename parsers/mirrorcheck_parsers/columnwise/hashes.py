"""Hashes columns of texts to 64 bits, the same for equal texts in any batch."""

from collections.abc import Sequence
from hashlib import blake2b
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mirrorcheck_parsers import scanning
from mirrorcheck_parsers.columnwise.words import PADDING, Positions, Window, Words, window

_BLOCK: Final = 64  # bytes gathered at once, for hardly more than eight cost; fewer than PADDING has
_BLOCK_WORDS: Final = _BLOCK // 8
_LONGEST: Final = 1 << 10  # bytes; what is longer is hashed one by one, lest one line costs a step per word of it

# The constants of MurmurHash3's finalizer; the last one is 2^64 / golden ratio.
_SHIFT: Final = np.uint64(33)
_FIRST: Final = np.uint64(0xFF51AFD7ED558CCD)
_SECOND: Final = np.uint64(0xC4CEB9FE1A85EC53)
_LENGTHS: Final = np.uint64(0x9E3779B97F4A7C15)


def hash_texts(view: Window, start: Positions, stop: Positions) -> Words:
    """Hash the bytes between start and stop, uint64[n]; a hash depends on nothing but these bytes."""
    length = stop - start
    hashes: Words = np.empty(len(start), np.uint64)
    if scanning.kernel:
        longer = scanning.kernel.hash_texts(view.text, start, stop, _LONGEST, hashes)
    else:
        usual = np.flatnonzero(length <= _LONGEST)
        longer = len(start) - len(usual)
        if not longer:
            return _hash_columns(view, start, length, int(length.max(initial=0)))
        hashes[usual] = hash_texts(view, start[usual], stop[usual])
    for row in np.flatnonzero(length > _LONGEST).tolist() if longer else ():
        digest = blake2b(view.text[int(start[row]) : int(stop[row])], digest_size=8).digest()
        hashes[row] = int.from_bytes(digest, "little")
    return hashes


def hash_text(text: bytes) -> int:
    """Hash one text as `hash_texts` does."""
    padded = text + bytes(PADDING)
    return int(hash_texts(window(padded), np.zeros(1, np.int64), np.array([len(text)]))[0])


def hash_each(texts: Sequence[bytes]) -> Words:
    """Hash texts that lie apart, uint64[n], as `hash_texts` does."""
    length = np.fromiter(map(len, texts), np.int64, len(texts))
    stop = np.cumsum(length)
    padded = b"".join([*texts, bytes(PADDING)])
    return hash_texts(window(padded), stop - length, stop)


def _hash_columns(view: Window, start: Positions, length: Positions, longest: int) -> Words:
    """Hash texts of at most `longest` bytes, all of them word by word."""
    words = (length + 7) >> 3
    most = (longest + 7) >> 3
    if not len(words) or most == int(words.min()):
        return _hash_sorted(view, start, length, [len(words)] * most)
    # Longest first: the rows that still have a word are then always the first ones.
    order = np.argsort((most - words).astype(np.uint8), kind="stable")
    rows = len(words) - np.cumsum(np.bincount(words, minlength=most))[:most]
    hashes: Words = np.empty(len(words), np.uint64)
    hashes[order] = _hash_sorted(view, start[order], length[order], rows.tolist())
    return hashes


def _hash_sorted(view: Window, start: Positions, length: Positions, rows: list[int]) -> Words:
    """Hash texts, longest first, of which the first rows[k] have a k-th word."""
    hashes: Words = length.astype(np.uint64) * _LENGTHS
    # Bits of the last word that are beyond the text; shifting them out puts zeros at the other end.
    beyond = ((-length & 7) << 3).view(np.uint64)
    block: Words = np.zeros((0, _BLOCK_WORDS), np.uint64)
    spare = np.empty_like(hashes)
    # Seen as the bytes that start at each byte: gathering many costs little more than one.
    blocks: NDArray[np.void] = np.ndarray((len(view.octets) - _BLOCK + 1,), f"V{_BLOCK}", view.octets, 0, (1,))
    for place, (alive, following) in enumerate(pairwise([*rows, 0])):
        if place % _BLOCK_WORDS == 0:
            block = blocks[start[:alive] + 8 * place].view(np.uint64).reshape(alive, _BLOCK_WORDS)
        word = block[:alive, place % _BLOCK_WORDS].copy()
        word[following:] <<= beyond[following:alive]
        hashed = hashes[:alive]
        hashed ^= word
        _mix(hashed, spare[:alive])
    _mix(hashes, spare)
    return hashes


def _mix(hashes: Words, spare: Words) -> None:
    """Spread every bit over all others, in place, as fmix64 of MurmurHash3 does."""
    np.right_shift(hashes, _SHIFT, out=spare)
    hashes ^= spare
    hashes *= _FIRST
    np.right_shift(hashes, _SHIFT, out=spare)
    hashes ^= spare
    hashes *= _SECOND
