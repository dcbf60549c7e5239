"""Takes a line that should be key=value pairs; gives the places of its values by key, or where it stops being that."""

import re
from typing import Final

from mirrorcheck_parsers.formats.objects import NoObject, Value

# As Go's slog and logrus, Heroku and kr/logfmt write it: blanks between pairs, quotes around what holds blanks, and
# words without a value, which are passed over.
_PAIR: Final = re.compile(
    rb'[ \t]*+(?P<key>[^\s="]++)(?:=(?:"(?P<quoted>(?:[^"\\]++|\\.)*+)"|(?P<bare>[^\s"]*+)))?+(?=[ \t]|\Z)', re.DOTALL
)
# With which Go's log begins a line, and so slog without a handler of its own.
_GO_STAMP: Final = re.compile(rb"[0-9]{4}/[0-9]{2}/[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{6})?(?= )")
_BLANK: Final = re.compile(rb"[ \t]*+")
_NOTHING: Final = (b"<nil>", b"null")
# In a text without these, a value without quotes ends at a blank or with its line, and is what it is.
ODD: Final = (b"\t", b"\v", b"\f", b"\r", *(b"=" + nothing for nothing in _NOTHING))


def scan_pairs(text: bytes, start: int, stop: int) -> list[Value] | NoObject:
    """Read text[start:stop] as pairs of which there is at least one, in the order of the text.

    The date and time that Go's log package puts in front are the value of `time`.
    """
    stamp = _GO_STAMP.match(text, start, stop)
    at = stamp.end() if stamp else start
    values: list[Value] = []
    while True:
        found = _PAIR.match(text, at, stop)
        if found is None:
            break
        if found["quoted"] is not None:
            values.append(Value(found["key"], *found.span("quoted"), string=True, escaped=b"\\" in found["quoted"]))
        elif found["bare"] is not None:
            begin, end = found.span("bare")
            stop_ = begin if found["bare"] in _NOTHING else end
            values.append(Value(found["key"], begin, stop_, string=False, escaped=False))
        at = found.end()
    blank = _BLANK.match(text, at, stop)
    at = blank.end() if blank else at
    if not values or at < stop:
        return NoObject(at, "a key and its value")
    time = [Value(b"time", *stamp.span(), string=False, escaped=False)] if stamp else []
    return [*time, *values]
