"""Matches one line against a format: the places of its fields."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

from mirrorcheck_parsers.formats.fields import Field, Kind, is_header
from mirrorcheck_parsers.formats.format import Format
from mirrorcheck_parsers.formats.stamps import read_instant, stamp_shape
from mirrorcheck_parsers.formats.template import Literal
from mirrorcheck_parsers.formats.values import NoObject, Value, ValueType

_OF_REQUESTS = ("request", "method", "target")  # a status without any of them is that of something else


class Match(NamedTuple):
    """A record: `bounds` are the start and stop of each column of the format, one after the other.

    decoded: the values that are not what they are written as, each with the number of its column. values: all those of
    a JSON object.
    """

    bounds: list[int]
    decoded: list[tuple[int, bytes]]
    values: Mapping[bytes, Value] | None = None


def match_line(format: Format, text: bytes, start: int, stop: int) -> Match | None:
    """Match text[start:stop] exactly."""
    if format.keys:
        values = read_object(format, text, start, stop)
        return None if isinstance(values, NoObject) else _match_object(format, text, values, start)
    found = format.pattern.fullmatch(text, start, stop)
    return Match(list(chain.from_iterable(found.regs[1:])), []) if found else None


def read_object(format: Format, text: bytes, start: int, stop: int) -> dict[bytes, Value] | NoObject:
    """Read a line's values by their paths; one without what the format needs is no object of it either."""
    return choose_values(format, text, format.scan(text, start, stop), stop)


def choose_values(
    format: Format, text: bytes, values: Sequence[Value] | NoObject, stop: int
) -> dict[bytes, Value] | NoObject:
    """Give the values that were scanned in a line up to `stop` by their paths, as `read_object` does."""
    if isinstance(values, NoObject):
        return values
    by_path = {value.path: value for value in values}  # of equal keys the last one counts
    for path in format.keys:
        if path in format.needed and path not in by_path:
            return NoObject(stop, f"the key {path.decode('utf-8', 'backslashreplace')}")
    clock = format.clock_column.name if format.clock_column else ""
    for path, field in format.keys.items():
        if field.name == clock and not is_stamp(field, by_path[path].read(text, format.escape)):
            return NoObject(by_path[path].start, f"{field.name} ({field.kind.value})")
    return by_path


def is_of_no_request(format: Format, text: bytes, start: int, stop: int) -> bool:
    """Whether a line has keys, but none of those that a request has: its program logs other things, too."""
    values = format.scan(text, start, stop) if format.keys else NoObject(0, "")
    of_requests = {path for path, field in format.keys.items() if field.name in _OF_REQUESTS}
    return not isinstance(values, NoObject) and of_requests.isdisjoint(value.path for value in values)


def is_stamp(field: Field, stamp: bytes) -> bool:
    """Whether a text is a time as the field has it."""
    if field.kind is Kind.INSTANT:
        return read_instant(stamp) is not None
    return _stamp_pattern(field).fullmatch(stamp) is not None


def _match_object(format: Format, text: bytes, values: dict[bytes, Value], start: int) -> Match:
    bounds: list[int] = []
    decoded = []
    for column, (path, field) in enumerate(format.keys.items()):
        value = values.get(path)
        bounds += (value.start, value.stop) if value else (start, start)
        if value and (value.escaped or (value.type is ValueType.STRINGS and is_header(field))):
            said = value.read(text, format.escape)
            if said:
                decoded.append((column, said))
            else:
                bounds[-1] = value.start
    return Match(bounds, decoded, values)


@lru_cache(maxsize=64)
def _stamp_pattern(field: Field) -> re.Pattern[bytes]:
    return re.compile(stamp_shape(field), re.DOTALL)


class QuoteIndex:
    """Lines by how many quotes they hold, to be tried in many formats: those left out cannot match.

    Those with a backslash may hold quotes that are none.
    """

    def __init__(self, lines: Sequence[bytes]) -> None:
        self._lines = lines
        self._escaped = [line for line in lines if b"\\" in line]
        self._by_quotes: defaultdict[int, list[bytes]] = defaultdict(list)
        for line in lines:
            if b"\\" not in line:
                self._by_quotes[line.count(b'"')].append(line)

    def lines(self, format: Format) -> Iterator[bytes]:
        """Give the lines that may match a format, in no order."""
        if format.keys:
            yield from self._lines
            return
        quotes, exactly = _quotes(format)
        for count, lines in self._by_quotes.items():
            if count == quotes or (count > quotes and not exactly):
                yield from lines
        yield from self._escaped


def _quotes(format: Format) -> tuple[int, bool]:
    """Count the quotes that a line without backslashes must hold; whether it may hold no others."""
    anything = (Kind.FREE, Kind.TEXT) if format.escape == "none" else (Kind.FREE,)
    fields = [part for part in format.parts if isinstance(part, Field)]
    literals = sum(part.text.count(b'"') for part in format.parts if isinstance(part, Literal))
    quotes = literals + sum(field.layout.count('"') for field in fields)
    return quotes, not any(field.kind in anything for field in fields)
