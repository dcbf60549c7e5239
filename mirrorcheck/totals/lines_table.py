"""The table of outcomes: one row per parsed line, for notebooks and for --outcomes."""

from collections.abc import Sequence
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
from mirrorcheck.sources.files import Source
from mirrorcheck.totals.timeline import texts

_NAMES = [outcome.name.lower() for outcome in Outcome]
_FIRST = ["side", "file", "line", "outcome", "pair_file", "pair_line"]
_FORMULA = r"^[=+@\t\r]"  # what a spreadsheet would run
_ISO = "%Y-%m-%dT%H:%M:%S%.6fZ"
ENDINGS = (".csv", ".jsonl", ".parquet")


def outcome_table(settled: Settled) -> pl.DataFrame:
    """One row per parsed line, the primary's first, either side in order of file and line.

    Columns: side, file, line (Int64, 1-based), outcome, pair_file, pair_line (null without partner),
    candidates (Int64), time (Datetime[us, UTC]), method, target (String), status (Int64, null where none is logged).
    """
    primary = _side("primary", settled.primary, settled.original_outcome, settled.original_candidates)
    shadow = _side("shadow", settled.shadow, settled.shadow_outcome, settled.shadow_candidates)
    copies = _partner(settled.copy_of, shadow)
    originals = _partner(settled.original_of, primary)
    return pl.concat(
        [pl.concat([primary, copies], how="horizontal"), pl.concat([shadow, originals], how="horizontal")]
    ).select(*_FIRST, pl.exclude(_FIRST))


def _side(name: str, side: SideLines, outcome: NDArray[np.int8], candidates: NDArray[np.int64]) -> pl.DataFrame:
    files = pl.Series([part.stream.source.name for part in side.parts], dtype=pl.String)
    methods = side.table["method"].unique().to_list()
    return pl.DataFrame(
        {
            "side": pl.repeat(name, side.table.height, dtype=pl.String, eager=True),
            "file": files.gather(side.part) if len(files) else pl.Series([], dtype=pl.String),
            "line": side.table["line"],
            "outcome": pl.Series(_NAMES).gather(outcome),
            "candidates": pl.Series(candidates, dtype=pl.Int64),
            "time": side.table["time_us"].cast(pl.Datetime("us", "UTC")),
            # The cast is for a side without lines: nothing replaced keeps its type.
            "method": side.table["method"]
            .replace_strict(methods, [method_name(code) for code in methods], return_dtype=pl.String)
            .cast(pl.String),
            "target": pl.Series(texts(side, np.arange(side.table.height), "target"), dtype=pl.String),
            "status": side.table["status"].cast(pl.Int64).replace(ABSENT, None),
        }
    )


def _partner(rows: NDArray[np.int64], other: pl.DataFrame) -> pl.DataFrame:
    places = pl.Series(rows).replace(-1, None)
    return other.select(
        pl.col("file").gather(places).alias("pair_file"), pl.col("line").gather(places).alias("pair_line")
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


def write_outcomes(table: pl.DataFrame, path: Path) -> None:
    """Write the table by the ending of `path`; in CSV a text that a spreadsheet would run gets a leading quote.

    Raises InputError where the file cannot be written.
    """
    try:
        with path.open("wb") as stream:
            _write(table, path.suffix, stream)
    except OSError as error:
        raise InputError(
            f"--outcomes {path} cannot be written: {error.strerror or error}. Check the disk and its permissions."
        ) from error


def _write(table: pl.DataFrame, ending: str, stream: BinaryIO) -> None:
    if ending == ".parquet":
        table.write_parquet(stream)
    elif ending == ".jsonl":
        table.with_columns(pl.col("time").dt.strftime(_ISO)).write_ndjson(stream)
    else:
        text = pl.col("file", "pair_file", "method", "target")
        safe = table.with_columns(pl.when(text.str.contains(_FORMULA)).then("'" + text).otherwise(text).name.keep())
        safe.write_csv(stream, datetime_format=_ISO)
