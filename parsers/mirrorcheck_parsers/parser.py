"""Takes the chunks of one stream; gives record batches, the same whatever the chunks."""

from dataclasses import dataclass

import numpy as np

from mirrorcheck_parsers.batch import RecordBatch, UnparsedLine
from mirrorcheck_parsers.columns import Columns, Lines, cut_columns, find_lines
from mirrorcheck_parsers.exact import Exact, Fates
from mirrorcheck_parsers.explain import explain
from mirrorcheck_parsers.foreign import COLOURS, Chatter
from mirrorcheck_parsers.formats import Format, prefix_parts
from mirrorcheck_parsers.objects_columns import Objects
from mirrorcheck_parsers.records import Records, assemble
from mirrorcheck_parsers.words import PADDING, Positions, window

_SAMPLES = 20
_SAMPLE_WIDTH = 200
_NONE = np.zeros(0, np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class _Physical:
    """Where the lines lie in the bytes that were fed: int64[m] each, relative to the first of them."""

    start: Positions
    stop: Positions


class Parser:
    """Parses one stream in one format: feed it chunks, then flush it.

    It keeps the incomplete last line, at most one line with an open quote before it, and the numbers of lines and
    bytes so far. Chunks of 2 to 4 MiB are fastest.
    """

    def __init__(self, format: Format) -> None:
        self._format = format
        self._chatter = Chatter(format)
        self._padding = bytes(PADDING + (format.plan.reach if format.plan else 0))
        self._millis = frozenset({"request_time"} if format.logs_millis else ())
        self._objects = Objects(format) if format.keys and not prefix_parts(format.wrapper) else None
        self._rest: list[bytes] = []
        self._line = 1
        self._offset = 0
        self._samples_left = _SAMPLES

    def feed(self, chunk: bytes) -> RecordBatch:
        """Parse the lines that are complete with this chunk."""
        cut = chunk.rfind(b"\n") + 1
        if not cut:
            self._rest.append(chunk)
            return self._empty()
        body = b"".join((*self._rest, memoryview(chunk)[:cut], self._padding))
        self._rest = [chunk[cut:]]
        return self._parse(body, len(body) - len(self._padding), final=False)

    def flush(self) -> RecordBatch:
        """Parse what is left at the end of the stream: the last line even without a line break."""
        rest = b"".join(self._rest)
        self._rest = []
        if not rest:
            return self._empty()
        if not rest.endswith(b"\n"):
            rest += b"\n"
        return self._parse(rest + self._padding, len(rest), final=True)

    def _empty(self) -> RecordBatch:
        none = (_NONE, _NONE)
        return RecordBatch(
            data=self._padding,
            line=_NONE,
            offset=_NONE,
            length=_NONE.astype(np.int32),
            spans=dict.fromkeys(self._format.fields, none),
            time_us=_NONE,
            well_formed=_NONE.astype(np.bool_),
            lines=0,
            parsed=0,
            foreign=0,
            unparsed=0,
            rejoined=0,
            samples=(),
        )

    def _parse(self, body: bytes, size: int, *, final: bool) -> RecordBatch:
        """Parse `size` bytes of whole lines, followed by padding."""
        text, lines = body, find_lines(window(body), size, quotes=self._objects is None)
        physical = _Physical(lines.start, lines.stop)
        if self._format.wrapper and b"\x1b" in body:
            text = COLOURS.sub(b"", body)
            lines = find_lines(window(text), len(text) - len(self._padding), quotes=self._objects is None)
        columns, exact, fates = self._decide(text, lines)
        taken = len(lines.start)
        if fates.held is not None and final:
            fates.unparsed.append(fates.held)
        elif fates.held is not None:
            taken -= 1
            self._rest.insert(0, body[int(physical.start[-1]) : size])
        records = assemble(self._format, text, self._padding, columns, fates)
        batch = self._batch(records, fates, self._sample(exact, fates), physical, taken)
        self._line += taken
        self._offset += size if taken == len(lines.start) else int(physical.start[-1])
        return batch

    def _decide(self, text: bytes, lines: Lines) -> tuple[Columns, Exact, Fates]:
        """Decide all lines: most of them column by column, the rest one by one."""
        left = np.ones(len(lines.start), np.bool_)
        names = [column.name for column in self._format.columns]
        columns = Columns(_NONE, dict.fromkeys(names, (_NONE, _NONE)), {})
        if self._format.plan:
            backslashes = self._format.escape != "none" and b"\\" in text
            columns = cut_columns(window(text), lines, self._format.plan, backslashes=backslashes)
        elif self._objects:
            columns = self._objects.cut(text, lines)
        left[columns.row] = False
        rows = np.flatnonzero(left).tolist()
        start, stop = (lines.start.tolist(), lines.stop.tolist()) if rows else ([], [])
        exact = Exact(self._format, self._chatter, text, start, stop, self._line)
        return columns, exact, exact.decide(rows)

    def _sample(self, exact: Exact, fates: Fates) -> tuple[UnparsedLine, ...]:
        samples = []
        for row in fates.unparsed[: self._samples_left]:
            line = exact.line(row)
            reason = explain(self._format, line).reason
            samples.append(UnparsedLine(self._line + row, reason, line[:_SAMPLE_WIDTH]))
        self._samples_left -= len(samples)
        return tuple(samples)

    def _batch(
        self, records: Records, fates: Fates, samples: tuple[UnparsedLine, ...], physical: _Physical, taken: int
    ) -> RecordBatch:
        start, stop = physical.start[records.row], physical.stop[records.row]
        if fates.joined:
            joined = np.isin(records.row, fates.joined)
            stop[joined] = physical.stop[records.row[joined] + 1]
        return RecordBatch(
            data=records.data,
            line=self._line + records.row,
            offset=self._offset + start,
            length=(stop - start).astype(np.int32),
            spans=records.spans,
            time_us=records.time_us,
            well_formed=records.well_formed,
            lines=taken - len(fates.joined),
            parsed=len(records.row),
            foreign=fates.foreign,
            unparsed=len(fates.unparsed),
            rejoined=len(fates.joined),
            samples=samples,
            millis=self._millis,
        )
