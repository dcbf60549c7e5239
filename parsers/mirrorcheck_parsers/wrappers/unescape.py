"""Takes the text between the quotes of a JSON string; gives what it stands for."""

import re
from typing import Final

_PAIR: Final = rb"[dD][89abAB][0-9A-Fa-f]{2})\\u([dD][c-fC-F][0-9A-Fa-f]{2}"
_ESCAPE: Final = re.compile(rb"\\(?:u(" + _PAIR + rb")|u([0-9A-Fa-f]{4})|(.))", re.DOTALL)
_CONTROL: Final = {b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t"}


def unescape_json(text: bytes) -> bytes:
    r"""Undo the escapes of a string; raw bytes stay, UTF-8 or not, and half a surrogate pair becomes `?`."""
    return _ESCAPE.sub(_meant, text) if b"\\" in text else text


def _meant(found: re.Match[bytes]) -> bytes:
    high, low, number, byte = found.groups()
    if byte is not None:
        return _CONTROL.get(byte, byte)
    if number is not None:
        return chr(int(number, 16)).encode("utf-8", "replace")
    return chr(0x10000 + ((int(high, 16) - 0xD800) << 10) + int(low, 16) - 0xDC00).encode()
