"""Asks the same of all texts of a column: of the kernel, or text by text where it could not be compiled.

Every position is int64[n] and must lie inside the text; PADDING bytes after it keep blocks that are loaded inside.
"""

from collections.abc import Iterator, Sequence
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
_WORD: Final = 8


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """One text, and the same as bytes, uint8[m]."""

    text: bytes
    octets: Octets

    def texts(self, start: Positions, stop: Positions) -> Iterator[bytes]:
        """Give what stands between start and stop."""
        return (self.text[begin:end] for begin, end in zip(start.tolist(), stop.tolist(), strict=True))


def window(text: bytes) -> Window:
    """View a text without copying it."""
    return Window(text, np.frombuffer(text, np.uint8))


def find_first(view: Window, start: Positions, stop: Positions, byte: int) -> Positions:
    """Give the first position >= start and < stop that holds `byte`; stop where none does."""
    if scanning.kernel:
        found = np.empty(len(start), np.int64)
        scanning.kernel.find_first(view.text, start, stop, byte, found)
        return found
    spans = zip(start.tolist(), stop.tolist(), strict=True)
    places = (view.text.find(byte, begin, end) for begin, end in spans)
    found = np.fromiter(places, np.int64, len(start))
    return np.where(found < 0, stop, found)


def find_last(view: Window, start: Positions, stop: Positions, byte: int) -> Positions:
    """Give the last position >= start and < stop that holds `byte`; -1 where none does."""
    found = np.empty(len(start), np.int64)
    if scanning.kernel:
        scanning.kernel.find_last(view.text, start, stop, byte, found)
        return found
    spans = zip(start.tolist(), stop.tolist(), strict=True)
    return np.fromiter((view.text.rfind(byte, begin, end) for begin, end in spans), np.int64, len(start))


def first_words(view: Window, start: Positions, stop: Positions) -> Words:
    """Give the first eight bytes between start and stop as a little-endian word, zero beyond stop."""
    words: Words = np.empty(len(start), np.uint64)
    if scanning.kernel:
        scanning.kernel.first_words(view.text, start, stop, words)
        return words
    texts = view.texts(start, np.minimum(stop, start + _WORD))
    return np.fromiter((int.from_bytes(text, "little") for text in texts), np.uint64, len(start))


def begin_with(view: Window, start: Positions, stop: Positions, text: bytes) -> Mask:
    """Where the texts between start and stop begin with this one."""
    begin: Mask = np.empty(len(start), np.bool_)
    if scanning.kernel:
        scanning.kernel.begin_with(view.text, start, stop, text, begin)
        return begin
    return np.fromiter((each.startswith(text) for each in view.texts(start, stop)), np.bool_, len(start))


def begin_like(view: Window, start: Positions, stop: Positions, heads: Sequence[bytes]) -> Mask:
    """Where the texts between start and stop begin like one of some heads of up to eight bytes, in whatever case.

    It may be true for others, too: each byte may have one more bit than that of a head.
    """
    wanted, masks = (np.array([_word(part(head)) for head in heads], np.uint64) for part in (_small, _full))
    begin: Mask = np.empty(len(start), np.bool_)
    if scanning.kernel:
        scanning.kernel.begin_like(view.text, start, stop, wanted, masks, begin)
        return begin
    words = first_words(view, start, stop) | _word(_small(bytes(_WORD)))
    begin[:] = False
    for head, mask in zip(wanted, masks, strict=True):
        begin |= (words & mask) == head
    return begin


def _small(text: bytes) -> bytes:
    """Set the bit that small letters have and capital ones lack."""
    return bytes(byte | 0x20 for byte in text)


def _full(text: bytes) -> bytes:
    return b"\xff" * len(text)


def _word(text: bytes) -> np.uint64:
    return np.uint64(int.from_bytes(text, "little"))


def are_dashes(view: Window, start: Positions, stop: Positions) -> Mask:
    """Where nothing but a dash stands between start and stop, as logs write what is missing."""
    dashes: Mask = (stop - start == 1) & (view.octets[start] == ord("-"))
    return dashes
