"""Blocks of lines in, what their lone keys show out, summed up over blocks: does the proxy retry, does it copy twice?

A group of lines is lone if nothing of its key is near it, so that its lines belong to one request or to the attempts
at one. What lone groups do is what all do.
"""

from dataclasses import dataclass
from math import log

import numpy as np

from mirrorcheck.pairing.merge import Merged
from mirrorcheck.pairing.model import Bools, Evidence, Floats, Ints

RETRY_WINDOW_US = 1_500_000  # a retry's line follows the failed one's within that; Envoy backs off 25 to 250 ms
_PROOF = log(1000)  # likelihood ratio from which a habit counts as proven: wrong about once in a thousand logs
_MOST_SURE = 0.98  # what a chance to be copied is taken for at most: misses come together, and so do failures
_SLIP = 0.02  # share of proven chains that may still show another number of copies
_MOST_CHAINS = 0.8  # below that, which chains are retries cannot be told while copies are sampled
_NEARLY_ALL_COPIED = 0.9
_FEWEST_TWINS = 3
_CLOSE_US = (20_000, 10_000, 5_000, 2_000)  # the widest that chance does not explain
_FEWEST_CLOSE = 20
_MANY_TWINS, _TIMES_STRAYS = 0.1, 3
_TWO = 2
_USUAL_CHAIN = 3  # lines of a request with two retries, which is Istio's default
LONGEST_CHAIN = 10


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


def lone_lines(merged: Merged, apart_us: int) -> LoneKeys:
    """Look at one block wherever a key pauses for more than `apart_us`."""
    group = merged.groups(apart_us)
    originals, copies = _count(merged, group)
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


def sum_of_lone(blocks: list[LoneKeys]) -> LoneKeys:
    """The same over all blocks."""
    return LoneKeys(
        originals=sum(each.originals for each in blocks),
        copies=sum(each.copies for each in blocks),
        alone=sum(each.alone for each in blocks),
        copied=sum(each.copied for each in blocks),
        their_copies=sum(each.their_copies for each in blocks),
        strays=sum(each.strays for each in blocks),
        second_us=np.concatenate([each.second_us for each in blocks]),
        second_logged_us=np.concatenate([each.second_logged_us for each in blocks]),
    )


def _count(merged: Merged, group: Ints) -> tuple[Ints, Ints]:
    """Originals and copies of each group, int64."""
    copies = np.bincount(group, weights=merged.is_copy).astype(np.int64)
    return np.bincount(group) - copies, copies


def _gap_of_copies(merged: Merged, time_us: Ints, first: Ints) -> Ints:
    """Time between the two copies of groups of three lines that start at `first`."""
    lines = first[:, None] + np.arange(3)
    copies = lines[merged.is_copy[lines]].reshape(-1, 2)
    gap_us: Ints = time_us[copies[:, 1]] - time_us[copies[:, 0]]
    return gap_us


