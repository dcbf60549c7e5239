"""The records of a text, as columns: what a parser gives, and what can be asked of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mirrorcheck_parsers.columnwise.hashes import hash_texts
from mirrorcheck_parsers.columnwise.numbers import read_durations, read_integers
from mirrorcheck_parsers.columnwise.parts import Beginnings, Lists, hash_beginnings, hash_lists, last_elements
from mirrorcheck_parsers.columnwise.words import begin_like, begin_with, find_first, find_last, first_words, window

_PORT_REACH = 8  # bytes, more than a colon and a port take


class LineOrigin(NamedTuple):
    """Who wrote a line, as far as the layers around it say; each b"" where none does. stream: stdout or stderr."""

    pod: bytes = b""
    labels: bytes = b""
    container: bytes = b""
    stream: bytes = b""


UNKNOWN: Final = LineOrigin()


@dataclass(frozen=True, slots=True)
class UnparsedLine:
    """A line that is no record: its 1-based number, the reason, its first 200 bytes, its origin.

    The reason of a foreign line is empty: it is none of the log's own.
    """

    line: int
    reason: str
    text: bytes
    origin: LineOrigin = UNKNOWN


@dataclass(frozen=True, slots=True, eq=False)
class RecordBatch:
    """n records in line order; all arrays are of length n.

    data: the text that the spans point into, followed by padding.
    line: int64, 1-based number of the record's first physical line in the stream.
    offset, length: int64 and int32, the bytes of its physical lines in the stream, without the closing line break.
    spans: field -> (start, stop), int64 each, positions in data; without the log's escapes. Records that have the same
    text may share one place for it.
    time_us: int64, UTC microseconds since 1970 on the best clock of the format (Format.clock, Format.resolution_us).
    well_formed: bool, False where the request is not `METHOD target[ HTTP/x]`.
    lines == parsed + foreign + unparsed; a record rejoined from two lines is one line here, and `rejoined` counts it.
    samples: the unparsed lines of this batch, at most 20 of each of the first 1,000 origins in the life of a Parser.
    unit: what `request_time` counts, see Format.unit. unparsed_of: how many lines of each
    origin are unparsed. numbers: what `integer` gives of the fields that were read already. foreign_samples,
    foreign_of: as samples and unparsed_of, of the foreign lines; blank ones are no samples.
    """

    data: bytes
    line: NDArray[np.int64]
    offset: NDArray[np.int64]
    length: NDArray[np.int32]
    spans: Mapping[str, tuple[NDArray[np.int64], NDArray[np.int64]]]
    time_us: NDArray[np.int64]
    well_formed: NDArray[np.bool_]
    lines: int = 0
    parsed: int = 0
    foreign: int = 0
    unparsed: int = 0
    rejoined: int = 0
    samples: tuple[UnparsedLine, ...] = ()
    unit: str = "s"
    unparsed_of: Mapping[LineOrigin, int] = field(default_factory=dict)
    numbers: Mapping[str, NDArray[np.int64]] = field(default_factory=dict)
    foreign_samples: tuple[UnparsedLine, ...] = ()
    foreign_of: Mapping[LineOrigin, int] = field(default_factory=dict)

    def text(self, field: str, rows: NDArray[np.int64] | None = None) -> list[bytes]:
        """Give the text of a field, of all records or of some; KeyError for a field not logged."""
        start, stop = self.spans[field]
        if rows is not None:
            start, stop = start[rows], stop[rows]
        return [self.data[begin:end] for begin, end in zip(start.tolist(), stop.tolist(), strict=True)]

    def is_text(self, field: str, text: bytes) -> NDArray[np.bool_]:
        """Where a field is this text, bool[n]."""
        start, stop = self.spans[field]
        same: NDArray[np.bool_] = begin_with(window(self.data), start, stop, text) & (stop - start == len(text))
        return same

    def hashes(self, start: NDArray[np.int64], stop: NDArray[np.int64]) -> NDArray[np.uint64]:
        """Hash the bytes of data between start and stop; equal texts hash equally in every batch of every format."""
        return hash_texts(window(self.data), start, stop)

    def hash_beginnings(self, field: str, byte: int) -> Beginnings:
        """Hash a field and what stands in front of the first of a byte in it, as `hashes` does."""
        return hash_beginnings(window(self.data), *self.spans[field], byte)

    def hash_lists(self, field: str) -> Lists:
        """Hash a field of elements with commas between them, as `hashes` does, and its parts."""
        return hash_lists(window(self.data), *self.spans[field])

    def last_elements(
        self, start: NDArray[np.int64], stop: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Give where the last element of each list in data starts, and where what is in front of it stops."""
        return last_elements(window(self.data), start, stop)

    def begin_like(
        self, start: NDArray[np.int64], stop: NDArray[np.int64], heads: Sequence[bytes]
    ) -> NDArray[np.bool_]:
        """Where data between start and stop may begin with one of some heads of up to eight bytes, in whatever case."""
        return begin_like(window(self.data), start, stop, heads)

    def first(self, byte: int, start: NDArray[np.int64], stop: NDArray[np.int64]) -> NDArray[np.int64]:
        """Find the first of a byte that is rare in the text between start and stop; stop where there is none."""
        return find_first(window(self.data), start, stop, byte)

    def last(self, byte: int, start: NDArray[np.int64], stop: NDArray[np.int64], reach: int) -> NDArray[np.int64]:
        """Find the last of a byte in the last `reach` bytes between start and stop; -1 where there is none."""
        return find_last(window(self.data), np.maximum(start, stop - reach), stop, byte)

    def ends_with(self, field: str, suffix: bytes, *, before: int | None = None) -> NDArray[np.bool_]:
        """Where a field ends with a text, bool[n]; or where that stands in front of the last byte `before`."""
        view = window(self.data)
        start, stop = self.spans[field]
        if before is not None:
            stop = find_last(view, np.maximum(start, stop - _PORT_REACH), stop, before)
        begin = np.maximum(stop - len(suffix), start)
        return begin_with(view, begin, np.maximum(stop, begin), suffix)

    def first_word(self, field: str) -> NDArray[np.uint64]:
        """Give a field's first eight bytes as a little-endian number, zeros for those it lacks."""
        return self.first_words(*self.spans[field])

    def first_words(self, start: NDArray[np.int64], stop: NDArray[np.int64]) -> NDArray[np.uint64]:
        """Give the first eight bytes of data between start and stop, as `first_word` does."""
        return first_words(window(self.data), start, stop)

    def integer(self, field: str) -> NDArray[np.int64]:
        """Give a field as int64, -1 where it is absent or no number of at most 18 digits."""
        if field in self.numbers:
            return self.numbers[field]
        return read_integers(window(self.data), self.spans[field])

    def micros(self, field: str) -> NDArray[np.int64]:
        """Give durations such as `0.013` in microseconds, int64, -1 where one is absent or none.

        Numbers are seconds, but those of `request_time` are what the format says.
        """
        unit = self.unit if field == "request_time" else "s"
        return read_durations(window(self.data), self.spans[field], unit, self.numbers.get(field))
