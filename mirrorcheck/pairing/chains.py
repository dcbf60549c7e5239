"""Finds retry chains and twin copies: which line is a further attempt of which, and which copy doubles which."""

from dataclasses import dataclass, replace

import numpy as np

from mirrorcheck.concurrency import side_by_side
from mirrorcheck.pairing import attempts, collapse, constants, evidence
from mirrorcheck.pairing.aligned import Alignment
from mirrorcheck.pairing.blocks import Block
from mirrorcheck.pairing.clock import SECOND_US
from mirrorcheck.pairing.evidence import LoneKeys, Twins
from mirrorcheck.pairing.merge import Merged
from mirrorcheck.pairing.model import Bools, Evidence, Ints


@dataclass(frozen=True, slots=True, eq=False)
class ChainEvidence:
    """Whether the proxy retries, and whether something copies twice.

    lone: what lone keys showed, None where ids make it needless. chance_links: retries that busy keys show by chance.
    """

    retries: Evidence = Evidence.NONE
    twins: Evidence = Evidence.NONE
    lone: LoneKeys | None = None
    chance_links: int = 0

    def hide_twins(self) -> bool:
        """Whether second copies could stand in for missing ones."""
        return self.twins == Evidence.PROVEN and self.lone is not None and self.lone.ratio() < constants.ALL_COPIED


def by_themselves(blocks: list[Merged]) -> list[Block]:
    """Blocks in which every line stands for itself."""
    places = np.arange(max(map(len, blocks), default=0))  # one column, of which all blocks see the beginning
    return [Block(merged, places[: len(merged)]) for merged in blocks]


def find_all_chains(
    alignment: Alignment, horizon_us: int, *, presume_retries: bool
) -> tuple[ChainEvidence, list[Block]]:
    """Collapse the chains and twins of lines with ids, which need no proof, and those proven of other lines."""
    blocks = alignment.merged(horizon_us)
    if alignment.originals.has_id is None:
        return _find_chains(alignment, blocks, horizon_us, presume_retries=presume_retries)
    pause_us = horizon_us + alignment.slack_us
    with_id, without = _by_having_ids(alignment, blocks, pause_us)
    chain_evidence, found = ChainEvidence(), attempts.by_id(alignment, with_id, pause_us)
    if without:
        chain_evidence, rest = _find_chains(alignment, without, horizon_us, presume_retries=presume_retries)
        found += rest
    retries, twins = (
        Evidence.CERTAIN if each == Evidence.NONE else each for each in (chain_evidence.retries, chain_evidence.twins)
    )
    return replace(chain_evidence, retries=retries, twins=twins), found


def _by_having_ids(alignment: Alignment, blocks: list[Merged], pause_us: int) -> tuple[list[Merged], list[Merged]]:
    """Split the blocks into lines with an id and lines without; all lines of a run have one, or none."""
    sides = ((False, alignment.originals.has_id), (True, alignment.copies.has_id))
    if all(has_id is None or has_id.all() for _, has_id in sides):
        return blocks, []
    parts: tuple[list[Merged], list[Merged]] = ([], [])
    for merged in blocks:
        has_id = np.ones(len(merged), np.bool_)
        for is_copy, of_side in sides:
            if of_side is not None:
                own = merged.is_copy == is_copy
                has_id[own] = of_side[merged.row[own]]
        parts[0].append(merged.thinned(np.flatnonzero(has_id), pause_us))
        parts[1].append(merged.thinned(np.flatnonzero(~has_id), pause_us))
    return parts


def _find_chains(
    alignment: Alignment, blocks: list[Merged], horizon_us: int, *, presume_retries: bool
) -> tuple[ChainEvidence, list[Block]]:
    """Judge by lone keys whether the proxy retries or something copies twice, and collapse what is proven."""
    apart_us = alignment.attempts_us
    lone = evidence.sum_of(
        side_by_side(lambda merged: evidence.lone_lines(merged, apart_us, alignment.window.evidence_us), blocks)
    )
    twins = evidence.judge_twins(lone, apart_us)
    if lone.alone <= constants.FEW_LONE * lone.originals:
        in_seconds = not (alignment.copies.logged_us % SECOND_US).any()  # the copies' stamps, rather than finer
        by_neighbours = evidence.judge_busy_twins(blocks, SECOND_US if in_seconds else 0)
        twins = by_neighbours if by_neighbours.evidence == Evidence.PROVEN else twins
    chain_evidence = ChainEvidence(twins=twins.evidence, lone=lone)
    whole = _without_twins(blocks, twins) if chain_evidence.hide_twins() else by_themselves(blocks)
    if presume_retries and attempts.counts_attempts(alignment):
        return replace(chain_evidence, retries=Evidence.PROVEN), [
            attempts.by_count(alignment, block) for block in whole
        ]
    if not alignment.originals.failed.any():
        return chain_evidence, whole
    pause_us = horizon_us + alignment.slack_us
    one_clock = not alignment.originals.stream.any()
    # A chain has one copy, even where each comes twice: then what is left over beside it is no other request's.
    once = whole
    if twins.evidence == Evidence.PROVEN and not chain_evidence.hide_twins():
        once = _without_twins(blocks, twins)
        whole = [replace(block, reopens=False) for block in whole]
    sides = [_Side.of(block, alignment.originals.failed, pause_us, alignment.slip_us) for block in once]
    finder = _ChainFinder(sides, apart_us, alignment.window.evidence_us, one_clock=one_clock)
    return finder.collapse(chain_evidence, whole, presume_retries=presume_retries)


