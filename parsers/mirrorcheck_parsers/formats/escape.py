"""Undoes the escapes by which a log writes what the client sent."""

import re
from typing import Final

_HEX: Final = rb"[0-9A-Fa-f]"
# Groups: a byte by its two digits, a code point by its four or eight (or the two halves of one), a byte by its name.
_ESCAPES: Final = {
    "default": re.compile(rb'\\(?:x(%b{2})|((?!))|(["\\bnrtv]))' % _HEX),
    "json": re.compile(rb'\\(?:((?!))|u(%b{4}(?:\\u[Dd][C-Fc-f]%b{2})?)|(["\\/bfnrt]))' % (_HEX, _HEX)),
    "logfmt": re.compile(
        rb"\\(?:x(%b{2})|[uU]((?<=u)%b{4}|(?<=U)00(?:0%b|10)%b{4})|([\"'\\/abfnrtv]))" % (_HEX, _HEX, _HEX, _HEX)
    ),
}
_NAMED: Final = {b"a": b"\a", b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v"}


def unescape(text: bytes, escape: str) -> bytes:
    r"""Undo a log's escaping: `\xHH` with "default", `\n` and `\uHHHH` (as UTF-8) with "json", nothing with "none".

    With "logfmt" those of Go's strconv.Quote are undone. The rules are those of ngx_http_log_escape, nginx 1.22, of
    JSON (RFC 8259), and of Go 1.22. With "default" those of Apache's ap_escape_logitem, 2.4, are undone, too, which
    nginx never writes: `\"`, `\\` and `\n`. What is no such sequence stays; half a surrogate pair gives three bytes.
    """
    return _ESCAPES[escape].sub(_meant, text) if escape in _ESCAPES and b"\\" in text else text


def _meant(found: re.Match[bytes]) -> bytes:
    digits, code, name = found.groups()
    if digits:
        return bytes.fromhex(digits.decode())
    if name:
        return _NAMED.get(name, name)
    units = bytes.fromhex(code.replace(rb"\u", b"").decode())
    encoding = "utf-32-be" if len(code) == 8 else "utf-16-be"  # noqa: PLR2004 - digits
    return units.decode(encoding, "surrogatepass").encode("utf-8", "surrogatepass")
