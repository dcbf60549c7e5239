"""Lines of both sides on one clock in, pairs out: cut into runs of a key, pair the even runs by rank, match the others."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from mirrorcheck.pairing.lines import Bools, Ints, Keys
from mirrorcheck.pairing.optimal import Run, match_run


@dataclass(frozen=True, slots=True, eq=False)
class Merged:
    """The lines of both sides in order of key, then time; columns of length n + m.

    row: int64, row in its own side. is_copy: bool. time_us, logged_us: int64, on the common clock; `logged_us` is what
    the horizon judges. run: int64, number of the run: no line of a run can pair with a line of another one.
    """

    row: Ints
    is_copy: Bools
    time_us: Ints
    logged_us: Ints
    run: Ints

    def originals_before(self) -> Ints:
        """int64[n + m + 1]: how many of the first i lines are originals."""
        return np.concatenate(([0], np.cumsum(~self.is_copy)))


@dataclass(frozen=True, slots=True, eq=False)
class Timed:
    """One side as the matcher sees it: uint64 keys and int64 times of length n, and the rows they stand for."""

    key: Keys
    time_us: Ints
    logged_us: Ints
    row: Ints


def merge(originals: Timed, copies: Timed, pause_us: int) -> Merged:
    """Sort both sides together by key and time; a new run starts with a key or after a pause longer than `pause_us`."""
    key = np.concatenate([originals.key, copies.key])
    time_us = np.concatenate([originals.time_us, copies.time_us])
    is_copy = np.arange(len(key)) >= len(originals.key)
    logged_us = np.concatenate([originals.logged_us, copies.logged_us])
    # At equal times the original goes first: the sort is stable.
    columns = pl.DataFrame({"key": key, "time": time_us, "logged": logged_us})
    order = columns.select(pl.arg_sort_by("key", "time", "logged", maintain_order=True)).to_series().to_numpy()
    key, time_us = key[order], time_us[order]
    starts = np.concatenate(([True], (key[1:] != key[:-1]) | (np.diff(time_us) > pause_us)))[: len(key)]
    return Merged(
        row=np.concatenate([originals.row, copies.row])[order],
        is_copy=is_copy[order],
        time_us=time_us,
        logged_us=logged_us[order],
        run=np.cumsum(starts) - 1,
    )


def match(merged: Merged, horizon_us: int) -> tuple[Ints, Ints]:
    """Pair the lines: (rows of originals, rows of their copies), int64 of equal length.

    The number of pairs is the largest possible and the sum of time differences the least for it, in every run.
    """
    runs = int(merged.run[-1]) + 1 if len(merged.run) else 0
    copies = np.bincount(merged.run, weights=merged.is_copy, minlength=runs).astype(np.int64)
    originals = np.bincount(merged.run, minlength=runs) - copies
    even = originals == copies
    original_rows, copy_rows, too_far = _pair_by_rank(merged, even, horizon_us)
    uneven = (~even & (originals > 0) & (copies > 0)) | too_far
    matched = [_match_slice(merged, begin, end, horizon_us) for begin, end in _bounds(merged.run, uneven)]
    pairs = np.concatenate([np.empty((0, 2), np.int64), *matched])
    return np.concatenate([original_rows, pairs[:, 0]]), np.concatenate([copy_rows, pairs[:, 1]])


def _pair_by_rank(merged: Merged, even: Bools, horizon_us: int) -> tuple[Ints, Ints, Bools]:
    """Pair the runs with as many originals as copies rank by rank; runs where that leaves the horizon are handed back.

    In order of run and time the i-th original of all these runs meets the i-th copy, since every run has as many.
    """
    in_even = even[merged.run]
    at_original = np.flatnonzero(in_even & ~merged.is_copy)
    at_copy = np.flatnonzero(in_even & merged.is_copy)
    far = np.abs(merged.logged_us[at_copy] - merged.logged_us[at_original]) > horizon_us
    too_far = np.zeros(len(even), np.bool_)
    too_far[merged.run[at_original[far]]] = True
    near = ~too_far[merged.run[at_original]]
    return merged.row[at_original[near]], merged.row[at_copy[near]], too_far


def _bounds(run: Ints, chosen: Bools) -> list[tuple[int, int]]:
    starts = np.searchsorted(run, np.flatnonzero(chosen), side="left")
    ends = np.searchsorted(run, np.flatnonzero(chosen), side="right")
    return list(zip(starts.tolist(), ends.tolist(), strict=True))


def _match_slice(merged: Merged, begin: int, end: int, horizon_us: int) -> Ints:
    part = slice(begin, end)
    run = Run(merged.time_us[part].tolist(), merged.logged_us[part].tolist(), merged.is_copy[part].tolist())
    pairs = np.array(match_run(run, horizon_us), np.int64).reshape(-1, 2)
    return merged.row[begin + pairs]