def _without_twins(blocks: list[Merged], twins: Twins) -> list[Block]:
    """The first of two copies of a request stands for both."""
    return side_by_side(lambda merged: Block(merged, collapse.twin_leaders(merged, twins)), blocks)


@dataclass(frozen=True, slots=True, eq=False)
class _Side:
    """A block without twins: the places kept of it, its lines, which of them are originals that failed.

    in_order: the places of the originals, in order of attempts.
    """

    kept: Ints
    merged: Merged
    failed: Bools
    in_order: Ints

    @classmethod
    def of(cls, block: Block, failed: Bools, pause_us: int, slip_us: int) -> "_Side":
        stands = block.stands()
        kept = np.flatnonzero(stands)
        merged = block.merged if stands.all() else block.merged.thinned(kept, pause_us)
        by_place = merged.of_originals(failed)
        return cls(kept, merged, by_place, collapse.in_order_of_attempts(merged, by_place, slip_us))

    def links(self, window_us: int) -> Bools:
        return collapse.find_links(self.merged, self.in_order, self.failed, window_us)

    def failed_in_company(self, apart_us: int) -> Bools:
        """By place of the lines kept: an original that failed and is not the only one of its group."""
        group = self.merged.groups(apart_us)
        several = np.bincount(group, weights=~self.merged.is_copy) > 1
        return self.failed & several[group]


@dataclass(frozen=True, slots=True, eq=False)
class _ChainFinder:
    """Finds chains of failed attempts in all blocks.

    one_clock: a single stream logged all originals; the clocks of several are never known so well that attempts at
    different pods are sure to follow each other.
    """

    sides: list[_Side]
    apart_us: int
    within_us: tuple[int, int]
    one_clock: bool

    def collapse(
        self, chain_evidence: ChainEvidence, blocks: list[Block], *, presume_retries: bool
    ) -> tuple[ChainEvidence, list[Block]]:
        """Link the attempts to their heads where retries are proven, and mark those that might be some."""
        lone = chain_evidence.lone
        widest = [side.links(constants.RETRY_WINDOW_US) for side in self.sides]
        chains = evidence.sum_of(
            [
                evidence.lone_chains(side.merged, side.in_order, links, self.apart_us, self.within_us)
                for side, links in zip(self.sides, widest, strict=True)
            ]
        )
        retries, longest = evidence.judge_retries(chains), evidence.longest_chain(chains)
        window_us, by_chance = evidence.usual_gap(chains), 0.0
        links = [side.links(window_us) for side in self.sides]
        if lone is not None and lone.ratio() < constants.NEARLY_ALL_COPIED:
            by_chance = sum(
                collapse.chance_links(side.merged, each, window_us)
                for side, each in zip(self.sides, links, strict=True)
            )
        believed = retries == Evidence.PROVEN and presume_retries
        found = [
            self._linked(block, side, own if believed else None, wide if presume_retries else None, longest)
            for block, side, own, wide in zip(blocks, self.sides, links, widest, strict=True)
        ]
        return replace(chain_evidence, retries=retries, chance_links=int(by_chance) if believed else 0), found

    def _linked(self, block: Block, side: _Side, links: Bools | None, widest: Bools | None, longest: int) -> Block:
        leader, might_be_retry = block.leader, None
        if links is not None and links.any():
            leader = leader.copy()
            leader[side.kept] = side.kept[collapse.heads_by_link(side.merged, side.in_order, links, longest)]
        if widest is not None:
            heads = collapse.heads_by_link(side.merged, side.in_order, widest, longest)
            further = heads != np.arange(len(heads))
            if not self.one_clock:
                further |= side.failed_in_company(self.apart_us)
            might_be_retry = np.zeros(len(block.merged), np.bool_)
            might_be_retry[side.kept] = further
        return replace(block, leader=leader, might_be_retry=might_be_retry)
