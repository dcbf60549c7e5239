"""Reads a single time in any usual spelling; has the table of how times look, by the kind of field."""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final, NamedTuple

from mirrorcheck_parsers.formats.fields import Field, Kind
from mirrorcheck_parsers.formats.layout import MONTHS, Layout, make_layout

SECOND_US: Final = 1_000_000
MILLI_US: Final = 1_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROS_DIGITS: Final = 6
_MILLIS_DIGITS: Final = 3
_MONTH: Final = "|".join(MONTHS).encode()
_CLOCK: Final = rb"(?P<clock>(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9])(?:(?P<mark>[.,])(?P<decimals>[0-9]{1,9}))?"
_OFFSET: Final = rb"[+-][01][0-9](?::?[0-5][0-9])?"
# Go's time.String names the zone behind its offset.
_ZONE: Final = rb"(?P<blank>[ ]?)(?:(?P<zulu>Z|z|UTC|GMT)|(?P<offset>" + _OFFSET + rb")(?:[ ][A-Z]{3,5})?)"
_ISO: Final = re.compile(
    rb"(?P<year>[0-9]{4})(?P<dash>[-/.])(?P<month>[0-9]{2})(?P=dash)(?P<day>[0-9]{2})(?P<between>[Tt]|[ ])"
    + _CLOCK
    + rb"(?:"
    + _ZONE
    + rb")?"
)
_BASIC: Final = re.compile(
    rb"(?P<year>[0-9]{4})(?P<month>[0-9]{2})(?P<day>[0-9]{2})T(?P<hours>[0-9]{2})(?P<minutes>[0-9]{2})"
    rb"(?P<seconds>[0-9]{2})(?:[.,](?P<decimals>[0-9]{1,9}))?(?:(?P<zulu>Z)|(?P<offset>" + _OFFSET + rb"))?"
)
_APACHE: Final = re.compile(
    rb"\[?(?P<day>[0-9]{2})/(?P<name>"
    + _MONTH
    + rb")/(?P<year>[0-9]{4})(?P<between>[: ])"
    + _CLOCK
    + rb"(?:"
    + _ZONE
    + rb")?\]?"
)
_RFC_1123: Final = re.compile(
    rb"(?:[A-Z][a-z]{2},[ ])?(?P<day>[0-9]{1,2})[ ](?P<name>"
    + _MONTH
    + rb")[ ](?P<year>[0-9]{4})[ ]"
    + _CLOCK
    + rb"(?:"
    + _ZONE
    + rb")?"
)
_ASCTIME: Final = re.compile(
    rb"[A-Z][a-z]{2}[ ](?P<name>" + _MONTH + rb")[ ]+(?P<day>[0-9]{1,2})[ ]" + _CLOCK + rb"[ ](?P<year>[0-9]{4})"
)
_DATED: Final = (_ISO, _APACHE, _RFC_1123, _ASCTIME, _BASIC)
_WIDE: Final = {"%Y": 4, "%:z": 6}  # bytes; others have two
_NUMBER: Final = re.compile(rb"([0-9]{1,19})(?:\.([0-9]{1,18}))?")
_EXPONENT: Final = re.compile(rb"([0-9])\.([0-9]{1,18})[eE]\+?9")  # as Fluent Bit's S3 output writes 1795341600.5
# Digits of a whole number -> the unit it counts since 1970: 11 digits of seconds are the year 5138, 12 of
# milliseconds 1973; so each magnitude is that of one unit for every moment from 1973 to 5138.
_SECONDS_DIGITS: Final = 11
_MILLIS_EPOCH_DIGITS: Final = 14
_MICROS_EPOCH_DIGITS: Final = 17
_LEAST_DIGITS: Final = 9  # of seconds since 1970: fewer are before 1973, or no time at all


class _Epoch(NamedTuple):
    """How a number of seconds or parts of them since 1970 looks: its pattern, its usual width, how fine it is."""

    shape: bytes
    width: int
    fine_us: int


