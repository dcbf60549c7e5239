"""Takes the message, and what else it says, out of the JSON object that a program puts around each line."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter

import numpy as np

from mirrorcheck_parsers.columnwise.learning import USUAL, Learning
from mirrorcheck_parsers.columnwise.skeleton import Leaf, LineShape, Nest, ValueForm, read_shape
from mirrorcheck_parsers.columnwise.skeletons import SameShape, Skeletons
from mirrorcheck_parsers.columnwise.stamps import read_instants
from mirrorcheck_parsers.columnwise.words import (
    PADDING,
    Mask,
    Positions,
    Spans,
    Window,
    starts_behind,
    window,
)
from mirrorcheck_parsers.formats.escape import unescape
from mirrorcheck_parsers.formats.values import NoObject, Value, ValueType, scan_object
from mirrorcheck_parsers.layers.model import Envelope
from mirrorcheck_parsers.wrappers.colours import strip_colours
from mirrorcheck_parsers.wrappers.escapes import FEED, unescape_lines
from mirrorcheck_parsers.wrappers.rows import Rows, innermost, merge_spans, scatter

_NONE = np.zeros(0, np.int64)
_LINE_FEED = ord("\n")
_SILENT = (b"", b"true", b"false")  # nothing is left of a null


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """Messages and fields of n rows: `spans` has a span for each field of the envelope that is there."""

    row: Positions
    spans: dict[str, Spans]
    has_feed: Mask  # bool[n], whether the message ended with a line break


class EnvelopeStripper:
    """Takes the messages out of one kind of envelope; it keeps the skeletons of what is around them."""

    def __init__(self, envelope: Envelope, learning: Learning = USUAL) -> None:
        self._envelope = envelope
        varying = {path.encode() for path in (*envelope.message, *envelope.stamp)}
        self._skeletons = Skeletons(self._shape, varying, learning)

    def strip(self, rows: Rows) -> Rows:
        """Take the message out of every wrapped row that is such an object; the others are bare from now on."""
        plain = rows.compact()
        front = int(plain.stop[-1]) + 1 if len(plain.stop) else 0
        unescaped = unescape_lines(plain.text[:front])
        regular = rows.wrapped.copy()
        regular[unescaped.odd] = False
        found = list(self._find_regular(unescaped.text + bytes(PADDING), unescaped.marks, regular))
        left = rows.wrapped.copy()
        for each in found:
            left[each.row] = False
        extra = _Extra(len(unescaped.text))
        found.append(_find_single(self._envelope, plain, np.flatnonzero(left), extra))
        return _assemble(self._envelope, plain, unescaped.restored() + extra.text, found)

    def _find_regular(self, text: bytes, marks: Positions, regular: Mask) -> Iterator[_Found]:
        """Find the fields of rows that many others resemble."""
        view = window(text)
        stop = marks[view.octets[marks] == _LINE_FEED]
        start = starts_behind(stop)
        for same_shape in self._skeletons.find(text, start, stop, regular):
            yield _take(self._envelope, view, same_shape)

    def _shape(self, line: bytes) -> LineShape | None:
        """Read a line that has no escapes; None where its message is no string."""
        values = _values(line)
        chosen = _choose(self._envelope, values)
        message = chosen.get("message")
        if not values or not _is_complete(self._envelope, chosen):
            return None
        if message and message.type is not ValueType.STRING:
            return None
        nests = [Nest(value.path, value.start, value.stop) for value in values if value.type is ValueType.NEST]
        leaves = sorted((_leaf(value) for value in values if value.type is not ValueType.NEST), key=attrgetter("start"))
        return read_shape(line, leaves, nests)


def _leaf(value: Value) -> Leaf:
    if value.type is ValueType.STRING:
        return Leaf(value.path, ValueForm.STRING, value.start - 1, value.stop + 1)
    return Leaf(value.path, ValueForm.NUMBER, value.start, value.stop)


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


def _take(envelope: Envelope, view: Window, same_shape: SameShape) -> _Found:
    """Give the spans of the fields on rows of one skeleton."""
    spans: dict[str, Spans] = {}
    for name, paths in envelope.paths().items():
        here = next((span for path in paths if (span := same_shape.span(path.encode()))), None)
        if here:
            spans[name] = here
    has_feed = np.zeros(len(same_shape.row), np.bool_)
    if "message" in spans:
        start, stop = spans["message"]
        has_feed = (view.octets[stop - 1] == FEED) & (stop > start)
        stop = stop - has_feed
        # The line break may be \r\n.
        spans["message"] = (start, stop - ((view.octets[stop - 1] == ord("\r")) & (stop > start)))
    return _Found(same_shape.row, spans, has_feed)


class _Extra:
    """Text that stands nowhere as it is meant, put one behind the other from a place on."""

    def __init__(self, place: int) -> None:
        self._place = place
        self.text = bytearray()

    def put(self, text: bytes) -> tuple[int, int]:
        """Give the start and stop of the text."""
        start = self._place + len(self.text)
        self.text += text
        return start, start + len(text)


def _find_single(envelope: Envelope, plain: Rows, rows: Positions, extra: _Extra) -> _Found:
    """Find the fields of rows one by one."""
    names = [name for name, paths in envelope.paths().items() if paths]
    row: list[int] = []
    places: list[tuple[int, int]] = []
    has_feed: list[bool] = []
    for number in rows.tolist():
        line = plain.line(number)
        chosen = _choose(envelope, _values(line))
        if not chosen or not _is_complete(envelope, chosen):
            continue
        row.append(number)
        texts = {name: _text(line, name, value) for name, value in chosen.items()}
        message = texts.get("message", b"")
        has_feed.append(message.endswith(b"\n"))
        texts["message"] = _inner(message)
        places.extend(extra.put(texts.get(name, b"").replace(b"\n", b" ")) for name in names)
    bounds = np.array(places, np.int64).reshape(len(row), len(names), 2)
    spans = {name: (bounds[:, place, 0], bounds[:, place, 1]) for place, name in enumerate(names)}
    return _Found(np.array(row, np.int64), spans, np.array(has_feed, np.bool_))


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


def _assemble(envelope: Envelope, plain: Rows, front: bytes, found: Sequence[_Found]) -> Rows:
    """Put what was found on all rows together, in front of the text it came from where that is still needed."""
    count = len(plain.start)
    whole = _gather(found, count)
    spans, wrapped = dict(whole.spans), np.zeros(count, np.bool_)
    wrapped[whole.row] = True
    every = len(whole.row) == count and "message" in spans
    behind = plain.text[int(plain.stop[-1]) + 1 :] if every and count and not plain.spans else plain.text
    text, shift = front + behind, len(front)
    start, stop = plain.start + shift, plain.stop + shift
    if "message" in spans:
        first, last = spans.pop("message")
        start, stop = (first, last) if every else (np.where(wrapped, first, start), np.where(wrapped, last, stop))
    view = window(text)
    older = {name: (first + shift, last + shift) for name, (first, last) in plain.spans.items()}
    unfinished = plain.unfinished
    if "tag" in spans:
        unfinished = wrapped & (view.octets[spans.pop("tag")[0]] == ord("P"))
    if envelope.parts_from:
        unfinished = wrapped & ~whole.has_feed & (stop - start >= envelope.parts_from)
    stamp_us = plain.stamp_us
    if "stamp" in spans:
        stamp_us = innermost(stamp_us, read_instants(view, *spans["stamp"]))
    return Rows(text, start, stop, wrapped, merge_spans(older, spans), stamp_us, unfinished)


def _gather(found: Sequence[_Found], count: int) -> _Found:
    """Put the rows together: all columns are of length n, empty where a row was not found."""
    found = [each for each in found if len(each.row)]
    if len(found) == 1 and len(found[0].row) == count:
        return found[0]
    has_feed = np.zeros(count, np.bool_)
    spans: dict[str, Spans] = {}
    for each in found:
        has_feed[each.row] = each.has_feed
        for name, (first, last) in each.spans.items():
            spans[name] = scatter(count, each.row, (first, last), spans.get(name))
    return _Found(np.concatenate([_NONE, *(each.row for each in found)]), spans, has_feed)
