"""Takes one JSON line's bytes and values; gives its skeleton: the text between the values, which other lines repeat."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mirrorcheck_parsers.kinds import Field
from mirrorcheck_parsers.objects import Value

MARK = b'":'


@dataclass(frozen=True, slots=True, eq=False)
class Skeleton:
    r"""What lines with the same keys in the same order share: v values, each behind a literal text.

    `":` marks a key; a line has as many `marks`, and `quotes` in the texts. lengths: int64[v + 1], of the texts before
    the values and of the tail. mark, offset: int64[v], the number of the last mark before each value, and how far
    behind it the value begins. texts: the literal texts, none of which ends with a zero byte. columns: field name ->
    value.
    """

    marks: int
    quotes: int
    lengths: NDArray[np.int64]
    mark: NDArray[np.int64]
    offset: NDArray[np.int64]
    texts: tuple[bytes, ...]
    columns: Mapping[str, int]


def make_skeleton(line: bytes, values: Sequence[Value], keys: Mapping[bytes, Field]) -> Skeleton | None:
    """Learn the skeleton of a line whose values lie at these places in it, None where it has no regular one."""
    texts = _texts(line, values)
    paths = [value.path for value in values]
    regular = len(set(paths)) == len(paths) and not any(b"\\" in text or text[-1:] in (b"", b"\0") for text in texts)
    if not regular or not values or not all(MARK in text for text in texts[:-1]) or MARK in texts[-1]:
        return None
    counts = np.array([text.count(MARK) for text in texts[:-1]])
    last = np.array([len(text) - text.rindex(MARK) for text in texts[:-1]], np.int64)
    columns = {keys[path].name: place for place, path in enumerate(paths) if path in keys and not keys[path].duplicate}
    return Skeleton(
        marks=int(counts.sum()),
        quotes=sum(text.count(b'"') for text in texts),
        lengths=np.array([len(text) for text in texts], np.int64),
        mark=np.cumsum(counts) - 1,
        offset=last,
        texts=tuple(texts),
        columns=columns,
    )


def _texts(line: bytes, values: Sequence[Value]) -> list[bytes]:
    """Cut a line at its values, quotes and nulls belonging to these; one text more than values."""
    texts, at = [], 0
    for value in values:
        start, stop = value.start - value.string, value.stop + value.string
        texts.append(line[at:start])
        at = stop + (len(b"null") if start == stop else 0)
    return [*texts, line[at:]]
