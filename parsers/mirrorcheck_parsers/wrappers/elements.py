"""Takes rows of a JSON text laid out over several lines; gives each object in it as one row."""

import re
from typing import Final

import numpy as np

from mirrorcheck_parsers.wrappers.parts import Joined, put_in_front
from mirrorcheck_parsers.wrappers.rows import Rows

_LONGEST: Final = 4096  # lines of an object: beyond that, its end is lost
_OPENING: Final = {b"{": b"}", b"[": b"]"}
_STRING: Final = rb'"(?:[^"\\]|\\.)*"'
# What `aws logs tail` puts in front of an event; JSON is laid out below it (aws-cli 2, customizations/logs/tail.py).
_EVENT: Final = re.compile(rb"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,15}\+00:00 [^ ]+( ?$)?")
_FIELD: Final = re.compile(rb'\{\s*"field":\s*(' + _STRING + rb'),\s*"value":\s*(' + _STRING + rb")\s*\}", re.DOTALL)


def join_elements(rows: Rows, *, final: bool) -> Joined:
    """Join the lines of each object; those of none, such as the brackets around all of them, are bare from now on.

    Printers that indent, gcloud's, jq and stern's ppextjson among them, begin an object with a line that has nothing
    but its brace, and end it with one of the same indentation. An object in one line may have a comma behind it. An
    object that begins with a list of others (`aws logs filter-log-events`) is no element, they are. A list of fields
    and their values (`aws logs get-query-results`) becomes the object that it stands for. Of `aws logs tail --format
    json` an event and the object below it are one line, as an event in one line is.
    """
    count = len(rows.start)
    chains, decided = _chains([rows.line(row) for row in range(count)], final=final)
    heads = [first for first, _ in chains]
    last, swallowed, wrapped = np.arange(count), np.zeros(count, np.bool_), np.zeros(count, np.bool_)
    for first, end in chains:
        last[first], wrapped[first], swallowed[first + 1 : end + 1] = end, True, True
    texts = [_element(list(map(rows.line, range(first, end + 1)))) for first, end in chains]
    joined = put_in_front(rows, heads, texts)
    return Joined(Rows(joined.text, joined.start, joined.stop, wrapped, joined.spans), swallowed, last, decided)


def _element(lines: list[bytes]) -> bytes:
    """Give an object without what is behind it, and of a list, the object of its fields; or an event in one line."""
    if _EVENT.match(lines[0]):
        return lines[0] if len(lines) == 1 else lines[0].rstrip() + b" " + b"".join(lines[1:])
    text = b"".join(lines).strip().removesuffix(b",")
    if not text.startswith(b"["):
        return text
    return b"{" + b",".join(name + b":" + value for name, value in _FIELD.findall(text)) + b"}"


def _chains(lines: list[bytes], *, final: bool) -> tuple[list[tuple[int, int]], int]:
    """Give the first and last line of each object, and how many lines are decided."""
    chains: list[tuple[int, int]] = []
    row = 0
    while row < len(lines):
        end = _last(lines, row, final=final)
        if end is None:
            return chains, row
        if end >= row:
            chains.append((row, end))
        row = max(row, end) + 1
    return chains, len(lines)


def _last(lines: list[bytes], row: int, *, final: bool) -> int | None:
    """Give the last line of what begins in a line, the one before it where nothing does; None: not known yet."""
    bare, event = lines[row].strip(), _EVENT.match(lines[row])
    if bare in _OPENING:
        return _closing(lines, row, final=final)
    if event is None or event[1] is None:
        return row if event or (bare.startswith(b"{") and bare.endswith((b"}", b"},"))) else row - 1
    if row + 1 == len(lines):
        return row - 1 if final else None
    return _closing(lines, row + 1, final=final) if lines[row + 1].rstrip() == b"{" else row - 1


def _closing(lines: list[bytes], row: int, *, final: bool) -> int | None:
    """Give the last line of what a line opens, the one before it where that is no element; None: not known yet."""
    if row + 2 >= len(lines) and not final:
        return None
    reach = range(row + 1, min(row + _LONGEST, len(lines)))
    end = _end(lines, row, reach) if _is_element(lines[row].strip(), lines[row + 1 : row + 3]) else row - 1
    return row - 1 if end is None and (final or row + _LONGEST < len(lines)) else end


def _is_element(bare: bytes, following: list[bytes]) -> bool:
    """Tell whether a line that opens an object or a list begins an element, by the two lines behind it."""
    first, second = [*following, b"", b""][:2]
    if bare == b"{":
        return not (first.rstrip().endswith(b"[") and second.strip() in _OPENING)
    return first.strip() == b"{" and second.lstrip().startswith(b'"field"')


def _end(lines: list[bytes], row: int, reach: range) -> int | None:
    """Give the line that closes what a line opens: it has the same indentation, and all in between a deeper one.

    Something else in between, such as a request behind a brace that a program printed, shows that nothing ends there.
    """
    bare = lines[row].strip()
    indent = lines[row][: lines[row].index(bare)]
    closing = indent + _OPENING[bare]
    for place in reach:
        if lines[place].rstrip() in (closing, closing + b","):
            return place
        if lines[place].strip() and not lines[place][len(indent) : len(indent) + 1].isspace():
            return row - 1
    return None
