"""Lines merged by key in, chains and twins out: which originals are attempts at one request, which copies are doubles.

Matching looks for most pairs first, so a second copy of one request would be married to a missed original, and a retry
of the proxy would look missed. Both are taken as one line beforehand, but only where *isolated* keys, with nothing of
the same key around them, prove that the proxy has that habit.
"""

from dataclasses import dataclass
from math import log

import numpy as np

from mirrorcheck.pairing.lines import Bools, Evidence, Floats, Ints
from mirrorcheck.pairing.runs import Merged

RETRY_WINDOW_US = 1_500_000  # a retry's line follows the failed one's within that; Envoy backs off 25 to 250 ms
_PROOF = log(100)  # likelihood ratio from which a habit counts as proven
_SLIP = 0.02  # share of proven chains that may still show another number of copies
_MOST_CHAINS = 0.8  # below that, which chains are retries cannot be told while copies are sampled
_NEARLY_ALL_COPIED = 0.9
_FEWEST_TWINS = 3
_TWO = 2
_USUAL_CHAIN = 3  # lines of a request with two retries, which is Istio's default
_LONGEST_CHAIN = 10


@dataclass(frozen=True, slots=True, eq=False)
class Isolated:
    """Groups of lines of one key with nothing of that key near; columns of length g.

    originals, copies, links: int64, how many the group has; a link is a failed line followed by the same key.
    first: int64, place of the group's first line among the merged lines.
    """

    originals: Ints
    copies: Ints
    links: Ints
    first: Ints

    def ratio(self) -> float:
        """Share of the lone originals that were copied, kept away from 0 and 1 by what their number can show."""
        lone = self.originals == 1
        copied, count = int((self.copies[lone] > 0).sum()), int(lone.sum())
        return (copied + 0.5) / (count + 1)


def isolate(merged: Merged, links: Bools, apart_us: int) -> Isolated:
    """Group the merged lines wherever a key pauses for more than `apart_us`."""
    group = groups(merged, apart_us)
    count = int(group[-1]) + 1 if len(group) else 0
    copies = np.bincount(group, weights=merged.is_copy, minlength=count).astype(np.int64)
    return Isolated(
        originals=np.bincount(group, minlength=count) - copies,
        copies=copies,
        links=np.bincount(group, weights=links, minlength=count).astype(np.int64),
        first=np.searchsorted(group, np.arange(count)),
    )


def groups(merged: Merged, apart_us: int) -> Ints:
    """Number of the group of each merged line, from 0: the same run, no pause longer than `apart_us`."""
    new = (np.diff(merged.run) != 0) | (np.diff(merged.time_us) > apart_us)
    return np.cumsum(np.concatenate(([True], new))[: len(merged.run)]) - 1


def latest(flags: Bools) -> Ints:
    """For each place the last flagged place up to it; the first place must be flagged."""
    places: Ints = np.flatnonzero(flags)[np.cumsum(flags) - 1]
    return places


def find_links(merged: Merged, failed: Bools, window_us: int) -> Bools:
    """Bool of length n + m: this original failed and the same key follows on the primary within `window_us`.

    failed: bool by row of the original. Never true for a copy.
    """
    at = np.flatnonzero(~merged.is_copy)
    time_us, run = merged.time_us[at], merged.run[at]
    followed = (np.diff(run) == 0) & (np.diff(time_us) <= window_us)
    links = np.zeros(len(merged.row), np.bool_)
    links[at[:-1]] = followed & failed[merged.row[at[:-1]]]
    return links


def judge_retries(isolated: Isolated) -> Evidence:
    """Weigh lone chains of failed attempts: one copy for the chain speaks for retries of the proxy.

    Only chains with a copy at all count, so that an outage of both sides at once proves nothing. A chain of L lines
    with c copies has the likelihood of one request (c = 1) or of L requests sampled each; clients that retry by
    themselves may be mixed in, with a share that is fitted.
    """
    if not isolated.links.any():
        return Evidence.NONE
    chain = (isolated.originals > 1) & (isolated.links == isolated.originals - 1) & (isolated.copies > 0)
    length = isolated.originals[chain].astype(np.float64)
    copies = np.minimum(isolated.copies[chain], isolated.originals[chain]).astype(np.float64)
    ratio = min(isolated.ratio(), 0.995)
    as_one = np.where(copies == 1, 1 - _SLIP, _SLIP)
    as_many = np.maximum(_sampled(copies, length, ratio), 1e-9)
    shares = np.linspace(0, 1, 21)
    likelihood = np.array([np.log(share * as_one + (1 - share) * as_many).sum() for share in shares])
    best = int(likelihood.argmax())
    if likelihood[best] - likelihood[0] > _PROOF and (shares[best] >= _MOST_CHAINS or ratio > _NEARLY_ALL_COPIED):
        return Evidence.PROVEN
    if likelihood[0] - likelihood[-1] > _PROOF and best <= 1:
        return Evidence.REFUTED
    return Evidence.THIN


def usual_gap(merged: Merged, links: Bools, isolated: Isolated) -> int:
    """How soon a retry's line follows in lone chains, in microseconds: twice what nearly all take."""
    group = np.repeat(np.arange(len(isolated.first)), isolated.originals + isolated.copies)
    at = np.flatnonzero(~merged.is_copy)
    gap = np.diff(merged.time_us[at])
    lone = ((isolated.originals > 1) & (isolated.links == isolated.originals - 1))[group[at[:-1]]] & links[at[:-1]]
    return min(RETRY_WINDOW_US, 2 * int(np.quantile(gap[lone], 0.95))) if lone.any() else RETRY_WINDOW_US


