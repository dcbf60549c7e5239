"""Distinguishes the probes in a log from other requests and from one another, and excludes what is not to be judged."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mirrorcheck.probe.agent import AGENT, NAME
from mirrorcheck_parsers import RecordBatch

Codes = NDArray[np.uint64]

_NUMBER_BITS = np.uint64(32)  # nine digits need 30 of them, and six characters of a run 32
_RADIX = 36
_RUN_LENGTH = 6


def run_code(run: str) -> int:
    """What `run_codes` gives for the probes of a run."""
    return int(run, _RADIX)


def run_name(code: int) -> str:
    """The run that a code of `run_codes` stands for."""
    return np.base_repr(code, _RADIX).lower().zfill(_RUN_LENGTH)


def run_codes(codes: Codes) -> Codes:
    """The part of each code that stands for the run."""
    return codes >> _NUMBER_BITS


def numbers(codes: Codes) -> NDArray[np.int64]:
    """The part of each code that is the number in its run; 0 for what is no probe."""
    return (codes & np.uint64((1 << 32) - 1)).astype(np.int64)


def probe_codes(batch: RecordBatch) -> Codes:
    """One code a record, equal for equal runs and numbers; 0 where the user agent is not a probe's and nothing else."""
    codes = np.zeros(len(batch.line), np.uint64)
    if "user_agent" not in batch.spans:
        return codes
    name = np.uint64(int.from_bytes(NAME.encode()[:8], "little"))
    rows = np.flatnonzero(batch.first_word("user_agent") == name)
    starts, stops = (bound[rows].tolist() for bound in batch.spans["user_agent"])
    for row, start, stop in zip(rows.tolist(), starts, stops, strict=True):
        if found := AGENT.fullmatch(batch.data, start, stop):
            codes[row] = run_code(found[1].decode()) << int(_NUMBER_BITS) | int(found[2])
    return codes


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
