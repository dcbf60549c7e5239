"""One stream's text as it arrives comes in; a `Stream` of all of it so far goes out, as if it had been read at once."""

from dataclasses import replace
from pathlib import Path

import polars as pl

from mirrorcheck.detection import Formats, detect_in
from mirrorcheck.ingest import Counts, Stream, without_silent
from mirrorcheck.observe import Filter, complete_table, observe
from mirrorcheck.sources.feed import Opened
from mirrorcheck.sources.files import Source
from mirrorcheck_parsers import Format, Parser, RecordBatch, UnparsedLine

_SAMPLE = 1 << 18  # bytes in which a format is looked for; what is in none by then is counted as unparsed
_SAMPLES = 20
_WIDTH = 200  # bytes of an unparsed line that are kept
_MOST_TABLES = 64  # before they are joined, so that a look does not join thousands


class Reading:
    """A stream that is still being written; its text must lie in `path` by the time it is told here."""

    def __init__(self, opened: Opened, name: str, path: Path, formats: Formats, exclusions: Filter) -> None:
        """name: of the stream, for people."""
        self.opened = opened
        self.name = name
        self.last_us: int | None = None  # stamp of the last line that was parsed
        self.counts = Counts()
        self._source = Source(name, path)
        self._formats, self._exclusions = formats, exclusions
        self._parser: Parser | None = None
        self._format: Format | None = None
        self._head = b""
        self._skipped_lines, self._skipped_bytes = 0, 0
        self._samples: list[UnparsedLine] = []
        self._tables: list[pl.DataFrame] = []

    def take(self, data: bytes) -> None:
        """Parse whole lines that follow what was told before."""
        if not data:
            return
        if self._parser is None:
            self._head += data
            self._find_format()
        else:
            self._keep(self._parser.feed(data))

    def finish(self) -> None:
        """Take an open quote at the end for what it is: nothing follows any more."""
        if self._parser is not None:
            self._keep(self._parser.flush())

    def stream(self) -> Stream:
        """All that has been read so far."""
        if len(self._tables) > 1:
            self._tables = [pl.concat(self._tables)]
        head = Counts(read=self._head.count(b"\n"), foreign=self._head.count(b"\n"))
        table = complete_table(self._tables)
        format_ = self._format and without_silent(self._format, table)
        return Stream(self._source, format_, self.counts + head, tuple(self._samples), table)

    def forget(self, lines: pl.Series) -> None:
        """Drop the observations of these lines (1-based numbers); the counts stay."""
        self._tables = [table.filter(~pl.col("line").is_in(lines.implode())) for table in self._tables]

    def _find_format(self) -> None:
        detection = detect_in(self._head, self._formats)
        if detection.format is not None:
            self._format, self._parser = detection.format, Parser(detection.format)
            head, self._head = self._head, b""
            self._keep(self._parser.feed(head))
        elif len(self._head) > _SAMPLE:
            self._give_up(detection.first_line)

    def _give_up(self, first: tuple[int, bytes]) -> None:
        """Nothing so far is in a known format: count it, and try again with what follows."""
        lines = self._head.count(b"\n")
        number, text = first
        unparsed = lines if number else 0
        self.counts += Counts(lines, 0, lines - unparsed, unparsed)
        if number and len(self._samples) < _SAMPLES:
            self._samples.append(UnparsedLine(self._skipped_lines + number, "no known format", text[:_WIDTH]))
        self._skipped_lines += lines
        self._skipped_bytes += len(self._head)
        self._head = b""

    def _keep(self, batch: RecordBatch) -> None:
        self.counts += Counts(batch.lines, batch.parsed, batch.foreign, batch.unparsed, batch.rejoined)
        self._samples.extend(replace(sample, line=sample.line + self._skipped_lines) for sample in batch.samples)
        if not batch.parsed:
            return
        table = observe(batch, self._exclusions)
        if self._skipped_lines:
            table = table.with_columns(pl.col("line") + self._skipped_lines, pl.col("offset") + self._skipped_bytes)
        self.last_us = max(self.last_us or 0, int(batch.time_us.max()))
        self._tables.append(table)
        if len(self._tables) > _MOST_TABLES:
            self._tables = [pl.concat(self._tables)]
