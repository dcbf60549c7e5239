"""Settled lines in, the table of outcomes out: one row per parsed line, for notebooks and for --outcomes."""

from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mirrorcheck.errors import UsageError
from mirrorcheck.observe import method_name
from mirrorcheck.outcomes import Settled, SideLines
from mirrorcheck.pairing import Outcome
from mirrorcheck.summary import texts

_NAMES = [outcome.name.lower() for outcome in Outcome]
_FORMULA = r"^[=+@\t\r]"  # what a spreadsheet would run
ENDINGS = (".csv", ".jsonl", ".parquet")


def outcome_table(settled: Settled) -> pl.DataFrame:
    """One row per parsed line, the primary's first, each side in order of file and line.

    Columns: side, file, line (Int64, 1-based), outcome, pair_file, pair_line (null without partner), candidates (Int64),
    time (Datetime[us, UTC]), method, target (String), status (Int64).
    """
    primary = _side("primary", settled.primary, settled.original_outcome, settled.original_candidates)
    shadow = _side("shadow", settled.shadow, settled.shadow_outcome, settled.shadow_candidates)
    copies = _partner(settled.copy_of, shadow)
    originals = _partner(settled.original_of, primary)
    columns = [
        "side",
        "file",
        "line",
        "outcome",
        "pair_file",
        "pair_line",
        "candidates",
        "time",
        "method",
        "target",
        "status",
    ]
    return pl.concat(
        [pl.concat([primary, copies], how="horizontal"), pl.concat([shadow, originals], how="horizontal")]
    ).select(columns)


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
            "method": side.table["method"].replace_strict(
                methods, [method_name(code) for code in methods], return_dtype=pl.String
            ),
            "target": pl.Series(texts(side, np.arange(side.table.height), "target"), dtype=pl.String),
            "status": side.table["status"].cast(pl.Int64),
        }
    )


def _partner(rows: NDArray[np.int64], other: pl.DataFrame) -> pl.DataFrame:
    places = pl.Series(np.where(rows < 0, None, rows), dtype=pl.Int64)
    return other.select(
        pl.col("file").gather(places).alias("pair_file"), pl.col("line").gather(places).alias("pair_line")
    )


def check_ending(path: Path) -> None:
    """Raise UsageError where the ending names no format that can be written."""
    if path.suffix not in ENDINGS:
        message = f"--outcomes {path}: the ending must be one of {', '.join(ENDINGS)}."
        raise UsageError(message)
    if not path.absolute().parent.is_dir():
        message = f"--outcomes {path}: the folder does not exist. Create it first."
        raise UsageError(message)


def write_outcomes(table: pl.DataFrame, path: Path) -> None:
    """Write the table by the ending of `path`; in CSV a text that a spreadsheet would run gets a leading quote."""
    check_ending(path)
    if path.suffix == ".parquet":
        table.write_parquet(path)
    elif path.suffix == ".jsonl":
        table.with_columns(pl.col("time").dt.strftime("%Y-%m-%dT%H:%M:%S%.6fZ")).write_ndjson(path)
    else:
        text = pl.col("file", "pair_file", "method", "target")
        safe = table.with_columns(pl.when(text.str.contains(_FORMULA)).then("'" + text).otherwise(text).name.keep())
        safe.write_csv(path, datetime_format="%Y-%m-%dT%H:%M:%S%.6fZ")
