"""Reads columns of numbers and durations; -1 where there is none."""

import numpy as np

from mirrorcheck_parsers import scanning
from mirrorcheck_parsers.columnwise.words import Positions, Spans, Window, are_dashes
from mirrorcheck_parsers.formats.duration import read_duration

_MOST_DIGITS = 18  # of an int64
_MOST_WHOLE = 10**15
_SCALES = {"ms": (1_000, 1), "us": (1, 1), "ns": (1, 1_000)}


def read_integers(view: Window, spans: Spans) -> Positions:
    """Read decimal integers of at most 18 digits, int64[n]."""
    values = np.empty(len(spans[0]), np.int64)
    if scanning.kernel:
        scanning.kernel.read_integers(view.text, *spans, values)
        return values
    whole = (int(text) if text.isdigit() and len(text) <= _MOST_DIGITS else -1 for text in view.texts(*spans))
    return np.fromiter(whole, np.int64, len(values))


def read_durations(view: Window, spans: Spans, unit: str, whole: Positions | None = None) -> Positions:
    """Read durations as microseconds, int64[n], as duration.read_duration does; whole: their integers, if known."""
    start, stop = spans
    values = np.full(len(start), -1)
    if unit in _SCALES:
        values = _scaled(read_integers(view, spans) if whole is None else whole, unit)
    elif unit == "s" and scanning.kernel:
        scanning.kernel.read_seconds(view.text, start, stop, values)
    rows = np.flatnonzero((values < 0) & (stop > start) & ~are_dashes(view, start, stop))
    read = [read_duration(text, unit) for text in view.texts(start[rows], stop[rows])]
    values[rows] = [-1 if micros is None else micros for micros in read]
    return values


def _scaled(whole: Positions, unit: str) -> Positions:
    """Give whole numbers of a unit in microseconds, -1 where they are none or too large."""
    times, per = _SCALES[unit]
    return np.where((whole < 0) | (whole > _MOST_WHOLE), -1, whole * times // per)
