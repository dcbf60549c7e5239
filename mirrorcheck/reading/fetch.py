"""Reads a source again for the text of some lines or of their fields."""

from collections.abc import Collection, Iterable, Iterator, Sequence

import numpy as np
import polars as pl

from mirrorcheck.errors import InputError
from mirrorcheck.reading.constants import FEW_LINES, FEW_RECORDS
from mirrorcheck.reading.observe import Ints
from mirrorcheck.reading.stream import Stream
from mirrorcheck.sources.files import Source
from mirrorcheck_parsers import Parser, RecordBatch
from mirrorcheck_parsers.layers.model import Elements, Pattern, Table


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


def fetch(stream: Stream, lines: Ints, fields: Sequence[str]) -> dict[str, list[bytes]]:
    """Fetch the text of some fields again: for the 1-based numbers of records, ascending, one list of texts a field.

    A field that is not logged gives b"". Reads the source again, or only the bytes it needs where that is possible.
    Raises InputError where the source no longer holds these records.
    """
    if _lie_alone(stream, len(lines)):
        wanted = stream.table.lazy().select("line", "offset", "length").filter(pl.col("line").is_in(lines))
        return _fetch_few(stream, wanted.sort("line").collect(), fields)
    return _texts(reread(stream, lines), fields)


def fetch_at(stream: Stream, places: pl.DataFrame, fields: Sequence[str]) -> dict[str, list[bytes]]:
    """Fetch as `fetch` does, by where the records lie: their columns line, offset and length, ascending by line."""
    if _lie_alone(stream, places.height):
        return _fetch_few(stream, places, fields)
    return _texts(reread(stream, places["line"].to_numpy()), fields)


def reread(stream: Stream, lines: Ints, chunks: Iterable[bytes] | None = None) -> Iterator[tuple[RecordBatch, Ints]]:
    """Read the source again for the records that begin in these lines, ascending: batches, and where in them they are.

    chunks: text of the stream to read in place of the source. Raises InputError where it does not hold these records.
    """
    if stream.format is None or not len(lines):
        return
    found = 0
    for batch in _batches(Parser(stream.format), stream.source.chunks() if chunks is None else chunks):
        wanted = np.flatnonzero(np.isin(batch.line, lines[found : found + len(batch.line)], assume_unique=True))
        found += len(wanted)
        yield batch, wanted
        if found == len(lines):
            return
    raise changed(stream)


def changed(stream: Stream) -> InputError:
    """The error that a source no longer holds the records that were read of it."""
    return InputError(f"{stream.source.name} changed while it was read. Copy it first, and analyze the copy.")


def records(stream: Stream) -> Iterator[RecordBatch]:
    """All records of a stream, read again."""
    if stream.format is not None:
        yield from _batches(Parser(stream.format), stream.source.chunks())


def _batches(parser: Parser, chunks: Iterable[bytes]) -> Iterator[RecordBatch]:
    for chunk in chunks:
        yield parser.feed(chunk)
    yield parser.flush()


def _lie_alone(stream: Stream, count: int) -> bool:
    """Whether so many records are fetched from where they lie rather than by reading all again."""
    if not count or not stream.source.plain or stream.format is None:
        return False
    if any(isinstance(layer, Pattern) and layer.headings for layer in stream.format.layers):
        return False  # what lines above one said of it does not lie there
    several = any(isinstance(layer, Elements | Table) for layer in stream.format.layers)
    return count <= (FEW_RECORDS if several else FEW_LINES)


def _texts(found: Iterable[tuple[RecordBatch, Ints]], fields: Sequence[str]) -> dict[str, list[bytes]]:
    """The texts of some records of batches."""
    texts: dict[str, list[bytes]] = {name: [] for name in fields}
    for batch, wanted in found:
        for name in fields:
            texts[name] += batch.text(name, wanted) if name in batch.spans else [b""] * len(wanted)
    return texts


def _fetch_few(stream: Stream, places: pl.DataFrame, fields: Sequence[str]) -> dict[str, list[bytes]]:
    """Fetch from where the records lie; one of several lines on its own, as others may lie in between."""
    pieces = _raw_lines(stream, places)
    several = [place for place, piece in enumerate(pieces) if b"\n" in piece]
    single = b"\n".join([*(piece for piece in pieces if b"\n" not in piece), b""])
    numbers = np.arange(1, len(pieces) - len(several) + 1)
    texts = _texts(reread(stream, numbers, [single]), fields)
    for place in several:
        own = _texts(reread(stream, np.ones(1, np.int64), [pieces[place] + b"\n"]), fields)
        for name in fields:
            texts[name][place:place] = own[name]
    return texts


def _raw_lines(stream: Stream, places: pl.DataFrame) -> list[bytes]:
    pieces = []
    with stream.source.raw() as raw:
        for offset, length in zip(places["offset"], places["length"], strict=True):
            raw.seek(offset)
            pieces.append(raw.read(length))
    return pieces
