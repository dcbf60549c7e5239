"""Lines of both sides on one clock in, pairs out: cut into runs of a key, even runs paired by rank, others matched."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mirrorcheck.pairing.lines import Bools, Ints, Keys
from mirrorcheck.pairing.optimal import Run, match_run

_ENOUGH_TO_LEARN = 20_000  # pairs
_TRIES = 4  # rounds of joining pieces before a run is matched as a whole


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

    def take(self, lines: Ints) -> "Merged":
        """Some of the lines, in their order."""
        return Merged(self.row[lines], self.is_copy[lines], self.time_us[lines], self.logged_us[lines], self.run[lines])

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


def match(merged: Merged, horizon_us: int, near_us: int, *, final: bool = True) -> tuple[Ints, Ints]:
    """Pair the lines: (rows of originals, rows of their copies), int64 of equal length.

    The number of pairs is the largest possible and the sum of time differences the least for it, in every run.
    `near_us` says how near a copy is expected; it decides how fast the work is done, never the result. Pairs that
    only serve to learn from (not `final`) may leave the costly runs out where there are pairs enough.
    """
    runs = int(merged.run[-1]) + 1 if len(merged.run) else 0
    originals, copies = _count(merged, merged.run, runs)
    by_rank = _pair_by_rank(merged, np.flatnonzero((originals == copies)[merged.run]))
    too_far = _flags(merged.run[by_rank.original[by_rank.gap_us(merged) > horizon_us]], runs)
    unproven = ((originals != copies) & (originals > 0) & (copies > 0)) | too_far
    in_pieces, proven = _match_in_pieces(merged, unproven, horizon_us, _usual_wait(merged, by_rank, near_us))
    enough = not final and len(by_rank.original) + len(in_pieces.original) > _ENOUGH_TO_LEARN
    rest = np.flatnonzero(unproven & ~proven & (not enough))
    begins, ends = np.searchsorted(merged.run, rest, "left"), np.searchsorted(merged.run, rest, "right")
    whole = _match_slices(merged, begins, ends, horizon_us)
    pairs = _Pairs.joined([by_rank.only(~too_far, merged.run), in_pieces, whole])
    return merged.row[pairs.original], merged.row[pairs.copy]


def _usual_wait(merged: Merged, pairs: "_Pairs", near_us: int) -> int:
    """Twice what nearly all pairs take, at most `near_us`; a good place to cut is a pause longer than that."""
    few = 20
    if len(pairs.original) < few:
        return near_us
    waits = np.abs(merged.time_us[pairs.copy] - merged.time_us[pairs.original])
    return min(near_us, 2 * int(np.quantile(waits, 0.95)))


@dataclass(frozen=True, slots=True, eq=False)
class _Pairs:
    """Places of paired lines among the merged ones, int64 of equal length."""

    original: Ints
    copy: Ints

    @classmethod
    def joined(cls, parts: "list[_Pairs]") -> "_Pairs":
        none = np.empty(0, np.int64)
        return cls(
            np.concatenate([none, *(p.original for p in parts)]), np.concatenate([none, *(p.copy for p in parts)])
        )

    def only(self, chosen: Bools, number: Ints) -> "_Pairs":
        """The pairs in the chosen runs (or pieces)."""
        keep = chosen[number[self.original]]
        return _Pairs(self.original[keep], self.copy[keep])

    def gap_us(self, merged: Merged) -> Ints:
        """How far apart the two lines were logged."""
        gap_us: Ints = np.abs(merged.logged_us[self.copy] - merged.logged_us[self.original])
        return gap_us


def _count(merged: Merged, number: Ints, count: int) -> tuple[Ints, Ints]:
    """Originals and copies of each run (or piece)."""
    copies = np.bincount(number, weights=merged.is_copy, minlength=count).astype(np.int64)
    return np.bincount(number, minlength=count) - copies, copies


def _flags(numbers: Ints, count: int) -> Bools:
    flags = np.zeros(count, np.bool_)
    flags[numbers] = True
    return flags


def _pair_by_rank(merged: Merged, lines: Ints) -> _Pairs:
    """Pair runs (or pieces) with as many originals as copies rank by rank, which is their best matching.

    In order of time the i-th original of all of them meets the i-th copy, since every one has as many of both.
    """
    is_copy = merged.is_copy[lines]
    return _Pairs(lines[~is_copy], lines[is_copy])


def _match_in_pieces(merged: Merged, chosen: Bools, horizon_us: int, near_us: int) -> tuple[_Pairs, Bools]:
    """Match runs piece by piece, cut at short pauses, and say for which runs that is proven to be a best matching.

    Proof, for a run whose every piece has all its copies paired (or every piece all its originals): no matching has
    more pairs. Let one with as many pairs let k lines wait over the pause between two pieces, which costs k times the
    pause. The pieces next to such a pause can save no more than what their own pairs cost; so if every pause is at
    least as long as the costs of the two pieces beside it add up to, it saves nothing. Cuts that fail are taken back,
    a few times.
    """
    new_run = np.concatenate(([True], np.diff(merged.run) != 0))[: len(merged.run)]
    cuts = new_run | np.concatenate(([True], np.diff(merged.time_us) > near_us))[: len(merged.run)]
    todo, found = chosen, [_Pairs.joined([])]
    for _ in range(_TRIES):
        lines = np.flatnonzero(todo[merged.run])
        if not len(lines):
            break
        pairs, unsound = _match_pieces(merged, lines, cuts[lines], horizon_us)
        failed = _flags(merged.run[lines[unsound]], len(chosen))
        found.append(pairs.only(todo & ~failed, merged.run))
        cuts[lines[unsound]] = new_run[lines[unsound]]
        todo = todo & failed
    return _Pairs.joined(found), chosen & ~todo


def _match_pieces(merged: Merged, lines: Ints, cuts: Bools, horizon_us: int) -> tuple[_Pairs, Bools]:
    """Match the pieces that begin at the cuts among `lines`; the second result flags lines at which no cut is sound."""
    starts = np.flatnonzero(cuts)
    piece = np.cumsum(cuts) - 1
    number = np.full(len(merged.run), -1)
    number[lines] = piece
    originals, copies = _count(merged.take(lines), piece, len(starts))
    run = merged.run[lines[starts]]
    by_rank = _pair_by_rank(merged, lines[(originals == copies)[piece]])
    uneven = (originals != copies) & (originals > 0) & (copies > 0)
    ends = np.append(starts[1:], len(lines))
    pairs = _Pairs.joined(
        [by_rank, _match_slices(merged, lines[starts[uneven]], lines[ends[uneven] - 1] + 1, horizon_us)]
    )
    waits = np.abs(merged.time_us[pairs.copy] - merged.time_us[pairs.original])
    cost = np.bincount(number[pairs.original], weights=waits, minlength=len(starts))
    paired = np.bincount(number[pairs.original], minlength=len(starts))
    too_far = _flags(number[pairs.original[pairs.gap_us(merged) > horizon_us]], len(starts))
    surplus = np.bincount(run, weights=originals - copies)[run]
    lacking = (paired < np.minimum(originals, copies)) | np.where(surplus >= 0, originals < copies, originals > copies)
    same_run = np.concatenate(([False], np.diff(run) == 0))
    pause = merged.time_us[lines[starts]] - merged.time_us[lines[starts] - 1]
    wrong = too_far | lacking
    unsound = same_run & (cost + _before(cost) > pause)
    unsound |= wrong | (_before(wrong) > 0)
    flags = np.zeros(len(lines), np.bool_)
    flags[starts[unsound]] = True
    return pairs, flags


def _before(column: NDArray[np.generic]) -> NDArray[np.float64]:
    """The column moved down by one, 0 in front."""
    return np.concatenate(([0.0], column[:-1]))


def _match_slices(merged: Merged, begins: Ints, ends: Ints, horizon_us: int) -> _Pairs:
    """Match each stretch of lines by the optimal matcher."""
    matched = [
        begin + np.array(match_run(_run(merged, slice(begin, end)), horizon_us), np.int64).reshape(-1, 2)
        for begin, end in zip(begins.tolist(), ends.tolist(), strict=True)
    ]
    pairs = np.concatenate([np.empty((0, 2), np.int64), *matched])
    return _Pairs(pairs[:, 0], pairs[:, 1])


def _run(merged: Merged, part: slice) -> Run:
    return Run(merged.time_us[part].tolist(), merged.logged_us[part].tolist(), merged.is_copy[part].tolist())
