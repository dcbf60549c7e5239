"""Takes spans of numbers in a text; gives them as integers or as microseconds, -1 where there is none."""

import re

import numpy as np

from mirrorcheck_parsers.columnwise.words import Positions, Window, equals, number
from mirrorcheck_parsers.formats.duration import read_duration

_MICROS_DIGITS = 6
_MOST_DIGITS = 18  # of an int64
_MOST_SECONDS_DIGITS = 12
_MOST_WHOLE = 10**15
_SCALES = {"ms": (1_000, 1), "us": (1, 1), "ns": (1, 1_000)}
_DECIMAL = re.compile(rb"([0-9]+)(?:\.([0-9]+))?")


def read_integers(text: bytes, view: Window, spans: tuple[Positions, Positions]) -> Positions:
    """Read decimal integers of at most 18 digits, int64[n]."""
    start, stop = spans
    values, valid = number(view, start, stop)
    values -= ~valid  # from 0 to -1
    for row in np.flatnonzero(~valid & (stop - start > 1)).tolist():
        digits = text[int(start[row]) : int(stop[row])]
        if digits.isdigit() and len(digits) <= _MOST_DIGITS:
            values[row] = int(digits)
    return values


def read_micros(text: bytes, view: Window, spans: tuple[Positions, Positions]) -> Positions:
    """Read decimal seconds such as `0.013` as microseconds, int64[n]."""
    start, stop = spans
    # nginx writes three decimals.
    whole, seconds = number(view, start, stop - 4)
    thousandths, digits = number(view, np.maximum(stop - 3, 0), stop)
    usual = seconds & digits & equals(view, np.maximum(stop - 4, 0), b".") & (whole < 10**_MOST_SECONDS_DIGITS)
    values = np.where(usual, whole * 1_000_000 + thousandths * 1000, -1)
    missing = (stop == start) | ((stop - start == 1) & (view.octets[start] == ord("-")))
    for row in np.flatnonzero(~usual & ~missing).tolist():
        values[row] = _decimal_micros(text[int(start[row]) : int(stop[row])])
    return values


def read_durations(
    text: bytes, view: Window, spans: tuple[Positions, Positions], unit: str, whole: Positions | None = None
) -> Positions:
    """Read durations as microseconds, int64[n], as duration.read_duration does; whole: their integers, if known."""
    if unit == "s":
        values = read_micros(text, view, spans)
    else:
        whole = read_integers(text, view, spans) if whole is None else whole
        values = _scaled(whole, unit)
    start, stop = spans
    missing = (stop == start) | ((stop - start == 1) & (view.octets[start] == ord("-")))
    for row in np.flatnonzero((values < 0) & ~missing).tolist():
        micros = read_duration(text[int(start[row]) : int(stop[row])], unit)
        values[row] = -1 if micros is None else micros
    return values


def _scaled(whole: Positions, unit: str) -> Positions:
    """Give whole numbers of a unit in microseconds, -1 where they are none or too large."""
    if unit not in _SCALES:
        return np.full(len(whole), -1)
    times, per = _SCALES[unit]
    return np.where((whole < 0) | (whole > _MOST_WHOLE), -1, whole * times // per)


def _decimal_micros(text: bytes) -> int:
    found = _DECIMAL.fullmatch(text)
    if found is None or len(found[1]) > _MOST_SECONDS_DIGITS:
        return -1
    return int(found[1]) * 1_000_000 + int((found[2] or b"").ljust(_MICROS_DIGITS, b"0")[:_MICROS_DIGITS])
