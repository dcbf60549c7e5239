"""Pairs the lines of two sides: matches, learns clocks and retry chains from the pairs, and matches again."""

from dataclasses import replace

import numpy as np

from mirrorcheck.concurrency import side_by_side
from mirrorcheck.pairing.aligned import Alignment, align, first_alignment, learn
from mirrorcheck.pairing.blocks import Block, Matched, share_of_keys
from mirrorcheck.pairing.chains import by_themselves, find_all_chains
from mirrorcheck.pairing.classify import classify
from mirrorcheck.pairing.match import match
from mirrorcheck.pairing.model import EVERYTHING, RequestLines, Window
from mirrorcheck.pairing.result import Pairing

_LINES_TO_LEARN_FROM = 200_000


def pair(
    originals: RequestLines,
    copies: RequestLines,
    *,
    horizon_us: int,
    presume_retries: bool = True,
    window: Window = EVERYTHING,
) -> Pairing:
    """Pair originals with copies (ARCHITECTURE.md); `horizon_us`, inclusive, is judged on the stamps as logged.

    With several streams on a side their clocks are first set against each other. `presume_retries=False` collapses a
    chain of attempts only where an exact id makes it certain. Clocks are learnt from a sample of keys where lines
    abound. window: which lines count, and show what the proxy does.
    """
    share = -(-(len(originals) + len(copies)) // _LINES_TO_LEARN_FROM)
    sample = first_alignment(_sample(originals, share), _sample(copies, share))
    matched = _match_all(sample, by_themselves(sample.merged(horizon_us)), horizon_us)
    clocks = learn(sample, matched, horizon_us, (horizon_us, 2 * sample.near_us))
    second = align(sample.originals, sample.copies, clocks, horizon_us, window)
    _, blocks = find_all_chains(second, horizon_us, presume_retries=presume_retries)
    matched = _match_all(second, blocks, horizon_us)
    clocks = learn(second, matched, horizon_us, (2 * second.near_us, second.near_us))
    last = align(originals, copies, clocks, horizon_us, window)
    chain_evidence, blocks = find_all_chains(last, horizon_us, presume_retries=presume_retries)
    return classify(last, chain_evidence, _match_all(last, blocks, horizon_us))


def _sample(lines: RequestLines, share: int) -> RequestLines:
    """The lines of one key in `share`."""
    return lines if share <= 1 else lines.take(share_of_keys(lines.key, share))


def _match_all(alignment: Alignment, blocks: list[Block], horizon_us: int) -> list[Matched]:
    pause_us = horizon_us + alignment.slack_us

    def work(block: Block) -> Matched:
        matched = _match(block, horizon_us, pause_us)
        return _reopen(matched, horizon_us, pause_us) if block.reopens else matched

    return side_by_side(work, blocks)


def _match(block: Block, horizon_us: int, pause_us: int) -> Matched:
    """Match one line for each request with one for each of its copies."""
    stands = block.stands()
    if stands.all():
        return Matched(block, block.leader, block.merged, match(block.merged, horizon_us))
    kept = np.flatnonzero(stands)
    merged = block.merged.thinned(kept, pause_us)
    return Matched(block, kept, merged, match(merged, horizon_us))


def _reopen(last: Matched, horizon_us: int, pause_us: int) -> Matched:
    """Match again with those attempts taken for retries that copies left over are copies of."""
    whole = last.block.merged
    stands = last.block.stands()
    attempts = ~stands & ~whole.is_copy
    unpaired = stands & whole.is_copy
    unpaired[last.kept[last.pairs.copy]] = False
    if not attempts.any() or not unpaired.any():
        return last
    places = np.flatnonzero(attempts | unpaired)
    opened = places[match(whole.thinned(places, pause_us), horizon_us).original]
    if not len(opened):
        return last
    leader = last.block.leader.copy()
    leader[opened] = opened
    return _match(replace(last.block, leader=leader), horizon_us, pause_us)
