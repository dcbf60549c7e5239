"""Undoes the usual escapes of many JSON lines at once; quotes that were escaped are marked, so that they show."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from mirrorcheck_parsers.columnwise.words import Octets, Positions, find_all, window

# What stands for an escaped backslash, quote and line feed until the quotes that end strings have been found.
BACKSLASH: Final = 1
QUOTE: Final = 2
FEED: Final = 3
_DELETED: Final = 4
_MARKS: Final = bytes([BACKSLASH, QUOTE, FEED, _DELETED])
_LINE_FEED: Final = ord("\n")

_SIMPLE: Final = np.zeros(256, np.uint8)
for _escaped, _byte in zip(b'\\"n/tr', (BACKSLASH, QUOTE, FEED, *b"/\t\r"), strict=True):
    _SIMPLE[_escaped] = _byte
# Go's encoding/json writes these three so; `&` is in many a query.
_GO: Final = {b"0026": ord("&"), b"003c": ord("<"), b"003C": ord("<"), b"003e": ord(">"), b"003E": ord(">")}
_PADDED: Final = bytes(8)
_NONE: Final = np.zeros(0, np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class UnescapedLines:
    r"""Lines with their simple escapes undone: text of the same number of lines, and the rows that need another way.

    text: not padded; escaped quotes and backslashes are marked, so a raw quote begins or ends a string.
    marks: int64, where escaped quotes and line feeds stand in it, ascending.
    odd: int64, numbers of the rows that hold other escapes or a mark's byte, ascending.
    """

    text: bytes
    marks: Positions
    odd: Positions

    def restored(self) -> bytes:
        """Give the text with quotes and backslashes for their marks, and a space for a line feed."""
        octets = np.frombuffer(self.text, np.uint8).copy()
        octets[self.marks[octets[self.marks] == QUOTE]] = ord('"')
        for mark, byte in ((BACKSLASH, b"\\"), (FEED, b" ")):
            if mark in self.text:
                octets[find_all(octets, [mark])] = byte[0]
        return octets.tobytes()


def unescape_lines(text: bytes) -> UnescapedLines:
    """Undo the escapes of lines, each ended by a line feed."""
    octets = np.frombuffer(text, np.uint8)
    odd = find_all(octets, _MARKS) if any(byte in text for byte in _MARKS) else _NONE
    if b"\\" in text:
        text, others = _undo(text, octets)
        odd = np.concatenate([odd, others])
    rows = np.unique(np.searchsorted(find_all(octets, [_LINE_FEED]), odd)) if len(odd) else _NONE
    return UnescapedLines(text, find_all(np.frombuffer(text, np.uint8), [QUOTE, _LINE_FEED]), rows)


def _undo(text: bytes, octets: Octets) -> tuple[bytes, Positions]:
    """Undo the simple escapes; gives the text and where the others are."""
    place = _escapes(octets)
    after = octets[np.minimum(place + 1, len(octets) - 1)]
    written = _SIMPLE[after]
    changed = octets.copy()
    others = _NONE
    if written.all():
        changed[place], changed[place + 1] = _DELETED, written
    else:
        simple = written != 0
        changed[place[simple]], changed[place[simple] + 1] = _DELETED, written[simple]
        unicode = after == ord("u")
        others = np.concatenate([place[~simple & ~unicode], _undo_unicode(text, changed, place[unicode])])
    return changed.tobytes().replace(bytes([_DELETED]), b""), others


def _undo_unicode(text: bytes, changed: Octets, place: Positions) -> Positions:
    r"""Undo those of `\uXXXX` that Go writes for plain characters; gives where the others are."""
    words = window(text + _PADDED).words[place + 2] & np.uint64(0xFFFFFFFF)
    known = np.zeros(len(place), np.bool_)
    for digits, byte in _GO.items():
        is_it = words == np.uint64(int.from_bytes(digits, "little"))
        for offset in range(5):
            changed[place[is_it] + offset] = _DELETED
        changed[place[is_it] + 5] = byte
        known |= is_it
    return place[~known]


def _escapes(octets: Octets) -> Positions:
    """Give the backslashes that escape what follows: the first, third, ... of each run of them."""
    place = find_all(octets, b"\\")
    run_starts = np.ones(len(place), np.bool_)
    run_starts[1:] = place[1:] != place[:-1] + 1
    if run_starts.all():
        return place
    rank = np.arange(len(place))
    first: Positions = np.maximum.accumulate(np.where(run_starts, rank, 0))
    odd: Positions = place[(rank - first) % 2 == 0]
    return odd
