"""Reads a line of a kept log with the lines around it."""

import re
from dataclasses import dataclass

from mirrorcheck.engine.snapshot import LineLocation

_AROUND = 1 << 14  # bytes before and behind it that are read
_LONGEST = 1 << 13  # bytes of a line
_MOST = 20  # lines before, and behind
_STAMP = re.compile(rb"\A\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{1,9}(?:Z|[+-]\d\d:\d\d) ")


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A line as its program wrote it, without the runtime's stamp, and its neighbours, in their order.

    Bytes that are no UTF-8 are escaped.
    """

    before: tuple[str, ...]
    line: str
    after: tuple[str, ...]


def excerpt(place: LineLocation) -> Excerpt | None:
    """Read a line and its neighbours, very long ones cut; None if they cannot be read any more."""
    start, end = max(0, place.offset - _AROUND), place.offset + place.length
    try:
        with place.path.open("rb") as log:
            log.seek(start)
            before = log.read(place.offset - start)
            line = log.read(min(place.length, _LONGEST))
            log.seek(end)
            after = log.read(_AROUND)
    except OSError:
        return None
    # What is not whole is at the ends of what was read.
    lines = before.split(b"\n")[bool(start) : -1]
    following = after.removeprefix(b"\r").removeprefix(b"\n").split(b"\n")[:-1]
    return Excerpt(_texts(lines[-_MOST:]), _text(line), _texts(following[:_MOST]))


def _texts(lines: list[bytes]) -> tuple[str, ...]:
    return tuple(_text(line[:_LONGEST]) for line in lines)


def _text(line: bytes) -> str:
    written = _STAMP.sub(b"", line.removesuffix(b"\n").removesuffix(b"\r"), count=1)
    return written.decode("utf-8", "backslashreplace")
