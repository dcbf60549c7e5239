"""Takes records whose target is logged in parts; gives the target as a request has it: the path, `?` and the query."""

from collections.abc import Sequence

import numpy as np

from mirrorcheck_parsers.columnwise.request import Spans
from mirrorcheck_parsers.columnwise.words import Mask, Positions, Window, find_first, window
from mirrorcheck_parsers.formats.format import Format

_QUERY = ("args", "query_string")
_DASH, _MARK = ord("-"), ord("?")


def whole_targets(
    format: Format, data: bytes, view: Window, spans: dict[str, Spans], padding: bytes
) -> tuple[bytes, Window, dict[str, Spans]]:
    """Give data, its view and the spans with `target` whole: what is put together stands behind the text in data."""
    variable = next((column.variable for column in format.columns if column.name == "target"), "request_uri")
    if variable == "request_uri":
        return data, view, spans
    start, stop = spans["target"]
    if variable == "uri_with_query":
        return data, view, {**spans, "target": (start, _without_dash(format, view, start, stop))}
    if variable == "uri_then_query":
        return data, view, {**spans, "target": (start, _without_mark(view, start, stop))}
    query = next((spans[name] for name in _QUERY if name in spans), None)
    if query is None:
        return data, view, spans
    return _put_together(data, view, spans, query, padding)


def _without_dash(format: Format, view: Window, start: Positions, stop: Positions) -> Positions:
    """Cut off the dash that nginx writes for $args where there is no query: $is_args is then nothing at all."""
    if format.escape != "default":
        return stop
    cut = (stop > start) & (view.octets[stop - 1] == _DASH) & (find_first(view, start, stop, _MARK) == stop)
    shorter: Positions = stop - cut
    return shorter


def _without_mark(view: Window, start: Positions, stop: Positions) -> Positions:
    """Cut off the `?` that stands before a query that is not there."""
    mark: Positions = stop - ((stop - start > 1) & (view.octets[stop - 1] == _DASH) & (view.octets[stop - 2] == _MARK))
    shorter: Positions = mark - ((mark > start) & (view.octets[mark - 1] == _MARK))
    return shorter


def _put_together(
    data: bytes, view: Window, spans: dict[str, Spans], query: Spans, padding: bytes
) -> tuple[bytes, Window, dict[str, Spans]]:
    (start, stop), (query_start, query_stop) = spans["target"], query
    rows = np.flatnonzero(~_absent(view, query))
    if not len(rows):
        return data, view, spans
    octets = np.append(view.octets, np.uint8(_MARK))
    mark = np.full(len(rows), len(octets) - 1)
    pieces = [(start[rows], stop[rows]), (mark, mark + 1), (query_start[rows], query_stop[rows])]
    places, ends = _gathered(pieces)
    begin = len(data) + np.concatenate([np.zeros(1, np.int64), ends[:-1]])
    start, stop = start.copy(), stop.copy()
    start[rows], stop[rows] = begin, len(data) + ends
    data = data + octets[places].tobytes() + padding
    return data, window(data), {**spans, "target": (start, stop)}


def _absent(view: Window, span: Spans) -> Mask:
    start, stop = span
    absent: Mask = (stop == start) | ((stop - start == 1) & (view.octets[start] == _DASH))
    return absent


def _gathered(pieces: Sequence[Spans]) -> tuple[Positions, Positions]:
    """Give the places of all bytes of the pieces, row by row, and where each row ends among them."""
    starts, stops = (np.stack(bound, axis=1).ravel() for bound in zip(*pieces, strict=True))
    widths = stops - starts
    ends = np.cumsum(widths)
    places = np.arange(ends[-1]) + np.repeat(starts - (ends - widths), widths)
    return places, ends[len(pieces) - 1 :: len(pieces)]
