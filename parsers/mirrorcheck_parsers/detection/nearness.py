"""Measures how much of what a format logs is in a line that does not match it, in the same order."""

import re
from collections.abc import Sequence
from typing import Final

from mirrorcheck_parsers.detection.line_parts import LinePart, split_line
from mirrorcheck_parsers.formats.fields import ADDRESS, Field, Kind
from mirrorcheck_parsers.formats.format import Format
from mirrorcheck_parsers.formats.shapes import is_quoted
from mirrorcheck_parsers.formats.stamps import CLOCKS, stamp_shape
from mirrorcheck_parsers.formats.values import NoObject, scan_object

# What a kind of part says of a format: a time and a request make an access log, words may stand anywhere.
_WEIGHTS: Final = {
    **dict.fromkeys(("time", "other time", "request"), 4.0),
    **dict.fromkeys(("status", "address"), 2.0),
    **dict.fromkeys(("quoted", "number"), 1.0),
    "word": 0.5,
}
_ANOTHER_TIME: Final = 1.5  # what a time weighs where the format writes it in another way
_CLOCKS: Final = ("clf", "iso", "epoch")  # of parts
_KINDS: Final = {
    **dict.fromkeys(CLOCKS, "time"),
    Kind.STATUS: "status",
    **dict.fromkeys((Kind.INTEGER, Kind.DECIMAL, Kind.MILLIS, Kind.MICROS), "number"),
}
_NAMES: Final = {"request": "request", "status": "status", "remote_addr": "address", ADDRESS: "address"}


def nearness(format: Format, text: bytes) -> float:
    """Give the share, 0 to 1, of what the format logs and of what the line holds that the two have in common."""
    if format.keys or text.lstrip()[:1] == b"{":
        return _nearness_of_object(format, text)
    wanted = _kinds_of(format)
    shapes = [re.compile(stamp_shape(column)) for column in format.columns if column.kind in CLOCKS]
    found = [_kind(part, text, shapes) for part in split_line(text)]
    whole = sum(map(_WEIGHTS.__getitem__, wanted)) + sum(map(_WEIGHTS.__getitem__, found))
    return 2 * _common(wanted, found) / whole if whole else 0.0


def _kind(part: LinePart, text: bytes, shapes: Sequence[re.Pattern[bytes]]) -> str:
    """Give the kind of a part; a time is one of the format's only in its spelling."""
    if part.kind not in _CLOCKS:
        return part.kind
    return "time" if any(shape.fullmatch(text, part.start, part.stop) for shape in shapes) else "other time"


def _nearness_of_object(format: Format, text: bytes) -> float:
    """JSON is no text and text no JSON; of JSON, the keys decide."""
    values = scan_object(text, 0, len(text))
    if not format.keys or text.lstrip()[:1] != b"{":
        return 0.0
    paths = set() if isinstance(values, NoObject) else {value.path for value in values}
    shared = len(paths & format.keys.keys())
    return 0.1 + 0.9 * 2 * shared / (len(paths) + len(format.keys))


def _kinds_of(format: Format) -> list[str]:
    """Give what the fields of a format look like; a method and what follows it are one request."""
    kinds: list[str] = []
    names = [part.name if isinstance(part, Field) else "" for part in format.parts]
    method, target = (names.index(name) if name in names else len(names) for name in ("method", "target"))
    for place, part in enumerate(format.parts):
        in_request = method < place < target < len(names) or names[place] in ("target", "server_protocol")
        if isinstance(part, Field) and not in_request:
            kinds.append(_kind_of(part, quoted=is_quoted(format.parts, place)))
    return kinds


def _kind_of(field: Field, *, quoted: bool) -> str:
    if field.name == "method":
        return "request"
    return _NAMES.get(field.name) or _KINDS.get(field.kind) or ("quoted" if quoted else "word")


def _common(one: list[str], other: list[str]) -> float:
    """Give the weight of the longest sequence of kinds that is in both."""
    row = [0.0] * (len(other) + 1)
    for kind in one:
        before, row = row, [0.0]
        for place, each in enumerate(other):
            taken = before[place] + (_WEIGHTS[kind] if each == kind else 0.0)
            if (kind, each) == ("time", "other time"):
                taken = before[place] + _ANOTHER_TIME
            row.append(max(taken, before[place + 1], row[place]))
    return row[-1]
