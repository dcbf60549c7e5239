"""Lays aside the outcomes of lines as they are decided, on disk, and gives the table of all of them piece by piece."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path

import numpy as np
import polars as pl

from mirrorcheck.outcomes.settle import Settled
from mirrorcheck.outcomes.sides.model import Part, Sides
from mirrorcheck.reading.fetch import changed, records
from mirrorcheck.reading.stream import Stream
from mirrorcheck.scratch import scratch_folder, written
from mirrorcheck.totals.lines_table import PRIMARY, SHADOW, outcome_lines, shown
from mirrorcheck_parsers import RecordBatch

_USE = "--outcomes"
_BUCKET = 1 << 19  # lines of a log that are put in order at once


class LinesSpool:
    """Outcomes in a folder: some 20 bytes a line."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._pieces: dict[tuple[str, str], dict[int, list[Path]]] = {}  # side and file -> bucket -> pieces
        self._count = 0

    def add(self, settled: Settled) -> None:
        """Lay aside lines that are decided. Raises InputError where there is no room for them."""
        with written(_USE, self._folder):
            for side, lines in zip((PRIMARY, SHADOW), outcome_lines(settled), strict=True):
                for (file, bucket), own in lines.group_by("file", pl.col("line") // _BUCKET, maintain_order=True):
                    self._keep((side, str(file)), int(str(bucket)), own)

    def clear(self) -> None:
        """Drop what was laid aside: the lines will be settled anew."""
        for buckets in self._pieces.values():
            for path in chain.from_iterable(buckets.values()):
                path.unlink()
        self._pieces = {}

    def _keep(self, log: tuple[str, str], bucket: int, lines: pl.DataFrame) -> None:
        path = self._folder / f"{self._count}.arrow"
        self._count += 1
        lines.write_ipc(path, compression="lz4")
        self._pieces.setdefault(log, {}).setdefault(bucket, []).append(path)

    def tables(self, sides: Sides) -> Iterator[pl.DataFrame]:
        """The table of all lines, see `outcome_table`, in pieces; the logs are read again for the text."""
        for side, parts in ((PRIMARY, sides.primary), (SHADOW, sides.shadow)):
            for stream in _streams(parts):
                yield from self._of_log(side, stream)

    def _of_log(self, side: str, stream: Stream) -> Iterator[pl.DataFrame]:
        buckets = self._pieces.get((side, stream.source.name), {})
        coming = (pl.concat(map(pl.read_ipc, buckets[bucket])).sort("line") for bucket in sorted(buckets))
        held = next(coming, None)
        for batch in records(stream) if held is not None else ():
            last = int(batch.line[-1]) if len(batch.line) else 0
            while held is not None and int(held["line"][-1]) <= last:
                yield _named(side, stream, held, batch)
                held = next(coming, None)
            if held is not None and int(held["line"][0]) <= last:
                yield _named(side, stream, held.filter(pl.col("line") <= last), batch)
                held = held.filter(pl.col("line") > last)
        if held is not None:
            raise changed(stream)


def _named(side: str, stream: Stream, lines: pl.DataFrame, batch: RecordBatch) -> pl.DataFrame:
    """The table of some lines, with the targets of their records, all of which are in the batch."""
    numbers = lines["line"].to_numpy()
    rows = np.searchsorted(batch.line, numbers)
    if not np.array_equal(batch.line[rows.clip(0, len(batch.line) - 1)], numbers):
        raise changed(stream)
    return shown(side, lines, [text.decode("utf-8", "backslashreplace") for text in batch.text("target", rows)])


@contextmanager
def scratch_spool() -> Iterator[LinesSpool]:
    """A spool in a temporary folder. Raises InputError where there can be none."""
    with scratch_folder(_USE) as folder:
        yield LinesSpool(folder)


def _streams(parts: Sequence[Part]) -> list[Stream]:
    """The streams of some parts, each once."""
    return list({part.stream.source.name: part.stream for part in parts}.values())
