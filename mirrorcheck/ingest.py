"""Sources in, a table of observations for each out, with every line accounted for; text is fetched again on demand."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mirrorcheck.errors import InputError, UsageError
from mirrorcheck.observe import Columns, Filter, Room, complete_table
from mirrorcheck.sources.files import Source
from mirrorcheck.stream import Counts, Shared, Stream, StreamReader
from mirrorcheck_parsers import Detection, Format, FormatError, Parser, RecordBatch, detect

_SAMPLE = 1 << 18  # bytes in which a format is looked for first
_FEW = 20_000  # lines that are fetched one by one from where they lie
_SHOWN = 40  # characters of a line in an error message
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Formats:
    """The formats that a user gave: the one of all lines, or names and templates that are tried besides the known."""

    log_format: str | None = None
    given: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Begun:
    """A source whose format has been detected, the chunks that this took, and those still to be read."""

    source: Source
    format: Format | None
    head: list[bytes]
    chunks: Iterator[bytes]


def begin(source: Source, formats: Formats, meter: Progress) -> Begun:
    """Find a source's format; `meter` is told the place reached in the stored bytes, now and later.

    Raises InputError where the source is damaged or none of its lines is in a known format, UsageError for a bad
    format.
    """
    chunks = source.chunks(meter)
    return Begun(source, *_detect(source, chunks, formats), chunks)


def begin_again(source: Source, format: Format | None, meter: Progress) -> Begun:
    """Begin with a source whose format is known."""
    return Begun(source, format, [], source.chunks(meter))


def shared_by(begun: Sequence[Begun]) -> Shared:
    """Find what the logs have in common."""
    formats = [each.format for each in begun if each.format]
    fields = frozenset.intersection(*(format_.fields for format_ in formats)) if formats else frozenset[str]()
    return Shared(fields, all(format_.clock == "start" for format_ in formats))


def read_logged(begun: Begun, exclusions: Filter, shared: Shared, room: Room | None = None) -> tuple[Stream, Columns]:
    """Read a source to its end: the stream, still without observations, and the columns of these.

    room: gives the memory for a column. Raises InputError where the source is damaged.
    """
    if begun.format is None:
        return Stream(begun.source, None, _foreign_only(begun.head), (), complete_table({})), {}
    reader = StreamReader(begun.format, exclusions, shared)
    for chunk in chain(begun.head, begun.chunks):
        reader.feed(chunk)
    reader.finish()
    return reader.counted(begun.source), reader.columns(room)


def _batches(parser: Parser, chunks: Iterable[bytes]) -> Iterator[RecordBatch]:
    for chunk in chunks:
        yield parser.feed(chunk)
    yield parser.flush()


def _detect(source: Source, chunks: Iterable[bytes], formats: Formats) -> tuple[Format | None, list[bytes]]:
    """The format of a source, None if all of it is foreign, and the chunks that it took to tell.

    Raises InputError if the first lines that are not foreign are in no known format, UsageError for a bad log_format.
    """
    head: list[bytes] = []
    for chunk in chunks:
        head.append(chunk)
        text = b"".join(head)
        detection = detect_in(text, formats)
        if detection.format:
            return detection.format, head
        if detection.first_line[0]:
            raise InputError(unknown_format(source.name, text, detection, formats))
    return None, head


def detect_in(text: bytes, formats: Formats) -> Detection:
    """Detect the format of a text, by its first lines if these tell it; raises UsageError for a bad log_format."""
    detection = _try_formats(text[:_SAMPLE], formats)
    return _try_formats(text, formats) if detection.format is None and len(text) > _SAMPLE else detection


def _try_formats(text: bytes, formats: Formats) -> Detection:
    try:
        return detect(text, log_format=formats.log_format, given=formats.given)
    except FormatError as error:
        message = f"--log-format: {error}. Give it as the configuration of nginx or Envoy has it."
        raise UsageError(message) from error


def _foreign_only(chunks: Sequence[bytes]) -> Counts:
    """Start-up chatter and nothing else is no error: a pod that has served nothing yet."""
    text = b"".join(chunks)
    lines = text.count(b"\n") + (not text.endswith(b"\n") and bool(text))
    return Counts(read=lines, foreign=lines)


def unknown_format(name: str, text: bytes, detection: Detection, formats: Formats) -> str:
    """One line on a text in no known format: its first line, how near the formats came, and the way out."""
    number, line = detection.first_line
    nearest = detection.attempts[0]
    lines = text.count(b"\n") + (not text.endswith(b"\n"))
    none = "its only line is not" if lines == 1 else f"none of its first {lines:,} lines is"
    known = "in the given format" if formats.log_format else "in a known format"
    stuck = f"column {nearest.column} (expected {nearest.expected}, found {nearest.found or 'its end'})"
    way_out = (
        "Correct --log-format."
        if formats.log_format
        else f"Tried: {_tried(detection)}. Give the format with --log-format."
    )
    return (
        f"{name}: {none} {known}. Line {number}, {shown(line)}, is nearest to {nearest.format.name}, up to "
        f"{stuck}. {way_out}"
    )


def _tried(detection: Detection) -> str:
    """Names of the formats that got anywhere by the column that each got to, nearest first."""
    by_column: dict[int, list[str]] = {}
    got_anywhere = [attempt for attempt in detection.attempts if attempt.column > 1]
    for attempt in got_anywhere or detection.attempts:
        by_column.setdefault(attempt.column, []).append(attempt.format.name)
    return "; ".join(f"{', '.join(dict.fromkeys(names))} to column {column}" for column, names in by_column.items())


def shown(text: bytes) -> str:
    """Hostile bytes as one short printable literal."""
    visible = text[:_SHOWN].decode("utf-8", "backslashreplace")
    safe = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in visible)
    return f'"{safe}{"..." if len(text) > _SHOWN else ""}"'


def fetch(stream: Stream, lines: NDArray[np.int64], fields: Sequence[str]) -> dict[str, list[bytes]]:
    """Fetch the text of some fields again: for the 1-based numbers of records, ascending, one list of texts a field.

    A field that is not logged gives b"". Reads the source again, or only the bytes it needs where that is possible.
    Raises InputError where the source no longer holds these records.
    """
    if stream.format is None or not len(lines):
        return {name: [] for name in fields}
    if stream.source.plain and len(lines) <= _FEW:
        texts, found = _fetch_few(stream, stream.format, lines, fields)
    else:
        batches = _batches(Parser(stream.format), stream.source.chunks())
        texts, found = _texts(batches, lines, fields)
    if found != len(lines):
        message = f"{stream.source.name} changed while it was read. Copy it first, and analyze the copy."
        raise InputError(message)
    return texts


def _texts(
    batches: Iterable[RecordBatch], lines: NDArray[np.int64], fields: Sequence[str]
) -> tuple[dict[str, list[bytes]], int]:
    """The texts of the records that begin in these lines, and how many there were."""
    texts: dict[str, list[bytes]] = {name: [] for name in fields}
    found = 0
    for batch in batches:
        wanted = np.flatnonzero(np.isin(batch.line, lines, assume_unique=True))
        found += len(wanted)
        for name in fields:
            texts[name] += batch.text(name).gather(wanted).to_list() if name in batch.spans else [b""] * len(wanted)
    return texts, found


def _fetch_few(
    stream: Stream, format: Format, lines: NDArray[np.int64], fields: Sequence[str]
) -> tuple[dict[str, list[bytes]], int]:
    """Fetch from where the records lie; one of several lines on its own, as others may lie in between."""
    pieces = _raw_lines(stream, lines)
    several = [place for place, piece in enumerate(pieces) if b"\n" in piece]
    single = b"\n".join([*(piece for piece in pieces if b"\n" not in piece), b""])
    numbers = np.arange(1, len(pieces) - len(several) + 1)
    texts, found = _texts(_batches(Parser(format), [single]), numbers, fields)
    for place in several:
        own, own_found = _texts(_batches(Parser(format), [pieces[place] + b"\n"]), np.ones(1, np.int64), fields)
        found += own_found
        for name in fields:
            texts[name][place:place] = own[name]
    return texts, found


def _raw_lines(stream: Stream, lines: NDArray[np.int64]) -> list[bytes]:
    wanted = stream.table.lazy().select("line", "offset", "length").filter(pl.col("line").is_in(lines))
    places = wanted.sort("line").collect()
    pieces = []
    with stream.source.raw() as raw:
        for offset, length in zip(places["offset"], places["length"], strict=True):
            raw.seek(offset)
            pieces.append(raw.read(length))
    return pieces
