"""Reads a stream that still grows; at any time it gives a `Stream` as if its text had been read at once."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from mirrorcheck.engine import constants
from mirrorcheck.reading import constants as reading_constants
from mirrorcheck.reading.detection import Formats, detect_in
from mirrorcheck.reading.observe import Columns, Filter, Ints
from mirrorcheck.reading.stream import Stream, observed
from mirrorcheck.reading.stream_reader import Counts, Read, Shared, Skipped, StreamReader
from mirrorcheck.sources.feed import Opened
from mirrorcheck.sources.files import CHUNK, Source
from mirrorcheck_parsers import Detection, Format, Parser, UnparsedLine

_SAMPLES = 20
_WIDTH = 200  # bytes of an unparsed line that are kept
_OF_ONE_POD = frozenset({"statefulset.kubernetes.io/pod-name", "apps.kubernetes.io/pod-index"})

Template = tuple[str, str, tuple[tuple[str, str], ...]]
"""The namespace, the container and the labels that the pods of one template share."""


class TemplateFormats:
    """Remembers the format of a pod's log for the logs of all pods that were made from the same template.

    To find a format takes a hundred times as long as to check that lines are in it.
    """

    def __init__(self) -> None:
        self._formats: dict[Template, Format] = {}

    def note(self, opened: Opened, format_: Format) -> None:
        """Note the format of a stream's log."""
        if opened.side is not None:
            self._formats[_template(opened)] = format_

    def format_of(self, opened: Opened, text: bytes) -> Format | None:
        """The format of the template, if it parses some lines of a text and leaves none unparsed."""
        format_ = self._formats.get(_template(opened)) if opened.side is not None else None
        return format_ if format_ is not None and _reads(format_, text) else None


def _reads(format_: Format, text: bytes) -> bool:
    parser = Parser(format_)
    batches = (parser.feed(text), parser.flush())
    return any(batch.parsed for batch in batches) and not any(batch.unparsed for batch in batches)


def _template(opened: Opened) -> Template:
    labels = tuple((name, value) for name, value in opened.labels if name not in _OF_ONE_POD)
    return opened.namespace, opened.container, labels


