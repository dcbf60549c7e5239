"""Takes the escaped text of a field; gives what the client sent."""

import re

_HEX = re.compile(rb"\\x([0-9A-Fa-f]{2})")
_JSON = re.compile(rb'\\(?:u00([0-9A-Fa-f]{2})|(["\\/bfnrt]))')
_JSON_CONTROL = {b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t"}


def unescape(text: bytes, escape: str) -> bytes:
    r"""Undo nginx's escaping: `\xHH` with escape "default", `\n` and `\u00HH` with "json", nothing with "none".

    The rules are those of ngx_http_log_escape and ngx_escape_json, nginx 1.22. Sequences that these never write stay.
    """
    if escape == "default":
        return _HEX.sub(lambda found: bytes([int(found[1], 16)]), text)
    if escape == "json":
        return _JSON.sub(_from_json, text)
    return text


def _from_json(found: re.Match[bytes]) -> bytes:
    if found[1] is not None:
        return bytes([int(found[1], 16)])
    return _JSON_CONTROL.get(found[2], found[2])