def _sampled(successes: Floats, trials: Floats, ratio: float) -> Floats:
    """Binomial probability of `successes` of `trials`, given at least one."""
    ways = np.ones_like(trials)
    for step in range(int(trials.max(initial=0))):
        ways = np.where(step < successes, ways * (trials - step) / (step + 1), ways)
    chance: Floats = ways * ratio**successes * (1 - ratio) ** (trials - successes)
    return chance / (1 - (1 - ratio) ** trials)


def chain_heads(merged: Merged, links: Bools, isolated: Isolated) -> Ints:
    """Row of the first attempt for each original, by row: linked lines share it.

    A chain is no longer than the longest lone one, lest a busy key's requests hang together.
    """
    lone = (isolated.originals > 1) & (isolated.links == isolated.originals - 1)
    longest = min(_LONGEST_CHAIN, int(isolated.originals[lone].max(initial=_USUAL_CHAIN)))
    at = np.flatnonzero(~merged.is_copy)
    starts = np.concatenate(([True], ~links[at][:-1]))[: len(at)]
    within = np.arange(len(at)) - latest(starts)
    starts |= within % longest == 0
    heads = np.empty(len(at), np.int64)
    heads[merged.row[at]] = merged.row[at][latest(starts)]
    return heads


def heads_by_attempt(merged: Merged, attempt: Ints) -> Ints:
    """Row of the first attempt for each original, by row, where the proxy's count of attempts is logged.

    attempt: int64 by row of the original. A further attempt belongs to the last first attempt of its key.
    """
    at = np.flatnonzero(~merged.is_copy)
    row, run = merged.row[at], merged.run[at]
    is_head = attempt[row] <= 1
    is_head |= np.concatenate(([True], np.diff(run) != 0))[: len(at)]
    heads = np.empty(len(at), np.int64)
    heads[row] = row[latest(is_head)]
    return heads


@dataclass(frozen=True, slots=True)
class Twins:
    """What lone originals show about second copies: how many had one, two; how close the two are logged."""

    evidence: Evidence
    share: float  # of the copied lone originals, those with two copies
    apart_us: int


def judge_twins(merged: Merged, isolated: Isolated, apart_us: int) -> Twins:
    """Two copies of a lone original prove that something copies twice (two policies feeding one shadow)."""
    lone = isolated.originals == 1
    twice = lone & (isolated.copies == _TWO)
    count = int(twice.sum())
    if not count:
        surplus = isolated.copies.sum() > isolated.originals.sum() - isolated.links.sum()
        return Twins(Evidence.THIN if surplus else Evidence.NONE, 0.0, 0)
    gap_us = _gap_of_copies(merged, merged.time_us, isolated.first[twice])
    share = count / int((lone & (isolated.copies > 0)).sum())
    # By the stamps: ranks set two lines of one quiet second half a second apart. Copies of different requests lie
    # anywhere within the group.
    close = 10 * int(np.median(_gap_of_copies(merged, merged.logged_us, isolated.first[twice]))) <= apart_us
    evidence = Evidence.PROVEN if count >= _FEWEST_TWINS and close else Evidence.THIN
    return Twins(evidence, share, int(np.quantile(gap_us, 1.0)))


def _gap_of_copies(merged: Merged, time_us: Ints, first: Ints) -> Ints:
    """Time between the two copies of groups of three lines that start at `first`."""
    lines = first[:, None] + np.arange(3)
    copies = lines[merged.is_copy[lines]].reshape(-1, 2)
    gap_us: Ints = time_us[copies[:, 1]] - time_us[copies[:, 0]]
    return gap_us


def twin_leaders(merged: Merged, twins: Twins, copies: int) -> Ints:
    """Row of the copy that stands for it, by row of the copy: itself, or the twin logged just before it.

    Of two neighbours within the twins' usual distance the later one is a double if that is likelier than chance: the
    share of twins against the key's own rate of copies.
    """
    leaders = np.arange(copies)
    at = np.flatnonzero(merged.is_copy)
    time_us, run, row = merged.time_us[at], merged.run[at], merged.row[at]
    gap = np.diff(time_us)
    close = (np.diff(run) == 0) & (gap <= max(twins.apart_us, 1))
    by_chance = _chance_of_neighbour(run, time_us, twins)
    likely = close & (twins.share >= (1 - twins.share) * by_chance[:-1])
    follows = np.concatenate(([False], likely))[: len(at)]
    start = latest(~follows)
    second = follows & ((np.arange(len(at)) - start) % _TWO == 1)  # twins go by two: the third one starts a new pair
    leaders[row[second]] = row[np.flatnonzero(second) - 1]
    return leaders


def _chance_of_neighbour(run: Ints, time_us: Ints, twins: Twins) -> Floats:
    """Probability that another request's copy of the same key follows within the twins' distance, by copy."""
    if not len(run):
        return np.empty(0)
    first, last = np.searchsorted(run, run, "left"), np.searchsorted(run, run, "right") - 1
    span = np.maximum(time_us[last] - time_us[first], 1)
    requests = (last - first + 1) / (1 + twins.share)
    chance: Floats = np.minimum(1.0, requests * twins.apart_us / span)
    return chance
