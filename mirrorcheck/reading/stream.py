"""A stream: what was read of one source, with its table of observations."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import polars as pl

from mirrorcheck.reading.observe import Columns
from mirrorcheck.reading.stream_reader import Counts, Read
from mirrorcheck.reading.table import complete_table
from mirrorcheck.sources.files import Source
from mirrorcheck_parsers import Format, LineOrigin, UnparsedLine, hash_text

_NOTHING = [0, hash_text(b"{}")]  # hashes of what says nothing: no text, and no label
_SAID = ("pod", "container", "labels")  # fields of layers, and columns


@dataclass(frozen=True, slots=True, eq=False)
class Stream:
    """One source, read to its end: its format (None if it has no lines), counts, unparsed samples and observations.

    common_hop: the last hop of X-Forwarded-For that was left out of the observations, "" if none was. unparsed_of: how
    many unparsed lines are whose. aside: containers whose lines do not count, and how many these are; they are foreign.
    grown: the format with the keys that its first lines lack, by which it should be read again; None if there are none.
    foreign_samples, foreign_of: as samples and unparsed_of, of the lines that are no requests. repeated: the files that
    hold lines of this one, too, and how many; they do not count here. origins: the texts of the hashes in the
    columns of observe.ORIGIN_FIELDS.
    """

    source: Source
    format: Format | None
    counts: Counts
    samples: tuple[UnparsedLine, ...]
    table: pl.DataFrame  # columns of table.SCHEMA
    common_hop: str = ""
    unparsed_of: Mapping[LineOrigin, int] = field(default_factory=dict)
    aside: Mapping[str, int] = field(default_factory=dict)
    grown: Format | None = None
    foreign_samples: tuple[UnparsedLine, ...] = ()
    foreign_of: Mapping[LineOrigin, int] = field(default_factory=dict)
    repeated: Mapping[str, int] = field(default_factory=dict)
    origins: Mapping[int, bytes] = field(default_factory=dict)

    def origin(self, code: int) -> str:
        """The text of a hash in the columns that say whose a line is; "" where nothing does."""
        return self.origins.get(code, b"").decode("utf-8", "backslashreplace")

    def logs(self, field: str) -> bool:
        """True if the format has the field."""
        return self.format is not None and field in self.format.fields


def observed(source: Source, read: Read, columns: Columns) -> Stream:
    """The stream that was read; its format is without the names that no layer around any line says."""
    table, format_ = complete_table(columns), read.format
    if format_ is not None:
        silent = [name for name in _SAID if name in format_.fields and table[name].is_in(_NOTHING).all()]
        format_ = replace(format_, fields=format_.fields.difference(silent))
    return Stream(
        source,
        format_,
        read.counts,
        read.samples,
        table,
        unparsed_of=read.unparsed_of,
        grown=read.grown,
        foreign_samples=read.foreign_samples,
        foreign_of=read.foreign_of,
        origins=read.origins,
    )


def oldest_first(streams: Sequence[Stream]) -> list[Stream]:
    """Turn the lines of an export round where its stamps go down more often than up; lines of one stamp, too."""
    return [_turned(stream) for stream in streams]


def _turned(stream: Stream) -> Stream:
    if stream.format is None or not any(layer.newest_first for layer in stream.format.layers):
        return stream
    steps = np.sign(np.diff(stream.table["time_us"].to_numpy()))
    return replace(stream, table=stream.table.reverse()) if steps.sum() < 0 else stream
