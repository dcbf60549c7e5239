"""Takes columns of stamps in a text; gives UTC microseconds and which of them are real moments."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mirrorcheck_parsers.kinds import Kind
from mirrorcheck_parsers.words import Mask, Positions, Window, blocks, equals, number

SECOND: Final = 1_000_000
# The widths in which the column-wise readers know each stamp; other widths are read one by one.
WIDTHS: Final = {Kind.TIME_LOCAL: 26, Kind.TIME_ISO: 25, Kind.MSEC: 14, Kind.STAMP: 30}
Moments = tuple[Positions, Mask]

_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTH_KEYS: Final = np.array([int.from_bytes(name.encode(), "big") for name in _MONTHS], np.int64)
_MONTH_ORDER: Final = np.argsort(_MONTH_KEYS)
_MONTH_DAYS: Final = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31], np.int64)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def read_column(view: Window, kind: Kind, start: Positions, stop: Positions) -> Moments:
    """Read stamps of one kind, all of the width in WIDTHS: microseconds since 1970 UTC, int64[n], and bool[n]."""
    if kind is Kind.TIME_LOCAL:
        return _repeated(view, start, 26, _local)
    if kind is Kind.TIME_ISO:
        return _repeated(view, start, 25, _iso)
    if kind is Kind.MSEC:
        return _msec(view, start, stop)
    return _stamp(view, start)


def read_one(kind: Kind, text: bytes) -> int:
    """Read a MSEC or a STAMP that its pattern has accepted: the two kinds whose width varies."""
    if kind is Kind.MSEC:
        return int(text.replace(b".", b"")) * 1000
    fraction, zone = (text[20:-1], b"Z") if text.endswith(b"Z") else (text[20:-6], text[-6:])
    seconds = (datetime.fromisoformat(text[:19].decode()).replace(tzinfo=UTC) - _EPOCH) // timedelta(seconds=1)
    if zone != b"Z":
        east = int(zone[1:3]) * 3600 + int(zone[4:6]) * 60
        seconds -= east if zone[:1] == b"+" else -east
    return seconds * SECOND + int(fraction.ljust(6, b"0")[:6])


def _repeated(view: Window, start: Positions, width: int, read: Callable[[NDArray[np.int64]], Moments]) -> Moments:
    """Read a column in which most rows equal the row before: parse where it changes, repeat the rest."""
    if not len(start):
        return np.zeros(0, np.int64), np.zeros(0, np.bool_)
    words = blocks(view, 32)[start].view(np.uint64).reshape(-1, 4)
    words[:, width // 8] &= np.uint64((1 << 8 * (width % 8)) - 1)
    words[:, width // 8 + 1 :] = 0
    changed = np.ones(len(start), np.bool_)
    changed[1:] = (words[1:] != words[:-1]).view(np.uint32)[:, 0]  # any of a row's four
    heads = np.flatnonzero(changed)
    octets = view.octets[start[heads][:, None] + np.arange(width)].astype(np.int64)  # (heads, width)
    seconds, valid = read(octets)
    times = np.diff(np.append(heads, len(start)))
    return np.repeat(seconds * SECOND, times), np.repeat(valid, times)


def _local(octets: NDArray[np.int64]) -> Moments:
    """Read rows of `22/Nov/2026:10:00:00 +0000` as seconds since 1970."""
    key = octets[:, 3] << 16 | octets[:, 4] << 8 | octets[:, 5]
    rank = np.minimum(np.searchsorted(_MONTH_KEYS[_MONTH_ORDER], key), 11)
    month = _MONTH_ORDER[rank]
    valid = _MONTH_KEYS[month] == key
    valid &= _literals(octets, {2: "/", 6: "/", 11: ":", 14: ":", 17: ":", 20: " "})
    year, century = _two(octets, 9, valid), _two(octets, 7, valid)
    day = _two(octets, 0, valid)
    days = _days(century * 100 + year, month + 1, day, valid)
    zone = _zone(octets, 21, 24, valid)
    return days * 86_400 + _clock(octets, 12, valid) - zone, valid


def _iso(octets: NDArray[np.int64]) -> Moments:
    """Read rows of `2026-11-22T10:00:00+00:00` as seconds since 1970."""
    valid = _literals(octets, {22: ":"})
    seconds = _iso_date_time(octets, valid)
    return seconds - _zone(octets, 19, 23, valid), valid


def _iso_date_time(octets: NDArray[np.int64], valid: Mask) -> Positions:
    """Read `2026-11-22T10:00:00` at the start of each row; clears `valid` where it is none."""
    valid &= _literals(octets, {4: "-", 7: "-", 10: "T", 13: ":", 16: ":"})
    year = _two(octets, 0, valid) * 100 + _two(octets, 2, valid)
    days = _days(year, _two(octets, 5, valid), _two(octets, 8, valid), valid)
    return days * 86_400 + _clock(octets, 11, valid)


def _utc(octets: NDArray[np.int64]) -> Moments:
    valid = np.ones(len(octets), np.bool_)
    return _iso_date_time(octets, valid), valid


def _stamp(view: Window, start: Positions) -> Moments:
    """Read `2026-11-22T10:00:00.123456789Z`, the form in which kubectl writes every stamp."""
    micros, valid = _repeated(view, start, 19, _utc)
    nanos, digits = number(view, start + 20, start + 29)
    valid &= digits & equals(view, start + 19, b".") & equals(view, start + 29, b"Z")
    return micros + nanos // 1000, valid


def _msec(view: Window, start: Positions, stop: Positions) -> Moments:
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


def _clock(octets: NDArray[np.int64], column: int, valid: Mask) -> Positions:
    hour, minute, second = (_two(octets, column + offset, valid) for offset in (0, 3, 6))
    valid &= (hour < 24) & (minute < 60) & (second < 60)  # noqa: PLR2004 - a clock
    return hour * 3600 + minute * 60 + second


def _zone(octets: NDArray[np.int64], hours_at: int, minutes_at: int, valid: Mask) -> Positions:
    """Read a zone such as +0100 as seconds east of UTC; its sign stands at `hours_at`."""
    sign = octets[:, hours_at]
    hours, minutes = _two(octets, hours_at + 1, valid), _two(octets, minutes_at, valid)
    valid &= ((sign == ord("+")) | (sign == ord("-"))) & (hours < 20) & (minutes < 60)  # noqa: PLR2004 - a clock
    seconds: Positions = hours * 3600 + minutes * 60
    return np.where(sign == ord("-"), -seconds, seconds)


def _literals(octets: NDArray[np.int64], expected: dict[int, str]) -> Mask:
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
