"""Takes a format and one line; gives the places of its fields, or None where the line is no record of the format."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain

from mirrorcheck_parsers.formats.fields import Field, Kind, is_header
from mirrorcheck_parsers.formats.format import PAIRS, Format
from mirrorcheck_parsers.formats.objects import NoObject, Value, scan_object
from mirrorcheck_parsers.formats.pairs import scan_pairs
from mirrorcheck_parsers.formats.shapes import stamp_shape
from mirrorcheck_parsers.formats.stamps import read_instant

_OF_REQUESTS = ("request", "method", "target")  # a status without any of them is that of something else


@dataclass(frozen=True, slots=True)
class Match:
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
    values = (scan_pairs if format.escape == PAIRS else scan_object)(text, start, stop)
    if isinstance(values, NoObject):
        return values
    by_path = {value.path: value for value in values}  # of equal keys the last one counts
    for path in format.keys:
        if path in format.needed and path not in by_path:
            return NoObject(stop, f"the key {path.decode('utf-8', 'backslashreplace')}")
    clock = format.clock_column.name if format.clock_column else ""
    for path, field in format.keys.items():
        if field.name == clock and not _is_stamp(field, text, by_path[path], format.escape):
            return NoObject(by_path[path].start, f"{field.name} ({field.kind.value})")
    return by_path


def is_of_no_request(format: Format, text: bytes, start: int, stop: int) -> bool:
    """Tell whether a line has keys, but none of those that tell of a request: its program logs other things, too."""
    values = (
        (scan_pairs if format.escape == PAIRS else scan_object)(text, start, stop) if format.keys else NoObject(0, "")
    )
    if isinstance(values, NoObject):
        return False
    telling = {path for path, field in format.keys.items() if field.name in _OF_REQUESTS}
    return telling.isdisjoint(value.path for value in values)


def _is_stamp(field: Field, text: bytes, value: Value, escape: str) -> bool:
    stamp = value.read(text, escape)
    if field.kind is Kind.INSTANT:
        return read_instant(stamp) is not None
    return _stamp_pattern(field).fullmatch(stamp) is not None


def _match_object(format: Format, text: bytes, values: dict[bytes, Value], start: int) -> Match:
    bounds: list[int] = []
    decoded = []
    for column, (path, field) in enumerate(format.keys.items()):
        value = values.get(path)
        bounds += (value.start, value.stop) if value else (start, start)
        if value and (value.escaped or (value.several and is_header(field))):
            said = value.read(text, format.escape)
            if said:
                decoded.append((column, said))
            else:
                bounds[-1] = value.start
    return Match(bounds, decoded, values)


@lru_cache(maxsize=64)
def _stamp_pattern(field: Field) -> re.Pattern[bytes]:
    return re.compile(stamp_shape(field), re.DOTALL)
