"""Takes the text between the quotes of a JSON string; gives what it stands for."""

import re
from typing import Final

_ESCAPE: Final = re.compile(rb"\\(?:u([0-9A-Fa-f]{4})|(.))", re.DOTALL)
_SIMPLE: Final = {b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t"}
_PAIR: Final = re.compile(rb"\\u([dD][89abAB][0-9A-Fa-f]{2})\\u([dD][c-fC-F][0-9A-Fa-f]{2})")


def unescape_json(text: bytes) -> bytes:
    r"""Undo the escapes of a string; raw bytes stay, UTF-8 or not, and half a surrogate pair becomes `?`."""
    if b"\\" not in text:
        return text
    pieces: list[bytes] = []
    at = 0
    while (found := _ESCAPE.search(text, at)) is not None:
        pieces.append(text[at : found.start()])
        pair = _PAIR.match(text, found.start())
        at = (pair or found).end()
        if pair:
            high, low = (int(half, 16) for half in pair.groups())
            pieces.append(chr(0x10000 + ((high - 0xD800) << 10) + low - 0xDC00).encode())
        elif found[1] is not None:
            pieces.append(chr(int(found[1], 16)).encode("utf-8", "replace"))
        else:
            pieces.append(_SIMPLE.get(found[2], found[2]))
    return b"".join((*pieces, text[at:]))
