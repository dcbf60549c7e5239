r"""Takes a line that should be a JSON object; gives the places of its values by key, or where it stops being one.

Nothing is decoded but keys, and bytes of any value are taken as they come: nginx's escape=json leaves bytes from 0x7F
up as the client sent them, so a line may be no UTF-8.
"""

import re
from dataclasses import dataclass
from typing import Final

from mirrorcheck_parsers.formats.escape import unescape

_STRING: Final = rb'"((?:[^"\\]++|\\.)*+)"'
_GAP: Final = rb"[ \t]*+"
_PAIR: Final = _GAP + _STRING + _GAP + rb":" + _GAP + rb"(?:" + _STRING + rb'|([^\s"\\,:{}\[\]]++)|([\[{]))' + _GAP
_FIRST_PAIR: Final = re.compile(_PAIR, re.DOTALL)
_NEXT_PAIR: Final = re.compile(b"," + _PAIR, re.DOTALL)
_OPENING: Final = re.compile(_GAP + rb"\{")
_CLOSING: Final = re.compile(_GAP + rb"\}" + _GAP)
_NESTED: Final = re.compile(_STRING + rb'|[\[\]{}]|[^"\[\]{}]++', re.DOTALL)
_BLANKS: Final = re.compile(_GAP)
_STRINGS: Final = re.compile(
    rb"\[" + _GAP + rb"(?:" + _STRING + _GAP + rb"(," + _GAP + rb'"(?:[^"\\]++|\\.)*+"' + _GAP + rb")*+)?\]", re.DOTALL
)
_EACH_STRING: Final = re.compile(_STRING, re.DOTALL)
_END_OF_STRINGS: Final = re.compile(rb'"' + _GAP + rb"\]" + _GAP)
_DEEPEST: Final = 32
NULL: Final = b"null"


@dataclass(frozen=True, slots=True)
class Value:
    """A value at `path`, its keys joined by dots: the bytes between start and stop, without a string's quotes.

    A list is one value, but one of a single string is that string, as servers log a header. escaped: the value is a
    string with a backslash in it. several: it is a list of no or some strings, brackets included.
    """

    path: bytes
    start: int
    stop: int
    string: bool
    escaped: bool
    several: bool = False

    def read(self, text: bytes, escape: str) -> bytes:
        """Give what the value says: a string without its escapes, several strings as one header would hold them."""
        found = text[self.start : self.stop]
        if self.several:
            return b", ".join(unescape(string[1], escape) for string in _EACH_STRING.finditer(found))
        return unescape(found, escape) if self.escaped else found


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
    begin = found.start(4)
    strings = _STRINGS.match(found.string, begin, stop)
    if strings and strings[1] is not None and strings[2] is None:
        return Value(path, *strings.span(1), string=True, escaped=b"\\" in strings[1])
    end = _end_of_list(found.string, begin, stop)
    return Value(path, begin, end, string=False, escaped=False, several=bool(strings)) if end else None


def _after(text: bytes, value: Value, found: re.Match[bytes]) -> int:
    """Give where the next pair may begin, behind the blanks that follow a value."""
    if found[4] is None:
        return found.end()
    behind = _END_OF_STRINGS if value.string else _BLANKS
    blanks = behind.match(text, value.stop)
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
