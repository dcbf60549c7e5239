"""The last matching in, the class of every line out, with what is certain and what could be another line's."""

from dataclasses import astuple, dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from mirrorcheck.pairing import doubt, second_copies
from mirrorcheck.pairing.blocks import Block
from mirrorcheck.pairing.candidates import count_candidates
from mirrorcheck.pairing.habits import Habits
from mirrorcheck.pairing.lines import Bools, Evidence, Ints, Lines, Outcome, Pairing
from mirrorcheck.pairing.matched import Matched
from mirrorcheck.pairing.runs import Merged
from mirrorcheck.pairing.signs import RETRY_WINDOW_US
from mirrorcheck.pairing.view import View
from mirrorcheck.threads import side_by_side

_Int = TypeVar("_Int", np.int8, np.int64)
_NEARLY_ALL = 0.95  # of the retries, which tell how soon one follows
_MISSED, _RETRY = np.int8(Outcome.MISSED), np.int8(Outcome.RETRY)


@dataclass(frozen=True, slots=True, eq=False)
class _Fates:
    """What became of the lines, by row of their side; every block fills in its own rows.

    At first all are paired and certain, as nearly all will be: writing all over the columns takes most of the time.
    """

    original_outcome: NDArray[np.int8]
    copy_outcome: NDArray[np.int8]
    copy_of: Ints
    original_of: Ints
    answer_of: Ints
    original_candidates: Ints
    copy_candidates: Ints
    alike: Ints

    @classmethod
    def of(cls, view: View) -> "_Fates":
        originals, copies = len(view.originals), len(view.copies)
        return cls(
            np.full(originals, Outcome.PAIRED, np.int8),
            np.full(copies, Outcome.PAIRED, np.int8),
            np.full(originals, -1),
            np.full(copies, -1),
            np.arange(originals),
            np.ones(originals, np.int64),
            np.ones(copies, np.int64),
            np.full(originals, -1),
        )


@dataclass(frozen=True, slots=True)
class _Tally:
    """What a block adds to the counts that its outcomes leave open.

    perhaps_retries: misses that may be further attempts. repeated: these, where an id that repeats is all that speaks
    for it. presumed: lines taken for further attempts without an id. The others are of lines without an id.
    """

    perhaps_retries: int = 0
    repeated: int = 0
    presumed: int = 0
    missed: int = 0
    copies: int = 0
    orphans: int = 0
    paired: int = 0

    def __add__(self, other: "_Tally") -> "_Tally":
        return _Tally(*(ours + theirs for ours, theirs in zip(astuple(self), astuple(other), strict=True)))


def classify(view: View, habits: Habits, matched: list[Matched]) -> Pairing:
    """Name what became of each original and copy."""
    fates = _Fates.of(view)
    tally = sum(side_by_side(lambda each: _settle(view, habits, each, fates), matched), _Tally())
    rows = np.flatnonzero(fates.copy_of >= 0)
    delay_us = view.copies_level_us[fates.copy_of[rows]] - view.originals_level_us[rows]
    doubts = _doubts(view, habits, matched, fates, tally, delay_us)
    # Where doubles cannot be told from misses, any line of the log may be meant.
    reach_us = _span(view) + 1 if doubts.undecidable else view.near_us
    side_by_side(lambda each: _fill_in_candidates(view, each, reach_us, fates), matched)
    originals, copies = view.originals, view.copies
    return Pairing(
        original_outcome=fates.original_outcome,
        copy_outcome=fates.copy_outcome,
        copy_of=fates.copy_of,
        original_of=fates.original_of,
        answer_of=fates.answer_of,
        original_candidates=fates.original_candidates,
        copy_candidates=fates.copy_candidates,
        delay_us=delay_us,
        original_us=_on_level(originals, view.originals_level_us),
        copy_us=_on_level(copies, view.copies_level_us),
        alike=fates.alike,
        reach_us=view.near_us,
        retries=habits.retries,
        twins=habits.twins,
        presumed_retries=tally.presumed,
        missed_retries=tally.perhaps_retries - tally.repeated,
        repeated_ids=tally.repeated,
        early_misses=_early_misses(view, fates),
        hidden_misses=max(doubts.hidden, _perhaps_strangers(fates)),
        missed_doubles=doubts.copied,
        undecidable=doubts.undecidable,
    )


def _on_level(lines: Lines, level_us: Ints) -> Ints:
    """Times as placed, with the streams of a side set against each other."""
    return lines.placed_us if level_us is lines.logged_us else lines.placed_us + level_us - lines.logged_us


