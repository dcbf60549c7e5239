"""Reads a single duration, in any usual spelling, as microseconds."""

import re
from functools import lru_cache
from typing import Final

# Unit -> picoseconds: a nanosecond's decimals are of no use, but must not be lost on the way.
_UNITS: Final = {"s": 10**12, "ms": 10**9, "us": 10**6, "ns": 10**3}
UNIT_NAMES: Final = {"s": "seconds", "ms": "milliseconds", "us": "microseconds", "ns": "nanoseconds"}
OWN: Final = "own"  # each value is written with its unit; a bare number has none
_PICO_IN_MICRO: Final = 10**6
_SPELLED: Final = {
    **dict.fromkeys(("h", "hr", "hours", "hour"), 3600 * 10**12),
    **dict.fromkeys(("m", "min", "mins", "minutes", "minute"), 60 * 10**12),
    **dict.fromkeys(("s", "sec", "secs", "seconds", "second"), 10**12),
    **dict.fromkeys(("ms", "msec", "msecs", "millis", "milliseconds"), 10**9),
    **dict.fromkeys(("us", "\u00b5s", "\u03bcs", "usec", "usecs", "micros", "microseconds"), 10**6),
    **dict.fromkeys(("ns", "nsec", "nsecs", "nanos", "nanoseconds"), 10**3),
}
_BARE: Final = re.compile(r"([0-9]{1,18})(?:\.([0-9]{1,30}))?(?:[eE]([+-]?[0-9]{1,2}))?")
_PIECE: Final = re.compile(r"([0-9]{1,18})(?:[.,]([0-9]{1,18}))?[ ]?([a-z\u00b5\u03bc]+)")
_WHOLE: Final = re.compile(r"(?:[0-9]+(?:[.,][0-9]+)?[ ]?[a-z\u00b5\u03bc]+)+")
_ISO: Final = re.compile(r"PT(?=.)(?:([0-9]{1,9})H)?(?:([0-9]{1,9})M)?(?:([0-9]{1,12})(?:\.([0-9]{1,9}))?S)?")
_LONGEST: Final = 64
_MOST: Final = 10**18  # microseconds: beyond, it is no duration


def read_duration(text: bytes, unit: str) -> int | None:
    """Read `1.5ms`, Go's `1m2.5s`, `0.123s`, ISO 8601's `PT0.1S`, or a number of `unit`s, with an exponent or without.

    unit: a key of UNIT_NAMES, or OWN, by which a bare number is no duration. What is less than a microsecond is cut.
    """
    if len(text) > _LONGEST:
        return None
    micros = _micros(text, unit)
    return micros if micros is not None and micros < _MOST else None


@lru_cache(maxsize=4096)
def _micros(text: bytes, unit: str) -> int | None:
    spelled = text.decode("utf-8", "replace").strip()
    bare = _BARE.fullmatch(spelled)
    if bare:
        scale = _UNITS.get(unit)
        return _scaled(bare[1], bare[2], scale, int(bare[3] or 0)) if scale else None
    iso = _ISO.fullmatch(spelled)
    if iso:
        seconds = int(iso[1] or 0) * 3600 + int(iso[2] or 0) * 60 + int(iso[3] or 0)
        return _scaled(str(seconds), iso[4], _SPELLED["s"], 0)
    lowered = spelled.lower()
    if not _WHOLE.fullmatch(lowered):
        return None
    pieces = [(found[1], found[2], _SPELLED.get(found[3])) for found in _PIECE.finditer(lowered)]
    known = [(whole, decimals, scale) for whole, decimals, scale in pieces if scale]
    if not known or len(known) < len(pieces):
        return None
    return sum(_scaled(whole, decimals, scale, 0) for whole, decimals, scale in known)


def _scaled(whole: str, decimals: str | None, scale: int, exponent: int) -> int:
    """Give whole.decimals x 10^exponent of a unit, in microseconds, cut."""
    digits = decimals or ""
    value = int(whole + digits) * scale
    power = exponent - len(digits)
    picos: int = value * 10**power if power >= 0 else value // 10**-power
    return picos // _PICO_IN_MICRO
