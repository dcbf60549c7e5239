"""Finds further attempts at requests where ids repeat, or where the proxy counts its attempts.

Whoever sends a request chooses its id and its count unless a proxy overwrites them. So neither alone makes a line an
attempt: the line before it must have failed, as a proxy tries again only then, and not long ago. An id that repeats
otherwise is that of a retry (a hedge, a time-out whose answer came after all), or of another request: that stays open.
"""

from dataclasses import dataclass, replace

import numpy as np

from mirrorcheck.concurrency import side_by_side
from mirrorcheck.pairing import collapse, constants
from mirrorcheck.pairing.aligned import Alignment
from mirrorcheck.pairing.blocks import Block
from mirrorcheck.pairing.evidence import judge_retries, lone_chains, lone_lines, sum_of
from mirrorcheck.pairing.merge import Merged
from mirrorcheck.pairing.model import Bools, Evidence, Ints

_ENDLESS_US = 1 << 62


def by_id(alignment: Alignment, blocks: list[Merged], pause_us: int) -> list[Block]:
    """Find the further attempts in blocks whose keys are ids, and what repeats an id and may be one.

    Where the copies show that each repetition after a failure is mirrored, these are requests like others.
    """
    found = side_by_side(lambda merged: _Repeated.of(alignment, merged), blocks)
    lone = sum_of(side_by_side(lambda merged: lone_lines(merged, pause_us), blocks))
    chains = sum_of([lone_chains(each.merged, each.in_order, each.links, pause_us) for each in found])
    chains = replace(chains, alone=lone.alone, copied=lone.copied)
    own = judge_retries(chains) == Evidence.REFUTED
    doubled = len(lone.second_us) > constants.DOUBLED * lone.copied
    return [
        replace(each.block(merged, own=own), reopens=not doubled) for each, merged in zip(found, blocks, strict=True)
    ]


@dataclass(frozen=True, slots=True, eq=False)
class _Repeated:
    """The lines of ids that several originals have.

    places: of these lines among all. in_order: places of the originals among them, in order of attempts. links: bool by
    place among them, this original failed, and the next with its id followed soon.
    """

    places: Ints
    merged: Merged
    in_order: Ints
    links: Bools

    @classmethod
    def of(cls, alignment: Alignment, merged: Merged) -> "_Repeated":
        runs = int(merged.run[-1]) + 1 if len(merged) else 0
        originals = np.bincount(merged.run, weights=~merged.is_copy, minlength=runs)
        places = np.flatnonzero((originals > 1)[merged.run])
        several = merged.take(places)
        failed = ~several.is_copy if alignment.originals.sent_once else several.of_originals(alignment.originals.failed)
        in_order = collapse.in_order_of_attempts(several, failed, alignment.slip_us)
        pause_us = _pauses_us(alignment, several, in_order)
        window_us = _ENDLESS_US if alignment.originals.sent_once else alignment.attempts_us
        links = collapse.find_links(several, in_order, failed, window_us, pause_us)
        return cls(places, several, in_order, links)

    def block(self, merged: Merged, *, own: bool) -> Block:
        """The block of all lines. own: repetitions are requests of their own as much as they may be retries."""
        leader = np.arange(len(merged))
        if not len(self.places):
            return Block(merged, leader, exact=True)
        links = np.zeros_like(self.links) if own else self.links
        heads = collapse.heads_by_link(self.merged, self.in_order, links, constants.LONGEST_CHAIN)
        places = np.arange(len(heads))
        heads = np.where(self._several(heads == places), places, heads)
        first = np.zeros(len(heads), np.bool_)
        first[self.in_order[np.flatnonzero(np.diff(self.merged.run[self.in_order], prepend=-1))]] = True
        leader[self.places] = self.places[heads]
        might_be_retry = np.zeros(len(merged), np.bool_)
        might_be_retry[self.places] = ~self.merged.is_copy & (heads == places) & ~first
        return Block(merged, leader, might_be_retry, exact=True)

    def _several(self, stands: Bools) -> Bools:
        """By place: its id stands for several requests, so a client chose it, and a failure makes no retry certain."""
        requests = np.bincount(self.merged.run, weights=stands & ~self.merged.is_copy)
        several: Bools = (requests > 1)[self.merged.run]
        return several


def _pauses_us(alignment: Alignment, merged: Merged, in_order: Ints) -> Ints:
    """From the end of one original to the beginning of the next one, as far as the lines log how long they took."""
    time_us, took_us = merged.time_us[in_order], alignment.originals.took_us
    if took_us is None:
        return np.diff(time_us)
    took = took_us[merged.row[in_order]]
    pauses_us: Ints = (time_us + took.clip(max=0))[1:] - (time_us + took.clip(min=0))[:-1]
    return pauses_us


def counts_attempts(alignment: Alignment) -> bool:
    """Whether a proxy counts its attempts: nearly all originals log a count, and some are further attempts."""
    attempt = alignment.originals.attempt
    return attempt is not None and bool((attempt > 1).any()) and float((attempt > 0).mean()) >= constants.COUNTING_SHARE


def by_count(alignment: Alignment, block: Block) -> Block:
    """Link the further attempts that the proxy counts to the first ones."""
    merged, attempt = block.merged, alignment.originals.attempt
    if attempt is None:
        return block
    failed = merged.of_originals(alignment.originals.failed)
    further = merged.of_originals(attempt > 1)
    in_order = collapse.in_order_of_attempts(merged, failed, alignment.slip_us)
    window_us = alignment.attempts_us
    leader = _linked(block, in_order[(failed | further)[in_order]], attempt, failed, window_us)
    # Beside a line that did not fail it may be an attempt all the same: the answer came after the time-out.
    group = merged.groups(window_us)
    near = (np.bincount(group, weights=~merged.is_copy) > 1)[group]
    return replace(block, leader=leader, might_be_retry=further & near & (leader == np.arange(len(leader))))


def _linked(block: Block, places: Ints, attempt: Ints, failed: Bools, window_us: int) -> Ints:
    """Leaders of a block in which each further attempt at one of `places` follows the last failed one before it."""
    merged, leader = block.merged, block.leader.copy()
    waiting: dict[tuple[int, int], list[int]] = {}
    numbers = attempt[merged.row[places]].tolist()
    runs, times = merged.run[places].tolist(), merged.time_us[places].tolist()
    for place, number, run, time_us in zip(places.tolist(), numbers, runs, times, strict=True):
        before = waiting.get((run, number - 1))
        if before and time_us - merged.time_us[before[-1]] <= window_us:
            leader[place] = leader[before.pop()]
        if failed[place]:
            waiting.setdefault((run, number), []).append(place)
    return leader