def _settle(view: View, habits: Habits, matched: Matched, fates: _Fates) -> _Tally:
    """Fill in the outcomes and partners of one block."""
    block, whole = matched.block, matched.block.merged
    pairs = matched.pairs.among(matched.kept)
    paired = _paired(matched)
    stands, is_copy = block.stands(), whole.is_copy
    outcome = np.where(stands, _MISSED, _RETRY)
    outcome[is_copy] = Outcome.ORPHAN
    outcome[_doubles(view, habits, matched, paired)] = Outcome.DUPLICATE
    outcome[paired] = Outcome.PAIRED
    _write(whole, np.flatnonzero(~paired), outcome, (fates.original_outcome, fates.copy_outcome))
    originals, copies = whole.row[pairs.original], whole.row[pairs.copy]
    fates.copy_of[originals] = copies
    fates.original_of[copies] = originals
    attempts = np.flatnonzero(~stands & ~is_copy)
    # A chain goes on while it fails, whatever the clocks of its pods say.
    attempts = attempts[np.argsort(~view.originals.failed[whole.row[attempts]], kind="stable")]
    heads = whole.row[block.leader[attempts]]
    fates.answer_of[heads] = whole.row[attempts]  # later assignments win: the latest attempt of each head
    fates.answer_of[whole.row[attempts]] = fates.answer_of[heads]
    return _tally(block, outcome, pairs=len(originals), apart_us=RETRY_WINDOW_US + view.near_us)


def _paired(matched: Matched) -> Bools:
    """By place of the whole block: the line has a partner."""
    paired = np.zeros(len(matched.block.merged), np.bool_)
    pairs = matched.pairs.among(matched.kept)
    paired[pairs.original] = True
    paired[pairs.copy] = True
    return paired


def _tally(block: Block, outcome: NDArray[np.int8], *, pairs: int, apart_us: int) -> _Tally:
    is_copy = block.merged.is_copy
    perhaps = _perhaps_retries(block, outcome, apart_us)
    if block.exact:
        return _Tally(perhaps_retries=perhaps, repeated=perhaps)
    return _Tally(
        perhaps_retries=perhaps,
        presumed=int((outcome == Outcome.RETRY).sum()),
        missed=int((outcome == Outcome.MISSED).sum()),
        copies=int(is_copy.sum()),
        orphans=int((outcome == Outcome.ORPHAN).sum()),
        paired=pairs,
    )


def _perhaps_retries(block: Block, outcome: NDArray[np.int8], apart_us: int) -> int:
    """How many misses may be retries: in each group, as many as it has attempts that were not taken for retries.

    Which of a group's lines the matching left over says nothing where all are alike.
    """
    if block.might_be_retry is None:
        return 0
    group = block.groups(apart_us)
    missed = np.bincount(group, weights=~block.merged.is_copy & (outcome == Outcome.MISSED))
    attempts = np.bincount(group, weights=block.might_be_retry & (outcome != Outcome.RETRY))
    return int(np.minimum(missed, attempts).sum())


def _doubles(view: View, habits: Habits, matched: Matched, paired: Bools) -> Bools:
    """By place of the block: a copy left over is a double if its twin is paired, or doubles are proven near a pair.

    One left over with the id of an original is a double in any case.
    """
    block = matched.block
    leader, is_copy = block.leader, block.merged.is_copy
    double: Bools = is_copy & paired[leader] & (leader != np.arange(len(leader)))
    if block.exact:
        run = block.merged.run
        double |= is_copy & (np.bincount(run, weights=~is_copy) > 0)[run]
    elif habits.twins == Evidence.PROVEN:
        merged = matched.merged
        number = merged.groups(RETRY_WINDOW_US + view.near_us)
        with_original = np.bincount(number, weights=~merged.is_copy) > 0
        double[matched.kept[merged.is_copy & with_original[number]]] = True
    return double


@dataclass(frozen=True, slots=True)
class _Doubts:
    """hidden: misses beyond those that the matching shows. copied: of these, those that may have been copied.

    undecidable: hardly a key tells anything.
    """

    hidden: int = 0
    copied: int = 0
    undecidable: bool = False


