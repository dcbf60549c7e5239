"""Reads columns of stamps as UTC microseconds; unusual spellings are left to formats.stamps, one by one."""

import re
from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mirrorcheck_parsers.columnwise.bits import find_any
from mirrorcheck_parsers.columnwise.words import (
    Mask,
    Positions,
    Spans,
    Window,
    are_digits,
    blocks,
    equals,
    find_first,
    number,
    window,
)
from mirrorcheck_parsers.formats.fields import Field, Kind
from mirrorcheck_parsers.formats.layout import MONTHS, Layout, make_layout
from mirrorcheck_parsers.formats.stamps import EPOCHS, MILLI_US, SECOND_US, layout_of, read_instant

NO_STAMP: Final = np.iinfo(np.int64).min
_MICROS: Final = 6  # digits
_MOST_DIGITS: Final = 16  # of a number that is read at once
_NANOS_DIGITS: Final = 19
_MOST_DECIMALS: Final = 18
_LONGEST_NUMBER: Final = 38
_POINT: Final = ord(".")
_TENS: Final = 10 ** np.arange(10)
_DATE: Final = 10  # bytes of 2026-11-22
_DATE_TIME: Final = make_layout("%Y-%m-%dT%H:%M:%S")
_SHORTEST: Final = 20  # bytes of an RFC 3339 stamp: with Z
_LONGEST: Final = 35  # with nine decimals and an offset
_NANOS: Final = 9  # digits
# Numbers, and dates that mean UTC: those of CloudWatch Logs Insights, which does not say so, and Splunk, which does.
_OTHER_STAMP: Final = re.compile(
    rb"[0-9]{1,19}(?:\.[0-9]{1,9})?|[0-9]\.[0-9]{1,18}[eE]\+?9|[0-9-]{10} [0-9:]{8}\.[0-9]{3}(?: (?:GMT|UTC))?"
)
_SECONDS_WIDTH: Final = 12  # bytes; wider is a number of milliseconds or less
Moments = tuple[Positions, Mask]

_MONTH_KEYS: Final = np.array([int.from_bytes(name.encode(), "big") for name in MONTHS], np.int64)
_MONTH_ORDER: Final = np.argsort(_MONTH_KEYS)
_MONTH_DAYS: Final = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31], np.int64)


def width_of(field: Field) -> int:
    """Give the width in which read_column knows a stamp, 0 for what is none; others are read one by one."""
    layout = layout_of(field)
    return layout.width if layout else EPOCHS[field.kind].width if field.kind in EPOCHS else 0


def read_column(view: Window, field: Field, start: Positions, stop: Positions) -> Moments:
    """Read stamps, all of the width of width_of: microseconds since 1970 UTC, int64[n], and bool[n].

    Those of the kind INSTANT may be of any width.
    """
    if field.kind is Kind.INSTANT:
        return _instants(view, field, start, stop)
    layout = layout_of(field)
    if layout:
        return _laid_out(view, start, layout)
    if field.kind in (Kind.EPOCH_S, Kind.EPOCH_MS):
        whole, valid = number(view, start, stop)
        return whole * EPOCHS[field.kind].fine_us, valid
    return _seconds(view, start, stop)


def read_matched(view: Window, field: Field, start: Positions, stop: Positions) -> Positions:
    """Read stamps that the pattern of their field has accepted, of any width, int64[n]."""
    varies = field.kind is Kind.STAMP or field.kind in EPOCHS
    return (_singles(view, start, stop) if varies else read_column(view, field, start, stop))[0]


def _instants(view: Window, field: Field, start: Positions, stop: Positions) -> Moments:
    """Read times in any spelling: those of the usual one at once, numbers and RFC 3339 by column, others one by one."""
    moments, valid = np.zeros(len(start), np.int64), np.zeros(len(start), np.bool_)
    layout = layout_of(field)
    if layout and len(start) and (stop - start == layout.width).all():
        moments, valid = _laid_out(view, start, layout)
    for read in (_epochs, _rfc_3339, _singles):
        rows = np.flatnonzero(~valid)
        if not len(rows):
            break
        moments[rows], valid[rows] = read(view, start[rows], stop[rows])
    return moments, valid


