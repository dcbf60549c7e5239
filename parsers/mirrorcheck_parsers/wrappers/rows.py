"""Rows of a text on their way through the layers around them: the inner text, and what was said of it."""

from dataclasses import dataclass

import numpy as np

from mirrorcheck_parsers.columnwise.words import Mask, Positions, Spans
from mirrorcheck_parsers.compiled.stamps import NO_STAMP


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """n rows, one for each physical line, in the stream's order; arrays of length n.

    text: padded; row i is `text[start[i]:stop[i]]`, without line break, and all spans lie in it. wrapped: bool, False
    for a row that lacks a layer and stays as it was there. spans: what the layers say (pod, container, namespace,
    labels, stream), empty where a row has none. stamp_us: int64, UTC microseconds of the innermost stamp, NO_STAMP
    without one; None where no layer has stamps. unfinished: bool, the row goes on in a later one of its stream; None
    where that cannot be.
    """

    text: bytes
    start: Positions
    stop: Positions
    wrapped: Mask
    spans: dict[str, Spans]
    stamp_us: Positions | None = None
    unfinished: Mask | None = None

    def line(self, row: int) -> bytes:
        """Give the text of a row."""
        return self.text[int(self.start[row]) : int(self.stop[row])]

    def said(self, name: str, row: int) -> bytes:
        """Give what the layers say of a row under a name, b"" where they say nothing."""
        if name not in self.spans:
            return b""
        start, stop = self.spans[name]
        return self.text[int(start[row]) : int(stop[row])]


def merge_spans(outer: dict[str, Spans], inner: dict[str, Spans]) -> dict[str, Spans]:
    """Give what the layers say of each row: the inner one's word, the outer one's where it has none."""
    merged = outer | inner
    for name in outer.keys() & inner.keys():
        first, last = inner[name]
        absent = first == last
        if absent.any():
            merged[name] = (np.where(absent, outer[name][0], first), np.where(absent, outer[name][1], last))
    return merged


def scatter(size: int, rows: Positions, values: Spans, into: Spans | None = None) -> Spans:
    """Put the spans of some rows into a column of this size, or into one given, that is empty elsewhere."""
    if len(rows) == size:
        return np.ascontiguousarray(values[0]), np.ascontiguousarray(values[1])
    first, last = into or (np.zeros(size, np.int64), np.zeros(size, np.int64))
    first[rows], last[rows] = values
    return first, last


def innermost(outer_us: Positions | None, inner_us: Positions) -> Positions:
    """Give the stamp of each row: the inner one, the outer one where it has none."""
    return inner_us if outer_us is None else np.where(inner_us == NO_STAMP, outer_us, inner_us)
