"""The table of outcomes: one row per parsed line, for notebooks and for --outcomes."""

from collections.abc import Iterable, Sequence
from itertools import chain
from pathlib import Path
from typing import BinaryIO

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mirrorcheck.errors import InputError, UsageError
from mirrorcheck.outcomes.settle import Settled
from mirrorcheck.outcomes.sides.model import SideLines
from mirrorcheck.pairing import Outcome
from mirrorcheck.reading.observe import ABSENT, method_name
from mirrorcheck.scratch import scratch_folder
from mirrorcheck.sources.files import Source
from mirrorcheck.totals.timeline import texts

_NAMES = [outcome.name.lower() for outcome in Outcome]
PRIMARY, SHADOW = "primary", "shadow"
_FORMULA = r"^[=+@\t\r]"  # what a spreadsheet would run
_ISO = "%Y-%m-%dT%H:%M:%S%.6fZ"
ENDINGS = (".csv", ".jsonl", ".parquet")


def outcome_table(settled: Settled) -> pl.DataFrame:
    """One row per parsed line, the primary's first, either side in order of file and line.

    Columns: side, file, line (Int64, 1-based), outcome, pair_file, pair_line (null without partner),
    candidates (Int64), time (Datetime[us, UTC]), method, target (String), status (Int64, null where none is logged).
    """
    sides = ((PRIMARY, settled.primary), (SHADOW, settled.shadow))
    each = zip(sides, outcome_lines(settled), strict=True)
    return pl.concat(
        shown(name, lines, texts(side, np.arange(side.table.height), "target")) for (name, side), lines in each
    )


def outcome_lines(settled: Settled) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The lines of either side with their outcomes, as numbers: all of the table but for what has to be read again."""
    primary = _side(settled.primary, settled.original_outcome, settled.original_candidates)
    shadow = _side(settled.shadow, settled.shadow_outcome, settled.shadow_candidates)
    return (
        primary.hstack(_partner(settled.copy_of, shadow)),
        shadow.hstack(_partner(settled.original_of, primary)),
    )


def _side(side: SideLines, outcome: NDArray[np.int8], candidates: NDArray[np.int64]) -> pl.DataFrame:
    files = pl.Series([part.stream.source.name for part in side.parts], dtype=pl.String)
    return pl.DataFrame(
        {
            "file": files.gather(side.part) if len(files) else pl.Series([], dtype=pl.String),
            "line": side.table["line"],
            "outcome": pl.Series(outcome, dtype=pl.Int8),
            "candidates": pl.Series(candidates, dtype=pl.Int64),
            "time_us": side.table["time_us"],
            "method": side.table["method"],
            "status": side.table["status"],
        }
    )


def _partner(rows: NDArray[np.int64], other: pl.DataFrame) -> pl.DataFrame:
    places = pl.Series(rows).replace(-1, None)
    return other.select(
        pl.col("file").gather(places).alias("pair_file"), pl.col("line").gather(places).alias("pair_line")
    )


def shown(side: str, lines: pl.DataFrame, targets: Sequence[str]) -> pl.DataFrame:
    """The table of some lines of a side: what `outcome_lines` gives in words, with their targets."""
    codes = lines["method"].unique().to_list()
    # The cast is for no lines at all: nothing replaced keeps its type.
    methods = (
        lines["method"].replace_strict(codes, list(map(method_name, codes)), return_dtype=pl.String).cast(pl.String)
    )
    return lines.select(
        pl.lit(side).alias("side"),
        "file",
        "line",
        pl.Series("outcome", _NAMES).gather(lines["outcome"]),
        "pair_file",
        "pair_line",
        "candidates",
        pl.col("time_us").cast(pl.Datetime("us", "UTC")).alias("time"),
        methods,
        pl.Series("target", targets, dtype=pl.String),
        pl.col("status").cast(pl.Int64).replace(ABSENT, None),
    )


def check_target(path: Path, sources: Sequence[Source]) -> None:
    """Raise UsageError where `path` names no format or place that can be written, or one of the logs."""
    problem = None
    if path.suffix not in ENDINGS:
        problem = f"the ending must be one of {', '.join(ENDINGS)}"
    elif not path.absolute().parent.is_dir():
        problem = "the folder does not exist. Create it first"
    elif path.is_dir():
        problem = "it is a directory. Name a file in it"
    elif path.exists() and any(source.path and path.samefile(source.path) for source in sources):
        problem = "it is one of the logs. Name another file"
    if problem:
        raise UsageError(f"--outcomes {path}: {problem}.")


def write_outcomes(tables: Iterable[pl.DataFrame], path: Path) -> None:
    """Write the table, in pieces, by the ending of `path`; in CSV what a spreadsheet would run gets a leading quote.

    Raises InputError where the file cannot be written.
    """
    try:
        with path.open("wb") as stream:
            (_write_parquet if path.suffix == ".parquet" else _write_text)(tables, path.suffix, stream)
    except OSError as error:
        raise InputError(
            f"--outcomes {path} cannot be written: {error.strerror or error}. Check the disk and its permissions."
        ) from error


def _write_parquet(tables: Iterable[pl.DataFrame], _: str, stream: BinaryIO) -> None:
    """Several pieces are laid aside first: a row group may be of more than one."""
    coming = iter(tables)
    first = next(coming)
    second = next(coming, None)
    if second is None:
        first.write_parquet(stream)
        return
    with scratch_folder("--outcomes") as folder:
        pieces = []
        for number, table in enumerate(chain((first, second), coming)):
            pieces.append(folder / f"{number}.arrow")
            table.write_ipc(pieces[-1], compression="lz4")
        pl.scan_ipc(pieces).sink_parquet(stream)


def _write_text(tables: Iterable[pl.DataFrame], ending: str, stream: BinaryIO) -> None:
    for number, table in enumerate(tables):
        if ending == ".jsonl":
            table.with_columns(pl.col("time").dt.strftime(_ISO)).write_ndjson(stream)
            continue
        text = pl.col("file", "pair_file", "method", "target")
        safe = table.with_columns(pl.when(text.str.contains(_FORMULA)).then("'" + text).otherwise(text).name.keep())
        safe.write_csv(stream, datetime_format=_ISO, include_header=not number)
