"""Sources in, one table of observations for each out, with every line accounted for; text is fetched again on demand."""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mirrorcheck.errors import InputError, UsageError
from mirrorcheck.observe import SCHEMA, Filter, observe
from mirrorcheck.sources.files import Source
from mirrorcheck_parsers import Detection, Format, FormatError, Parser, RecordBatch, UnparsedLine, detect

_SAMPLE = 1 << 18  # bytes in which a format is looked for first
_THREADS = 2  # the parser's work is in numpy and polars, which let others run
_SHOWN = 40  # characters of a line in an error message
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Counts:
    """Lines of a stream: read = parsed + foreign + unparsed; a line rejoined from two counts once."""

    read: int = 0
    parsed: int = 0
    foreign: int = 0
    unparsed: int = 0
    rejoined: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            self.read + other.read,
            self.parsed + other.parsed,
            self.foreign + other.foreign,
            self.unparsed + other.unparsed,
            self.rejoined + other.rejoined,
        )


@dataclass(frozen=True, slots=True, eq=False)
class Stream:
    """One source, read to its end: its format (None if it has no lines), counts, unparsed samples and observations."""

    source: Source
    format: Format | None
    counts: Counts
    samples: tuple[UnparsedLine, ...]
    table: pl.DataFrame  # columns of observe.SCHEMA

    def logs(self, field: str) -> bool:
        """True if the format has the field."""
        return self.format is not None and field in self.format.fields


def read_streams(
    sources: Sequence[Source], log_format: str | None, exclusions: Filter, progress: Progress | None = None
) -> list[Stream]:
    """Read all sources, two at a time; `progress` is told how many stored bytes more have been read.

    Raises InputError where a source is damaged or none of its lines is in a known format, UsageError for a bad format.
    """
    with ThreadPoolExecutor(_THREADS) as pool:
        return list(pool.map(lambda source: _read(source, log_format, exclusions, progress), sources))


def _read(source: Source, log_format: str | None, exclusions: Filter, progress: Progress | None) -> Stream:
    seen = 0

    def tell(place: int) -> None:
        nonlocal seen
        if progress:
            progress(place - seen)
        seen = place

    chunks = iter(source.chunks(tell))
    first = next(chunks, b"")
    if not first:
        return Stream(source, None, Counts(), (), pl.DataFrame(schema=SCHEMA))
    format_ = _detect(source, first, log_format)
    if format_ is None:
        return Stream(source, None, _foreign_only(first, chunks), (), pl.DataFrame(schema=SCHEMA))
    parser = Parser(format_)
    counts, samples, tables = Counts(), [], []
    for batch in _batches(parser, first, chunks):
        counts += Counts(batch.lines, batch.parsed, batch.foreign, batch.unparsed, batch.rejoined)
        samples.extend(batch.samples)
        if batch.parsed:
            tables.append(observe(batch, exclusions))
    table = pl.concat(tables) if tables else pl.DataFrame(schema=SCHEMA)
    return Stream(source, format_, counts, tuple(samples), table)


def _batches(parser: Parser, first: bytes, rest: Iterable[bytes]) -> Iterable[RecordBatch]:
    yield parser.feed(first)
    for chunk in rest:
        yield parser.feed(chunk)
    yield parser.flush()


def _detect(source: Source, first: bytes, log_format: str | None) -> Format | None:
    """The format of a source; None if all that was seen is foreign. Raises InputError if no line parses."""
    try:
        detection = detect(first[:_SAMPLE], log_format=log_format)
        if detection.format is None and len(first) > _SAMPLE:
            detection = detect(first, log_format=log_format)
    except FormatError as error:
        message = f"--log-format: {error}"
        raise UsageError(message) from error
    if detection.format is None and detection.first_line[0]:
        raise InputError(_unknown_format(source, first, detection))
    return detection.format


def _foreign_only(first: bytes, rest: Iterable[bytes]) -> Counts:
    """Start-up chatter and nothing else is no error: a pod that has served nothing yet."""
    chunks = [first, *rest]
    lines = sum(chunk.count(b"\n") for chunk in chunks) + (not chunks[-1].endswith(b"\n"))
    return Counts(read=lines, foreign=lines)


def _unknown_format(source: Source, first: bytes, detection: Detection) -> str:
    number, text = detection.first_line
    nearest = detection.attempts[0]
    tried = ", ".join(
        dict.fromkeys(f"{attempt.format.name} (to column {attempt.column})" for attempt in detection.attempts[:4])
    )
    lines = first.count(b"\n") or 1
    return (
        f"{source.name}: none of the first {lines:,} lines is in a known format. Line {number}, {shown(text)}, is nearest to "
        f"{nearest.format.name}, up to column {nearest.column}: expected {nearest.expected}, found {shown(nearest.found.encode())}. "
        f"Tried {tried}. Give the format with --log-format."
    )


def shown(text: bytes) -> str:
    """Hostile bytes as one short printable literal."""
    visible = text[:_SHOWN].decode("utf-8", "backslashreplace")
    safe = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in visible)
    return f'"{safe}{"..." if len(text) > _SHOWN else ""}"'


def fetch(stream: Stream, lines: NDArray[np.int64], fields: Sequence[str]) -> dict[str, list[bytes]]:
    """Fetch the text of some fields again: for the 1-based numbers of records, ascending, one list of texts a field.

    A field that is not logged gives b"". Reads the source again, or only the bytes it needs where that is possible.
    """
    if stream.format is None or not len(lines):
        return {field: [] for field in fields}
    few = 20_000
    if stream.source.plain and len(lines) <= few:
        return _texts(Parser(stream.format).feed(_raw_lines(stream, lines)), None, fields)
    parser = Parser(stream.format)
    chunks = iter(stream.source.chunks())
    texts: dict[str, list[bytes]] = {field: [] for field in fields}
    for batch in _batches(parser, next(chunks, b""), chunks):
        for field, values in _texts(batch, lines, fields).items():
            texts[field].extend(values)
    return texts


def _raw_lines(stream: Stream, lines: NDArray[np.int64]) -> bytes:
    places = stream.table.lazy().select("line", "offset", "length").filter(pl.col("line").is_in(lines)).collect()
    pieces = []
    with stream.source.raw() as raw:
        for offset, length in zip(places["offset"], places["length"], strict=True):
            raw.seek(offset)
            pieces.append(raw.read(length))
    return b"\n".join([*pieces, b""])


def _texts(batch: RecordBatch, lines: NDArray[np.int64] | None, fields: Sequence[str]) -> dict[str, list[bytes]]:
    wanted = (
        np.arange(len(batch.line)) if lines is None else np.flatnonzero(np.isin(batch.line, lines, assume_unique=True))
    )
    return {
        field: batch.text(field).gather(wanted).to_list() if field in batch.spans else [b""] * len(wanted)
        for field in fields
    }