class GrowingStream:
    """A stream that is still being written; its text must be in `path` before it is taken here.

    The known keys of JSON grow with it: as in saved logs all keys of the first lines are named, and of later lines
    those in use. Where that changes the meaning of earlier lines, they are read again.
    """

    def __init__(  # noqa: PLR0913, PLR0917  # a stream, and what is asked of all
        self,
        opened: Opened,
        name: str,
        path: Path,
        formats: Formats,
        exclusions: Filter,
        templates: TemplateFormats | None = None,
    ) -> None:
        """name: of the stream, for people. templates: the formats of other pods' logs."""
        self.opened = opened
        self.name = name
        self._source = Source(name, path)
        self._formats, self._exclusions = formats, exclusions
        self._templates = templates or TemplateFormats()
        self._shared = Shared()  # what all logs have
        self._reader: StreamReader | None = None
        self._detected: Format | None = None
        self._head = b""  # the text from _skipped on, until the format is certain
        self._searched = 0  # bytes of it in which the format was searched
        self._skipped = Skipped()
        self._taken = 0  # bytes
        self._finished = False
        self._forgotten = 0  # the last forgotten line
        self._counts = Counts()  # of the skipped text
        self._samples: list[UnparsedLine] = []

    @property
    def counts(self) -> Counts:
        """All lines but those whose format is still searched."""
        return self._counts if self._reader is None else self._counts + self._reader.counts

    @property
    def last_us(self) -> int | None:
        """Stamp of the last line that was parsed."""
        return None if self._reader is None else self._reader.last_us

    @property
    def taken(self) -> int:
        """How many bytes were taken so far."""
        return self._taken

    @property
    def is_empty(self) -> bool:
        """Whether nothing was taken so far."""
        return not self._taken

    @property
    def format(self) -> Format | None:
        """The format, None while it is searched."""
        return None if self._reader is None else self._reader.format

    def take(self, data: bytes) -> None:
        """Parse whole lines that follow those taken before."""
        if not data:
            return
        self._taken += len(data)
        if self._reader is None or self._head:
            self._head += data
        if self._reader is not None:
            self._reader.feed(data)
        if self._reader is None or self._is_search_due():
            self._find_format()
        if len(self._head) > reading_constants.FORMAT_SAMPLE or (self._detected and not self._detected.extensible):
            self._head = b""
        self._grow()

    def finish(self) -> None:
        """Nothing follows any more: parse an open quote at the end as it is."""
        if self._is_search_due(whole=True):
            self._find_format()
        self._finished = True
        if self._reader is not None:
            self._reader.finish()
            self._grow()

    def share(self, shared: Shared) -> None:
        """Learn which fields all logs have."""
        before, self._shared = self._shared, shared
        if self._reader is not None and shared.within(self._reader.format) != before.within(self._reader.format):
            self._read_again(self._reader.format)

    def read(self) -> tuple[Source, Read, Columns]:
        """All that has been read so far: what, and the observations that are held."""
        if self._reader is None:
            lines = self._head.count(b"\n")
            counts = self._counts + Counts(read=lines, foreign=lines)
            return self._source, Read(None, counts, tuple(self._samples)), {}
        read = self._reader.read()
        read = replace(read, counts=self.counts, samples=(*self._samples, *read.samples))
        return self._source, read, self._reader.columns()

    def stream(self) -> Stream:
        """The same as one stream."""
        return observed(*self.read())

    def forget(self, lines: Ints) -> None:
        """Drop the observations of these lines (1-based numbers); the counts stay."""
        if self._reader is not None and len(lines):
            self._reader.forget(lines)
            self._forgotten = max(self._forgotten, int(lines.max()))

    def recall(self) -> None:
        """Hold all observations again."""
        self._forgotten = 0
        if self._reader is not None:
            self._read_again(self._reader.format)

    def _find_format(self) -> None:
        """Search the format in as many first lines as in saved logs."""
        self._searched = len(self._head)
        like = self._templates.format_of(self.opened, self._head) if self._reader is None else None
        if like is not None:
            self._searched = max(self._searched, constants.JSON_SAMPLE)  # known from a longer text
            self._take_format(like)
            return
        detection = detect_in(self._head, self._formats)
        if detection.format is not None:
            self._take_format(detection.format)
        elif self._searched > reading_constants.FORMAT_SAMPLE and self._reader is None:
            self._give_up(detection)

    def _take_format(self, format_: Format) -> None:
        if self._searched >= constants.JSON_SAMPLE or not format_.extensible:
            self._templates.note(self.opened, format_)
        if format_ != self._detected:
            self._detected = format_
            self._read_again(format_)

    def _is_search_due(self, *, whole: bool = False) -> bool:
        """Whether there are enough new first lines to search again. whole: there will be no others."""
        if len(self._head) <= self._searched:
            return False
        few = self._searched < constants.JSON_SAMPLE and (whole or len(self._head) >= constants.JSON_SAMPLE)
        full = whole or len(self._head) > reading_constants.FORMAT_SAMPLE
        return few or (full and self._reader is not None and self._reader.unnamed)

    def _grow(self) -> None:
        """Read again if keys came late."""
        grown = self._reader.grown if self._reader else None
        if grown:
            self._read_again(grown)

    def _read_again(self, format_: Format) -> None:
        """Read everything from the beginning, without what was forgotten."""
        held = self._reader.lines if self._reader else None
        reader = StreamReader(format_, self._exclusions, self._shared.within(format_), self._skipped)
        for chunk in self._text():
            reader.feed(chunk)
            lines = reader.lines[: np.searchsorted(reader.lines, self._forgotten, "right")]
            gone = lines[~np.isin(lines, held)] if held is not None else lines[:0]
            if len(gone):
                reader.forget(gone)
        if self._finished:
            reader.finish()
        self._reader = reader

    def _text(self) -> Iterator[bytes]:
        """All text but the skipped."""
        if self._head:
            yield from (self._head[place : place + CHUNK] for place in range(0, len(self._head), CHUNK))
            return
        left = self._taken - self._skipped.bytes
        with self._source.raw() as raw:
            raw.seek(self._skipped.bytes)
            while chunk := raw.read(min(left, CHUNK)):
                left -= len(chunk)
                yield chunk

    def _give_up(self, detection: Detection) -> None:
        """Count text without a known format, and search again in what follows."""
        lines = self._head.count(b"\n")
        number, text = detection.first_line if detection.asks else (0, b"")
        unparsed = lines if number else 0
        self._counts += Counts(lines, 0, lines - unparsed, unparsed)
        if number and len(self._samples) < _SAMPLES:
            self._samples.append(UnparsedLine(self._skipped.lines + number, "no known format", text[:_WIDTH]))
        self._skipped = Skipped(self._skipped.lines + lines, self._skipped.bytes + len(self._head))
        self._head = b""
