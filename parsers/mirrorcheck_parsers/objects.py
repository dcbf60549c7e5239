r"""Takes a line that should be a JSON object; gives the places of its values by key, or where it stops being one.

Nothing is decoded but keys, and bytes of any value are taken as they come: nginx's escape=json leaves bytes from 0x7F
up as the client sent them, so a line may be no UTF-8.
"""

import re
from dataclasses import dataclass
from typing import Final

from mirrorcheck_parsers.escape import unescape

_STRING: Final = rb'"((?:[^"\\]++|\\.)*+)"'
_GAP: Final = rb"[ \t]*+"
_PAIR: Final = _GAP + _STRING + _GAP + rb":" + _GAP + rb"(?:" + _STRING + rb'|([^\s"\\,:{}\[\]]++)|([\[{]))' + _GAP
_FIRST_PAIR: Final = re.compile(_PAIR, re.DOTALL)
_NEXT_PAIR: Final = re.compile(b"," + _PAIR, re.DOTALL)
_OPENING: Final = re.compile(_GAP + rb"\{")
_CLOSING: Final = re.compile(_GAP + rb"\}" + _GAP)
_NESTED: Final = re.compile(_STRING + rb'|[\[\]{}]|[^"\[\]{}]++', re.DOTALL)
_BLANKS: Final = re.compile(_GAP)
_DEEPEST: Final = 32
NULL: Final = b"null"


@dataclass(frozen=True, slots=True)
class Value:
    """A value at `path`, its keys joined by dots: the bytes between start and stop, without a string's quotes.

    A list is one value; escaped: the value is a string with a backslash in it.
    """

    path: bytes
    start: int
    stop: int
    string: bool
    escaped: bool


@dataclass(frozen=True, slots=True)
class NoObject:
    """Where a line stops being a JSON object: the position, and what would have to stand there."""

    at: int
    expected: str


def scan_object(text: bytes, start: int, stop: int) -> list[Value] | NoObject:
    """Read text[start:stop] as one JSON object; what is nested comes with all its keys, in the order of the text."""
    opening = _OPENING.match(text, start, stop)
    if opening is None:
        return NoObject(start, "`{`")
    values: list[Value] = []
    parents, at, pair = [b""], opening.end(), _FIRST_PAIR
    while parents:
        found = pair.match(text, at, stop)
        if found is None:
            closing = _CLOSING.match(text, at, stop)
            if closing is None:
                return NoObject(at, "a key and its value" if pair is _FIRST_PAIR else "`,` and a key with its value")
            parents.pop()
            at, pair = closing.end(), _NEXT_PAIR
        elif found[4] == b"{" and len(parents) < _DEEPEST:
            parents.append(parents[-1] + unescape(found[1], "json") + b".")
            at, pair = found.end(), _FIRST_PAIR
        else:
            value = _value(parents[-1] + unescape(found[1], "json"), found, stop)
            if value is None:
                return NoObject(found.start(4), "a list that ends")
            values.append(value)
            at, pair = _after(text, value, found), _NEXT_PAIR
    return values if at == stop else NoObject(at, "end of line")


def _value(path: bytes, found: re.Match[bytes], stop: int) -> Value | None:
    """Give the value of a pair; what is nested too deep is one value, as a list is; None for one that never ends."""
    if found[2] is not None:
        return Value(path, *found.span(2), string=True, escaped=b"\\" in found[2])
    if found[3] is not None:
        begin, end = found.span(3)
        return Value(path, begin, begin if found[3] == NULL else end, string=False, escaped=False)
    end = _end_of_list(found.string, found.start(4), stop)
    return Value(path, found.start(4), end, string=False, escaped=False) if end else None


def _after(text: bytes, value: Value, found: re.Match[bytes]) -> int:
    """Give where the next pair may begin, behind the blanks that follow a value."""
    if found[4] is None:
        return found.end()
    blanks = _BLANKS.match(text, value.stop)
    return blanks.end() if blanks else value.stop


def _end_of_list(text: bytes, at: int, stop: int) -> int:
    """Give where the list that begins at `at` ends, 0 where it does not."""
    depth = 0
    while at < stop:
        found = _NESTED.match(text, at, stop)
        if found is None:
            return 0
        at = found.end()
        depth += (found[0] in (b"[", b"{")) - (found[0] in (b"]", b"}"))
        if not depth:
            return at
    return 0
