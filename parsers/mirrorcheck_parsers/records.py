"""Takes the columns and the single records of one text; gives them as one set of columns in line order, with times."""

from dataclasses import dataclass

import numpy as np

from mirrorcheck_parsers.catalogue.keys import ADDRESS, QUERY, START
from mirrorcheck_parsers.columnwise.clock import read_column, read_one, varies
from mirrorcheck_parsers.columnwise.columns import Columns, merge
from mirrorcheck_parsers.columnwise.decoded import decode_spans, escaped_fields
from mirrorcheck_parsers.columnwise.numbers import read_durations, read_integers
from mirrorcheck_parsers.columnwise.request import Requests, Spans, join_queries, judge_requests, split_requests
from mirrorcheck_parsers.columnwise.targets import whole_targets
from mirrorcheck_parsers.columnwise.words import PADDING, Mask, Positions, Window, find_last, window
from mirrorcheck_parsers.exact.lines import Fates
from mirrorcheck_parsers.formats.fields import OUTER_FIELDS, WHOLE, Field
from mirrorcheck_parsers.formats.format import STAMP, Format
from mirrorcheck_parsers.wrappers.rows import Rows

_PORT_WIDTH = len(":65535")


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


def padding(format: Format) -> bytes:
    """Give what must follow a text, so that no column of the format is read beyond its end."""
    return bytes(PADDING + (format.plan.reach if format.plan else 0))


def assemble(format: Format, text: bytes, columns: Columns, fates: Fates, outer: Rows | None = None) -> Records:
    """Put the records found column by column and those found one by one together, with what is said around them."""
    data = text + fates.extra + padding(format) if fates.extra else text
    view = window(data)
    merged = merge(columns, _from_groups(format, data, view, fates)) if fates.rows else columns
    spans = dict(merged.spans)
    data, view, spans = whole_targets(format, data, view, spans, padding(format))
    if QUERY in spans and "target" in spans and len(merged.row):
        data, spans["target"] = join_queries(data, spans["target"], spans[QUERY], padding(format))
        view = window(data)
    requests = _requests(data, view, spans)
    if requests is None:
        well_formed = np.ones(len(merged.row), np.bool_)
    else:
        spans |= {"method": requests.method, "target": requests.target}
        well_formed = requests.well_formed
    if ADDRESS in spans and "remote_addr" not in spans:
        spans["remote_addr"] = _without_port(view, spans[ADDRESS])
    time_us = _times(format, data, view, merged)
    if format.escape != "none" and not format.keys:  # values of JSON were decoded one by one
        names = {column.name for column in format.columns}
        escaped = escaped_fields(spans, names)
        data, decoded = decode_spans(data, view.octets, escaped, format.escape, padding(format))
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


def _from_groups(format: Format, data: bytes, view: Window, fates: Fates) -> Columns:
    """Turn the records that were matched one by one into columns."""
    groups = np.array(fates.bounds, np.int64).reshape(len(fates.rows), -1, 2)  # (records, fields, 2)
    spans = {
        column.name: (groups[:, place, 0].copy(), groups[:, place, 1].copy())
        for place, column in enumerate(format.columns)
        if not column.duplicate
    }
    clock = format.clock_column
    moments = {clock.name: _moments(clock, data, view, *spans[clock.name])} if clock else {}
    whole = (column.name for column in format.columns if column.kind in WHOLE and not column.duplicate)
    numbers = {name: read_integers(data, view, spans[name]) for name in whole}
    return Columns(np.array(fates.rows, np.int64), spans, moments, numbers)


def _moments(field: Field, data: bytes, view: Window, start: Positions, stop: Positions) -> Positions:
    if not varies(field):
        return read_column(view, field, start, stop)[0]
    return np.array([read_one(field, data[begin:end]) for begin, end in zip(start, stop, strict=True)], np.int64)


def _requests(data: bytes, view: Window, spans: dict[str, Spans]) -> Requests | None:
    """Split $request, or judge $request_method and $request_uri; None where the format logs neither in full."""
    if "request" in spans:
        return split_requests(data, view, spans["request"])
    if "method" in spans and "target" in spans:
        return judge_requests(data, view, spans["method"], spans["target"])
    return None


def _times(format: Format, data: bytes, view: Window, columns: Columns) -> Positions:
    """Give the best clock of each line: the start of the request where its duration is logged, else its end."""
    moments = columns.moments.get(format.clock_field, np.zeros(0, np.int64))
    if format.clock == "end":
        return moments
    if format.clock_field == START:
        return moments
    duration = read_durations(data, view, columns.spans["request_time"], format.unit)
    return moments - np.maximum(duration, 0)


def _without_port(view: Window, address: Spans) -> Spans:
    """Cut the port off Envoy's `10.0.0.1:41235` and `[::1]:41235`."""
    start, stop = address
    colon = find_last(view, np.maximum(start, stop - _PORT_WIDTH), stop, ord(":"))
    return start, np.where(colon < 0, stop, colon)