def _epochs(view: Window, start: Positions, stop: Positions) -> Moments:
    """Read numbers of seconds, milliseconds, microseconds and nanoseconds, as read_instant does; others are invalid."""
    point = find_first(view, start, np.minimum(stop, start + _LONGEST_NUMBER), _POINT)
    digits, count = point - start, np.maximum(stop - point - 1, 0)
    whole, valid = number(view, start, np.minimum(point, start + _MOST_DIGITS))
    decimals, is_number = number(view, np.minimum(point + 1, stop), np.minimum(point + 1 + _MICROS, stop))
    rest = number(view, np.minimum(point + 1 + _MICROS, stop), stop)[1]
    valid &= (is_number | (point == stop)) & ((count <= _MICROS) | (rest & (count <= _MOST_DECIMALS)))
    # Of 19 digits the first 16 are microseconds; 17 and 18 are no moment of this age.
    nanos = digits == _NANOS_DIGITS
    valid &= (digits <= _MOST_DIGITS) | (nanos & number(view, np.minimum(start + _MOST_DIGITS, point), point)[1])
    decimals *= _TENS[_MICROS - np.minimum(count, _MICROS)]
    scale = np.select([digits <= 11, digits <= 14], [SECOND_US, MILLI_US], 1)  # noqa: PLR2004 - as read_instant has it
    return whole * scale + decimals * scale // SECOND_US, valid


def _rfc_3339(view: Window, start: Positions, stop: Positions) -> Moments:
    """Read `2026-11-22T10:00:00[.123456789](Z|+01:00)`; what is spelled otherwise is invalid."""
    like = (stop - start > _SHORTEST) & (view.octets[start + _DATE] == ord("T"))
    moments = np.where(like, NO_STAMP, 0)
    moments[like] = read_instants(view, start[like], stop[like])
    return moments, like & (moments != NO_STAMP)


def _singles(view: Window, start: Positions, stop: Positions) -> Moments:
    """Read any times one by one."""
    spans = zip(start.tolist(), stop.tolist(), strict=True)
    read = [read_instant(view.octets[begin:end].tobytes()) for begin, end in spans]
    return np.array([each.us if each else 0 for each in read], np.int64), np.array([bool(each) for each in read])


def _laid_out(view: Window, start: Positions, layout: Layout) -> Moments:
    """Read a column in which most rows are of the second of the row before: parse where it changes, repeat the rest."""
    if not len(start):
        return np.zeros(0, np.int64), np.zeros(0, np.bool_)
    words = 4 if layout.width <= 32 else 8  # noqa: PLR2004 - bytes of four words
    stamps = blocks(view, 8 * words)[start]
    seen = stamps.view(np.uint64).reshape(-1, words) & _without_fraction(layout, words)
    changed = np.ones(len(start), np.bool_)
    changed[1:] = (seen[1:] != seen[:-1]).view(f"u{words}")[:, 0]  # any of a row's words
    heads = np.flatnonzero(changed)
    octets = view.octets[start[heads][:, None] + np.arange(layout.width)].astype(np.int64)  # (heads, width)
    seconds, valid = _read_rows(octets, layout)
    times = np.diff(np.append(heads, len(start)))
    moments, valid = np.repeat(seconds * SECOND_US, times), np.repeat(valid, times)
    begin, digits = layout.fraction
    if digits:
        # Here the stamps stand beside each other, and are in the cache.
        at = np.arange(begin, stamps.nbytes, 8 * words)
        decimals, is_number = number(window(stamps.tobytes() + bytes(8)), at, at + digits)
        moments += decimals * 10 ** (6 - digits) if digits <= _MICROS else decimals // 10 ** (digits - _MICROS)
        valid &= is_number
    return moments, valid


def _without_fraction(layout: Layout, words: int) -> NDArray[np.uint64]:
    """Mask the bytes of a stamp that its second decides."""
    octets = np.zeros(8 * words, np.uint8)
    octets[: layout.width] = 0xFF
    begin, digits = layout.fraction
    octets[begin : begin + digits] = 0
    return octets.view(np.uint64)


def _read_rows(octets: NDArray[np.int64], layout: Layout) -> Moments:
    """Read rows of one layout as seconds since 1970, without their fraction."""
    at = layout.at
    valid = _literals(octets, layout.literals)
    month = _month_name(octets, at["%b"], valid) if "%b" in at else _two(octets, at["%m"], valid)
    year = _two(octets, at["%Y"], valid) * 100 + _two(octets, at["%Y"] + 2, valid)
    days = _days(year, month, _two(octets, at["%d"], valid), valid)
    hour, minute, second = (_two(octets, at[name], valid) for name in ("%H", "%M", "%S"))
    valid &= (hour < 24) & (minute < 60) & (second < 60)  # noqa: PLR2004 - a clock
    seconds: Positions = days * 86_400 + hour * 3600 + minute * 60 + second
    for name, minutes_at in (("%z", 3), ("%:z", 4)):
        if name in at:
            seconds -= _zone(octets, at[name], at[name] + minutes_at, valid)
    return seconds, valid


def _month_name(octets: NDArray[np.int64], column: int, valid: Mask) -> Positions:
    """Read `Jan` to `Dec` as 1 to 12; clears `valid` where it is none."""
    key = octets[:, column] << 16 | octets[:, column + 1] << 8 | octets[:, column + 2]
    rank = np.minimum(np.searchsorted(_MONTH_KEYS[_MONTH_ORDER], key), 11)
    month: Positions = _MONTH_ORDER[rank]
    valid &= _MONTH_KEYS[month] == key
    return month + 1


