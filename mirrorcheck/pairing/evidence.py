"""Judges by lone keys whether the proxy retries, and whether something copies twice.

A group of lines is lone if nothing of its key is near it, so that its lines belong to one request or to the attempts
at one. What lone groups do is what all do.
"""

from dataclasses import dataclass, fields
from typing import Any, TypeVar

import numpy as np

from mirrorcheck.pairing import constants
from mirrorcheck.pairing.merge import Merged
from mirrorcheck.pairing.model import ALWAYS, Bools, Evidence, Floats, Ints

_TWO = 2


def _share(copied: int, alone: int) -> float:
    """Share of lone originals that were copied, kept away from 0 and 1 by what their number can show."""
    return (copied + 0.5) / (alone + 1)


@dataclass(frozen=True, slots=True, eq=False)
class LoneKeys:
    """Sums over the groups of lines.

    originals, copies: all lines. alone: groups with one original; copied: those of them with a copy; their_copies: how
    many these have. strays: copies in groups without an original. second_us, second_logged_us: int64, by lone original
    with exactly two copies, how far the two lie apart by the common clock and by the stamps.
    """

    originals: int
    copies: int
    alone: int
    copied: int
    their_copies: int
    strays: int
    second_us: Ints
    second_logged_us: Ints

    def ratio(self) -> float:
        """Share of the lone originals that were copied."""
        return _share(self.copied, self.alone)


def lone_lines(merged: Merged, apart_us: int, within_us: tuple[int, int] = ALWAYS) -> LoneKeys:
    """Count the lone lines of one block: groups of a key that begin in time, without a pause longer than `apart_us`."""
    group = merged.groups(apart_us)
    originals, copies = _count(merged, group, within_us)
    alone = originals == 1
    first = np.searchsorted(group, np.flatnonzero(alone & (copies == _TWO)))
    return LoneKeys(
        originals=int(originals.sum()),
        copies=int(copies.sum()),
        alone=int(alone.sum()),
        copied=int((copies[alone] > 0).sum()),
        their_copies=int(copies[alone].sum()),
        strays=int(copies[originals == 0].sum()),
        second_us=_gap_of_copies(merged, merged.time_us, first),
        second_logged_us=_gap_of_copies(merged, merged.logged_us, first),
    )


_Sums = TypeVar("_Sums", LoneKeys, "LoneChains")


def sum_of(blocks: list[_Sums]) -> _Sums:
    """Add up the numbers of all blocks, and put their columns one behind the other."""
    return type(blocks[0])(*(_sum([getattr(block, each.name) for block in blocks]) for each in fields(blocks[0])))


def _sum(values: list[Any]) -> Any:  # noqa: ANN401  # numbers or columns
    return np.concatenate(values) if isinstance(values[0], np.ndarray) else sum(values)


def _count(merged: Merged, group: Ints, within_us: tuple[int, int]) -> tuple[Ints, Ints]:
    """Originals and copies of each group, int64; none of those that begin later."""
    begun = merged.begun(group, within_us)
    originals, copies = merged.count_sides(group)
    return originals * begun, copies * begun


def _gap_of_copies(merged: Merged, time_us: Ints, first: Ints) -> Ints:
    """Time between the two copies of groups of three lines that start at `first`."""
    lines = first[:, None] + np.arange(3)
    copies = lines[merged.is_copy[lines]].reshape(-1, 2)
    gap_us: Ints = time_us[copies[:, 1]] - time_us[copies[:, 0]]
    return gap_us


@dataclass(frozen=True, slots=True)
class Twins:
    """Second copies as lone originals show them: how many of these have two copies, and how close the two are logged.

    by_stamps: how close by the stamps, rather than by where the lines are placed.
    """

    evidence: Evidence
    share: float  # of the copied lone originals, those with two copies
    apart_us: int
    by_stamps: bool = False


def judge_twins(lone: LoneKeys, apart_us: int) -> Twins:
    """Two copies of a lone original prove that something copies twice (two policies feeding one shadow)."""
    count = len(lone.second_us)
    if not count:
        return Twins(Evidence.THIN if lone.copies > lone.originals else Evidence.NONE, 0.0, 0)
    # By the stamps: ranks set two lines of one quiet second half a second apart. Copies of different requests lie
    # anywhere within the group.
    close = constants.TWINS_A_GROUP * int(np.median(lone.second_logged_us)) <= apart_us
    # Where many have two and hardly a copy lacks its original, they are no others' however far apart they are logged.
    many = count > constants.MANY_TWINS * lone.copied and count > constants.TIMES_STRAYS * lone.strays
    evidence = Evidence.PROVEN if count >= constants.FEWEST_TWINS and (close or many) else Evidence.THIN
    return Twins(evidence, count / lone.copied, int(lone.second_us.max()))


