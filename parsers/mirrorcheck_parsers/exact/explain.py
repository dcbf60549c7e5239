"""Explains where a line fails to match a format, and what was expected there."""

import re
from dataclasses import dataclass, replace
from functools import lru_cache

from mirrorcheck_parsers.exact.match import match_line, read_object
from mirrorcheck_parsers.formats.fields import Field, Kind
from mirrorcheck_parsers.formats.format import OBJECT, Format
from mirrorcheck_parsers.formats.shapes import field_shape, follower, is_quoted
from mirrorcheck_parsers.formats.template import Literal
from mirrorcheck_parsers.formats.values import NoObject

_FOUND_WIDTH = 20
_LOOSE = (Kind.TEXT, Kind.WORD, Kind.NAME, Kind.LABEL, Kind.LIST, Kind.PHRASE, Kind.PLAIN, Kind.FREE, Kind.UNTIL)


@dataclass(frozen=True, slots=True)
class Mismatch:
    """Where a line stopped matching: the 1-based column, what was expected there, the text found there instead."""

    column: int
    expected: str
    found: str
    reason: str


def explain(format: Format, text: bytes) -> Mismatch:
    """Walk the format over a line from left to right and say where it fails; past the end if it does not."""
    if match_line(format, text, 0, len(text)):
        return _mismatch(text, len(text), "end of line", "")
    at = 0
    last = ""
    for place, part in enumerate(format.parts):
        if part is OBJECT:
            found = read_object(format, text, at, len(text))
            return _mismatch(text, found.at, found.expected, "") if isinstance(found, NoObject) else _unclear(text)
        if isinstance(part, Literal):
            if not text.startswith(part.text, at):
                shared = _common(part.text, text[at : at + len(part.text)])
                missing = _show(part.text[shared:])
                return _mismatch(text, at + shared, f"`{missing}`", f" after {last}" if last else "")
            at += len(part.text)
            continue
        stop = _field_stop(format, place, text, at)
        if stop < 0:
            loose = part.kind in _LOOSE
            expected = part.name if loose else f"{part.name} ({part.kind.value})"
            return _mismatch(text, at, expected, "")
        at, last = stop, part.name
    return _mismatch(text, at, "end of line", f" after {last}" if last else "") if at < len(text) else _unclear(text)


def _unclear(text: bytes) -> Mismatch:
    """A walk from left to right can get through where a text may end in several places, and none of them fits."""
    return Mismatch(1, "a line of one reading", show_text(text), "no single way to split the fields")


def show_text(text: bytes) -> str:
    """Give the first 20 characters of a text so that they can be printed."""
    return _show(text[: 4 * _FOUND_WIDTH])[:_FOUND_WIDTH]


def _mismatch(text: bytes, at: int, expected: str, after: str) -> Mismatch:
    column = at + 1
    return Mismatch(column, expected, show_text(text[at:]), f"no {expected}{after} at column {column}")


def _field_stop(format: Format, place: int, text: bytes, at: int) -> int:
    """Give where the field at `place` of the format's parts ends if it begins at `at`, -1 if it cannot."""
    part = format.parts[place]
    after = format.parts[place + 1] if place + 1 < len(format.parts) else None
    quoted = is_quoted(format.parts, place)
    if isinstance(part, Field) and part.kind is Kind.FREE and quoted:
        part = replace(part, kind=Kind.PLAIN)
    if isinstance(part, Field) and part.kind is Kind.PHRASE:
        part = replace(part, kind=Kind.WORD)
    if isinstance(part, Field) and part.kind in (Kind.TEXT, Kind.FREE) and not (quoted and format.escape != "none"):
        if after is None:
            return len(text)
        stop = text.find(after.text, at) if isinstance(after, Literal) else at
        return stop if stop >= 0 else len(text)
    field = part if isinstance(part, Field) else Field("", Kind.TEXT, "")
    found = _compiled(field, follower(format.parts, place), format.escape, quoted).match(text, at)
    return found.end() if found else -1


@lru_cache(maxsize=256)
def _compiled(field: Field, following: bytes, escape: str, quoted: bool) -> re.Pattern[bytes]:  # noqa: FBT001 - a cache key
    return re.compile(field_shape(field, following, escape, quoted=quoted), re.DOTALL)


def _common(expected: bytes, found: bytes) -> int:
    """Count the leading bytes that two texts share."""
    shared = 0
    while shared < len(found) and expected[shared] == found[shared]:
        shared += 1
    return shared


def _show(text: bytes) -> str:
    decoded = text.decode("utf-8", "backslashreplace")
    return decoded if decoded.isprintable() else decoded.encode("unicode_escape").decode("ascii")
