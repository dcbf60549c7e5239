"""Excludes the lines that are not to be judged: probes, or everything but the probes of a run."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mirrorcheck.probe.codes import run_code, run_codes


@dataclass(frozen=True, slots=True, eq=False)
class ProbeTables:
    """Tables of observe.SCHEMA, `excluded` as chosen; by_probe: what is left of the primary's are probes."""

    primary: pl.DataFrame
    shadow: pl.DataFrame
    by_probe: bool


def choose(primary: pl.DataFrame, shadow: pl.DataFrame, run: str | None) -> ProbeTables:
    """Keep to the probes of a run; without one to what is no probe, unless the primary has nothing else."""
    if run is not None:
        return ProbeTables(
            _without(primary, ~_of_run(primary, run)), _without(shadow, ~_of_run(shadow, run)), by_probe=True
        )
    ours, theirs = _probes(primary), _probes(shadow)
    if not ours.any() and not theirs.any():
        return ProbeTables(primary, shadow, by_probe=False)
    kept = ~primary["excluded"].to_numpy()
    if (kept & ours).any() and not (kept & ~ours).any():
        return ProbeTables(primary, shadow, by_probe=True)
    return ProbeTables(_without(primary, ours), _without(shadow, theirs), by_probe=False)


def probe_keys(table: pl.DataFrame) -> NDArray[np.uint64]:
    """What is equal on a probe and its copies; other lines have the hash of their request."""
    codes = table["probe"].to_numpy()
    return np.where(codes == 0, table["rest"].to_numpy(), codes)


def _probes(table: pl.DataFrame) -> NDArray[np.bool_]:
    return (table["probe"] != 0).to_numpy()


def _of_run(table: pl.DataFrame, run: str) -> NDArray[np.bool_]:
    codes = table["probe"].to_numpy()
    of_run: NDArray[np.bool_] = (codes != 0) & (run_codes(codes) == run_code(run))
    return of_run


def _without(table: pl.DataFrame, rows: NDArray[np.bool_]) -> pl.DataFrame:
    return table.with_columns(excluded=pl.col("excluded") | pl.Series(rows))
