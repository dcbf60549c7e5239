"""Gives every line its class after the last matching, with what is certain and what could be another line's."""

from dataclasses import replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from mirrorcheck.concurrency import side_by_side
from mirrorcheck.pairing import compiled, constants
from mirrorcheck.pairing.aligned import Alignment
from mirrorcheck.pairing.ambiguity import Tally, count_candidates, find_ambiguity
from mirrorcheck.pairing.blocks import Block, Matched
from mirrorcheck.pairing.chains import ChainEvidence
from mirrorcheck.pairing.match import Pairs
from mirrorcheck.pairing.merge import Merged
from mirrorcheck.pairing.model import Bools, Evidence, Ints, Outcome, RequestLines
from mirrorcheck.pairing.result import Pairing

_Int = TypeVar("_Int", np.int8, np.int64)
_MISSED, _RETRY = np.int8(Outcome.MISSED), np.int8(Outcome.RETRY)


def classify(alignment: Alignment, chain_evidence: ChainEvidence, matched: list[Matched]) -> Pairing:
    """Give each original and copy its outcome."""
    outcomes = _all_paired(alignment, chain_evidence)
    tally = sum(side_by_side(lambda each: _settle(alignment, chain_evidence, each, outcomes), matched), Tally())
    outcomes = replace(outcomes, delay_us=alignment.delay_us(outcomes.copy_of))
    ambiguity = find_ambiguity(alignment, chain_evidence, matched, outcomes, tally)
    # Where second copies look like those of missed requests, any line of the log may be meant.
    reach_us = alignment.span_us() + 1 if ambiguity.undecided.undecidable else alignment.near_us
    side_by_side(lambda each: _fill_in_candidates(alignment, each, reach_us, outcomes), matched)
    return replace(
        outcomes,
        presumed_retries=tally.presumed,
        missed_retries=tally.perhaps_retries - tally.repeated,
        perhaps_retries=tally.attempts,
        repeated_ids=tally.repeated,
        early_misses=_early_misses(alignment, outcomes),
        ambiguity=replace(ambiguity, strangers=_perhaps_strangers(outcomes)),
    )


def _all_paired(alignment: Alignment, chain_evidence: ChainEvidence) -> Pairing:
    """All lines as paired and certain, as nearly all will be: every block fills in its own rows.

    Writing to the columns takes most of the time.
    """
    originals, copies = len(alignment.originals), len(alignment.copies)
    return Pairing(
        original_outcome=np.full(originals, Outcome.PAIRED, np.int8),
        copy_outcome=np.full(copies, Outcome.PAIRED, np.int8),
        copy_of=np.full(originals, -1),
        original_of=np.full(copies, -1),
        response_of=np.arange(originals),
        original_candidates=np.ones(originals, np.int64),
        copy_candidates=np.ones(copies, np.int64),
        delay_us=np.empty(0, np.int64),
        original_us=_on_level(alignment.originals, alignment.originals_level_us),
        copy_us=_on_level(alignment.copies, alignment.copies_level_us),
        alike=np.full(originals, -1),
        reach_us=alignment.near_us,
        retries=chain_evidence.retries,
        twins=chain_evidence.twins,
    )


def _on_level(lines: RequestLines, level_us: Ints) -> Ints:
    """Times as placed, with the streams of a side set against each other."""
    return lines.placed_us if level_us is lines.logged_us else lines.placed_us + level_us - lines.logged_us


def _settle(alignment: Alignment, chain_evidence: ChainEvidence, matched: Matched, outcomes: Pairing) -> Tally:
    """Fill in the outcomes and partners of one block."""
    block, whole = matched.block, matched.block.merged
    pairs = matched.pairs_of_block()
    paired = matched.paired()
    stands, is_copy = block.stands(), whole.is_copy
    outcome = np.where(stands, _MISSED, _RETRY)
    outcome[is_copy] = Outcome.ORPHAN
    outcome[_doubles(alignment, chain_evidence, matched, paired)] = Outcome.DUPLICATE
    outcome[paired] = Outcome.PAIRED
    _write(whole, np.flatnonzero(~paired), outcome, (outcomes.original_outcome, outcomes.copy_outcome))
    _link(whole, pairs, outcomes)
    attempts = np.flatnonzero(~stands & ~is_copy)
    # A chain goes on while it fails, whatever the clocks of its pods say.
    attempts = attempts[np.argsort(~alignment.originals.failed[whole.row[attempts]], kind="stable")]
    heads = whole.row[block.leader[attempts]]
    outcomes.response_of[heads] = whole.row[attempts]  # later assignments win: the latest attempt of each head
    outcomes.response_of[whole.row[attempts]] = outcomes.response_of[heads]
    in_time = alignment.in_time(whole.time_us)
    return _tally(block, outcome, in_time, int(in_time[pairs.original].sum()), alignment.attempts_us)


def _link(merged: Merged, pairs: Pairs, outcomes: Pairing) -> None:
    """Write the partners of the lines of each pair."""
    if compiled.kernel:
        compiled.kernel.link(merged.row, pairs.original, pairs.copy, outcomes.copy_of, outcomes.original_of)
        return
    originals, copies = merged.row[pairs.original], merged.row[pairs.copy]
    outcomes.copy_of[originals] = copies
    outcomes.original_of[copies] = originals