_LAYOUTS: Final = {
    Kind.TIME_LOCAL: "%d/%b/%Y:%H:%M:%S %z",
    Kind.TIME_ISO: "%Y-%m-%dT%H:%M:%S%:z",
    Kind.STAMP: "%Y-%m-%dT%H:%M:%S.%9fZ",  # usually: with fewer decimals and another zone, too
}
_ANY_STAMP: Final = make_layout("%Y-%m-%dT%H:%M:%S").shape + rb"(?:\.[0-9]{1,9})?(?:Z|[+-][01][0-9]:[0-5][0-9])"
EPOCHS: Final = {
    Kind.EPOCH_S: _Epoch(rb"[0-9]{1,11}", 10, SECOND_US),
    Kind.EPOCH_MS: _Epoch(rb"[0-9]{12,14}", 13, MILLI_US),
    Kind.MSEC: _Epoch(rb"[0-9]{1,11}\.[0-9]{3}", 14, MILLI_US),
    Kind.EPOCH: _Epoch(rb"[0-9]{1,11}(?:\.[0-9]{1,9})?", 14, 1),
}
CLOCKS: Final = frozenset({*_LAYOUTS, *EPOCHS, Kind.CUSTOM, Kind.INSTANT})


def layout_text(field: Field) -> str:
    """Give the layout of a field's usual stamps in strftime's words, "" for a number of seconds."""
    return field.layout or _LAYOUTS.get(field.kind, "")


def layout_of(field: Field) -> Layout | None:
    """Give the layout of a field's usual stamps, None for a number of seconds."""
    text = layout_text(field)
    return make_layout(text) if text else None


def stamp_shape(field: Field) -> bytes:
    """Give the pattern of a time, without groups; days that do not exist are no match."""
    if field.kind is Kind.STAMP:
        return _ANY_STAMP
    layout = layout_of(field)
    return layout.shape if layout else EPOCHS[field.kind].shape


def resolution_of(field: Field) -> int:
    """Give how fine a time is, in microseconds."""
    if field.kind is Kind.INSTANT:
        return field.fine_us
    layout = layout_of(field)
    return layout.resolution_us if layout else EPOCHS[field.kind].fine_us


def has_zone(field: Field) -> bool:
    """Whether a time says how far it is from UTC, as a number of seconds since 1970 does by what it is."""
    layout = layout_of(field)
    return layout is None or "%z" in layout.at or "%:z" in layout.at or layout.literals.get(layout.width - 1) == "Z"


class Instant(NamedTuple):
    """A moment in UTC microseconds, to the second, the millisecond or finer; zoned: its text says in which zone."""

    us: int
    fine_us: int
    zoned: bool


def read_instant(text: bytes) -> Instant | None:
    """Read a time as JSON logs write it; None for what is no moment, a day that does not exist included.

    A number counts seconds, milliseconds, microseconds or nanoseconds since 1970, by its magnitude, with 0 to 18
    decimals, or seconds with the exponent 9. A date is one of ISO 8601 (`T` or a blank, decimals behind a dot or a
    comma, any zone or none, then it is UTC), Apache's `22/Nov/2026:10:00:00 +0000`, RFC 1123's, or C's asctime.
    """
    if found := _EXPONENT.fullmatch(text):
        digits = found[2].ljust(10, b"0")
        text = found[1] + digits[:9] + b"." + digits[9:]
    number = _NUMBER.fullmatch(text)
    return _of_number(number[1], number[2] or b"") if number else _of_date(text)


def read_laid_out(text: bytes, layout: str) -> int:
    """Read a time that is in this layout, in strftime's words, as UTC microseconds."""
    made = make_layout(layout)
    at = made.at
    year, day, hour, minute, second = (
        int(text[at[name] : at[name] + _WIDE.get(name, 2)]) for name in ("%Y", "%d", "%H", "%M", "%S")
    )
    named = MONTHS.index(text[at["%b"] : at["%b"] + 3].decode()) + 1 if "%b" in at else 0
    month = named or int(text[at["%m"] : at["%m"] + 2])
    seconds = (datetime(year, month, day, hour, minute, second, tzinfo=UTC) - _EPOCH) // timedelta(seconds=1)
    zone = next((at[name] for name in ("%z", "%:z") if name in at), None)
    east = 0 if zone is None else _east(text[zone : zone + _WIDE["%:z"]])
    begin, digits = made.fraction
    return (seconds - east) * SECOND_US + _fraction(text[begin : begin + digits])