def _seconds(view: Window, start: Positions, stop: Positions) -> Moments:
    """Read `1795341600.123`."""
    whole, valid = number(view, start, stop - 4)
    millis, digits = number(view, stop - 3, stop)
    valid &= digits & equals(view, stop - 4, b".")
    return whole * SECOND_US + millis * 1000, valid


def _two(octets: NDArray[np.int64], column: int, valid: Mask) -> Positions:
    """Read two digits at a column; clears `valid` where they are none."""
    tens, ones = octets[:, column] - 48, octets[:, column + 1] - 48
    valid &= (tens >= 0) & (tens <= 9) & (ones >= 0) & (ones <= 9)  # noqa: PLR2004 - a digit
    return tens * 10 + ones


def _zone(octets: NDArray[np.int64], hours_at: int, minutes_at: int, valid: Mask) -> Positions:
    """Read a zone such as +0100 as seconds east of UTC; its sign stands at `hours_at`."""
    sign = octets[:, hours_at]
    hours, minutes = _two(octets, hours_at + 1, valid), _two(octets, minutes_at, valid)
    valid &= ((sign == ord("+")) | (sign == ord("-"))) & (hours < 20) & (minutes < 60)  # noqa: PLR2004 - a clock
    seconds: Positions = hours * 3600 + minutes * 60
    return np.where(sign == ord("-"), -seconds, seconds)


def _literals(octets: NDArray[np.int64], expected: Mapping[int, str]) -> Mask:
    columns, texts = list(expected), "".join(expected.values()).encode()
    same: Mask = octets[:, columns] == np.frombuffer(texts, np.uint8)
    rows: Mask = np.logical_and.reduce(same, axis=1)
    return rows


def _days(year: Positions, month: Positions, day: Positions, valid: Mask) -> Positions:
    """Count days since 1970-01-01 (Hinnant's days_from_civil); clears `valid` where there is no such day."""
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    valid &= (year >= 1) & (month >= 1) & (month <= 12)  # noqa: PLR2004 - a calendar
    last = _MONTH_DAYS[np.clip(month, 1, 12) - 1] + (leap & (month == 2))  # noqa: PLR2004 - a calendar
    valid &= (day >= 1) & (day <= last)
    shifted = year - (month <= 2)  # noqa: PLR2004 - years begin in March here
    era_year = shifted % 400
    day_of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    days: Positions = shifted // 400 * 146_097 + era_year * 365 + era_year // 4 - era_year // 100 + day_of_year
    return days - 719_468


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
    for row in np.flatnonzero(~dated & (length > 0) & (length <= _LONGEST)).tolist():
        text = view.octets[int(start[row]) : int(stop[row])].tobytes()
        instant = read_instant(text) if _OTHER_STAMP.fullmatch(text) else None
        instants[row] = instant.us if instant else NO_STAMP
    return instants


def read_stamps(view: Window, spans: Spans, among: Mask) -> Positions:
    """Read the instants of the rows `among` n, int64[n]; NO_STAMP on the others."""
    instants, rows = np.full(len(among), NO_STAMP), np.flatnonzero(among)
    instants[rows] = read_instants(view, spans[0][rows], spans[1][rows])
    return instants


def are_whole_seconds(view: Window, start: Positions, stop: Positions) -> Mask:
    """Which of some stamps that are moments have no decimals."""
    point = find_any(view, start, stop, b".", _LONGEST)
    whole: Mask = (point == stop) & ((view.octets[start + 4] == ord("-")) | (stop - start < _SECONDS_WIDTH))
    return whole


def _read_dated(view: Window, start: Positions, stop: Positions) -> Positions:
    moments, valid = _laid_out(view, start, _DATE_TIME)
    basic = view.octets[stop - 3] != ord(":")  # +0100, as journalctl's short-iso has it before systemd 255
    zone = np.where(view.octets[stop - 1] == ord("Z"), stop - 1, stop - np.where(basic, len("+0100"), len("+01:00")))
    point = start + _DATE_TIME.width
    count = zone - point - 1
    # The ninth digit is less than a microsecond, but it must be one.
    read = np.clip(count, 0, 8)
    decimals, digits = number(view, point + 1, point + 1 + read)
    digits &= (view.octets[point] == ord(".")) & (count <= _NANOS)
    digits &= (count < _NANOS) | are_digits(view.octets[point + _NANOS])
    valid &= digits | (zone == point)
    moments += decimals * digits * SECOND_US // _TENS[read]
    abroad = np.flatnonzero(valid & (zone < stop - 1))
    if len(abroad):
        east, valid[abroad] = _read_offsets(view, zone[abroad])
        moments[abroad] -= east * SECOND_US
    return np.where(valid, moments, NO_STAMP)


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
