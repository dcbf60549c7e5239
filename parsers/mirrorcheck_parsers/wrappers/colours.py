"""Removes the codes by which terminals colour a text."""

import re
from typing import Final

import numpy as np

from mirrorcheck_parsers.columnwise.words import Octets, Positions, are_digits, are_letters, find_all

# Colours (CSI ... m and its like) and character sets: tput writes `ESC ( B` in front of its reset.
COLOURS: Final = re.compile(rb"\x1b(?:\[[0-9;?]*[A-Za-z]|[()][A-Za-z0-9])")
_UNUSED: Final = b"\x01\x02\x03\x04"
_LONGEST: Final = 16  # bytes of a usual code


def strip_colours(text: bytes) -> bytes:
    """Give the same as `COLOURS.sub(b"", text)`: no two codes overlap, as only their first byte is an ESC."""
    mark = next((byte for byte in _UNUSED if byte not in text), None)
    octets = np.frombuffer(text + bytes(_LONGEST), np.uint8).copy()
    place = find_all(octets, 0x1B)
    width = _widths(octets, place)
    if mark is None or (width < 0).any():
        return COLOURS.sub(b"", text)
    for each in np.unique(width[width > 0]).tolist():
        own = place[width == each]
        for offset in range(each):
            octets[own + offset] = mark
    return octets[: len(text)].tobytes().translate(None, bytes([mark]))


def _widths(octets: Octets, place: Positions) -> Positions:
    """Give the bytes of the code that begins at each ESC, 0 where none does, -1 where it is unusually long."""
    second, third = octets[place + 1], octets[place + 2]
    width = np.where(((second == ord("(")) | (second == ord(")"))) & (are_letters(third) | are_digits(third)), 3, 0)
    rows = np.flatnonzero(second == ord("["))
    for offset in range(2, _LONGEST):
        octet = octets[place[rows] + offset]
        width[rows[are_letters(octet)]] = offset + 1
        rows = rows[are_digits(octet) | (octet == ord(";")) | (octet == ord("?"))]
        if not len(rows):
            return width
    width[rows] = -1
    return width
