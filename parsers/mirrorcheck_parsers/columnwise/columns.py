"""Lines of a text, and the columns into which they are cut."""

from dataclasses import dataclass, field

import numpy as np

from mirrorcheck_parsers import scanning
from mirrorcheck_parsers.columnwise.words import Mask, Positions, window

_FEED = ord("\n")
_USUAL_LINE = 64  # bytes, or more
_MORE = 8


@dataclass(frozen=True, slots=True, eq=False)
class LineIndex:
    """Where the m lines of a text begin and end (without line break, int64[m]); which may be records, bool[m]."""

    start: Positions
    stop: Positions
    among: Mask


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """n records: `row` their lines (int64[n]), and for every kept field its spans; `moments` of the time fields.

    numbers: of fields that were read as whole numbers to be checked, these numbers (int64[n], -1: none is logged).
    """

    row: Positions
    spans: dict[str, tuple[Positions, Positions]]
    moments: dict[str, Positions]
    numbers: dict[str, Positions] = field(default_factory=dict)


def merge(columns: Columns, others: Columns) -> Columns:
    """Put the records of two sets of lines into one, in line order."""
    if not len(columns.row):
        return others
    if not len(others.row):
        return columns
    row = np.concatenate([columns.row, others.row])
    order = np.argsort(row, kind="stable")
    spans = {
        name: (
            np.concatenate([start, others.spans[name][0]])[order],
            np.concatenate([stop, others.spans[name][1]])[order],
        )
        for name, (start, stop) in columns.spans.items()
    }
    moments = {
        name: np.concatenate([columns.moments[name], moments])[order] for name, moments in others.moments.items()
    }
    shared = columns.numbers.keys() & others.numbers.keys()
    numbers = {name: np.concatenate([columns.numbers[name], others.numbers[name]])[order] for name in shared}
    return Columns(row[order], spans, moments, numbers)


def find_lines(text: bytes, size: int) -> LineIndex:
    """Find the lines of the first `size` bytes of a padded text, which end with a line feed."""
    if scanning.kernel:
        return _find_lines(text, size)
    octets = window(text).octets[:size]
    stop = np.flatnonzero(octets == _FEED)
    start = np.append(0, stop + 1)[: len(stop)]
    # The line break may be \r\n.
    stop = stop - ((octets[stop - 1] == ord("\r")) & (stop > start))
    return LineIndex(start, stop, np.ones(len(start), np.bool_))


def _find_lines(text: bytes, size: int) -> LineIndex:
    """Have the kernel find the lines, again with more room where they are short: to count them first costs as much."""
    room = size // _USUAL_LINE + 1
    start, stop = np.empty((2, room), np.int64)
    while (count := scanning.kernel.find_lines(text, size, start, stop)) == room:
        room *= _MORE
        start, stop = np.empty((2, room), np.int64)
    return LineIndex(start[:count], stop[:count], np.ones(count, np.bool_))
