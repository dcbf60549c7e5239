"""One stream's text as it arrives comes in; a `Stream` of all of it so far goes out, as if it had been read at once."""

from dataclasses import replace
from pathlib import Path

import polars as pl

from mirrorcheck.detection import Formats, detect_in
from mirrorcheck.observe import Filter, complete_table
from mirrorcheck.sources.feed import Opened
from mirrorcheck.sources.files import Source
from mirrorcheck.stream import Counts, Skipped, Stream, StreamReader
from mirrorcheck_parsers import UnparsedLine

_SAMPLE = 1 << 18  # bytes in which a format is looked for; what is in none by then is counted as unparsed
_SAMPLES = 20
_WIDTH = 200  # bytes of an unparsed line that are kept


class Reading:
    """A stream that is still being written; its text must lie in `path` by the time it is told here."""

    def __init__(self, opened: Opened, name: str, path: Path, formats: Formats, exclusions: Filter) -> None:
        """name: of the stream, for people."""
        self.opened = opened
        self.name = name
        self._source = Source(name, path)
        self._formats, self._exclusions = formats, exclusions
        self._reader: StreamReader | None = None
        self._head = b""  # what came before there is a reader, and was not given up
        self._skipped = Skipped()
        self._counts = Counts()  # of what was given up
        self._samples: list[UnparsedLine] = []

    @property
    def counts(self) -> Counts:
        """All lines but those of a text whose format is still looked for."""
        return self._counts if self._reader is None else self._counts + self._reader.counts

    @property
    def last_us(self) -> int | None:
        """Stamp of the last line that was parsed."""
        return None if self._reader is None else self._reader.last_us

    def take(self, data: bytes) -> None:
        """Parse whole lines that follow what was told before."""
        if not data:
            return
        if self._reader is None:
            self._head += data
            self._find_format()
        else:
            self._reader.feed(data)

    def finish(self) -> None:
        """Take an open quote at the end for what it is: nothing follows any more."""
        if self._reader is not None:
            self._reader.finish()

    def stream(self) -> Stream:
        """All that has been read so far."""
        if self._reader is None:
            lines = self._head.count(b"\n")
            counts = self._counts + Counts(read=lines, foreign=lines)
            return Stream(self._source, None, counts, tuple(self._samples), complete_table({}))
        read = self._reader.stream(self._source)
        return replace(read, counts=self.counts, samples=(*self._samples, *read.samples))

    def forget(self, lines: pl.Series) -> None:
        """Drop the observations of these lines (1-based numbers); the counts stay."""
        if self._reader is not None:
            self._reader.forget(lines)

    def _find_format(self) -> None:
        detection = detect_in(self._head, self._formats)
        if detection.format is not None:
            self._reader = StreamReader(detection.format, self._exclusions, skipped=self._skipped)
            self._reader.feed(self._head)
            self._head = b""
        elif len(self._head) > _SAMPLE:
            self._give_up(detection.first_line)

    def _give_up(self, first: tuple[int, bytes]) -> None:
        """Nothing so far is in a known format: count it, and try again with what follows."""
        lines = self._head.count(b"\n")
        number, text = first
        unparsed = lines if number else 0
        self._counts += Counts(lines, 0, lines - unparsed, unparsed)
        if number and len(self._samples) < _SAMPLES:
            self._samples.append(UnparsedLine(self._skipped.lines + number, "no known format", text[:_WIDTH]))
        self._skipped = Skipped(self._skipped.lines + lines, self._skipped.bytes + len(self._head))
        self._head = b""
