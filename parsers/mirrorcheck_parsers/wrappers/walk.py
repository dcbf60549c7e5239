"""Takes one line; gives the values of the JSON object it is, each with its path and place, or None where it is none."""

import re
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

_TOKEN: Final = re.compile(
    rb"[ \t\r\n]*(?:"
    rb'(?P<string>"[^"\\]*+(?:\\.[^"\\]*+)*+")'
    rb"|(?P<number>-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?)"
    rb"|(?P<word>true|false|null)|(?P<mark>[{}\[\],:]))",
    re.DOTALL,
)
_DEEPEST: Final = 64  # nests; each path is as long as all that lead to it
_BLANK: Final = re.compile(rb"[ \t\r\n]*")


class Sort(Enum):
    """What a value is: WORD is true, false or null; NEST an object or an array."""

    STRING = auto()
    NUMBER = auto()
    WORD = auto()
    NEST = auto()


@dataclass(frozen=True, slots=True)
class Value:
    """A value of the line: `path` joins the keys that lead to it by dots; a string's place is within its quotes."""

    path: bytes
    sort: Sort
    start: int
    stop: int


class _Expected(Enum):
    KEY = auto()
    KEY_OR_END = auto()
    VALUE = auto()
    VALUE_OR_END = auto()
    COLON = auto()
    COMMA_OR_END = auto()


def walk(line: bytes) -> list[Value] | None:
    """Read an object as JSON has it (RFC 8259), but for raw control characters and bytes that are no UTF-8 in strings.

    At most 64 objects and arrays may be in one another. The values come in the order in which they end.
    """
    walker = _Walker()
    at = 0
    while not walker.done:
        token = _TOKEN.match(line, at)
        if token is None or not walker.step(token):
            return None
        at = token.end()
    return walker.values if _BLANK.fullmatch(line, at) else None


class _Walker:
    """The state between two tokens: the open nests, each with its path, place and last key."""

    def __init__(self) -> None:
        self.values: list[Value] = []
        self.done = False
        self._open: list[tuple[bytes, int, bool]] = []  # path, start, whether it is an object
        self._key = b""
        self._expected = _Expected.VALUE

    def step(self, token: re.Match[bytes]) -> bool:
        """Take one token; False where it may not stand here."""
        if token["string"] is not None and self._expected in (_Expected.KEY, _Expected.KEY_OR_END):
            self._key = token["string"][1:-1]
            self._expected = _Expected.COLON
            return True
        if token["mark"] is None:
            return self._scalar(token)
        mark = token["mark"]
        if mark in b"{[":
            return self._begin(token, is_object=mark == b"{")
        if mark in b"}]":
            return self._end(token, is_object=mark == b"}")
        return self._separate(mark)

    def _path(self) -> bytes:
        outer = self._open[-1][0]
        return outer + b"." + self._key if outer else self._key

    def _scalar(self, token: re.Match[bytes]) -> bool:
        if self._expected not in (_Expected.VALUE, _Expected.VALUE_OR_END) or not self._open:
            return False
        sort = Sort.STRING if token["string"] else Sort.NUMBER if token["number"] else Sort.WORD
        start, stop = token.span(token.lastgroup or 0)
        quotes = sort is Sort.STRING
        self.values.append(Value(self._path(), sort, start + quotes, stop - quotes))
        self._expected = _Expected.COMMA_OR_END
        return True

    def _begin(self, token: re.Match[bytes], *, is_object: bool) -> bool:
        if self._expected not in (_Expected.VALUE, _Expected.VALUE_OR_END) or not (self._open or is_object):
            return False
        if len(self._open) == _DEEPEST:
            return False
        self._open.append((self._path() if self._open else b"", token.end() - 1, is_object))
        self._key = b"" if is_object else b"[]"
        self._expected = _Expected.KEY_OR_END if is_object else _Expected.VALUE_OR_END
        return True

    def _end(self, token: re.Match[bytes], *, is_object: bool) -> bool:
        empty = _Expected.KEY_OR_END if is_object else _Expected.VALUE_OR_END
        if self._expected not in (empty, _Expected.COMMA_OR_END) or self._open[-1][2] != is_object:
            return False
        path, start, _ = self._open.pop()
        self.values.append(Value(path, Sort.NEST, start, token.end()))
        self._key = b"[]"
        self._expected = _Expected.COMMA_OR_END
        self.done = not self._open
        return True

    def _separate(self, mark: bytes) -> bool:
        if mark == b":" and self._expected is _Expected.COLON:
            self._expected = _Expected.VALUE
            return True
        if mark == b"," and self._expected is _Expected.COMMA_OR_END:
            self._expected = _Expected.KEY if self._open[-1][2] else _Expected.VALUE
            return True
        return False
