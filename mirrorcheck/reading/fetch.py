"""Reads a source again for the text of some lines or of their fields."""

from collections.abc import Collection, Iterable, Iterator, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mirrorcheck.errors import InputError
from mirrorcheck.reading.constants import FEW_LINES, FEW_RECORDS
from mirrorcheck.reading.stream import Stream
from mirrorcheck.sources.files import Source
from mirrorcheck_parsers import Format, Parser, RecordBatch
from mirrorcheck_parsers.layers.model import Elements, Pattern, Table


def _batches(parser: Parser, chunks: Iterable[bytes]) -> Iterator[RecordBatch]:
    for chunk in chunks:
        yield parser.feed(chunk)
    yield parser.flush()


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
    if stream.source.plain and len(lines) <= _most_alone(stream.format):
        texts, found = _fetch_few(stream, stream.format, lines, fields)
    else:
        batches = _batches(Parser(stream.format), stream.source.chunks())
        texts, found = _texts(batches, lines, fields)
    _refuse_changed(stream, found, len(lines))
    return texts


def reread(stream: Stream, lines: NDArray[np.int64]) -> Iterator[tuple[RecordBatch, NDArray[np.int64]]]:
    """Read the source again for the records that begin in these lines, ascending: batches, and where in them they are.

    Raises InputError where the source no longer holds these records.
    """
    found = 0
    for batch in _batches(Parser(stream.format), stream.source.chunks()) if stream.format and len(lines) else ():
        wanted = np.flatnonzero(np.isin(batch.line, lines[found : found + len(batch.line)], assume_unique=True))
        found += len(wanted)
        yield batch, wanted
        if found == len(lines):
            return
    _refuse_changed(stream, found, len(lines))


def _refuse_changed(stream: Stream, found: int, lines: int) -> None:
    if found != lines:
        raise InputError(f"{stream.source.name} changed while it was read. Copy it first, and analyze the copy.")


def _most_alone(format: Format) -> int:
    """How many records are fetched from where they lie rather than by reading all again."""
    if any(isinstance(layer, Pattern) and layer.headings for layer in format.layers):
        return 0  # what lines above one said of it does not lie there
    several = any(isinstance(layer, Elements | Table) for layer in format.layers)
    return FEW_RECORDS if several else FEW_LINES


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
            texts[name] += batch.text(name, wanted) if name in batch.spans else [b""] * len(wanted)
        if found == len(lines):
            break
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
