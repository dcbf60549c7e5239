"""Suggests what to do about a line in no known format: a field to extract, or a format of its own."""

import re
import shlex

from mirrorcheck_parsers import Detection, detect, has_time, suggest_format, unescape
from mirrorcheck_parsers.formats.values import NoObject, ValueType, scan_object

_SHORTEST = 20  # characters of a text in which a request may be recognised
_LONGEST = 400  # characters of a format that a message shows
_PLAIN_KEY = re.compile(rb"[A-Za-z_][A-Za-z0-9_]*")


def way_out(line: bytes, detection: Detection) -> str:
    """What to do about a line that is in no known format; what is advised was tried on it."""
    field = _field_with_requests(line)
    if field:
        path, format_ = field
        return f"Its field {path} is {format_}. Extract it: jq -r {shlex.quote(path)} FILE."
    written = own_format(line)
    if written:
        return f"Give its format: --log-format {written}"
    if not detection.asks:
        return "No line looks like a request: filter these out, or give the access log."
    if not has_time(line):
        return "The line holds no time that is known: log one, such as nginx's $msec or Envoy's %START_TIME%."
    return ""


def own_format(line: bytes) -> str:
    """A format made from the line, by which it parses, as a word of a shell; "" where there is none."""
    template = suggest_format(line)
    return shlex.quote(template) if template and len(template) <= _LONGEST else ""


def _field_with_requests(line: bytes) -> tuple[str, str] | None:
    """The path, as jq has it, of a text inside a JSON object that is a line of a known format, and that format."""
    if line.lstrip()[:1] != b"{":
        return None
    values = scan_object(line, 0, len(line))
    for value in () if isinstance(values, NoObject) else values:
        text = line[value.start : value.stop]
        if value.type is ValueType.STRING and len(text) >= _SHORTEST:
            found = detect(unescape(text, "json").rstrip(b"\r\n")).format
            if found:
                return _jq(value.path), found.name
    return None


def _jq(path: bytes) -> str:
    keys = path.split(b".")
    if all(map(_PLAIN_KEY.fullmatch, keys)):
        return "." + path.decode("ascii")
    return ".".join(["", *(f'"{key.decode("utf-8", "backslashreplace")}"' for key in keys)])
