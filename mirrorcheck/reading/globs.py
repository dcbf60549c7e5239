"""Finds the rows of a batch whose text matches a glob; each distinct text is matched once."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mirrorcheck.settings import globs_regex
from mirrorcheck_parsers import RecordBatch

Ints = NDArray[np.int64]
Hashes = NDArray[np.uint64]
Bools = NDArray[np.bool_]
Spans = tuple[Ints, Ints]

_WILD = re.compile(r"[*?\[]")
_WORD = 8


@dataclass(frozen=True, slots=True)
class Globs:
    """Some globs. pattern: matches where one of them does. heads: the up to eight bytes that each begins with.

    heads is empty where one of them begins with a wildcard.
    """

    pattern: re.Pattern[bytes]
    heads: tuple[bytes, ...] = ()

    @classmethod
    def of(cls, globs: Sequence[str], *, ignore_case: bool = False) -> "Globs | None":
        """Compile them; None without any."""
        pattern = globs_regex(globs, ignore_case=ignore_case)
        if pattern is None:
            return None
        heads = {_WILD.split(glob, maxsplit=1)[0].encode("utf-8", "surrogateescape")[:_WORD] for glob in globs}
        return cls(pattern, tuple(heads) if all(heads) else ())

    def rows(self, batch: RecordBatch, spans: Spans, hashes: Hashes) -> Ints:
        """The rows of a batch whose text matches, in their order."""
        rows = self._begun(batch, spans)
        first, number = distinct_texts(hashes, rows)
        start, stop = (bound[first].tolist() for bound in spans)
        match = self.pattern.match
        matching = [match(batch.data, begin, end) is not None for begin, end in zip(start, stop, strict=True)]
        return rows[np.array(matching, np.bool_)[number]]

    def _begun(self, batch: RecordBatch, spans: Spans) -> Ints:
        """The rows that begin like one of them, in whatever case; all rows where there are no heads."""
        if not self.heads:
            return np.arange(len(spans[0]))
        return np.flatnonzero(batch.begin_like(*spans, self.heads))


def distinct_texts(hashes: Hashes, rows: Ints) -> tuple[Ints, Ints]:
    """Some row of each distinct text among `rows`, and by place in `rows` the number of its text."""
    order = np.argsort(hashes[rows])
    ordered = rows[order]
    begins = np.ones(len(rows), np.bool_)
    begins[1:] = hashes[ordered[1:]] != hashes[ordered[:-1]]
    number = np.empty(len(rows), np.int64)
    number[order] = np.cumsum(begins) - 1
    return ordered[begins], number
