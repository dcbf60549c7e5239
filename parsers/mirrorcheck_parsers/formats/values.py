r"""Reads a line of JSON, or of key=value pairs: where each of its values is, by its path.

The grammar of JSON is that of RFC 8259, with its blanks and to any depth. Logs need a little more: any byte may stand
in a string: nginx's escape=json leaves bytes from 0x7F up as the client sent them, its other ways write `\x22`, and
a value without quotes may be any word, such as the `-` that nginx writes for none.

Pairs are those of Go's slog and logrus, Heroku and kr/logfmt: blanks between them, quotes around what holds blanks, and
words without a value, which are passed over.
"""

import re
from enum import Enum, auto
from typing import Final, NamedTuple

from mirrorcheck_parsers.formats.escape import unescape

NULL: Final = b"null"
PAIRS: Final = "logfmt"  # the `escape` of lines of key=value pairs
_DEEPEST: Final = 64  # nests whose values come one by one: each path is as long as all that lead to it
_STRING: Final = rb'"((?:[^"\\]++|\\.)*+)"'
GAP: Final = rb"[ \t\r\n]*+"
BARE: Final = rb'[^\s"\\,:{}\[\]]++'  # a number or a word
_ELEMENT: Final = GAP + rb"(?:" + _STRING + rb"|(" + BARE + rb")|([\[{]))" + GAP
_MEMBER: Final = GAP + _STRING + GAP + rb":" + _ELEMENT
_OPENING: Final = re.compile(GAP + rb"\{")
_EACH_STRING: Final = re.compile(_STRING, re.DOTALL)
_PAIR: Final = re.compile(
    rb'[ \t]*+(?P<key>[^\s="]++)(?:=(?:"(?P<quoted>(?:[^"\\]++|\\.)*+)"|(?P<bare>[^\s"]*+)))?+(?=[ \t]|\Z)', re.DOTALL
)
# With which Go's log begins a line, and so slog without a handler of its own.
_GO_STAMP: Final = re.compile(rb"[0-9]{4}/[0-9]{2}/[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{6})?(?= )")
_BLANKS: Final = re.compile(rb"[ \t]*+")
_NOTHING: Final = (b"<nil>", NULL)


class ValueType(Enum):
    """What a value is: NEST is an object or a list, STRINGS a list of nothing but strings."""

    STRING = auto()
    BARE = auto()
    NEST = auto()
    STRINGS = auto()


class Value(NamedTuple):
    """A value at `path`, its keys joined by dots: the bytes between start and stop, without a string's quotes.

    A null is of no width. escaped: the value is a string with a backslash in it.
    """

    path: bytes
    start: int
    stop: int
    type: ValueType
    escaped: bool = False

    def read(self, text: bytes, escape: str) -> bytes:
        """Give what the value says: a string without its escapes, several strings as one header would hold them."""
        found = text[self.start : self.stop]
        if self.type is ValueType.STRINGS:
            return b", ".join(unescape(string[1], escape) for string in _EACH_STRING.finditer(found))
        return unescape(found, escape) if self.escaped else found


class NoObject(NamedTuple):
    """Where a line stops being a JSON object: the position, and what would have to stand there."""

    at: int
    expected: str


class _Syntax(NamedTuple):
    """How an object or a list goes on: its first value, each further one, and its end."""

    first: re.Pattern[bytes]
    following: re.Pattern[bytes]
    end: re.Pattern[bytes]

    @classmethod
    def of(cls, value: bytes, bracket: bytes) -> "_Syntax":
        end = GAP + rb"(" + re.escape(bracket) + rb")" + GAP
        return cls(re.compile(value, re.DOTALL), re.compile(b"," + value, re.DOTALL), re.compile(end))


_OBJECT: Final = _Syntax.of(_MEMBER, b"}")
_LIST: Final = _Syntax.of(rb"()" + _ELEMENT, b"]")


class _Nest(NamedTuple):
    """An open object or list: its path, what the paths in it begin with, its place, how many values stand before it."""

    path: bytes
    prefix: bytes
    start: int
    syntax: _Syntax
    before: int


