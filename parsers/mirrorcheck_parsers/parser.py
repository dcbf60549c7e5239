"""Parses the chunks of one stream into record batches, the same records however it is cut."""

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import replace

import numpy as np

from mirrorcheck_parsers import scanning
from mirrorcheck_parsers.batch import UNKNOWN, LineOrigin, RecordBatch, UnparsedLine
from mirrorcheck_parsers.columnwise.columns import Columns, LineIndex, find_lines
from mirrorcheck_parsers.columnwise.words import PADDING
from mirrorcheck_parsers.compiled.scanners import Scanner, object_scanner, text_scanner
from mirrorcheck_parsers.exact.explain import explain
from mirrorcheck_parsers.exact.foreign import ForeignLines
from mirrorcheck_parsers.exact.late import LateKeys
from mirrorcheck_parsers.exact.lines import ExactParser, ParsedLines
from mirrorcheck_parsers.exact.requestlike import RequestLike
from mirrorcheck_parsers.exact.usual import UsualObjects
from mirrorcheck_parsers.formats.fields import STAMP
from mirrorcheck_parsers.formats.format import Format
from mirrorcheck_parsers.formats.values import PAIRS
from mirrorcheck_parsers.layers.model import COLOURS_ONLY, stack_name
from mirrorcheck_parsers.records import Decided, Taken
from mirrorcheck_parsers.wrappers.parts import Joined
from mirrorcheck_parsers.wrappers.unwrap import Unwrapper

_SAMPLES = 20
_MOST_ORIGINS = 1000  # of samples: labels may differ from line to line
_SAMPLE_WIDTH = 200
_NONE = np.zeros(0, np.int64)


