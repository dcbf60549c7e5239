"""Takes the escaped text of a field; gives what the client sent."""

import re

_HEX = re.compile(rb'\\(?:x([0-9A-Fa-f]{2})|(["\\bnrtv]))')
_CONTROL = {b"b": b"\b", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v"}
_JSON = re.compile(rb'\\(?:u([0-9A-Fa-f]{4}(?:\\u[Dd][C-Fc-f][0-9A-Fa-f]{2})?)|(["\\/bfnrt]))')
_JSON_CONTROL = {b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t"}
_GO = re.compile(rb'\\(?:x([0-9A-Fa-f]{2})|(u[0-9A-Fa-f]{4}|U00(?:0[0-9A-Fa-f]|10)[0-9A-Fa-f]{4})|(["\'\\/abfnrtv]))')
_GO_CONTROL = {**_JSON_CONTROL, b"a": b"\a", b"v": b"\v"}
_HIGH_SURROGATES = (0xD800, 0xDBFF)


def unescape(text: bytes, escape: str) -> bytes:
    r"""Undo a log's escaping: `\xHH` with "default", `\n` and `\uHHHH` (as UTF-8) with "json", nothing with "none".

    With "logfmt" those of Go's strconv.Quote are undone. The rules are those of ngx_http_log_escape, nginx 1.22, of
    JSON (RFC 8259), and of Go 1.22. With "default" those of Apache's ap_escape_logitem, 2.4, are undone, too, which
    nginx never writes: `\"`, `\\` and `\n`. What is no such sequence stays.
    """
    if escape == "default":
        return _HEX.sub(_from_hex, text)
    if escape == "json":
        return _JSON.sub(_from_json, text)
    if escape == "logfmt":
        return _GO.sub(_from_go, text)
    return text


def _from_hex(found: re.Match[bytes]) -> bytes:
    return bytes([int(found[1], 16)]) if found[1] is not None else _CONTROL.get(found[2], found[2])


def _from_go(found: re.Match[bytes]) -> bytes:
    if found[1] is not None:
        return bytes([int(found[1], 16)])
    if found[2] is not None:
        return chr(int(found[2][1:], 16)).encode("utf-8", "surrogatepass")
    return _GO_CONTROL.get(found[3], found[3])


def _from_json(found: re.Match[bytes]) -> bytes:
    if found[1] is None:
        return _JSON_CONTROL.get(found[2], found[2])
    first, second = int(found[1][:4], 16), found[1][6:]
    if not second:
        return chr(first).encode("utf-8", "surrogatepass")
    if _HIGH_SURROGATES[0] <= first <= _HIGH_SURROGATES[1]:
        return chr(0x10000 + (first - 0xD800 << 10) + int(second, 16) - 0xDC00).encode()
    return b"".join(chr(half).encode("utf-8", "surrogatepass") for half in (first, int(second, 16)))