def _doubts(  # noqa: PLR0913, PLR0917  # all that the last round found
    view: View, habits: Habits, matched: list[Matched], fates: _Fates, tally: _Tally, delay_us: Ints
) -> _Doubts:
    lone = habits.lone
    crowds = _crowds(view, matched, fates)
    strays = 0.0 if lone is None else doubt.stray_share(lone, tally.orphans)
    twice = second_copies.doubted(crowds, strays) if crowds else second_copies.Doubted()
    if lone is None:
        return _Doubts(twice.hidden, twice.copied)
    if doubt.undecidable(lone, _strays(view, fates) + doubt.too_early(delay_us)):
        return _Doubts(tally.paired - tally.paired // 2, undecidable=True)
    return _Doubts(min(twice.hidden + habits.chance_links, len(delay_us)), twice.copied)


def _strays(view: View, fates: _Fates) -> int:
    """How many lines have no partner, beyond those at the ends of the logs whose partners may lie outside."""
    missed, alone = int((fates.original_outcome == Outcome.MISSED).sum()), int((fates.original_of < 0).sum())
    if missed == len(view.originals) or alone == len(view.copies):
        return missed + alone
    early = int((view.copies_us < view.originals_us.min()).sum())
    late = int((view.originals_us > view.copies_us.max()).sum())
    return max(0, missed - late) + max(0, alone - early)


def _crowds(view: View, matched: list[Matched], fates: _Fates) -> second_copies.Crowds | None:
    """What the groups of all keys hold, None where every copy has an original of its own."""
    if (fates.original_of >= 0).all():
        return None
    apart_us = RETRY_WINDOW_US + view.near_us
    return second_copies.Crowds.all(side_by_side(lambda each: _crowds_of(each, apart_us), matched))


def _crowds_of(matched: Matched, apart_us: int) -> second_copies.Crowds:
    block = matched.block
    originals = block.stands() & ~block.merged.is_copy
    return second_copies.Crowds.of(
        block.groups(apart_us), originals, block.merged.is_copy, originals & _paired(matched)
    )


def _early_misses(view: View, fates: _Fates) -> int:
    """How many misses may be further attempts at requests that were sent just before the log begins."""
    times, heads = view.originals_us, np.flatnonzero(fates.answer_of != np.arange(len(view.originals)))
    heads = heads[fates.original_outcome[heads] != Outcome.RETRY]
    if not len(heads):
        return 0
    apart_us = min(RETRY_WINDOW_US, int(np.quantile(np.abs(times[fates.answer_of[heads]] - times[heads]), _NEARLY_ALL)))
    early = times <= times.min() + apart_us
    return int((early & (fates.original_outcome == Outcome.MISSED)).sum())


def _perhaps_strangers(fates: _Fates) -> int:
    """How many originals may hold another's copy where most copies have none: the primary's log lacks their originals.

    Then any copy that has its like nearby may be that of an original that was never logged.
    """
    partners = fates.copy_of[fates.copy_of >= 0]
    orphans = int((fates.copy_outcome == Outcome.ORPHAN).sum())
    return int((fates.copy_candidates[partners] > 1).sum()) if orphans > len(partners) else 0


def _span(view: View) -> int:
    """From the first line of either side to the last, in microseconds."""
    times = [times for times in (view.originals_us, view.copies_us) if len(times)]
    return max(int(each.max()) for each in times) - min(int(each.min()) for each in times) if times else 0


def _fill_in_candidates(view: View, matched: Matched, reach_us: int, fates: _Fates) -> None:
    merged, candidates = matched.merged, count_candidates(view, matched, reach_us)
    doubtful = np.flatnonzero(candidates > 1)
    _write(merged, doubtful, candidates, (fates.original_candidates, fates.copy_candidates))
    _fill_in_alike(merged.take(doubtful[~merged.is_copy[doubtful]]), view.near_us, fates)


def _fill_in_alike(doubtful: Merged, reach_us: int, fates: _Fates) -> None:
    """Give the doubtful originals of a key that lie within reach, one of the next, the row of the first of them."""
    if len(doubtful):
        group = doubtful.groups(reach_us)
        first = np.flatnonzero(np.diff(group, prepend=-1))
        fates.alike[doubtful.row] = doubtful.row[first][group]


def _write(merged: Merged, places: Ints, values: NDArray[_Int], columns: tuple[NDArray[_Int], NDArray[_Int]]) -> None:
    """Write the values at some places into the columns of the originals and of the copies."""
    is_copy = merged.is_copy[places]
    for column, own in zip(columns, (places[~is_copy], places[is_copy]), strict=True):
        column[merged.row[own]] = values[own]