class Parser:
    """Parses one stream in one format: feed it chunks, then flush it.

    It keeps the incomplete last line, at most one line with an open quote before it, and the numbers of lines and
    bytes so far. Chunks of 2 to 4 MiB are fastest.
    """

    def __init__(self, format: Format, asked: Collection[str] = (), *, exact: bool = False) -> None:
        """asked: the names of fields that are of use, as find_field takes them, besides those known by name.

        exact: read all lines one by one, as those that the kernel leaves; this decides speed alone, never a result.
        """
        self._format = format
        self._foreign = ForeignLines()
        self._requests = RequestLike(format)
        self._late = LateKeys(format, asked) if format.keys else None
        self._usual = None if exact else _usual(format)
        self._scanner = None if exact else _scanner(format, self._late)
        self._unwrapper = _unwrapper(format, exact=exact) if format.layers else None
        self._padding = bytes(PADDING)
        self._rest: list[bytes] = []
        self._line = 1
        self._offset = 0
        self._samples_left: dict[LineOrigin, int] = {}
        self._foreign_left: dict[LineOrigin, int] = {}
        self._around = stack_name(format.layers)

    def feed(self, chunk: bytes) -> RecordBatch:
        """Parse the lines that are complete with this chunk."""
        return self.decide(chunk).batch()

    def flush(self) -> RecordBatch:
        """Parse what is left at the end of the stream: the last line even without a line break."""
        return self.decide_rest().batch()

    def decide(self, chunk: bytes) -> Decided:
        """Do as `feed`, but leave it to the caller to make the batch: in another thread, perhaps, and in any order."""
        cut = chunk.rfind(b"\n") + 1
        if not cut:
            self._rest.append(chunk)
            return self._parse(self._padding, 0, final=False)
        body = b"".join((*self._rest, memoryview(chunk)[:cut], self._padding))
        self._rest = [chunk[cut:]]
        return self._parse(body, len(body) - len(self._padding), final=False)

    def decide_rest(self) -> Decided:
        """Do as `flush`, and leave it to the caller to make the batch."""
        rest = b"".join(self._rest)
        self._rest = []
        if rest and not rest.endswith(b"\n"):
            rest += b"\n"
        return self._parse(rest + self._padding, len(rest), final=True)

    def grown(self) -> Format | None:
        """Give the format with the keys that its first lines lack and later ones have; None if it has them all.

        It is the same however the text is cut. By it, all lines so far are what they are, with more fields.
        """
        return self._late.grown() if self._late else None

    @property
    def unnamed(self) -> bool:
        """Whether a record has a key of JSON that the first lines, from which the format was named, have not."""
        return self._late is not None and self._late.unnamed

    def _parse(self, body: bytes, size: int, *, final: bool) -> Decided:
        """Parse `size` bytes of whole lines, followed by padding."""
        text, lines = body, find_lines(body, size)
        physical, joined = lines, None
        if self._unwrapper:
            joined, lines = self._unwrapper.unwrap(body, lines, final=final)
            text = joined.rows.text
        columns, exact, parsed = self._decide(text, lines, joined)
        text = exact.text
        taken = len(lines.start)
        if self._late:
            self._late.end_text()
        if parsed.held is not None and final:
            parsed.unparsed.append(parsed.held)
        elif parsed.held is not None:
            taken = parsed.held
        if self._unwrapper:
            self._unwrapper.settle(taken)
        if taken < len(physical.start):
            self._rest.insert(0, body[int(physical.start[taken]) : size])
        unparsed_of = _origins(parsed.unparsed, joined)
        foreign_of = _origins(parsed.foreign, joined)
        spoken = [each for each in zip(parsed.foreign, foreign_of, strict=True) if exact.line(each[0]).strip()]
        unparsed = self._sample(exact, parsed.unparsed, unparsed_of, self._samples_left)
        foreign = self._sample(exact, [row for row, _ in spoken], [origin for _, origin in spoken], self._foreign_left)
        decided = Decided(
            self._format,
            body,
            text,
            columns,
            parsed,
            Taken(physical, taken, joined),
            self._line,
            self._offset,
            samples=tuple(replace(sample, reason=self._reason(exact, row)) for row, sample in unparsed),
            foreign_samples=tuple(sample for _, sample in foreign),
            unparsed_of=Counter(unparsed_of),
            foreign_of=Counter(foreign_of),
        )
        self._line += taken
        self._offset += size if taken == len(physical.start) else int(physical.start[taken])
        return decided

    def _decide(self, text: bytes, lines: LineIndex, joined: Joined | None) -> tuple[Columns, ExactParser, ParsedLines]:
        """Decide all lines: most of them column by column, the rest one by one."""
        left = np.ones(len(lines.start), np.bool_)
        names = [column.name for column in self._format.columns]
        columns = Columns(_NONE, dict.fromkeys(names, (_NONE, _NONE)), {})
        if self._scanner:
            text, columns = self._scanner.cut(text, lines)
        left[columns.row] = False
        if joined:
            left &= ~joined.swallowed[: len(left)]
        rows = np.flatnonzero(left).tolist()
        start, stop = (lines.start.tolist(), lines.stop.tolist()) if rows else ([], [])
        wrapped = joined.rows.wrapped.tolist() if joined and rows and self._format.layers != (COLOURS_ONLY,) else None
        exact = ExactParser(
            self._format, self._foreign, self._requests, text, start, stop, self._line, wrapped, self._late, self._usual
        )
        return columns, exact, exact.parse(rows)

    def _sample(
        self, exact: ExactParser, rows: list[int], origins: list[LineOrigin], left: dict[LineOrigin, int]
    ) -> Iterator[tuple[int, UnparsedLine]]:
        """Give the first lines of each origin, without a reason, beside their rows; counts what is `left` to show."""
        for place in range(len(rows)):
            origin = origins[place]
            more = left.get(origin, _SAMPLES)
            if more and (len(left) < _MOST_ORIGINS or origin in left):
                left[origin] = more - 1
                line = exact.line(rows[place])[:_SAMPLE_WIDTH]
                yield rows[place], UnparsedLine(self._line + rows[place], "", line, origin)

    def _reason(self, exact: ExactParser, row: int) -> str:
        """Say why a line is no record."""
        bare = exact.wrapped is not None and not exact.wrapped[row]
        return f"it is not in {self._around}" if bare else explain(self._format, exact.line(row)).reason


def _scanner(format: Format, late: LateKeys | None) -> Scanner | None:
    """Give what reads most lines, None where all are read one by one."""
    return text_scanner(format) if late is None else object_scanner(format, late)


def _usual(format: Format) -> UsualObjects | None:
    """Give what reads most lines of JSON where nothing is compiled: what the kernel leaves is not worth it."""
    return UsualObjects(format) if scanning.kernel is None and format.keys and format.escape != PAIRS else None


def _unwrapper(format: Format, *, exact: bool) -> Unwrapper:
    return Unwrapper(format.layers, needs_stamp=format.clock_field == STAMP, exact=exact)


def _origins(rows: list[int], joined: Joined | None) -> list[LineOrigin]:
    """Give who wrote each of some lines."""
    if joined is None:
        return [UNKNOWN] * len(rows)
    return [LineOrigin(*(joined.rows.said(name, row) for name in LineOrigin._fields)) for row in rows]
