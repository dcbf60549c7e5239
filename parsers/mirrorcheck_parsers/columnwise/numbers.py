"""Reads columns of numbers and durations; -1 where there is none."""

import numpy as np

from mirrorcheck_parsers.columnwise.words import Positions, Spans, Window, are_dashes, equals, number
from mirrorcheck_parsers.formats.duration import read_duration

_MOST_DIGITS = 18  # of an int64
_MOST_SECONDS = 10**12
_MOST_WHOLE = 10**15
_SCALES = {"ms": (1_000, 1), "us": (1, 1), "ns": (1, 1_000)}


def read_integers(text: bytes, view: Window, spans: Spans) -> Positions:
    """Read decimal integers of at most 18 digits, int64[n]."""
    start, stop = spans
    values, valid = number(view, start, stop)
    values -= ~valid  # from 0 to -1
    for row in np.flatnonzero(~valid & (stop - start > 1)).tolist():
        digits = text[int(start[row]) : int(stop[row])]
        if digits.isdigit() and len(digits) <= _MOST_DIGITS:
            values[row] = int(digits)
    return values


def read_durations(text: bytes, view: Window, spans: Spans, unit: str, whole: Positions | None = None) -> Positions:
    """Read durations as microseconds, int64[n], as duration.read_duration does; whole: their integers, if known."""
    if unit == "s":
        values = _thousandths(view, spans)
    else:
        whole = read_integers(text, view, spans) if whole is None else whole
        values = _scaled(whole, unit)
    start, stop = spans
    missing = (stop == start) | are_dashes(view, start, stop)
    for row in np.flatnonzero((values < 0) & ~missing).tolist():
        micros = read_duration(text[int(start[row]) : int(stop[row])], unit)
        values[row] = -1 if micros is None else micros
    return values


def _thousandths(view: Window, spans: Spans) -> Positions:
    """Read seconds with three decimals, as nginx writes them, in microseconds; -1 for all others."""
    start, stop = spans
    whole, seconds = number(view, start, stop - 4)
    thousandths, digits = number(view, np.maximum(stop - 3, 0), stop)
    usual = seconds & digits & equals(view, np.maximum(stop - 4, 0), b".") & (whole < _MOST_SECONDS)
    return np.where(usual, whole * 1_000_000 + thousandths * 1000, -1)


def _scaled(whole: Positions, unit: str) -> Positions:
    """Give whole numbers of a unit in microseconds, -1 where they are none or too large."""
    if unit not in _SCALES:
        return np.full(len(whole), -1)
    times, per = _SCALES[unit]
    return np.where((whole < 0) | (whole > _MOST_WHOLE), -1, whole * times // per)
