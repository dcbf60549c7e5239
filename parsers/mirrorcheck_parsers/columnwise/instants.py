"""Takes columns of RFC 3339 stamps of any width, or of seconds or parts of them since 1970; gives UTC microseconds."""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

import numpy as np

from mirrorcheck_parsers.columnwise.scan import find_any
from mirrorcheck_parsers.columnwise.words import Mask, Positions, Window, blocks, number
from mirrorcheck_parsers.wrappers.rows import NO_STAMP

SECOND: Final = 1_000_000
_DATE: Final = 10  # bytes of 2026-11-22
_DATE_TIME: Final = 19  # bytes of 2026-11-22T10:00:00
_SHORTEST: Final = 20  # with Z
_LONGEST: Final = 35  # with nine decimals and an offset
_OFFSET: Final = 6  # bytes of +01:00
_BASIC_OFFSET: Final = 5  # of +0100, as journalctl's short-iso has it before systemd 255
_MOST_DIGITS: Final = 9
_TENS: Final = 10 ** np.arange(_MOST_DIGITS)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MOMENT: Final = re.compile(rb"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}")
_DECIMAL: Final = re.compile(rb"([0-9]{1,19})(?:\.([0-9]{1,9}))?")
_EXPONENT: Final = re.compile(rb"([0-9])\.([0-9]{1,20})[eE]\+?9")  # as Fluent Bit's S3 output writes 1795341600.5
# CloudWatch Logs Insights, which means UTC, and Splunk, which says so.
_SPACED: Final = re.compile(rb"([0-9-]{10}) ([0-9:]{8})\.([0-9]{3})(?: (?:GMT|UTC))?")
_MILLIS_DIGITS: Final = 12
_LEAST_MILLIS: Final = 100_000_000_000  # read as seconds, the year 5138
_LEAST_MICROS: Final = _LEAST_MILLIS * 1000
_LEAST_NANOS: Final = _LEAST_MICROS * 1000


def read_instants(view: Window, start: Positions, stop: Positions) -> Positions:
    """Read `2026-11-22T10:00:00[.123456789](Z|+01:00|+0100)`, int64[n]; NO_STAMP where there is no such moment.

    Go trims zeros off the end of the fraction (time.RFC3339Nano), so neighbours differ in width. Decimal seconds such
    as `1795341600.123456`, whole milliseconds, microseconds and nanoseconds, and `2026-11-22 10:00:00.123` are read one
    by one.
    """
    length = stop - start
    dated = (length >= _SHORTEST) & (length <= _LONGEST) & (view.octets[start + 4] == ord("-"))
    dated &= view.octets[start + _DATE] != ord(" ")
    if dated.all():
        return _read_dated(view, start, stop)
    instants = np.full(len(start), NO_STAMP)
    rows = np.flatnonzero(dated)
    instants[rows] = _read_dated(view, start[rows], stop[rows])
    for row in np.flatnonzero(~dated & (length > 0) & (length < _SHORTEST + _MOST_DIGITS)).tolist():
        instants[row] = _read_single(view.octets[int(start[row]) : int(stop[row])].tobytes())
    return instants


def are_whole_seconds(view: Window, start: Positions, stop: Positions) -> Mask:
    """Tell which of some stamps that are moments have no decimals."""
    point = find_any(view, start, stop, b".", _LONGEST)
    whole: Mask = (point == stop) & ((view.octets[start + 4] == ord("-")) | (stop - start < _MILLIS_DIGITS))
    return whole


def _read_dated(view: Window, start: Positions, stop: Positions) -> Positions:
    seconds = _read_seconds(view, start)
    basic = view.octets[stop - 3] != ord(":")
    zone = np.where(view.octets[stop - 1] == ord("Z"), stop - 1, stop - np.where(basic, _BASIC_OFFSET, _OFFSET))
    point = start + _DATE_TIME
    count = zone - point - 1
    # The ninth digit is less than a microsecond, but it must be one.
    read = np.clip(count, 0, 8)
    decimals, digits = number(view, point + 1, point + 1 + read)
    digits &= (view.octets[point] == ord(".")) & (count <= _MOST_DIGITS)
    digits &= (count < _MOST_DIGITS) | (view.octets[point + _MOST_DIGITS] - np.uint8(ord("0")) <= 9)  # noqa: PLR2004
    valid = (seconds != NO_STAMP) & (digits | (zone == point))
    fraction = decimals * digits * SECOND // _TENS[read]
    instants = np.where(valid, seconds * SECOND + fraction, NO_STAMP)
    abroad = np.flatnonzero(valid & (zone < stop - 1))
    if len(abroad):
        east, known = _read_offsets(view, zone[abroad])
        instants[abroad] = np.where(known, instants[abroad] - east * SECOND, NO_STAMP)
    return instants


def _read_seconds(view: Window, start: Positions) -> Positions:
    """Read the date and time, in seconds since 1970, where it differs from the row before, and repeat it elsewhere."""
    if not len(start):
        return np.zeros(0, np.int64)
    words = blocks(view, 24)[start].view(np.uint64).reshape(-1, 3)
    words[:, 2] &= np.uint64((1 << 8 * (_DATE_TIME - 16)) - 1)
    changed = np.ones(len(start), np.bool_)
    differs = words[1:] != words[:-1]
    changed[1:] = differs[:, 0] | differs[:, 1] | differs[:, 2]
    heads = np.flatnonzero(changed)
    texts = (view.octets[place : place + _DATE_TIME].tobytes() for place in start[heads].tolist())
    seconds = np.fromiter(map(_seconds_of, texts), np.int64, len(heads))
    return np.repeat(seconds, np.diff(np.append(heads, len(start))))


@lru_cache(maxsize=4096)
def _seconds_of(text: bytes) -> int:
    if not _MOMENT.fullmatch(text):
        return NO_STAMP
    try:
        moment = datetime.fromisoformat(text.decode("ascii")).replace(tzinfo=UTC)
    except ValueError:
        return NO_STAMP
    return (moment - _EPOCH) // timedelta(seconds=1)


def _read_offsets(view: Window, zone: Positions) -> tuple[Positions, Mask]:
    """Read `+01:00` or `+0100` as seconds east of UTC."""
    hours, known = number(view, zone + 1, zone + 3)
    colon = view.octets[zone + 3] == ord(":")
    minutes, digits = number(view, zone + 3 + colon, zone + 5 + colon)
    west = view.octets[zone] == ord("-")
    known &= digits & (west | (view.octets[zone] == ord("+")))
    known &= (hours < 20) & (minutes < 60)  # noqa: PLR2004 - a clock
    seconds = hours * 3600 + minutes * 60
    return np.where(west, -seconds, seconds), known


def _read_single(text: bytes) -> int:
    spaced = _SPACED.fullmatch(text)
    if spaced:
        seconds = _seconds_of(b"T".join(spaced.group(1, 2)))
        return seconds if seconds == NO_STAMP else seconds * SECOND + int(spaced[3]) * 1000
    exponent = _EXPONENT.fullmatch(text)
    digits = b"".join(exponent.groups()).ljust(16, b"0") if exponent else b""
    found = _DECIMAL.fullmatch(digits[:10] + b"." + digits[10:16] if exponent else text)
    if found is None:
        return NO_STAMP
    whole = int(found[1])
    if whole >= _LEAST_MILLIS:
        return whole * 1000 if whole < _LEAST_MICROS else whole if whole < _LEAST_NANOS else whole // 1000
    return whole * SECOND + int((found[2] or b"").ljust(6, b"0")[:6])