def is_likely(text: bytes) -> bool:
    """Whether a text is a time that a log may be dated by: a number of a few digits is not."""
    number = _NUMBER.fullmatch(text)
    return read_instant(text) is not None and (number is None or len(number[1]) >= _LEAST_DIGITS)


def usual_layout(text: bytes) -> str:
    """Give the layout, in strftime's words, of a date that a layout can describe; "" for any other."""
    found = _ISO.fullmatch(text)
    if found:
        dash, between = (found[name].decode() for name in ("dash", "between"))
        date = f"%Y{dash}%m{dash}%d{between}"
    else:
        found = _APACHE.fullmatch(text)
        if found is None or text.startswith(b"["):
            return ""
        date = f"%d/%b/%Y{found['between'].decode()}"
    zone = _zone_layout(text[found.end("decimals" if found["decimals"] else "clock") :])
    decimals = f"{found['mark'].decode()}%{len(found['decimals'])}f" if found["decimals"] else ""
    return "" if zone is None else f"{date}%H:%M:%S{decimals}{zone}"


def _zone_layout(zone: bytes) -> str | None:
    """Give the layout of what follows a time of day, None where there is none for it."""
    blank, bare = (" " if zone.startswith(b" ") else ""), zone.lstrip(b" ")
    if bare in (b"", b"Z", b"UTC", b"GMT"):
        return blank + bare.decode()
    if not re.fullmatch(_OFFSET, bare) or len(bare) == len("+00"):
        return None
    return blank + ("%:z" if b":" in bare else "%z")


def _of_number(whole: bytes, decimals: bytes) -> Instant:
    digits = len(whole)
    if digits <= _SECONDS_DIGITS:
        return Instant(int(whole) * SECOND_US + _fraction(decimals), _fineness(decimals), zoned=True)
    if digits <= _MILLIS_EPOCH_DIGITS:
        micros = _fraction(decimals) // MILLI_US
        return Instant(int(whole) * MILLI_US + micros, 1 if decimals else MILLI_US, zoned=True)
    return Instant(int(whole) // (1 if digits <= _MICROS_EPOCH_DIGITS else MILLI_US), 1, zoned=True)


@lru_cache(maxsize=1 << 15)  # as many as a chunk of short lines has: where nothing is compiled each is asked for twice
def _of_date(text: bytes) -> Instant | None:
    found = next((match for pattern in _DATED if (match := pattern.fullmatch(text))), None)
    if found is None:
        return None
    part = found.groupdict()
    month = MONTHS.index(part["name"].decode()) + 1 if "name" in part else int(part["month"])
    clock = part["clock"].split(b":") if "clock" in part else [part[name] for name in ("hours", "minutes", "seconds")]
    hour, minute, second = map(int, clock)
    try:
        moment = datetime(int(part["year"]), month, int(part["day"]), hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
    seconds = (moment - _EPOCH) // timedelta(seconds=1) - _east(part.get("offset") or b"")
    decimals = part["decimals"] or b""
    zoned = bool(part.get("zulu") or part.get("offset"))
    return Instant(seconds * SECOND_US + _fraction(decimals), _fineness(decimals), zoned)


def _east(offset: bytes) -> int:
    """Give how many seconds a zone is east of UTC."""
    digits = offset[1:].replace(b":", b"").ljust(4, b"0")
    seconds = int(digits[:2]) * 3600 + int(digits[2:4]) * 60
    return -seconds if offset[:1] == b"-" else seconds


def _fraction(decimals: bytes) -> int:
    return int(decimals.ljust(_MICROS_DIGITS, b"0")[:_MICROS_DIGITS])


def _fineness(decimals: bytes) -> int:
    """Give how fine a time in seconds is: trailing zeros may be missing, so that one decimal is one of three."""
    if not decimals:
        return SECOND_US
    return MILLI_US if len(decimals) <= _MILLIS_DIGITS else 1
