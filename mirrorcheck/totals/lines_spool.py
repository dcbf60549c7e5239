"""Lays aside the outcomes of lines as they are decided, on disk, and gives the table of all of them piece by piece."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import polars as pl

from mirrorcheck.errors import InputError
from mirrorcheck.outcomes.settle import Settled
from mirrorcheck.outcomes.sides.model import Part, Sides
from mirrorcheck.reading.fetch import records
from mirrorcheck.reading.stream import Stream
from mirrorcheck.totals.lines_table import PRIMARY, SHADOW, outcome_lines, shown
from mirrorcheck_parsers import RecordBatch

_BUCKET = 1 << 19  # lines of a log that are put in order at once


class LinesSpool:
    """Outcomes in a folder: some 20 bytes a line."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._pieces: dict[tuple[str, str], dict[int, list[Path]]] = {}  # side and file -> bucket -> pieces
        self._count = 0

    def add(self, settled: Settled) -> None:
        """Lay aside lines that are decided. Raises InputError where there is no room for them."""
        try:
            for side, lines in zip((PRIMARY, SHADOW), outcome_lines(settled), strict=True):
                for (file, bucket), own in lines.group_by("file", pl.col("line") // _BUCKET, maintain_order=True):
                    self._keep((side, str(file)), int(str(bucket)), own)
        except OSError as error:
            raise InputError(
                f"--outcomes: {self._folder} cannot be written: {error.strerror or error}. Set TMPDIR to a folder "
                "with more room."
            ) from error

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
            raise _changed(stream)


def _named(side: str, stream: Stream, lines: pl.DataFrame, batch: RecordBatch) -> pl.DataFrame:
    """The table of some lines, with the targets of their records, all of which are in the batch."""
    numbers = lines["line"].to_numpy()
    rows = np.searchsorted(batch.line, numbers)
    if not np.array_equal(batch.line[rows.clip(0, len(batch.line) - 1)], numbers):
        raise _changed(stream)
    return shown(side, lines, [text.decode("utf-8", "backslashreplace") for text in batch.text("target", rows)])


def _changed(stream: Stream) -> InputError:
    return InputError(f"{stream.source.name} changed while it was read. Copy it first, and analyze the copy.")


@contextmanager
def scratch_spool() -> Iterator[LinesSpool]:
    """A spool in a temporary folder, see TMPDIR, which goes with it. Raises InputError where there can be none."""
    try:
        scratch = TemporaryDirectory(prefix="mirrorcheck-")
    except OSError as error:
        raise InputError(
            f"no temporary folder can be made for --outcomes: {error.strerror}. Make room there, or name another "
            "folder with TMPDIR."
        ) from error
    with scratch as folder:
        yield LinesSpool(Path(folder))


def _streams(parts: Sequence[Part]) -> list[Stream]:
    """The streams of some parts, each once."""
    return list({part.stream.source.name: part.stream for part in parts}.values())
