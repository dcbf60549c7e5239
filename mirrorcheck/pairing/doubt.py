"""The last matching in, out by how much the number of misses may differ: a copy may be that of another original."""

from dataclasses import dataclass

import numpy as np

from mirrorcheck.concurrency import side_by_side
from mirrorcheck.pairing import clumps, second_copies
from mirrorcheck.pairing.aligned import Alignment
from mirrorcheck.pairing.blocks import Matched
from mirrorcheck.pairing.chains import ChainEvidence
from mirrorcheck.pairing.clock import SECOND_US
from mirrorcheck.pairing.evidence import RETRY_WINDOW_US, LoneKeys
from mirrorcheck.pairing.line_outcomes import LineOutcomes, Tally
from mirrorcheck.pairing.model import Ints, Outcome
from mirrorcheck.pairing.second_copies import KeyGroups

_FEWEST = 3
_FEWEST_REQUESTS = 20
_FEW_LONE = 0.02
_NEARLY_AS_MANY = 0.8


@dataclass(frozen=True, slots=True)
class AmbiguousCounts:
    """hidden: misses beyond those that the matching shows. copied: of these, those that may have been copied.

    undecidable: hardly a key tells anything.
    """

    hidden: int = 0
    copied: int = 0
    undecidable: bool = False


def count_ambiguous(
    alignment: Alignment, chain_evidence: ChainEvidence, matched: list[Matched], outcomes: LineOutcomes, tally: Tally
) -> AmbiguousCounts:
    """What the outcomes of all blocks leave open."""
    delay_us, lone = outcomes.delay_us(alignment), chain_evidence.lone
    if lone and _undecidable(alignment, lone, matched, outcomes, delay_us):
        fewest = tally.paired // 2 - second_copies.accidents(tally.paired)
        return AmbiguousCounts(tally.paired - max(0, fewest), int((outcomes.original_of < 0).sum()), undecidable=True)
    twice, unseen = second_copies.AmbiguousShare(), 0
    missed = (outcomes.copy_of < 0).any()
    if missed or (outcomes.original_of < 0).any():
        strays = _stray_share(lone, tally.orphans) if lone else 0.0
        twice = second_copies.ambiguous_share(_crowds(matched, RETRY_WINDOW_US + alignment.near_us), strays)
    if missed:
        # A copy of another original is taken for that of a missed one only where it comes when its own would.
        unseen = second_copies.unseen(_crowds(matched, alignment.near_us))
    links = chain_evidence.chance_links if lone else 0
    return AmbiguousCounts(min(max(twice.hidden, unseen) + links, len(delay_us)), twice.copied)


def _crowds(matched: list[Matched], apart_us: int) -> KeyGroups:
    """What the groups of all keys hold, a group being what no pause longer than `apart_us` divides."""
    return KeyGroups.all(side_by_side(lambda each: _crowds_of(each, apart_us), matched))


def _crowds_of(matched: Matched, apart_us: int) -> KeyGroups:
    block = matched.block
    originals = block.stands() & ~block.merged.is_copy
    return KeyGroups.of(block.groups(apart_us), originals, block.merged.is_copy, originals & matched.paired())


def _stray_share(lone: LoneKeys, orphans: int) -> float:
    """Copies without an original for each that has one, where lines are alone; orphans: of all copies."""
    # A lone copy that found its original farther off is late rather than an orphan.
    return min(lone.strays, orphans) / max(1, lone.their_copies)


def _undecidable(
    alignment: Alignment, lone: LoneKeys, matched: list[Matched], outcomes: LineOutcomes, delay_us: Ints
) -> bool:
    """Hardly a request has a key of its own, and doubles cannot be told from misses.

    Two policies at 50 % send 0 or 2 copies a request; over n requests their sum strays from n by about sqrt(n), and
    hardly ever by nothing: then lines stray. At a smaller share, what tells is how the copies lie in time.
    """
    if lone.originals < _FEWEST_REQUESTS or lone.alone > max(_FEWEST, lone.originals * _FEW_LONE):
        return False
    if lone.copies >= _NEARLY_AS_MANY * lone.originals:
        return _strays(alignment, outcomes) + _too_early(delay_us) > 0
    return len(delay_us) > 0 and _in_twos(alignment, lone, matched, int(np.median(delay_us)))


def _strays(alignment: Alignment, outcomes: LineOutcomes) -> int:
    """How many lines have no partner, beyond those at the ends of the logs whose partners may lie outside."""
    missed, alone = int((outcomes.original_outcome == Outcome.MISSED).sum()), int((outcomes.original_of < 0).sum())
    if missed == len(alignment.originals) or alone == len(alignment.copies):
        return missed + alone
    early = int((alignment.copies_us < alignment.originals_us.min()).sum())
    late = int((alignment.originals_us > alignment.copies_us.max()).sum())
    return max(0, missed - late) + max(0, alone - early)


def _too_early(delay_us: Ints) -> int:
    """How many copies lie so long before their original, beside the usual delay, that no proxy can have sent them."""
    return int((delay_us - np.median(delay_us) <= -2 * SECOND_US).sum()) if len(delay_us) else 0


def _in_twos(alignment: Alignment, lone: LoneKeys, matched: list[Matched], late_us: int) -> bool:
    """The copies of busy keys, which are `late_us` late, come in twos rather than one by one."""
    blocks = [each.block for each in matched]
    keys = sum(int(block.merged.run[-1]) + 1 for block in blocks if len(block.merged))
    long_us = clumps.stretch_us(lone.originals / keys, alignment.span_us(), alignment.spread_us)
    each = [clumps.deviations(block.merged, block.stands(), late_us, long_us) for block in blocks]
    return clumps.sum_of(each).in_twos(lone.copies / lone.originals)