@dataclass(frozen=True, slots=True)
class Twins:
    """What lone originals show about second copies: how many had one, two; how close the two are logged.

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
    close = 10 * int(np.median(lone.second_logged_us)) <= apart_us
    # Where many have two and hardly a copy lacks its original, they are no others' however far apart they are logged.
    many = count > _MANY_TWINS * lone.copied and count > _TIMES_STRAYS * lone.strays
    evidence = Evidence.PROVEN if count >= _FEWEST_TWINS and (close or many) else Evidence.THIN
    return Twins(evidence, count / lone.copied, int(lone.second_us.max()))


@dataclass(frozen=True, slots=True, eq=False)
class Neighbours:
    """How close lines of a key follow each other: int64 microseconds between neighbours, by original and by copy.

    span_us: how long the keys' copies come.
    """

    originals_us: Ints
    copies_us: Ints
    span_us: int

    @classmethod
    def of(cls, blocks: list[Merged]) -> "Neighbours":
        """Look at the stamps of all lines."""
        gaps = [[_gaps_us(merged, merged.is_copy == side) for merged in blocks] for side in (False, True)]
        originals, copies = (np.concatenate(each) for each in gaps)
        return cls(originals, copies, int(copies.sum()))

    def twins(self, resolution_us: int) -> Twins:
        """Second copies where no request is alone: far more copies come in twos than chance or their originals do."""
        count = len(self.copies_us) + 1
        for apart_us in _CLOSE_US:
            if apart_us <= resolution_us or not self.span_us or not len(self.originals_us):
                continue
            close = int((self.copies_us <= apart_us).sum())
            by_chance = count * count * apart_us / self.span_us
            of_originals = int((self.originals_us <= 2 * apart_us).sum()) * min(1.0, count / len(self.originals_us))
            if close > max(_FEWEST_CLOSE, _MANY_TWINS * count, 5 * by_chance, 3 * of_originals):
                return Twins(Evidence.PROVEN, close / (count - close), apart_us, by_stamps=True)
        return Twins(Evidence.NONE, 0.0, 0)


def _gaps_us(merged: Merged, side: Bools) -> Ints:
    time_us, run = merged.logged_us[side], merged.run[side]
    gaps_us: Ints = np.diff(time_us)[np.diff(run) == 0]
    return gaps_us


@dataclass(frozen=True, slots=True, eq=False)
class LoneChains:
    """LoneKeys chains: groups whose originals are linked from first to last (`collapse.find_links`).

    linked: links in any group. length, copies: float64 by chain with a copy. longest: lines of the longest chain.
    gap_us: int64, from each line of a chain with one copy to the next. alone, copied: as in `LoneKeys`.
    """

    linked: int
    length: Floats
    copies: Floats
    longest: int
    gap_us: Ints
    alone: int
    copied: int


def lone_chains(merged: Merged, at: Ints, links: Bools, apart_us: int) -> LoneChains:
    """Look at the chains of one block; at: the originals in order of attempts; links: bool by place."""
    group = merged.groups(apart_us)
    originals, copies = _count(merged, group)
    linked = np.bincount(group, weights=links, minlength=len(originals)).astype(np.int64)
    is_chain = (originals > 1) & (linked == originals - 1)
    copied = is_chain & (copies > 0)
    inside = (is_chain & (copies == 1))[group[at[:-1]]] & links[at[:-1]]
    return LoneChains(
        linked=int(linked.sum()),
        length=originals[copied].astype(np.float64),
        copies=np.minimum(copies[copied], originals[copied]).astype(np.float64),
        longest=int(originals[is_chain].max(initial=0)),
        gap_us=np.diff(merged.time_us[at])[inside],
        alone=int((originals == 1).sum()),
        copied=int((copies[originals == 1] > 0).sum()),
    )


def sum_of_chains(blocks: list[LoneChains]) -> LoneChains:
    """The same over all blocks."""
    return LoneChains(
        linked=sum(each.linked for each in blocks),
        length=np.concatenate([each.length for each in blocks]),
        copies=np.concatenate([each.copies for each in blocks]),
        longest=max(each.longest for each in blocks),
        gap_us=np.concatenate([each.gap_us for each in blocks]),
        alone=sum(each.alone for each in blocks),
        copied=sum(each.copied for each in blocks),
    )


def judge_retries(chains: LoneChains) -> Evidence:
    """Weigh lone chains of failed attempts: one copy for the chain speaks for retries of the proxy.

    Only chains with a copy at all count, so that an outage of both sides at once proves nothing. A chain of L lines
    with c copies has the likelihood of one request (c = 1) or of L requests sampled each; clients that retry by
    themselves may be mixed in, with a share that is fitted.
    """
    if not chains.linked:
        return Evidence.NONE
    ratio = min(_share(chains.copied, chains.alone), _MOST_SURE)
    as_one = np.where(chains.copies == 1, 1 - _SLIP, _SLIP)
    as_many = np.maximum(_sampled(chains.copies, chains.length, ratio), 1e-9)
    shares = np.linspace(0, 1, 21)
    likelihood = np.array([np.log(share * as_one + (1 - share) * as_many).sum() for share in shares])
    best = int(likelihood.argmax())
    if likelihood[best] - likelihood[0] > _PROOF and (shares[best] >= _MOST_CHAINS or ratio > _NEARLY_ALL_COPIED):
        return Evidence.PROVEN
    if likelihood[0] - likelihood[-1] > _PROOF and best <= 1:
        return Evidence.REFUTED
    return Evidence.THIN


def longest_chain(chains: LoneChains) -> int:
    """How many lines a chain may have: as many as the longest lone one."""
    return min(LONGEST_CHAIN, max(_USUAL_CHAIN, chains.longest))


def usual_gap(chains: LoneChains) -> int:
    """How soon a retry's line follows in lone chains, in microseconds: twice what nearly all take."""
    if not len(chains.gap_us):
        return RETRY_WINDOW_US
    # An attempt at another pod may seem to come first, or at the very moment: apart they are all the same.
    return min(RETRY_WINDOW_US, max(1, 2 * int(np.quantile(np.abs(chains.gap_us), 0.95))))


def _sampled(successes: Floats, trials: Floats, ratio: float) -> Floats:
    """Binomial probability of `successes` of `trials`, given at least one."""
    ways = np.ones_like(trials)
    for step in range(int(trials.max(initial=0))):
        ways = np.where(step < successes, ways * (trials - step) / (step + 1), ways)
    chance: Floats = ways * ratio**successes * (1 - ratio) ** (trials - successes)
    return chance / (1 - (1 - ratio) ** trials)
