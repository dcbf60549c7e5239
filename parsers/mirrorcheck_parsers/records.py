"""Makes the batch of lines that are decided: records read as columns, and those read one at a time, in line order.

It asks no parser, so that any thread may do it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mirrorcheck_parsers.batch import LineOrigin, RecordBatch, UnparsedLine
from mirrorcheck_parsers.columnwise.columns import Columns, LineIndex, merge
from mirrorcheck_parsers.columnwise.numbers import read_durations, read_integers
from mirrorcheck_parsers.columnwise.request import Requests, check_requests, join_queries, split_requests, whole_targets
from mirrorcheck_parsers.columnwise.words import PADDING, Mask, Positions, Spans, Window, find_first, find_last, window
from mirrorcheck_parsers.compiled.stamps import read_matched
from mirrorcheck_parsers.exact.lines import ParsedLines
from mirrorcheck_parsers.formats.escape import unescape
from mirrorcheck_parsers.formats.fields import ADDRESS, QUERY, STAMP, START, WHOLE
from mirrorcheck_parsers.formats.format import Format
from mirrorcheck_parsers.layers.model import OUTER_FIELDS, Elements, Envelope
from mirrorcheck_parsers.wrappers.elements import without_blanks
from mirrorcheck_parsers.wrappers.parts import Joined
from mirrorcheck_parsers.wrappers.rows import Rows

_PORT_WIDTH = len(":65535")
_BACKSLASH = ord("\\")


@dataclass(frozen=True, slots=True, eq=False)
class Taken:
    """The physical lines as they were fed, how many of them are decided, and which of them are parts of others."""

    lines: LineIndex
    count: int
    joined: Joined | None

    @property
    def swallowed(self) -> int:
        """How many are later parts of others."""
        return int(self.joined.swallowed[: self.count].sum()) if self.joined else 0

    def last(self, row: Positions, rejoined: list[int]) -> Positions:
        """Give the line in which the record of each row ends."""
        last = self.joined.last[row] if self.joined else row
        return last + np.isin(row, rejoined) if rejoined else last


@dataclass(frozen=True, slots=True, eq=False)
class Decided:
    """Lines of a stream, all of which are decided.

    body: the physical lines, padded. text: what `columns` and `parsed` lie in. line, offset: the number of the first
    line, and the place of its first byte, in the stream. The others are as RecordBatch has them.
    """

    format: Format
    body: bytes
    text: bytes
    columns: Columns
    parsed: ParsedLines
    taken: Taken
    line: int
    offset: int
    samples: tuple[UnparsedLine, ...]
    foreign_samples: tuple[UnparsedLine, ...]
    unparsed_of: Mapping[LineOrigin, int]
    foreign_of: Mapping[LineOrigin, int]

    def batch(self) -> RecordBatch:
        """Make the batch of their records."""
        taken, parsed = self.taken, self.parsed
        rows = taken.joined.rows if taken.joined else None
        records = assemble(self.format, self.text, self.columns, parsed, rows)
        start, stop = self._bounds(records.row)
        rejoined = len(parsed.joined) + taken.swallowed
        return RecordBatch(
            data=records.data,
            line=self.line + records.row,
            offset=self.offset + start,
            length=(stop - start).astype(np.int32),
            spans=records.spans,
            time_us=records.time_us,
            well_formed=records.well_formed,
            lines=taken.count - rejoined,
            parsed=len(records.row),
            foreign=len(parsed.foreign),
            unparsed=len(parsed.unparsed),
            rejoined=rejoined,
            samples=self.samples,
            unit=self.format.unit,
            unparsed_of=self.unparsed_of,
            numbers=records.numbers,
            foreign_samples=self.foreign_samples,
            foreign_of=self.foreign_of,
        )

    def _bounds(self, row: Positions) -> Spans:
        """Give where the records lie among the physical lines."""
        lines, layers = self.taken.lines, self.format.layers
        start, stop = lines.start[row], lines.stop[self.taken.last(row, self.parsed.joined)]
        if self.format.keys or any(isinstance(each, Elements | Envelope) for each in layers):
            # What is blank around an element may be something else where it is stored.
            return without_blanks(self.body, start, stop)
        return start, stop


@dataclass(frozen=True, slots=True, eq=False)
class Records:
    """n records in line order: their rows (lines of the text), spans in `data`, times in UTC microseconds.

    numbers: of some fields that are whole numbers, -1 where none is logged.
    """

    data: bytes
    row: Positions
    spans: dict[str, Spans]
    time_us: Positions
    well_formed: Mask
    numbers: dict[str, Positions]


def assemble(format: Format, text: bytes, columns: Columns, parsed: ParsedLines, outer: Rows | None = None) -> Records:
    """Put the records found column by column and those found one by one together, with what is said around them."""
    behind = bytes(PADDING)
    data = text + parsed.extra + behind if parsed.extra else text
    view = window(data)
    merged = merge(columns, _from_groups(format, view, parsed)) if parsed.rows else columns
    spans = dict(merged.spans)
    data, view, spans = whole_targets(format, data, view, spans, behind)
    if QUERY in spans and "target" in spans and len(merged.row):
        data, spans["target"] = join_queries(data, spans["target"], spans[QUERY], behind, whole=True)
        view = window(data)
    requests = _requests(view, spans)
    if requests is None:
        well_formed = np.ones(len(merged.row), np.bool_)
    else:
        spans |= {"method": requests.method, "target": requests.target}
        well_formed = requests.well_formed
    if ADDRESS in spans and "remote_addr" not in spans:
        spans["remote_addr"] = _without_port(view, spans[ADDRESS])
    time_us = _times(format, view, merged)
    if format.escape != "none" and not format.keys:  # values of JSON were decoded one by one
        names = {"method", "target", *(column.name for column in format.columns)}
        escaped = {name: span for name, span in spans.items() if name in names}
        data, decoded = _decode_spans(data, escaped, format.escape, behind)
        spans |= decoded
    if outer is not None:
        spans |= _said(format, outer, merged.row)
        if format.clock_field == STAMP and outer.stamp_us is not None:
            time_us = outer.stamp_us[merged.row]
    return Records(data, merged.row, spans, time_us, well_formed, _numbers(merged, spans))


def _numbers(columns: Columns, spans: dict[str, Spans]) -> dict[str, Positions]:
    """Give the numbers of the fields that are still where they were read: what is no method has lost its text."""
    return {
        name: values
        for name, values in columns.numbers.items()
        if all(bound is read for bound, read in zip(spans[name], columns.spans[name], strict=True))
    }


def _said(format: Format, outer: Rows, row: Positions) -> dict[str, Spans]:
    """Give what the layers say of the records, for each field that the format has from them."""
    nothing = (np.zeros(len(outer.start), np.int64), np.zeros(len(outer.start), np.int64))
    names = (name for name in OUTER_FIELDS if name in format.fields)
    said = {name: outer.spans.get(name, nothing) for name in names}
    return {name: (start[row], stop[row]) for name, (start, stop) in said.items()}


def _from_groups(format: Format, view: Window, parsed: ParsedLines) -> Columns:
    """Turn the records that were matched one by one into columns."""
    groups = np.array(parsed.bounds, np.int64).reshape(len(parsed.rows), -1, 2)  # (records, fields, 2)
    spans = {
        column.name: (groups[:, place, 0].copy(), groups[:, place, 1].copy())
        for place, column in enumerate(format.columns)
        if not column.duplicate
    }
    clock = format.clock_column
    moments = {clock.name: read_matched(view, clock, *spans[clock.name])} if clock else {}
    whole = (column.name for column in format.columns if column.kind in WHOLE and not column.duplicate)
    numbers = {name: read_integers(view, spans[name]) for name in whole}
    return Columns(np.array(parsed.rows, np.int64), spans, moments, numbers)


def _requests(view: Window, spans: dict[str, Spans]) -> Requests | None:
    """Split $request, or check $request_method and $request_uri; None where the format logs neither in full."""
    if "request" in spans:
        return split_requests(view, spans["request"])
    if "method" in spans and "target" in spans:
        return check_requests(view, spans["method"], spans["target"])
    return None


def _times(format: Format, view: Window, columns: Columns) -> Positions:
    """Give the best clock of each line: the start of the request where its duration is logged, else its end."""
    moments = columns.moments.get(format.clock_field, np.zeros(0, np.int64))
    if format.clock == "end":
        return moments
    if format.clock_field == START:
        return moments
    duration = read_durations(view, columns.spans["request_time"], format.unit)
    return moments - np.maximum(duration, 0)


def _without_port(view: Window, address: Spans) -> Spans:
    """Cut the port off Envoy's `10.0.0.1:41235` and `[::1]:41235`."""
    start, stop = address
    colon = find_last(view, np.maximum(start, stop - _PORT_WIDTH), stop, ord(":"))
    return start, np.where(colon < 0, stop, colon)


def _decode_spans(
    data: bytes, spans: Mapping[str, Spans], escape: str, padding: bytes
) -> tuple[bytes, dict[str, Spans]]:
    """Undo the escapes of `spans`, int64[n] each, which lie in padded `data`; without a backslash in them, as they are.

    Only the texts that hold a backslash are decoded one by one, each distinct one once.
    """
    if b"\\" not in data:
        return data, dict(spans)
    view = window(data)
    extra = bytearray()
    known: dict[bytes, tuple[int, int]] = {}
    decoded: dict[str, Spans] = {}
    for name, (start, stop) in spans.items():
        rows = np.flatnonzero(find_first(view, start, stop, _BACKSLASH) < stop).tolist()
        decoded[name] = (start.copy(), stop.copy()) if rows else (start, stop)
        for row in rows:
            text = data[int(start[row]) : int(stop[row])]
            if text not in known:
                begin = len(data) + len(extra)
                extra += unescape(text, escape)
                known[text] = begin, len(data) + len(extra)
            decoded[name][0][row], decoded[name][1][row] = known[text]
    return data + extra + padding, decoded
