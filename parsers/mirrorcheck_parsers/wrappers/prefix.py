"""Takes the text off that a program puts in front of each line, and keeps what it says, as columns."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from mirrorcheck_parsers.columnwise.bits import Ends, find_any, skip
from mirrorcheck_parsers.columnwise.hashes import hash_texts
from mirrorcheck_parsers.columnwise.stamps import NO_STAMP, read_stamps
from mirrorcheck_parsers.columnwise.words import Mask, Positions, Spans, Window, are_digits, are_letters, equals, window
from mirrorcheck_parsers.formats.template import Literal, Token, tokenize
from mirrorcheck_parsers.layers.model import NAMES_IN_LABELS, OUTER_FIELDS, Prefix
from mirrorcheck_parsers.wrappers.rows import Rows, merge_spans, scatter

_LONGEST_NAME: Final = 256  # bytes; Kubernetes allows 253 (RFC 1123)
_FEW: Final = 32
_SPACE: Final = b" "
_LABELS: Final = re.compile(rb'\{(?:[^"{}]|"(?:[^"\\]|\\.)*")*\}')
_KEPT: Final = frozenset({*OUTER_FIELDS, "tag"})
_SHORT: Final = {  # how wide it is, and what stands where in it
    "day": (len("11-22"), 2, ord("-")),
    "clock": (len("10:00:00"), 2, ord(":")),
    "moment": (len("2026-11-22T10:00:00"), 10, ord("T")),
}
_WIDEST_GAP: Final = 1024  # bytes: programs pad to the widest of their names or labels
_MOST_LABELS: Final = 1 << 16  # bytes
_STREAMS: Final = (b"stdout ", b"stderr ")
_TAGS: Final = (b"F ", b"F:", b"P ", b"P:")
_NAME: Final = re.compile(rb"[a-z0-9]([-a-z0-9.]*[a-z0-9])?")


@dataclass(frozen=True, slots=True, eq=False)
class _Template:
    """One template: its tokens, and the bytes at which a name ends whatever follows it."""

    tokens: tuple[Token, ...]
    ends: bytes


@lru_cache(maxsize=64)
def _templates(prefix: Prefix) -> tuple[_Template, ...]:
    tokens = [tokenize(template) for template in prefix.templates]
    ends = {token.text[0] for each in tokens for token in each if isinstance(token, Literal)}
    return tuple(_Template(each, bytes({*ends, *_SPACE})) for each in tokens)


def strip_prefix(prefix: Prefix, rows: Rows) -> Rows:
    """Take the prefix off every wrapped row that has it; the others are bare from now on."""
    view = window(rows.text)
    start, wrapped, spans = _cut_templates(prefix, view, rows)
    stamp_us, unfinished = rows.stamp_us, rows.unfinished
    if "stamp" in spans:
        stamp_us = read_stamps(view, spans["stamp"], wrapped)
        # A date that does not exist is no stamp, so the row has no such prefix.
        wrapped &= stamp_us != NO_STAMP
        start = np.where(wrapped, start, rows.start)
    if "labels" in spans:
        spans |= _names_in_labels(rows.text, view, spans["labels"])
    if "tag" in spans:
        unfinished = wrapped & (view.octets[spans.pop("tag")[0]] == ord("P"))
    return Rows(rows.text, start, rows.stop, wrapped, merge_spans(rows.spans, spans), stamp_us, unfinished)


def _cut_templates(prefix: Prefix, view: Window, rows: Rows) -> tuple[Positions, Mask, dict[str, Spans]]:
    """Cut the rows by the first template that each has: where the inner text starts, which have one, what it says."""
    left = np.flatnonzero(rows.wrapped)
    start, wrapped = rows.start.copy(), np.zeros(len(rows.start), np.bool_)
    spans: dict[str, Spans] = {}
    for template in _likely_first(_templates(prefix), view, rows, left):
        cut = _cut(template, view, rows, left)
        if cut.valid.all() and len(left) == len(start):
            return cut.at, cut.valid, cut.spans
        taken = left[cut.valid]
        start[taken], wrapped[taken] = cut.at[cut.valid], True
        for name, (first, last) in cut.spans.items():
            spans[name] = scatter(len(start), taken, (first[cut.valid], last[cut.valid]), spans.get(name))
        left = left[~cut.valid]
        if not len(left):
            break
    return start, wrapped, spans


def _likely_first(templates: Sequence[_Template], view: Window, rows: Rows, left: Positions) -> list[_Template]:
    """Put the templates that more of the first rows have first; they exclude each other, so any order will do."""
    if len(templates) == 1:
        return list(templates)
    return sorted(templates, key=lambda template: -int(_cut(template, view, rows, left[:_FEW]).valid.sum()))


def _cut(template: _Template, view: Window, rows: Rows, numbers: Positions) -> "_Cut":
    cut = _Cut(view, rows.start[numbers], rows.stop[numbers], template.ends)
    for token in template.tokens:
        if cut.valid.any():
            cut.take(token)
    return cut


def are_names(texts: Sequence[bytes]) -> bool:
    """Whether Kubernetes would allow these names."""
    return all(_NAME.fullmatch(text) for text in texts)


class _Cut:
    """Cuts n rows token by token: `at` is where each has got to, `valid` (bool[n]) loses those on which one fails."""

    def __init__(self, view: Window, start: Positions, stop: Positions, ends: bytes) -> None:
        self._view = view
        self._ends = Ends(view, start, ends)
        self._stop = stop
        self.at = start
        self.valid: Mask = np.ones(len(start), np.bool_)
        self.spans: dict[str, Spans] = {}

    def take(self, token: Token) -> None:
        """Take one token off the front of all rows."""
        if isinstance(token, Literal):
            end = self.at + len(token.text)
            self.valid &= equals(self._view, self.at, token.text) & (end <= self._stop)
        elif token.name == "gap":
            end = skip(self._view, self.at, np.minimum(self._stop, self.at + _WIDEST_GAP), _SPACE[0])
        elif token.name == "labels":
            end = self._labels_end()
        else:
            end = self._ends.find(self.at, self._stop, _LONGEST_NAME)
            first = self._view.octets[self.at]
            # All begin with a letter or a digit: names, numbers and dates.
            self.valid &= (end > self.at) & (are_letters(first) | are_digits(first))
            self._check(token.name, end)
        end = np.minimum(end, self._stop)
        if not isinstance(token, Literal) and token.name in _KEPT:
            self.spans[token.name] = (self.at, end)
        self.at = end

    def _check(self, name: str, end: Positions) -> None:
        """Take out the rows whose text is none of the few that the variable may have."""
        few = {"stream": _STREAMS, "tag": _TAGS}.get(name)
        if few:
            found = [equals(self._view, self.at, text) for text in few]
            self.valid &= np.logical_or.reduce(found)
        elif name in _SHORT:
            width, place, byte = _SHORT[name]
            self.valid &= (end - self.at == width) & (self._view.octets[self.at + place] == byte)
        elif name == "index":
            first = self._view.octets[self.at]
            self.valid &= are_digits(first) & (end > self.at)

    def _labels_end(self) -> Positions:
        """Give the end of the braces that begin here; a value may hold a brace, too."""
        octets = self._view.octets
        self.valid &= octets[self.at] == ord("{")
        end = self.at + 1
        rows = np.flatnonzero(self.valid)
        begin, stop = self.at[rows], self._stop[rows]
        end[rows] = np.minimum(find_any(self._view, begin, stop, b"}", _MOST_LABELS) + 1, stop)
        sure = (octets[end[rows] - 2] == ord('"')) & (octets[end[rows]] == _SPACE[0])
        for row in rows[~sure].tolist():
            found = _LABELS.match(octets[int(self.at[row]) : int(self._stop[row])].tobytes())
            self.valid[row] = found is not None
            end[row] = self.at[row] + (found.end() if found else 0)
        return end


def _names_in_labels(text: bytes, view: Window, labels: Spans) -> dict[str, Spans]:
    """Give the spans of the names that stand among logcli's labels; few texts of them differ."""
    start, stop = labels
    _, first, which = np.unique(hash_texts(text, view, start, stop), return_index=True, return_inverse=True)
    texts = [text[int(start[row]) : int(stop[row])] for row in first.tolist()]
    names: dict[str, Spans] = {}
    for name, pattern in NAMES_IN_LABELS.items():
        bounds = [found.span(1) if (found := pattern.search(each)) else (0, 0) for each in texts]
        offsets = np.array(bounds, np.int64)[which]
        names[name] = (start + offsets[:, 0], start + offsets[:, 1])
    return names
