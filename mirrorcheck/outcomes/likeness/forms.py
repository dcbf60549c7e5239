"""A request's target in, the one form of it out that proxies on the way bring its other spellings into."""

import re
from enum import Enum
from urllib.parse import unquote_to_bytes

_ABSOLUTE = re.compile(rb"[a-zA-Z][a-zA-Z0-9+.-]*://[^/?#]*")
_SLASHES = re.compile(rb"/{2,}")


class Form(Enum):
    """What is undone on both sides before targets are compared, in this order.

    ABSOLUTE: `GET http://host/path` is `GET /path` (RFC 9112, 3.2.2). ENCODING: percent-encoding, dot segments and
    backslashes, as Envoy's normalize_path and path_with_escaped_slashes_action treat them. SLASHES: Envoy's
    merge_slashes, nginx's too. CASE, TRAILING: what gateways' rewrites do to letters and to a slash at the end.
    """

    ABSOLUTE = "absolute"
    ENCODING = "encoding"
    SLASHES = "slashes"
    CASE = "case"
    TRAILING = "trailing"


EVERY = tuple(Form)


def split(target: bytes) -> tuple[bytes, bytes]:
    """Path and query; the query with its question mark."""
    path, mark, query = target.partition(b"?")
    return path, mark + query


def in_form(path: bytes, forms: tuple[Form, ...]) -> bytes:
    """The path in the one form."""
    if Form.ABSOLUTE in forms and not path.startswith(b"/"):
        path = _ABSOLUTE.sub(b"", path, count=1) or b"/"
    if Form.ENCODING in forms and (b"%" in path or b"\\" in path or b"/." in path):
        path = _without_dots(unquote_to_bytes(path).replace(b"\\", b"/"))
    if Form.SLASHES in forms and b"//" in path:
        path = _SLASHES.sub(b"/", path)
    if Form.CASE in forms:
        path = path.lower()
    if Form.TRAILING in forms and len(path) > 1:
        path = path.rstrip(b"/") or b"/"
    return path


def _without_dots(path: bytes) -> bytes:
    """The path without `.` and `..`; doubled slashes stay, and the one at the end does."""
    if b"/." not in path:
        return path
    segments: list[bytes] = []
    for segment in path.split(b"/"):
        if segment == b"..":
            if len(segments) > 1:
                segments.pop()
        elif segment != b".":
            segments.append(segment)
    return b"/".join(segments) + (b"/" if path.endswith((b"/.", b"/..")) else b"")
