"""Takes rows of a JSON text laid out over several lines; gives each object in it as one row."""

import re
from typing import Final

import numpy as np

from mirrorcheck_parsers.wrappers.parts import Joined, put_in_front
from mirrorcheck_parsers.wrappers.rows import Rows

_LONGEST: Final = 4096  # lines of an object: beyond that, its end is lost
_OPENING: Final = {b"{": b"}", b"[": b"]"}
_STRING: Final = rb'"(?:[^"\\]|\\.)*"'
_FIELD: Final = re.compile(rb'\{\s*"field":\s*(' + _STRING + rb'),\s*"value":\s*(' + _STRING + rb")\s*\}", re.DOTALL)


def join_elements(rows: Rows, *, final: bool) -> Joined:
    """Join the lines of each object; those of none, such as the brackets around all of them, are bare from now on.

    Printers that indent, gcloud's, jq and stern's ppextjson among them, begin an object with a line that has nothing
    but its brace, and end it with one of the same indentation. An object in one line may have a comma behind it. An
    object that begins with a list of others (`aws logs filter-log-events`) is no element, they are. A list of fields
    and their values (`aws logs get-query-results`) becomes the object that it stands for.
    """
    count = len(rows.start)
    chains, decided = _chains([rows.line(row) for row in range(count)], final=final)
    heads = [first for first, _ in chains]
    last, swallowed, wrapped = np.arange(count), np.zeros(count, np.bool_), np.zeros(count, np.bool_)
    for first, end in chains:
        last[first], wrapped[first], swallowed[first + 1 : end + 1] = end, True, True
    texts = [_element(b"".join(map(rows.line, range(first, end + 1)))) for first, end in chains]
    joined = put_in_front(rows, heads, texts)
    return Joined(Rows(joined.text, joined.start, joined.stop, wrapped, joined.spans), swallowed, last, decided)


def _element(text: bytes) -> bytes:
    """Give an object without what is behind it; of a list, the object of its fields."""
    text = text.strip().removesuffix(b",")
    if not text.startswith(b"["):
        return text
    return b"{" + b",".join(name + b":" + value for name, value in _FIELD.findall(text)) + b"}"


def _chains(lines: list[bytes], *, final: bool) -> tuple[list[tuple[int, int]], int]:
    """Give the first and last line of each object, and how many lines are decided."""
    chains: list[tuple[int, int]] = []
    row = 0
    while row < len(lines):
        bare = lines[row].strip()
        if bare in _OPENING:
            if row + 2 >= len(lines) and not final:
                return chains, row
            reach = range(row + 1, min(row + _LONGEST, len(lines)))
            end = _end(lines, row, reach) if _is_element(bare, lines[row + 1 : row + 3]) else row
            if end is None and not final and row + _LONGEST >= len(lines):
                return chains, row
            if end is not None and end > row:
                chains.append((row, end))
                row = end
        elif bare.startswith(b"{") and bare.endswith((b"}", b"},")):
            chains.append((row, row))
        row += 1
    return chains, len(lines)


def _is_element(bare: bytes, following: list[bytes]) -> bool:
    """Tell whether a line that opens an object or a list begins an element, by the two lines behind it."""
    first, second = [*following, b"", b""][:2]
    if bare == b"{":
        return not (first.rstrip().endswith(b"[") and second.strip() in _OPENING)
    return first.strip() == b"{" and second.lstrip().startswith(b'"field"')


def _end(lines: list[bytes], row: int, reach: range) -> int | None:
    """Give the line that closes what a line opens: it has the same indentation."""
    bare = lines[row].strip()
    closing = lines[row][: lines[row].index(bare)] + _OPENING[bare]
    return next((place for place in reach if lines[place].rstrip() in (closing, closing + b",")), None)
