"""Takes rows of a JSON text laid out over several lines; gives each object in it as one row."""

from typing import Final

import numpy as np

from mirrorcheck_parsers.wrappers.parts import Joined, put_in_front
from mirrorcheck_parsers.wrappers.rows import Rows

_LONGEST: Final = 4096  # lines of an object: beyond that, its end is lost


def join_elements(rows: Rows, *, final: bool) -> Joined:
    """Join the lines of each object; those of none, such as the brackets around all of them, are bare from now on.

    Printers that indent, gcloud's, jq and stern's ppextjson among them, begin an object with a line that has nothing
    but its brace, and end it with one of the same indentation. An object in one line may have a comma behind it.
    """
    count = len(rows.start)
    chains, decided = _chains([rows.line(row) for row in range(count)], final=final)
    heads = [first for first, _ in chains]
    last, swallowed, wrapped = np.arange(count), np.zeros(count, np.bool_), np.zeros(count, np.bool_)
    for first, end in chains:
        last[first], wrapped[first], swallowed[first + 1 : end + 1] = end, True, True
    texts = [b"".join(map(rows.line, range(first, end + 1))).removesuffix(b",") for first, end in chains]
    joined = put_in_front(rows, heads, texts)
    return Joined(Rows(joined.text, joined.start, joined.stop, wrapped, joined.spans), swallowed, last, decided)


def _chains(lines: list[bytes], *, final: bool) -> tuple[list[tuple[int, int]], int]:
    """Give the first and last line of each object, and how many lines are decided."""
    chains: list[tuple[int, int]] = []
    row = 0
    while row < len(lines):
        bare = lines[row].strip()
        if bare == b"{":
            indent = lines[row][: lines[row].index(b"{")]
            ends = (indent + b"}", indent + b"},")
            reach = range(row + 1, min(row + _LONGEST, len(lines)))
            end = next((place for place in reach if lines[place].rstrip() in ends), None)
            if end is None and not final and row + _LONGEST >= len(lines):
                return chains, row
            if end is not None:
                chains.append((row, end))
                row = end
        elif bare.startswith(b"{") and bare.endswith((b"}", b"},")):
            chains.append((row, row))
        row += 1
    return chains, len(lines)
