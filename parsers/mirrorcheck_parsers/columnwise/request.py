"""Takes the spans of request lines; gives those of method and target, and whether each is well-formed."""

import re
from dataclasses import dataclass

import numpy as np

from mirrorcheck_parsers.columnwise.words import Mask, Positions, Window

Spans = tuple[Positions, Positions]

_USUAL = (b"GET", b"POST", b"PUT", b"HEAD", b"DELETE", b"OPTIONS", b"PATCH")
_PROTOCOL_WIDTH = len(" HTTP/1.1")
_METHOD = re.compile(rb"[A-Z_-]+")
_TARGET = re.compile(rb"/.*|\*.*|[^ ].*://.*|[^ ]://.*", re.DOTALL)
_AUTHORITY = re.compile(rb"[^ /]+:[0-9]+")
_PROTOCOL = re.compile(rb" HTTP/[0-9](?:\.[0-9])?")


@dataclass(frozen=True, slots=True, eq=False)
class Requests:
    """Columns of n: spans of method and target; where not well-formed, the method is empty, the target all there is."""

    method: Spans
    target: Spans
    well_formed: Mask


def split_requests(text: bytes, view: Window, request: Spans) -> Requests:
    """Split `METHOD target[ HTTP/x]`, the text of nginx's $request: at its first space and its last ` HTTP/`."""
    start, stop = request
    method_width = _usual_method(view, start, b" ")
    target_stop = np.maximum(stop - _PROTOCOL_WIDTH, start)
    target_start = np.minimum(start + method_width + 1, stop)
    usual = (method_width > 0) & (target_start < target_stop) & (view.octets[target_start] == ord("/"))
    usual &= _usual_protocol(view, target_stop)
    method_stop = np.where(usual, start + method_width, start)
    target_start = np.where(usual, target_start, start)
    target_stop = np.where(usual, target_stop, stop)
    well_formed = usual.copy()
    for row in np.flatnonzero(~usual).tolist():
        begin, end = int(start[row]), int(stop[row])
        found = _split(text[begin:end])
        if found is not None:
            method_stop[row], target_start[row] = begin + found[0], begin + found[0] + 1
            target_stop[row] = begin + found[1]
            well_formed[row] = True
    return Requests((start, method_stop), (target_start, target_stop), well_formed)


def judge_requests(text: bytes, view: Window, method: Spans, target: Spans) -> Requests:
    """Judge requests that are logged as $request_method and $request_uri."""
    width = method[1] - method[0]
    well_formed = (width > 0) & (width == _usual_method(view, method[0], b""))
    well_formed &= (target[1] > target[0]) & (view.octets[target[0]] == ord("/"))
    method_stop = method[1].copy()
    for row in np.flatnonzero(~well_formed).tolist():
        name, uri = (text[int(start[row]) : int(stop[row])] for start, stop in (method, target))
        well_formed[row] = _is_method(name) and _is_target(name, uri)
    method_stop[~well_formed] = method[0][~well_formed]
    return Requests((method[0], method_stop), target, well_formed)


def join_queries(text: bytes, target: Spans, query: Spans, padding: bytes) -> tuple[bytes, Spans]:
    """Put what is logged apart behind the question mark back there; gives the longer text, and where targets lie in it.

    A target that has a question mark already stays as it is.
    """
    start, stop = target[0].copy(), target[1].copy()
    extra = bytearray()
    known: dict[tuple[bytes, bytes], tuple[int, int]] = {}
    for row in np.flatnonzero(query[1] > query[0]).tolist():
        path = text[int(start[row]) : int(stop[row])]
        arguments = text[int(query[0][row]) : int(query[1][row])].removeprefix(b"?")
        if b"?" in path or arguments in (b"", b"-"):
            continue
        if (path, arguments) not in known:
            begin = len(text) + len(extra)
            extra += path + b"?" + arguments
            known[path, arguments] = begin, len(text) + len(extra)
        start[row], stop[row] = known[path, arguments]
    return (text + extra + padding, (start, stop)) if extra else (text, target)


def _usual_method(view: Window, start: Positions, end: bytes) -> Positions:
    """Give the width of the method where it is a usual one with this end behind it, else 0."""
    word = view.words[start]
    width = np.zeros(len(start), np.int64)
    known = 0
    for name in _USUAL:
        keep = np.uint64((1 << 8 * len(name + end)) - 1)
        same = (word & keep) == np.uint64(int.from_bytes(name + end, "little"))
        width += same * np.int64(len(name))
        known += int(np.count_nonzero(same))
        if known == len(start):
            break
    return width


def _usual_protocol(view: Window, start: Positions) -> Mask:
    """Tell where ` HTTP/1.` or ` HTTP/2.` and a digit follow."""
    word = view.words[start]
    same: Mask = (word == np.uint64(int.from_bytes(b" HTTP/1.", "little"))) | (
        word == np.uint64(int.from_bytes(b" HTTP/2.", "little"))
    )
    same &= view.octets[start + 8] - np.uint8(ord("0")) <= 9  # noqa: PLR2004 - a digit
    return same


def _split(request: bytes) -> tuple[int, int] | None:
    """Find where the method and the target of one well-formed request end."""
    space = request.find(b" ")
    end = request.rfind(b" HTTP/")
    if end <= space:
        end = len(request)
    elif not _PROTOCOL.fullmatch(request, end):
        return None
    method, target = request[: max(space, 0)], request[space + 1 : end]
    return (space, end) if _is_method(method) and _is_target(method, target) else None


def _is_method(method: bytes) -> bool:
    return _METHOD.fullmatch(method) is not None


def _is_target(method: bytes, target: bytes) -> bool:
    shape = _AUTHORITY if method == b"CONNECT" else _TARGET
    return shape.fullmatch(target) is not None or _TARGET.fullmatch(target) is not None
