"""Takes columns of stamps in a text; gives UTC microseconds and which of them are real moments."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mirrorcheck_parsers.columnwise.instants import read_instants
from mirrorcheck_parsers.columnwise.words import Mask, Positions, Window, blocks, equals, find_first, number, window
from mirrorcheck_parsers.formats.fields import Field, Kind
from mirrorcheck_parsers.formats.layout import MONTHS, Layout, make_layout
from mirrorcheck_parsers.formats.stamps import read_instant
from mirrorcheck_parsers.wrappers.rows import NO_STAMP

SECOND: Final = 1_000_000
_MICROS: Final = 6  # digits
_MOST_DIGITS: Final = 16  # of a number that is read at once
_NANOS_DIGITS: Final = 19
_MOST_DECIMALS: Final = 18
_LONGEST_NUMBER: Final = 38
_POINT: Final = ord(".")
_TENS: Final = 10 ** np.arange(_MICROS + 1)
_DATE: Final = 10  # bytes of 2026-11-22
_SHORTEST: Final = 19  # bytes of 2026-11-22T10:00:00
Moments = tuple[Positions, Mask]

_LAYOUT_TEXTS: Final = {
    Kind.TIME_LOCAL: "%d/%b/%Y:%H:%M:%S %z",
    Kind.TIME_ISO: "%Y-%m-%dT%H:%M:%S%:z",
    Kind.STAMP: "%Y-%m-%dT%H:%M:%S.%9fZ",
}
_LAYOUTS: Final = {kind: make_layout(text) for kind, text in _LAYOUT_TEXTS.items()}
_EPOCHS: Final = {Kind.MSEC: 14, Kind.EPOCH: 14, Kind.EPOCH_S: 10, Kind.EPOCH_MS: 13}
_WHOLE_EPOCHS: Final = {Kind.EPOCH_S: SECOND, Kind.EPOCH_MS: 1000}
_RESOLUTIONS: Final = {**_WHOLE_EPOCHS, Kind.MSEC: 1000, Kind.EPOCH: 1}
CLOCKS: Final = frozenset({*_LAYOUTS, *_EPOCHS, Kind.CUSTOM, Kind.INSTANT})

_MONTH_KEYS: Final = np.array([int.from_bytes(name.encode(), "big") for name in MONTHS], np.int64)
_MONTH_ORDER: Final = np.argsort(_MONTH_KEYS)
_MONTH_DAYS: Final = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31], np.int64)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def layout_of(field: Field) -> Layout | None:
    """Give the layout of a field's usual stamps, None for a number of seconds."""
    return make_layout(field.layout) if field.layout else _LAYOUTS.get(field.kind)


def layout_text(field: Field) -> str:
    """Give the layout of a field's usual stamps in strftime's words, "" for a number of seconds."""
    return field.layout or _LAYOUT_TEXTS.get(field.kind, "")


def resolution_of(field: Field) -> int:
    """Give how fine a time is, in microseconds."""
    if field.kind is Kind.INSTANT:
        return field.fine_us
    layout = layout_of(field)
    return layout.resolution_us if layout else _RESOLUTIONS[field.kind]


def has_zone(field: Field) -> bool:
    """Tell whether a time says how far it is from UTC, as a number of seconds since 1970 does by what it is."""
    layout = layout_of(field)
    return layout is None or "%z" in layout.at or "%:z" in layout.at or layout.literals.get(layout.width - 1) == "Z"


def width_of(field: Field) -> int:
    """Give the width in which the column-wise readers know a stamp, 0 for what is none; others are read one by one."""
    layout = layout_of(field)
    return layout.width if layout else _EPOCHS.get(field.kind, 0)


def varies(field: Field) -> bool:
    """Tell whether the pattern of a time accepts stamps that the column-wise reader does not."""
    return field.kind is Kind.STAMP or field.kind in _EPOCHS


def read_column(view: Window, field: Field, start: Positions, stop: Positions) -> Moments:
    """Read stamps, all of the width of width_of: microseconds since 1970 UTC, int64[n], and bool[n].

    Those of the kind INSTANT may be of any width.
    """
    if field.kind is Kind.INSTANT:
        return _instants(view, field, start, stop)
    layout = layout_of(field)
    if layout:
        return _laid_out(view, start, layout)
    if field.kind in _WHOLE_EPOCHS:
        whole, valid = number(view, start, stop)
        return whole * _WHOLE_EPOCHS[field.kind], valid
    return _seconds(view, start, stop)


def read_one(field: Field, text: bytes) -> int:
    """Read one stamp that its pattern has accepted, of one of the kinds whose width varies."""
    if field.kind in _WHOLE_EPOCHS:
        return int(text) * _WHOLE_EPOCHS[field.kind]
    if field.kind in _EPOCHS:
        whole, _, decimals = text.partition(b".")
        return int(whole) * SECOND + int(decimals.ljust(6, b"0")[:6])
    fraction, zone = (text[20:-1], b"Z") if text.endswith(b"Z") else (text[20:-6], text[-6:])
    seconds = (datetime.fromisoformat(text[:19].decode()).replace(tzinfo=UTC) - _EPOCH) // timedelta(seconds=1)
    if zone != b"Z":
        east = int(zone[1:3]) * 3600 + int(zone[4:6]) * 60
        seconds -= east if zone[:1] == b"+" else -east
    return seconds * SECOND + int(fraction.ljust(6, b"0")[:6])


def _instants(view: Window, field: Field, start: Positions, stop: Positions) -> Moments:
    """Read times of any spelling: those of the usual one at once, numbers and RFC 3339 by column, others one by one."""
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
    scale = np.select([digits <= 11, digits <= 14], [SECOND, 1000], 1)  # noqa: PLR2004 - as read_instant has it
    return whole * scale + decimals * scale // SECOND, valid


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
    moments, valid = np.repeat(seconds * SECOND, times), np.repeat(valid, times)
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
    return whole * SECOND + millis * 1000, valid


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
