"""A stream: what was read of one source, with its table of observations."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace

import numpy as np
import polars as pl

from mirrorcheck.reading.observe import Columns
from mirrorcheck.reading.stream_reader import Read
from mirrorcheck.reading.table import complete_table, complete_tables
from mirrorcheck.sources.files import Source
from mirrorcheck_parsers import Format, hash_text

_NO_LABEL = b"{}"
_SAID = ("pod", "container", "labels")  # fields of layers, and columns


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Stream(Read):
    """What was read of one source, with its observations.

    common_hop: the last hop of X-Forwarded-For that was left out of the observations, "" if none was. aside: containers
    whose lines do not count, and how many these are; they are foreign. repeated: the files that hold lines of this one,
    too, and how many; they do not count here.
    """

    source: Source
    table: pl.DataFrame  # columns of table.SCHEMA
    common_hop: str = ""
    aside: Mapping[str, int] = field(default_factory=dict)
    repeated: Mapping[str, int] = field(default_factory=dict)

    def origin(self, code: int) -> str:
        """The text of a hash in the columns that say whose a line is; "" where nothing does."""
        return self.origins.get(code, b"").decode("utf-8", "backslashreplace")

    def logs(self, field: str) -> bool:
        """True if the format has the field."""
        return self.format is not None and field in self.format.fields


def observed(source: Source, read: Read, columns: Columns) -> Stream:
    """The stream that was read; its format is without the names that no layer around any line says."""
    return _said(source, read, complete_table(columns))


def all_observed(logs: Sequence[tuple[Source, Read, Columns]]) -> list[Stream]:
    """The same of many sources."""
    tables = complete_tables([columns for _, _, columns in logs])
    return [_said(source, read, table) for (source, read, _), table in zip(logs, tables, strict=True)]


def _said(source: Source, read: Read, table: pl.DataFrame) -> Stream:
    stream = Stream(source=source, table=table, **{each.name: getattr(read, each.name) for each in fields(read)})
    if stream.format is None:
        return stream
    nothing = [0, hash_text(_NO_LABEL)]  # hashes of what says nothing: no text, and no label
    silent = [name for name in _SAID if name in stream.format.fields and stream.table[name].is_in(nothing).all()]
    return replace(stream, format=replace(stream.format, fields=stream.format.fields.difference(silent)))


def newest_first(format_: Format | None) -> bool:
    """Whether some program that wrote such lines may write them in that order."""
    return format_ is not None and any(layer.newest_first for layer in format_.layers)


def oldest_first(streams: Sequence[Stream]) -> list[Stream]:
    """Turn the lines of an export round where its stamps go down more often than up; lines of one stamp, too."""
    return [_turned(stream) for stream in streams]


def _turned(stream: Stream) -> Stream:
    if not newest_first(stream.format):
        return stream
    steps = np.sign(np.diff(stream.table["time_us"].to_numpy()))
    return replace(stream, table=stream.table.reverse()) if steps.sum() < 0 else stream
