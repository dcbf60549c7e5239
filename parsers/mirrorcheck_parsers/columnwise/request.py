"""Splits the request lines of a column into method and target, and says which are well-formed."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from mirrorcheck_parsers import scanning
from mirrorcheck_parsers.columnwise.words import (
    Mask,
    Positions,
    Spans,
    Window,
    are_dashes,
    find_first,
    window,
)
from mirrorcheck_parsers.formats.format import Format

_METHOD = re.compile(rb"[A-Z_-]+")
_TARGET = re.compile(rb"/.*|\*.*|[^ ].*://.*|[^ ]://.*", re.DOTALL)
_AUTHORITY = re.compile(rb"[^ /]+:[0-9]+")
_PROTOCOL = re.compile(rb" HTTP/[0-9](?:\.[0-9])?")
_NONE = (-1, -1)


@dataclass(frozen=True, slots=True, eq=False)
class Requests:
    """Columns of n: spans of method and target; where not well-formed, the method is empty, the target all there is."""

    method: Spans
    target: Spans
    well_formed: Mask


def split_requests(view: Window, request: Spans) -> Requests:
    """Split `METHOD target[ HTTP/x]`, the text of nginx's $request: at its first space and its last ` HTTP/`."""
    start, stop = request
    method_stop, target_start, target_stop = start.copy(), start.copy(), stop.copy()
    well_formed: Mask = np.zeros(len(start), np.bool_)
    if scanning.kernel:
        scanning.kernel.split_requests(view.text, start, stop, method_stop, target_start, target_stop, well_formed)
    left = np.flatnonzero(~well_formed)
    ends = np.array([_split(text) for text in view.texts(start[left], stop[left])], np.int64).reshape(-1, 2)
    split = ends[:, 0] >= 0
    rows, (of_method, of_target) = left[split], start[left[split]] + ends[split].T
    method_stop[rows], target_start[rows], target_stop[rows] = of_method, of_method + 1, of_target
    well_formed[rows] = True
    return Requests((start, method_stop), (target_start, target_stop), well_formed)


def check_requests(view: Window, method: Spans, target: Spans) -> Requests:
    """Check requests that are logged as $request_method and $request_uri."""
    well_formed: Mask = np.zeros(len(method[0]), np.bool_)
    if scanning.kernel:
        scanning.kernel.check_requests(view.text, *method, *target, well_formed)
    rows = np.flatnonzero(~well_formed)
    methods, targets = (view.texts(start[rows], stop[rows]) for start, stop in (method, target))
    well_formed[rows] = [_is_method(name) and _is_target(name, uri) for name, uri in zip(methods, targets, strict=True)]
    return Requests((method[0], np.where(well_formed, method[1], method[0])), target, well_formed)


@lru_cache(maxsize=1024)  # where nothing is compiled all requests come here, most of them again and again
def _split(request: bytes) -> tuple[int, int]:
    """Find where the method and the target of one well-formed request end; -1 where it is none."""
    space = request.find(b" ")
    end = request.rfind(b" HTTP/")
    if end <= space:
        end = len(request)
    elif not _PROTOCOL.fullmatch(request, end):
        return _NONE
    method, target = request[: max(space, 0)], request[space + 1 : end]
    return (space, end) if _is_method(method) and _is_target(method, target) else _NONE


def _is_method(method: bytes) -> bool:
    return _METHOD.fullmatch(method) is not None


def _is_target(method: bytes, target: bytes) -> bool:
    shape = _AUTHORITY if method == b"CONNECT" else _TARGET
    return shape.fullmatch(target) is not None or _TARGET.fullmatch(target) is not None


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
    data, target = join_queries(data, spans["target"], query, padding, whole=False)
    return data, window(data), {**spans, "target": target}


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


def join_queries(data: bytes, target: Spans, query: Spans, padding: bytes, *, whole: bool) -> tuple[bytes, Spans]:
    """Put what is logged apart behind the question mark back there; gives the longer text, and where targets lie in it.

    whole: a target that has a question mark already stays as it is.
    """
    view, (begin, stop) = window(data), query
    begin = begin + ((stop > begin) & (view.octets[begin] == _MARK)) if whole else begin
    has_query = (stop > begin) & ~are_dashes(view, begin, stop)
    if whole:
        has_query &= find_first(view, *target, _MARK) == target[1]
    rows = np.flatnonzero(has_query)
    if not len(rows):
        return data, target
    octets = np.append(view.octets, np.uint8(_MARK))
    mark = np.full(len(rows), len(octets) - 1)
    places, ends = _gathered([(target[0][rows], target[1][rows]), (mark, mark + 1), (begin[rows], stop[rows])])
    starts, stops = target[0].copy(), target[1].copy()
    starts[rows] = len(data) + np.concatenate([np.zeros(1, np.int64), ends[:-1]])
    stops[rows] = len(data) + ends
    return data + octets[places].tobytes() + padding, (starts, stops)


def _gathered(pieces: Sequence[Spans]) -> tuple[Positions, Positions]:
    """Give the places of all bytes of the pieces, row by row, and where each row ends among them."""
    starts, stops = (np.stack(bound, axis=1).ravel() for bound in zip(*pieces, strict=True))
    widths = stops - starts
    ends = np.cumsum(widths)
    places = np.arange(ends[-1]) + np.repeat(starts - (ends - widths), widths)
    return places, ends[len(pieces) - 1 :: len(pieces)]