def judge_busy_twins(blocks: list[Merged], resolution_us: int) -> Twins:
    """Judge second copies where no request is alone: far more copies come in twos than chance or their originals do.

    resolution_us: of the stamps by which the copies of a key follow each other.
    """
    originals_us, copies_us = (
        np.concatenate([_gaps_us(merged, merged.is_copy == side) for merged in blocks]) for side in (False, True)
    )
    count, span_us = len(copies_us) + 1, int(copies_us.sum())
    for apart_us in constants.CLOSE_TWINS_US:
        if apart_us <= resolution_us or not span_us or not len(originals_us):
            continue
        close = int((copies_us <= apart_us).sum())
        by_chance = constants.TIMES_CHANCE * count * count * apart_us / span_us
        of_originals = int((originals_us <= 2 * apart_us).sum()) * min(1.0, count / len(originals_us))
        most = max(by_chance, constants.TIMES_ORIGINALS * of_originals)
        if close > max(constants.FEWEST_CLOSE, constants.MANY_TWINS * count, most):
            return Twins(Evidence.PROVEN, close / (count - close), apart_us, by_stamps=True)
    return Twins(Evidence.NONE, 0.0, 0)


def _gaps_us(merged: Merged, side: Bools) -> Ints:
    time_us, run = merged.logged_us[side], merged.run[side]
    gaps_us: Ints = np.diff(time_us)[np.diff(run) == 0]
    return gaps_us


@dataclass(frozen=True, slots=True, eq=False)
class LoneChains:
    """Lone chains: groups whose originals are linked from first to last (`collapse.find_links`).

    linked: links in any group. length, copies: float64 by chain with a copy. lengths: int64 by chain. gap_us:
    int64, from each line of a chain with one copy to the next. alone, copied: as in `LoneKeys`.
    """

    linked: int
    length: Floats
    copies: Floats
    lengths: Ints
    gap_us: Ints
    alone: int
    copied: int


def lone_chains(
    merged: Merged, at: Ints, links: Bools, apart_us: int, within_us: tuple[int, int] = ALWAYS
) -> LoneChains:
    """Count the lone chains of one block; at: the originals in order of attempts; links: bool by place."""
    group = merged.groups(apart_us)
    originals, copies = _count(merged, group, within_us)
    links = links & (originals > 0)[group]
    linked = np.bincount(group, weights=links, minlength=len(originals)).astype(np.int64)
    is_chain = (originals > 1) & (linked == originals - 1)
    copied = is_chain & (copies > 0)
    inside = (is_chain & (copies == 1))[group[at[:-1]]] & links[at[:-1]]
    return LoneChains(
        linked=int(linked.sum()),
        length=originals[copied].astype(np.float64),
        copies=np.minimum(copies[copied], originals[copied]).astype(np.float64),
        lengths=originals[is_chain],
        gap_us=np.diff(merged.time_us[at])[inside],
        alone=int((originals == 1).sum()),
        copied=int((copies[originals == 1] > 0).sum()),
    )


def judge_retries(chains: LoneChains) -> Evidence:
    """Weigh lone chains of failed attempts: one copy for the chain speaks for retries of the proxy.

    Only chains with a copy at all count, so that an outage of both sides at once proves nothing. A chain of L lines
    with c copies has the likelihood of one request (c = 1) or of L requests sampled each; clients that retry by
    themselves may be mixed in, with a share that is fitted.
    """
    if not chains.linked:
        return Evidence.NONE
    ratio = min(_share(chains.copied, chains.alone), constants.MOST_SURE)
    as_one = np.where(chains.copies == 1, 1 - constants.SLIP, constants.SLIP)
    as_many = np.maximum(_sampled(chains.copies, chains.length, ratio), 1e-9)
    shares = np.linspace(0, 1, 21)
    likelihood = np.array([np.log(share * as_one + (1 - share) * as_many).sum() for share in shares])
    best = int(likelihood.argmax())
    if likelihood[best] - likelihood[0] > constants.PROOF and (
        shares[best] >= constants.MOST_CHAINS or ratio > constants.NEARLY_ALL_COPIED
    ):
        return Evidence.PROVEN
    if likelihood[0] - likelihood[-1] > constants.PROOF and best <= 1:
        return Evidence.REFUTED
    return Evidence.THIN


def longest_chain(chains: LoneChains) -> int:
    """How many lines a chain may have: as many as the longest lone one."""
    return min(constants.LONGEST_CHAIN, max(constants.USUAL_CHAIN, int(chains.lengths.max(initial=0))))


def usual_gap(chains: LoneChains) -> int:
    """How soon a retry's line follows in lone chains, in microseconds: twice what nearly all take."""
    if not len(chains.gap_us):
        return constants.RETRY_WINDOW_US
    # An attempt at another pod may seem to come first, or at the very moment: apart they are all the same.
    return min(
        constants.RETRY_WINDOW_US,
        max(1, constants.TIMES_RETRY_GAP * int(np.quantile(np.abs(chains.gap_us), constants.NEARLY_ALL_RETRIES))),
    )


def _sampled(successes: Floats, trials: Floats, ratio: float) -> Floats:
    """Binomial probability of `successes` of `trials`, given at least one."""
    ways = np.ones_like(trials)
    for step in range(int(trials.max(initial=0))):
        ways = np.where(step < successes, ways * (trials - step) / (step + 1), ways)
    chance: Floats = ways * ratio**successes * (1 - ratio) ** (trials - successes)
    return chance / (1 - (1 - ratio) ** trials)