def _tally(block: Block, outcome: NDArray[np.int8], in_time: Bools, pairs: int, apart_us: int) -> Tally:
    outcome = np.where(in_time, outcome, np.int8(Outcome.EXCLUDED))  # what is not in time counts as nothing
    perhaps = _perhaps_retries(block, outcome, apart_us)
    if block.exact:
        return Tally(perhaps_retries=perhaps, repeated=perhaps)
    return Tally(
        attempts=0 if block.might_be_retry is None else int((block.might_be_retry & _is_single(outcome)).sum()),
        perhaps_retries=perhaps,
        presumed=int((outcome == Outcome.RETRY).sum()),
        orphans=int((outcome == Outcome.ORPHAN).sum()),
        paired=pairs,
    )


def _perhaps_retries(block: Block, outcome: NDArray[np.int8], apart_us: int) -> int:
    """Count the misses that may be retries: in each group, as many as it has attempts that were not taken for retries.

    Where all lines of a group are alike, it says nothing which of them the matching left over.
    """
    if block.might_be_retry is None:
        return 0
    group = block.groups(apart_us)
    missed = np.bincount(group, weights=~block.merged.is_copy & (outcome == Outcome.MISSED))
    attempts = np.bincount(group, weights=block.might_be_retry & _is_single(outcome))
    return int(np.minimum(missed, attempts).sum())


def _is_single(outcome: NDArray[np.int8]) -> Bools:
    """By line: it was not taken for a further attempt, and counts."""
    single: Bools = (outcome != Outcome.RETRY) & (outcome != Outcome.EXCLUDED)
    return single


def _doubles(alignment: Alignment, chain_evidence: ChainEvidence, matched: Matched, paired: Bools) -> Bools:
    """By place of the block: a copy left over is a double if its twin is paired, or if doubles are proven near a pair.

    One left over with the id of an original is a double in any case.
    """
    block = matched.block
    leader, is_copy = block.leader, block.merged.is_copy
    double: Bools = is_copy & paired[leader] & (leader != np.arange(len(leader)))
    if block.exact:
        run = block.merged.run
        double |= is_copy & (np.bincount(run, weights=~is_copy) > 0)[run]
    elif chain_evidence.twins == Evidence.PROVEN:
        merged = matched.merged
        number = merged.groups(alignment.attempts_us)
        with_original = np.bincount(number, weights=~merged.is_copy) > 0
        double[matched.kept[merged.is_copy & with_original[number]]] = True
    return double


def _early_misses(alignment: Alignment, outcomes: Pairing) -> int:
    """Count the misses that may be further attempts at requests sent just before the log begins."""
    times, heads = alignment.originals_us, np.flatnonzero(outcomes.response_of != np.arange(len(alignment.originals)))
    heads = heads[outcomes.original_outcome[heads] != Outcome.RETRY]
    if not len(heads):
        return 0
    apart_us = min(
        constants.RETRY_WINDOW_US,
        int(np.quantile(np.abs(times[outcomes.response_of[heads]] - times[heads]), constants.NEARLY_ALL_RETRIES)),
    )
    early = times <= times.min() + apart_us
    return int((early & (outcomes.original_outcome == Outcome.MISSED)).sum())


def _perhaps_strangers(outcomes: Pairing) -> int:
    """Count the originals that may hold another's copy, where the primary's log lacks the originals of most copies.

    Then any copy with its like nearby may be that of an original that was never logged.
    """
    partners = outcomes.copy_of[outcomes.copy_of >= 0]
    orphans = int((outcomes.copy_outcome == Outcome.ORPHAN).sum())
    return int((outcomes.copy_candidates[partners] > 1).sum()) if orphans > len(partners) else 0


def _fill_in_candidates(alignment: Alignment, matched: Matched, reach_us: int, outcomes: Pairing) -> None:
    merged, candidates = matched.merged, count_candidates(alignment, matched, reach_us)
    _write_candidates(merged, candidates, alignment.near_us, outcomes)


def _write_candidates(merged: Merged, candidates: Ints, reach_us: int, outcomes: Pairing) -> None:
    """Write how many candidates lines have, int64 by place, where that is more than one.

    The ambiguous originals of a key, each within reach of the next, get the row of the first of them.
    """
    if compiled.kernel:
        columns = (merged.row, merged.is_copy, merged.run, merged.time_us, candidates)
        filled = (outcomes.original_candidates, outcomes.copy_candidates, outcomes.alike)
        compiled.kernel.write_candidates(*columns, reach_us, *filled)
        return
    ambiguous = np.flatnonzero(candidates > 1)
    _write(merged, ambiguous, candidates, (outcomes.original_candidates, outcomes.copy_candidates))
    originals = merged.take(ambiguous[~merged.is_copy[ambiguous]])
    if len(originals):
        group = originals.groups(reach_us)
        first = np.flatnonzero(np.diff(group, prepend=-1))
        outcomes.alike[originals.row] = originals.row[first][group]


def _write(merged: Merged, places: Ints, values: NDArray[_Int], columns: tuple[NDArray[_Int], NDArray[_Int]]) -> None:
    """Write the values at some places into the columns of the originals and of the copies."""
    is_copy = merged.is_copy[places]
    for column, own in zip(columns, (places[~is_copy], places[is_copy]), strict=True):
        column[merged.row[own]] = values[own]
