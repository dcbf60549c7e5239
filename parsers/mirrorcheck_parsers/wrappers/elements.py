"""Joins the lines of each object of a JSON text that is laid out over several."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from mirrorcheck_parsers.columnwise.words import Mask, Octets, Positions, window
from mirrorcheck_parsers.wrappers.parts import Joined, join_chains
from mirrorcheck_parsers.wrappers.rows import Rows

_LONGEST: Final = 4096  # lines of an object: beyond that, its end is lost
_SPACE: Final = ord(" ")
_OPENING: Final = (b"{", b"[")
_CLOSING: Final = (b"}", b"},", b"]", b"],")
_STRING: Final = rb'"(?:[^"\\]|\\.)*"'
_STRINGS: Final = re.compile(rb'"[^"\\\n]*+(?:\\.[^"\\\n]*+)*+"')
# What `aws logs tail` puts in front of an event; JSON is laid out below it (aws-cli 2, customizations/logs/tail.py).
_EVENT: Final = re.compile(rb"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,15}\+00:00 [^ ]+( ?$)?")
_FIELD: Final = re.compile(rb'\{\s*"field":\s*(' + _STRING + rb'),\s*"value":\s*(' + _STRING + rb")\s*\}", re.DOTALL)
_FIELDS: Final = re.compile(rb'\[\s*\{\s*"field"\s*:')
# An entry of Loki's: when, in nanoseconds, the line, and perhaps what else is known of it.
_ENTRY: Final = re.compile(rb'\[\s*("[0-9]{10,20}")\s*,\s*(' + _STRING + rb")\s*(?:,\s*(\{.*\})\s*)?\]", re.DOTALL)
_ENTRY_BEGINS: Final = re.compile(rb'\[\s*"[0-9]{10,20}"\s*,')
_STREAM: Final = re.compile(rb'"stream"\s*:\s*\{')  # the labels of the entries below
# A line of JSON that is laid out without indentation: a bracket or two, a key and what it has, or a value.
_LAID_OUT: Final = re.compile(
    rb'\s*+(?:[\[\]{}]{0,2}+|"[^"\\]*+(?:\\.[^"\\]*+)*+"\s*+(?::.*)?|[-+.0-9A-Za-z]++)\s*+,?\s*+', re.DOTALL
)


def join_elements(rows: Rows, *, final: bool) -> Joined:
    """Join the lines of each object; those of none, such as the brackets around all of them, are bare from now on.

    Printers that indent, gcloud's, jq and stern's ppextjson among them, begin an object with a line that has nothing
    but its brace, and it ends where as many were closed as opened. Something else in between, such as a request behind
    a brace that a program printed, shows that nothing ends there. An object in one line may have a comma behind it. An
    object that begins with a list of others (`aws logs filter-log-events`) is no element, they are. A list of fields
    and their values (`aws logs get-query-results`) becomes the object that it stands for, and so does an entry of
    Loki's. Of `aws logs tail --format json` an event and the object below it are one line, as an event in one line is.
    """
    count = len(rows.start)
    chains, decided = _chains(_Text.of([rows.line(row) for row in range(count)]), final=final)
    elements = [tuple(range(first, end + 1)) for first, end in chains]
    joined = join_chains(rows, {each: _element(list(map(rows.line, each))) for each in elements}, decided)
    wrapped = np.zeros(count, np.bool_)
    wrapped[[first for first, _ in chains]] = True
    inner = joined.rows
    return replace(joined, rows=Rows(inner.text, inner.start, inner.stop, wrapped, inner.spans))


def may_be_elements(lines: Sequence[bytes]) -> bool:
    """Whether some line is an object with something around it, or an element that is none."""
    bare = (line.strip() for line in lines)
    return any(
        line.startswith(b"{") and (line.endswith(b"},") or (line != given and line.endswith(b"}")))
        for line, given in zip(bare, lines, strict=True)
    ) or any(_FIELDS.match(line.lstrip()) or _ENTRY_BEGINS.match(line.lstrip()) for line in lines)


def without_blanks(text: bytes, start: Positions, stop: Positions) -> tuple[Positions, Positions]:
    """Give the bounds of some texts without the blanks at their ends."""
    octets = window(text).octets
    rows = np.flatnonzero((octets[start] == _SPACE) | (octets[stop - 1] == _SPACE)).tolist()
    if rows:
        start, stop = start.copy(), stop.copy()
    for row in rows:
        line = text[int(start[row]) : int(stop[row])]
        stop[row] = start[row] + len(line.rstrip(b" "))
        start[row] += min(len(line) - len(line.lstrip(b" ")), int(stop[row] - start[row]))
    return start, stop


@dataclass(frozen=True, slots=True)
class _Text:
    """Lines; for each the first one from it on by whose end all that it opens is closed, -1 where none is.

    foreign: the first line behind each that ends what it opens or shows that nothing ends there; their number without.
    """

    lines: Sequence[bytes]
    closed: Sequence[int]
    foreign: Sequence[int]

    @classmethod
    def of(cls, lines: list[bytes]) -> "_Text":
        """Count what the lines open and close outside of strings."""
        octets = np.frombuffer(_STRINGS.sub(b"", b"".join(line + b"\n" for line in lines)), np.uint8)
        depth = np.cumsum(_either(octets, b"{[").astype(np.int64) - _either(octets, b"}]").astype(np.int64))
        level = depth[octets == ord("\n")].tolist()
        before = [0, *level[:-1]][: len(level)]
        closed = [-1] * len(level)
        waiting: list[int] = []  # lines from the last one up, each of a lower level than those below it
        for row in range(len(level) - 1, -1, -1):
            while waiting and level[waiting[-1]] >= level[row]:
                waiting.pop()
            waiting.append(row)
            closed[row] = _first_at_most(level, waiting, before[row])
        return cls(lines, closed, _foreign(lines))


def _foreign(lines: Sequence[bytes]) -> list[int]:
    """Give for each line the first one behind it that cannot be inside it.

    Where the next line is indented deeper, that is one which is not; else one that is no line of JSON.
    """
    indents = [len(line) - len(line.lstrip()) for line in lines]
    foreign = [len(lines)] * len(lines)
    waiting: list[int] = []  # lines from the last one up, each indented less than those below it
    strange = len(lines)
    for row in range(len(lines) - 1, -1, -1):
        if indents[row] == len(lines[row]):
            continue
        while waiting and indents[waiting[-1]] > indents[row]:
            waiting.pop()
        outside = waiting[-1] if waiting else len(lines)
        foreign[row] = strange if outside == row + 1 else outside
        waiting.append(row)
        if not _LAID_OUT.fullmatch(lines[row]):
            strange = row
    return foreign


def _either(octets: Octets, two: bytes) -> Mask:
    either: Mask = (octets == two[0]) | (octets == two[1])
    return either


def _first_at_most(level: Sequence[int], waiting: Sequence[int], most: int) -> int:
    """Give the first of the waiting lines, whose levels fall, that is no deeper than this; -1 without one."""
    low, high = 0, len(waiting)  # the last line that waits is the first one of the text
    while low < high:
        middle = (low + high) // 2
        if level[waiting[middle]] <= most:
            low = middle + 1
        else:
            high = middle
    return waiting[low - 1] if low else -1


def _element(lines: list[bytes]) -> bytes:
    """Give an object without what is behind it, and of a list, the object of its fields; or an event in one line."""
    if _EVENT.match(lines[0]):
        return lines[0] if len(lines) == 1 else lines[0].rstrip() + b" " + b"".join(lines[1:])
    text = b"".join(lines).strip().removesuffix(b",").rstrip()
    if not text.startswith(b"["):
        return text
    entry = _ENTRY.fullmatch(text)
    if entry:
        more = b',"loki_more":' + entry[3] if entry[3] else b""
        return b'{"loki_ts":' + entry[1] + b',"loki_line":' + entry[2] + more + b"}"
    return b"{" + b",".join(name + b":" + value for name, value in _FIELD.findall(text)) + b"}"


def _chains(text: _Text, *, final: bool) -> tuple[list[tuple[int, int]], int]:
    """Give the first and last line of each object, and how many lines are decided."""
    chains: list[tuple[int, int]] = []
    row = 0
    while row < len(text.lines):
        end = _last(text, row, final=final)
        if end is None:
            return chains, row
        if end >= row:
            chains.append((row, end))
        row = max(row, end) + 1
    return chains, len(text.lines)


def _last(text: _Text, row: int, *, final: bool) -> int | None:
    """Give the last line of what begins in a line, the one before it where nothing does; None: not known yet."""
    bare, event = text.lines[row].strip(), _EVENT.match(text.lines[row])
    if bare in _OPENING or (_STREAM.match(bare) and text.closed[row] != row):
        return _closing(text, row, final=final)
    if event is None or event[1] is None:
        return row if event or _is_whole(bare) else row - 1
    if row + 1 == len(text.lines):
        return row - 1 if final else None
    return _closing(text, row + 1, final=final) if text.lines[row + 1].rstrip() == b"{" else row - 1


def _is_whole(bare: bytes) -> bool:
    """Whether a line may be an element as it is."""
    if bare.startswith(b"{"):
        return bare.endswith((b"}", b"},"))
    return any(begins.match(bare) for begins in (_FIELDS, _ENTRY_BEGINS, _STREAM))


def _closing(text: _Text, row: int, *, final: bool) -> int | None:
    """Give the last line of what a line opens, the one before it where that is no element; None: not known yet."""
    lines = text.lines
    if row + 2 >= len(lines) and not final:
        return None
    if not _is_element(lines[row].strip(), lines[row + 1 : row + 3]):
        return row - 1
    end = text.closed[row]
    if end < 0:
        is_lost = final or min(row + _LONGEST, text.foreign[row]) < len(lines)
        return row - 1 if is_lost else None
    is_whole = end < row + _LONGEST and end <= text.foreign[row] and lines[end].strip() in _CLOSING
    return end if is_whole else row - 1


def _is_element(bare: bytes, following: Sequence[bytes]) -> bool:
    """Whether a line that opens an object or a list begins an element, by the two lines behind it."""
    first, second = [*following, b"", b""][:2]
    if bare.endswith(b"{"):
        return not (first.rstrip().endswith(b"[") and second.strip() in _OPENING)
    return bool(_FIELDS.match(b"[" + first.strip() + second.strip()) or _ENTRY_BEGINS.match(b"[" + first.strip()))
