"""Splits a line into what a reader sees in it: a time, a request, a status, an address, a quoted text."""

import re
from dataclasses import dataclass
from itertools import islice
from typing import Final

from mirrorcheck_parsers.exact.requestlike import METHODS

_MOST: Final = 200  # parts of one line: what is behind them is not read
_SIGNS: Final = re.compile(
    rb"(?P<clf>[0-9]{2}/[A-Z][a-z]{2}/[0-9]{4}:[0-9]{2}:[0-9]{2}:[0-9]{2} [+-][0-9]{4})"
    rb"|(?P<iso>[0-9]{4}[-/][0-9]{2}[-/][0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:[.,][0-9]{1,9})?"
    rb"(?:Z|[+-][0-9]{2}:?[0-9]{2})?|[0-9]{2}/[A-Z][a-z]{2}/[0-9]{4}[: ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?)"
    rb"|(?P<request>\"" + METHODS + rb" [^\"\\]*+(?:\\.[^\"\\]*+)*+\""
    rb"|(?<![^ |\[(=])" + METHODS + rb" [/*h][^ \"]*(?: HTTP/[0-9.]+)?)"
    rb"|(?P<quoted>\"[^\"\\]*+(?:\\.[^\"\\]*+)*+\")"
    rb"|(?P<address>(?:(?:[0-9]{1,3}\.){3}[0-9]{1,3}|\[[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*\](?=:)|(?=[0-9A-Fa-f]*::?[0-9A-Fa-f]*:)"
    rb"[0-9A-Fa-f:]{3,39}(?![0-9A-Za-z.]))(?::[0-9]{1,5})?(?![0-9A-Za-z.]))"
    rb"|(?P<epoch>1[0-9]{9}(?:\.[0-9]{1,9}|[0-9]{3})?(?![0-9A-Za-z.]))"
    rb"|(?P<status>(?<![^ |\[=])[1-5][0-9]{2}(?![^ |\],]))"
    rb"|(?P<number>(?<![^ |\[(=,])[0-9]+(?:\.[0-9]+)?(?![0-9A-Za-z.:/_-]))"
    rb"|(?P<word>[^ \t\"\[\](){}|,;=<>]+)",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class LinePart:
    """A part of a line: what it looks like, and where it begins and ends."""

    kind: str
    start: int
    stop: int


def split_line(text: bytes) -> list[LinePart]:
    """Split a line into at most 200 parts, from left to right; a status is one only behind a request."""
    parts: list[LinePart] = []
    asked = answered = False
    for found in islice(_SIGNS.finditer(text), _MOST):
        kind = found.lastgroup or "word"
        if kind == "status":
            kind = "status" if asked and not answered else "number"
            answered |= kind == "status"
        asked |= kind == "request"
        parts.append(LinePart(kind, found.start(), found.end()))
    return parts
