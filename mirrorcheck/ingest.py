"""Sources in, a table of observations for each out, with every line accounted for; text is fetched again on demand."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from threading import Event

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mirrorcheck.detection import Formats, recognize
from mirrorcheck.errors import InputError
from mirrorcheck.observe import Filter, complete_table, observe
from mirrorcheck.sources.files import Source
from mirrorcheck_parsers import Format, LineOrigin, Parser, RecordBatch, UnparsedLine, hash_text

_THREADS = 2  # the parser's work is in numpy and polars, which let others run
_FEW = 20_000  # lines that are fetched one by one from where they lie
_NOTHING = [0, hash_text(b"{}")]  # hashes of what says nothing: no text, and no label
_SAID = ("pod", "container", "labels")  # fields of layers, and columns
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
    """One source, read to its end: its format (None if it has no lines), counts, unparsed samples and observations.

    common_hop: the last hop of X-Forwarded-For that was left out of the observations, "" if none was. unparsed_of: how
    many unparsed lines are whose. aside: containers whose lines do not count, and how many these are; they are foreign.
    """

    source: Source
    format: Format | None
    counts: Counts
    samples: tuple[UnparsedLine, ...]
    table: pl.DataFrame  # columns of observe.SCHEMA
    common_hop: str = ""
    unparsed_of: Mapping[LineOrigin, int] = field(default_factory=dict)
    aside: Mapping[str, int] = field(default_factory=dict)

    def logs(self, field: str) -> bool:
        """True if the format has the field."""
        return self.format is not None and field in self.format.fields


def read_streams(
    sources: Sequence[Source], formats: Formats, exclusions: Filter, progress: Progress | None = None
) -> list[Stream]:
    """Read all sources, two at a time; `progress` is told how many stored bytes more have been read.

    Raises InputError where a source is damaged or none of its lines is in a known format, UsageError for a bad format.
    """
    stopped = Event()
    with ThreadPoolExecutor(_THREADS) as pool:
        try:
            begun = list(pool.map(lambda source: _begin(source, formats, _Meter(progress, stopped)), sources))
            shared = _shared(begun)
            return list(pool.map(lambda each: _read(each, exclusions, shared), begun))
        except BaseException:
            # Without this, Ctrl-C or one bad file would wait until the other has been read to its end.
            stopped.set()
            raise


class _Meter:
    """Turns places reached in a source into progress made, and ends the reading when another source failed."""

    def __init__(self, progress: Progress | None, stopped: Event) -> None:
        self._progress, self._stopped, self._seen = progress, stopped, 0

    def watch(self, _: int) -> None:
        """End the reading if it is to end."""
        if self._stopped.is_set():
            raise CancelledError

    def __call__(self, place: int) -> None:
        self.watch(place)
        if self._progress:
            self._progress(place - self._seen)
        self._seen = place


@dataclass(frozen=True, slots=True, eq=False)
class _Begun:
    """A source whose format has been recognised; None where all of it is foreign."""

    source: Source
    format: Format | None
    meter: Progress


def _begin(source: Source, formats: Formats, meter: "_Meter") -> _Begun:
    recognized = recognize(source, formats, meter.watch)
    return _Begun(source, recognized.detection.format if recognized else None, meter)


@dataclass(frozen=True, slots=True)
class _Shared:
    """What all logs have: their fields (a key of others would tell an original from its copy), and the starts."""

    fields: frozenset[str]
    starts: bool


def _shared(begun: Sequence[_Begun]) -> _Shared:
    formats = [each.format for each in begun if each.format]
    fields = frozenset.intersection(*(format_.fields for format_ in formats)) if formats else frozenset[str]()
    return _Shared(fields, all(format_.clock == "start" for format_ in formats))


def _at_end(table: pl.DataFrame) -> pl.DataFrame:
    """Date requests by their end, as the other logs do, and not by their start."""
    if "request_us" not in table.columns:
        return table
    return table.with_columns(pl.col("time_us") + pl.col("request_us").clip(0))


def _read(begun: _Begun, exclusions: Filter, shared: _Shared) -> Stream:
    source, format_, chunks = begun.source, begun.format, begun.source.chunks(begun.meter)
    if format_ is None:
        return Stream(source, None, _foreign_only(chunks), (), complete_table([]))
    counts = Counts()
    samples: list[UnparsedLine] = []
    unparsed_of: Counter[LineOrigin] = Counter()
    tables: list[pl.DataFrame] = []
    for batch in _batches(Parser(format_), chunks):
        counts += Counts(batch.lines, batch.parsed, batch.foreign, batch.unparsed, batch.rejoined)
        samples.extend(batch.samples)
        unparsed_of.update(batch.unparsed_of)
        if batch.parsed:
            table = observe(batch, exclusions, shared.fields)
            tables.append(table if shared.starts or format_.clock == "end" else _at_end(table))
    table = complete_table(tables)
    return Stream(source, without_silent(format_, table), counts, tuple(samples), table, unparsed_of=unparsed_of)


def without_silent(format: Format, table: pl.DataFrame) -> Format:
    """The format without the names that the layers around its lines could say, and said of no line."""
    silent = [name for name in _SAID if name in format.fields and table[name].is_in(_NOTHING).all()]
    return replace(format, fields=format.fields.difference(silent)) if silent else format


def _batches(parser: Parser, chunks: Iterable[bytes]) -> Iterator[RecordBatch]:
    for chunk in chunks:
        yield parser.feed(chunk)
    yield parser.flush()


def _foreign_only(chunks: Iterable[bytes]) -> Counts:
    """Start-up chatter and nothing else is no error: a pod that has served nothing yet."""
    lines, last = 0, b"\n"
    for chunk in chunks:
        lines, last = lines + chunk.count(b"\n"), chunk[-1:]
    lines += last != b"\n"
    return Counts(read=lines, foreign=lines)


def lines_at(source: Source, numbers: Collection[int]) -> dict[int, bytes]:
    """The physical lines of these 1-based numbers; reads the source up to the last of them."""
    found: dict[int, bytes] = {}
    number, rest, last = 0, b"", max(numbers, default=0)
    for chunk in source.chunks() if numbers else ():
        *whole, rest = (rest + chunk).split(b"\n")
        found |= {each: whole[each - number - 1] for each in numbers if number < each <= number + len(whole)}
        number += len(whole)
        if number >= last:
            return found
    if number + 1 in numbers:
        found[number + 1] = rest
    return found


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
