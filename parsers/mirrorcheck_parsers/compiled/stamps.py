"""Reads columns of stamps as UTC microseconds."""

import re
from functools import lru_cache
from typing import Final

import numpy as np

from mirrorcheck_parsers import scanning
from mirrorcheck_parsers.columnwise.words import Mask, Positions, Spans, Window
from mirrorcheck_parsers.compiled.table import INSTANTS
from mirrorcheck_parsers.formats.fields import Field, Kind
from mirrorcheck_parsers.formats.stamps import layout_text, read_instant, read_laid_out

NO_STAMP: Final = np.iinfo(np.int64).min
# What dates a layer's lines: RFC 3339, also with the offsets of journalctl's short-iso before systemd 255, numbers, and
# dates that mean UTC: those of CloudWatch Logs Insights, which does not say so, and Splunk, which does.
_STAMP: Final = re.compile(
    rb"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}(?:\.[0-9]{1,9})?(?:Z|[+-][0-9]{2}:?[0-9]{2})|"
    rb"[0-9]{1,19}(?:\.[0-9]{1,9})?|[0-9]\.[0-9]{1,18}[eE]\+?9|[0-9-]{10} [0-9:]{8}\.[0-9]{3}(?: (?:GMT|UTC))?"
)
_LAID_OUT: Final = (Kind.TIME_LOCAL, Kind.TIME_ISO, Kind.CUSTOM)
_SECONDS_WIDTH: Final = 12  # bytes; wider is a number of milliseconds or less


def read_matched(view: Window, field: Field, start: Positions, stop: Positions) -> Positions:
    """Read stamps that the pattern of their field has accepted, of any width, int64[n]."""
    layout = layout_text(field) if field.kind in _LAID_OUT else ""
    return np.fromiter((_read(text, layout) for text in view.texts(start, stop)), np.int64, len(start))


@lru_cache(maxsize=4096)
def _read(text: bytes, layout: str) -> int:
    if layout:
        return read_laid_out(text, layout)
    found = read_instant(text)
    return found.us if found else NO_STAMP


def read_stamps(view: Window, spans: Spans, among: Mask) -> Positions:
    """Read the stamps of the rows `among` n, int64[n]; NO_STAMP on the others and where there is no such moment."""
    instants, rows = np.full(len(among), NO_STAMP), np.flatnonzero(among)
    start, stop = spans[0][rows], spans[1][rows]
    moments = np.full(len(rows), NO_STAMP)
    if not scanning.kernel or scanning.kernel.read_times(view.text, start, stop, INSTANTS, moments):
        left = np.flatnonzero(moments == NO_STAMP)
        moments[left] = [_read_stamp(text) for text in view.texts(start[left], stop[left])]
    instants[rows] = moments
    return instants


@lru_cache(maxsize=4096)
def _read_stamp(text: bytes) -> int:
    found = read_instant(text) if _STAMP.fullmatch(text) else None
    return found.us if found else NO_STAMP


def are_whole_seconds(view: Window, start: Positions, stop: Positions) -> bool:
    """Whether no one of some stamps that are moments has decimals."""
    texts = view.texts(start, stop)
    return all(b"." not in text and (b"-" in text or len(text) < _SECONDS_WIDTH) for text in texts)
