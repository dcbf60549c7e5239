"""Takes the message, and what else it says, out of the JSON object that a program puts around each line."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mirrorcheck_parsers import scanning
from mirrorcheck_parsers.columnwise.words import PADDING, Mask, Positions, Spans, window
from mirrorcheck_parsers.compiled.layers import EnvelopeOpener, Opened
from mirrorcheck_parsers.compiled.stamps import NO_STAMP, read_stamps
from mirrorcheck_parsers.formats.escape import unescape
from mirrorcheck_parsers.formats.values import NoObject, Value, ValueType, scan_object
from mirrorcheck_parsers.layers.model import Envelope
from mirrorcheck_parsers.wrappers.colours import strip_colours
from mirrorcheck_parsers.wrappers.rows import Rows, innermost, merge_spans

_SILENT = (b"", b"true", b"false")  # nothing is left of a null


class EnvelopeStripper:
    """Takes the messages out of one kind of envelope."""

    def __init__(self, envelope: Envelope, *, exact: bool = False) -> None:
        self._envelope = envelope
        self._opener = EnvelopeOpener(envelope) if scanning.kernel and not exact else None

    def strip(self, rows: Rows) -> Rows:
        """Take the message out of every wrapped row that is such an object; the others are bare from now on."""
        if self._opener is None:
            return _assemble(self._envelope, rows, _open_single(self._envelope, rows, _closed(rows)))
        opened = self._opener.open(rows.text, rows.start, rows.stop, rows.wrapped)
        if not (opened.wrapped == rows.wrapped).all():
            opened = _open_single(self._envelope, rows, opened)
        if not rows.spans:
            return _assemble(self._envelope, rows, opened)
        # What the layers around it say is in the text from which the message was taken.
        shift = len(opened.text)
        opened = opened._replace(text=opened.text + rows.text)
        return _assemble(self._envelope, rows, opened, shift)


def _closed(rows: Rows) -> Opened:
    """Give rows of which none has been opened."""
    nothing = np.zeros(len(rows.start), np.bool_)
    stamps = np.full(len(rows.start), NO_STAMP)
    return Opened(rows.text, rows.start.copy(), rows.stop.copy(), nothing, {}, stamps, nothing.copy())


def _values(line: bytes) -> list[Value]:
    """Give the values of an object that say something, nothing where a line is none: null, true and false do not."""
    values = scan_object(line, 0, len(line), nests=True)
    if isinstance(values, NoObject):
        return []
    return [each for each in values if each.type is not ValueType.BARE or line[each.start : each.stop] not in _SILENT]


def _choose(envelope: Envelope, values: Sequence[Value]) -> dict[str, Value]:
    """Give the value of each field: that at the first of its paths which is there; the last one of equal keys.

    Of objects that may be the message the last one is: `log` is one among Elastic's fields, too.
    """
    by_path = {value.path: value for value in values}
    chosen = {}
    for name, paths in envelope.paths().items():
        here = [by_path[path.encode()] for path in paths if path.encode() in by_path]
        if here:
            is_object = name == "message" and all(value.type is ValueType.NEST for value in here)
            chosen[name] = here[-1 if is_object else 0]
    return chosen


def _is_complete(envelope: Envelope, chosen: dict[str, Value]) -> bool:
    return not envelope.message or "message" in chosen


@dataclass(slots=True)
class _Single:
    """Rows that were opened one by one: their numbers, what each says by field, and whether it ended with a feed."""

    rows: list[int]
    texts: list[dict[str, bytes]]
    has_feed: list[bool]


def _open_single(envelope: Envelope, rows: Rows, opened: Opened) -> Opened:
    """Open those rows one by one that have not been opened yet; what they say is put behind the text."""
    found = _read_single(envelope, rows, np.flatnonzero(rows.wrapped & ~opened.wrapped))
    numbers = np.array(found.rows, np.int64)
    opened.wrapped[numbers] = True
    opened.has_feed[numbers] = found.has_feed
    spans: dict[str, Spans] = {}
    pieces, place = [opened.text], len(opened.text)
    for name, paths in envelope.paths().items():
        if not paths:
            continue
        texts = [each.get(name, b"") for each in found.texts]
        stop = place + np.cumsum([len(text) for text in texts], dtype=np.int64)
        start = stop - np.array([len(text) for text in texts], np.int64)
        first, last = opened.spans.get(name, np.zeros((2, len(rows.start)), np.int64))
        if name == "message":
            first, last = opened.start, opened.stop
        first[numbers], last[numbers] = start, stop
        spans[name] = first, last
        pieces += texts
        place += sum(map(len, texts))
    spans.pop("message", None)
    return opened._replace(text=b"".join((*pieces, bytes(PADDING))), spans=spans)


def _read_single(envelope: Envelope, rows: Rows, numbers: Positions) -> _Single:
    """Read rows one by one; those that are no such objects are left out."""
    found = _Single([], [], [])
    for row in numbers.tolist():
        line = rows.line(row)
        chosen = _choose(envelope, _values(line))
        if not chosen or not _is_complete(envelope, chosen):
            continue
        texts = {name: _text(line, name, value) for name, value in chosen.items()}
        message = texts.get("message", b"")
        said = {name: text.replace(b"\n", b" ") for name, text in texts.items()}
        found.rows.append(row)
        found.has_feed.append(message.endswith(b"\n"))
        found.texts.append({**said, "message": _inner(message).replace(b"\n", b" ")})
    return found


def _text(line: bytes, name: str, value: Value) -> bytes:
    text = line[value.start : value.stop]
    # A message that is no string is a line of JSON: its own escapes are its format's affair.
    return text if name == "message" and value.type is ValueType.NEST else unescape(text, "json")


def _inner(message: bytes) -> bytes:
    """Give a message without its line break and colours."""
    if message.endswith(b"\n"):
        message = message[:-1]
    message = message.removesuffix(b"\r")
    return strip_colours(message) if b"\x1b" in message else message


def _assemble(envelope: Envelope, rows: Rows, opened: Opened, shift: int = 0) -> Rows:
    """Give the rows that were opened. shift: where the text that they are from begins in theirs."""
    text, start, stop, wrapped, spans, stamps, has_feed = opened
    view = window(text)
    spans = dict(spans)
    unfinished = rows.unfinished
    if "tag" in spans:
        unfinished = wrapped & (view.octets[spans["tag"][0]] == ord("P")) & _is_said(spans.pop("tag"))
    if envelope.parts_from:
        unfinished = wrapped & ~has_feed & (stop - start >= envelope.parts_from)
    stamp_us = rows.stamp_us
    if "stamp" in spans:
        others = wrapped & (stamps == NO_STAMP) & _is_said(spans["stamp"])
        if others.any():
            stamps = np.where(others, read_stamps(view, spans["stamp"], others), stamps)
        stamp_us = innermost(stamp_us, stamps)
    older = {name: (first + shift, last + shift) for name, (first, last) in rows.spans.items()}
    return Rows(text, start, stop, wrapped, merge_spans(older, spans), stamp_us, unfinished)


def _is_said(spans: Spans) -> Mask:
    said: Mask = spans[1] > spans[0]
    return said
