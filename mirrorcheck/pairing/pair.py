"""Pairs the lines of two sides: matches, learns clocks and retry chains from the pairs, and matches again."""

from dataclasses import dataclass, replace

import numpy as np

from mirrorcheck.concurrency import side_by_side
from mirrorcheck.pairing import match as runs
from mirrorcheck.pairing.aligned import Alignment, LearntClocks, first_alignment, learn, view_by
from mirrorcheck.pairing.blocks import Block, Matched, share_of_keys
from mirrorcheck.pairing.chains import ChainEvidence, all_habits, no_chain_evidence
from mirrorcheck.pairing.classify import classify
from mirrorcheck.pairing.model import Pairing, RequestLines

_LINES_TO_LEARN_FROM = 200_000


@dataclass(frozen=True, slots=True)
class _Rules:
    """What the caller asked for."""

    horizon_us: int
    presume_retries: bool


@dataclass(frozen=True, slots=True, eq=False)
class _Round:
    """One pass of matching."""

    alignment: Alignment
    chain_evidence: ChainEvidence
    matched: list[Matched]


def pair(originals: RequestLines, copies: RequestLines, *, horizon_us: int, presume_retries: bool = True) -> Pairing:
    """Pair originals with copies as ARCHITECTURE.md says; `horizon_us` is judged on the stamps as logged (inclusive).

    With several streams on a side their clocks are first set against each other. `presume_retries=False` collapses a
    chain of attempts only where an exact id makes it certain. Clocks are learnt from a sample of keys where lines
    abound.
    """
    rules = _Rules(horizon_us, presume_retries)
    share = -(-(len(originals) + len(copies)) // _LINES_TO_LEARN_FROM)
    sample = first_alignment(_sample(originals, share), _sample(copies, share))
    first = _match_all(sample, *no_chain_evidence(sample.merged(horizon_us)), rules)
    clocks = _learn(first, rules, horizon_us, 2 * sample.near_us)
    second = _round(view_by(sample.originals, sample.copies, clocks, horizon_us), rules)
    near_us = second.alignment.near_us
    clocks = _learn(second, rules, 2 * near_us, near_us)
    last = _round(view_by(originals, copies, clocks, horizon_us), rules)
    return classify(last.alignment, last.chain_evidence, last.matched)


def _sample(lines: RequestLines, share: int) -> RequestLines:
    """The lines of one key in `share`."""
    return lines if share <= 1 else lines.take(share_of_keys(lines.key, share))


def _learn(last: _Round, rules: _Rules, *reaches_us: int) -> LearntClocks:
    return learn(last.alignment, [(each.merged, each.pairs) for each in last.matched], rules.horizon_us, reaches_us)


def _round(alignment: Alignment, rules: _Rules) -> _Round:
    """Find the chain_evidence that the view shows, collapse what is proven, and match what is left."""
    merged = alignment.merged(rules.horizon_us)
    chain_evidence, blocks = all_habits(alignment, merged, rules.horizon_us, presume_retries=rules.presume_retries)
    return _match_all(alignment, chain_evidence, blocks, rules)


def _match_all(alignment: Alignment, chain_evidence: ChainEvidence, blocks: list[Block], rules: _Rules) -> _Round:
    pause_us = rules.horizon_us + alignment.slack_us

    def work(block: Block) -> Matched:
        matched = _match(block, rules.horizon_us, pause_us)
        return _reopen(matched, rules.horizon_us, pause_us) if block.reopens else matched

    return _Round(alignment, chain_evidence, side_by_side(work, blocks))


def _match(block: Block, horizon_us: int, pause_us: int) -> Matched:
    """Match one line for each request with one for each of its copies."""
    stands = block.stands()
    if stands.all():
        return Matched(block, block.leader, block.merged, runs.match(block.merged, horizon_us))
    kept = np.flatnonzero(stands)
    merged = block.merged.thinned(kept, pause_us)
    return Matched(block, kept, merged, runs.match(merged, horizon_us))


def _reopen(last: Matched, horizon_us: int, pause_us: int) -> Matched:
    """Copies left over are copies of attempts taken for retries: give those attempts back and match again."""
    whole = last.block.merged
    stands = last.block.stands()
    attempts = ~stands & ~whole.is_copy
    unpaired = stands & whole.is_copy
    unpaired[last.kept[last.pairs.copy]] = False
    if not attempts.any() or not unpaired.any():
        return last
    places = np.flatnonzero(attempts | unpaired)
    opened = places[runs.match(whole.thinned(places, pause_us), horizon_us).original]
    if not len(opened):
        return last
    leader = last.block.leader.copy()
    leader[opened] = opened
    return _match(replace(last.block, leader=leader), horizon_us, pause_us)
