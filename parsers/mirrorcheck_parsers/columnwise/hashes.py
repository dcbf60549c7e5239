"""Hashes columns of texts to 64 bits, the same for equal texts in any batch, and 0 where there is no text.

Strangers choose these texts, and lines are paired by their hashes. So a hash is keyed (SipHash-1-3, of longer texts
BLAKE2b): without the key of this process nobody can say which texts have one hash.
"""

from collections.abc import Sequence
from hashlib import blake2b
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mirrorcheck_parsers import scanning
from mirrorcheck_parsers.columnwise import secret
from mirrorcheck_parsers.columnwise.words import PADDING, Positions, Window, Words, window

_BLOCK: Final = 64  # bytes gathered at once, for hardly more than eight cost; fewer than PADDING has
_BLOCK_WORDS: Final = _BLOCK // 8
LONGEST: Final = 1 << 10  # bytes; what is longer is hashed one by one, lest one line costs a step per word of it

_NOTHING: Final = np.uint64(0)  # the hash of no text
_SETUP: Final = (0x736F6D6570736575, 0x646F72616E646F6D, 0x6C7967656E657261, 0x7465646279746573)
_LAST_ROUNDS: Final = 3  # the 3 of SipHash-1-3; a word takes one
_END: Final = np.uint64(0xFF)
_LENGTH_AT: Final = np.uint64(56)  # bits, in the last word

_State = tuple[Words, Words, Words, Words]


def hash_texts(view: Window, start: Positions, stop: Positions) -> Words:
    """Hash the bytes between start and stop, uint64[n]; a hash depends on nothing but these bytes and the key."""
    length = stop - start
    hashes: Words = np.empty(len(start), np.uint64)
    if scanning.kernel:
        longer = scanning.kernel.hash_texts(view.text, start, stop, LONGEST, secret.key(), hashes)
    else:
        usual = np.flatnonzero(length <= LONGEST)
        longer = len(start) - len(usual)
        if not longer:
            return np.where(length > 0, _hash_columns(view, start, length, int(length.max(initial=0))), _NOTHING)
        hashes[usual] = hash_texts(view, start[usual], stop[usual])
    for row in np.flatnonzero(length > LONGEST).tolist() if longer else ():
        digest = blake2b(view.text[int(start[row]) : int(stop[row])], digest_size=8, key=secret.key()).digest()
        hashes[row] = int.from_bytes(digest, "little")
    return hashes


def hash_text(text: bytes) -> int:
    """Hash one text as `hash_texts` does."""
    return int(hash_each([text])[0])


def hash_each(texts: Sequence[bytes]) -> Words:
    """Hash texts that lie apart, uint64[n], as `hash_texts` does."""
    length = np.fromiter(map(len, texts), np.int64, len(texts))
    stop = np.cumsum(length)
    padded = b"".join([*texts, bytes(PADDING)])
    return hash_texts(window(padded), stop - length, stop)


def _hash_columns(view: Window, start: Positions, length: Positions, longest: int) -> Words:
    """Hash texts of at most `longest` bytes, all of them word by word."""
    words = (length >> 3) + 1
    most = (longest >> 3) + 1
    if not len(words) or most == int(words.min()):
        return _hash_sorted(view, start, length, [len(words)] * most)
    # Longest first: the rows that still have a word are then always the first ones.
    order = np.argsort((most - words).astype(np.uint8), kind="stable")
    rows = len(words) - np.cumsum(np.bincount(words, minlength=most))[:most]
    hashes: Words = np.empty(len(words), np.uint64)
    hashes[order] = _hash_sorted(view, start[order], length[order], rows.tolist())
    return hashes


def _hash_sorted(view: Window, start: Positions, length: Positions, rows: list[int]) -> Words:
    """Hash texts, longest first, of which the first rows[k] have a k-th word.

    The last word of each is what is left of its text, up to seven bytes, and its length modulo 256 as the eighth.
    """
    state = _begun(len(length))
    spare = np.empty(len(length), np.uint64)
    # Bits of the last word that are beyond the text; shifting them out, and back, puts zeros there.
    beyond = (64 - ((length & 7) << 3)).view(np.uint64)
    ends = length.view(np.uint64) << _LENGTH_AT
    block: Words = np.zeros((0, _BLOCK_WORDS), np.uint64)
    # Seen as the bytes that start at each byte: gathering many costs little more than one.
    blocks: NDArray[np.void] = np.ndarray((len(view.octets) - _BLOCK + 1,), f"V{_BLOCK}", view.octets, 0, (1,))
    for place, (alive, following) in enumerate(pairwise([*rows, 0])):
        if place % _BLOCK_WORDS == 0:
            block = blocks[start[:alive] + 8 * place].view(np.uint64).reshape(alive, _BLOCK_WORDS)
        word = block[:alive, place % _BLOCK_WORDS].copy()
        word[following:] <<= beyond[following:alive]
        word[following:] >>= beyond[following:alive]
        word[following:] |= ends[following:alive]
        v0, v1, v2, v3 = (each[:alive] for each in state)
        v3 ^= word
        _round((v0, v1, v2, v3), spare[:alive])
        v0 ^= word
    return _ended(state, spare)


def _begun(count: int) -> _State:
    """Give the state in which each text is begun."""
    halves = np.frombuffer(secret.key(), np.uint64)
    one, two, three, four = (np.full(count, halves[place % 2] ^ np.uint64(word)) for place, word in enumerate(_SETUP))
    return one, two, three, four


def _ended(state: _State, spare: Words) -> Words:
    """Give the hashes of texts of which all words are in the state."""
    state[2][:] ^= _END
    for _ in range(_LAST_ROUNDS):
        _round(state, spare)
    hashes: Words = np.bitwise_xor.reduce(state)
    return hashes


def _round(state: _State, spare: Words) -> None:
    """Do one SipRound of each text, in place."""
    v0, v1, v2, v3 = state
    v0 += v1
    _rotate(v1, 13, spare)
    v1 ^= v0
    _rotate(v0, 32, spare)
    v2 += v3
    _rotate(v3, 16, spare)
    v3 ^= v2
    v0 += v3
    _rotate(v3, 21, spare)
    v3 ^= v0
    v2 += v1
    _rotate(v1, 17, spare)
    v1 ^= v2
    _rotate(v2, 32, spare)


def _rotate(words: Words, bits: int, spare: Words) -> None:
    np.right_shift(words, np.uint64(64 - bits), out=spare)
    words <<= np.uint64(bits)
    words |= spare