def scan_object(text: bytes, start: int, stop: int, *, nests: bool = False) -> list[Value] | NoObject:
    """Read text[start:stop] as one JSON object; values come in the order in which they end.

    Of an object in the object, its values come. A list is one value, but one of a single string is that string, as
    servers log a header. nests: objects and lists come besides what is in them, the elements of a list at `path.[]`.
    Of what is nested more than 64 deep, the outermost nest is one value.
    """
    opening = _OPENING.match(text, start, stop)
    if opening is None:
        return NoObject(start, "`{`")
    values: list[Value] = []
    opened = [_Nest(b"", b"", opening.end() - 1, _OBJECT, 0)]
    at, pattern = opening.end(), _OBJECT.first
    while opened:
        nest = opened[-1]
        found = pattern.match(text, at, stop)
        ending = found or nest.syntax.end.match(text, at, stop)
        if ending is None:
            return _broken(opened, at, first=pattern is nest.syntax.first)
        at, pattern = ending.end(), nest.syntax.following
        if found is None:
            opened.pop()
            _close(nest, opened, ending.end(1), values, nests=nests)
            pattern = opened[-1].syntax.following if opened else pattern
            continue
        path = nest.prefix + (unescape(found[1], "json") if nest.syntax is _OBJECT else b"[]")
        if found[4] is None:
            values.append(_scalar(path, found))
            continue
        syntax, prefix = _OBJECT if found[4] == b"{" else _LIST, path + b"." if len(opened) < _DEEPEST else b""
        opened.append(_Nest(path, prefix, found.start(4), syntax, len(values)))
        pattern = syntax.first
    return values if at == stop else NoObject(at, "end of line")


def _scalar(path: bytes, found: re.Match[bytes]) -> Value:
    if found[2] is not None:
        return Value(path, *found.span(2), ValueType.STRING, b"\\" in found[2])
    begin, end = found.span(3)
    return Value(path, begin, begin if found[3] == NULL else end, ValueType.BARE)


def _close(nest: _Nest, around: list[_Nest], end: int, values: list[Value], *, nests: bool) -> None:
    """Add a nest that ended, in place of the values in it where these do not come by themselves."""
    is_list, in_list = nest.syntax is _LIST, bool(around) and around[-1].syntax is _LIST
    is_deep = len(around) >= _DEEPEST
    if not (nests or is_deep or is_list or in_list):
        return
    inner = values[nest.before :]
    if not nests or is_deep:
        del values[nest.before :]
    of_strings = not nests and is_list and not in_list and all(each.type is ValueType.STRING for each in inner)
    if of_strings and len(inner) == 1:
        values.append(inner[0]._replace(path=nest.path))
    else:
        values.append(Value(nest.path, nest.start, end, ValueType.STRINGS if of_strings else ValueType.NEST))


def _broken(opened: list[_Nest], at: int, *, first: bool) -> NoObject:
    outermost_list = next((nest for nest in opened if nest.syntax is _LIST), None)
    if outermost_list:
        return NoObject(outermost_list.start, "a list that ends")
    return NoObject(at, "a key and its value" if first else "`,` and a key with its value")


def scan_pairs(text: bytes, start: int, stop: int) -> list[Value] | NoObject:
    """Read text[start:stop] as pairs of which there is at least one, in the order of the text.

    The date and time that Go's log package puts in front are the value of `time`.
    """
    stamp = _GO_STAMP.match(text, start, stop)
    at = stamp.end() if stamp else start
    values = [Value(b"time", *stamp.span(), ValueType.BARE)] if stamp else []
    pairs = 0
    while found := _PAIR.match(text, at, stop):
        at = found.end()
        if found["quoted"] is not None:
            values.append(Value(found["key"], *found.span("quoted"), ValueType.STRING, b"\\" in found["quoted"]))
        elif found["bare"] is not None:
            begin, end = found.span("bare")
            values.append(Value(found["key"], begin, begin if found["bare"] in _NOTHING else end, ValueType.BARE))
        pairs += found["quoted"] is not None or found["bare"] is not None
    blanks = _BLANKS.match(text, at, stop)
    at = blanks.end() if blanks else at
    return values if pairs and at == stop else NoObject(at, "a key and its value")
