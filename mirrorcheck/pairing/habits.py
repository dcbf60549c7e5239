"""All lines of both sides in, the proxy's habits out: who is a further attempt of whom, which copy doubles which."""

from dataclasses import dataclass

import numpy as np

from mirrorcheck.pairing import collapse, doubt
from mirrorcheck.pairing.collapse import Isolated
from mirrorcheck.pairing.lines import Bools, Evidence, Ints
from mirrorcheck.pairing.runs import Merged
from mirrorcheck.pairing.view import View

_ALL_COPIED = 0.97  # of lone originals: then there are copies enough for all, and nothing that a twin could hide
_MOST_COPIED = 0.9  # then copies left over show which chains were no retries


@dataclass(frozen=True, slots=True, eq=False)
class Habits:
    """Who stands for whom, by row: head_of for originals, leader_of for copies (int64, themselves mostly).

    retries, twins: the evidence for it. might_be_retry: bool by row of the original. lone: what lone keys showed, None
    where ids make it needless. chance_links: retries that busy keys may show by chance.
    """

    head_of: Ints
    leader_of: Ints
    retries: Evidence = Evidence.NONE
    twins: Evidence = Evidence.NONE
    might_be_retry: Bools | None = None
    lone: Isolated | None = None
    chance_links: int = 0

    def hide_twins(self) -> bool:
        """True if second copies could stand in for missed ones."""
        return self.twins == Evidence.PROVEN and self.lone is not None and self.lone.ratio() < _ALL_COPIED


def no_habits(view: View) -> Habits:
    """Every line stands for itself."""
    return Habits(np.arange(len(view.originals)), np.arange(len(view.copies)))


def exact_habits(view: View, merged: Merged) -> Habits:
    """With exact ids every line of a run but the first of its side is a further attempt, or a double."""
    heads = _first_of_run(merged, len(view.originals), copies=False)
    leaders = _first_of_run(merged, len(view.copies), copies=True)
    return Habits(heads, leaders, Evidence.CERTAIN, Evidence.CERTAIN)


def _first_of_run(merged: Merged, count: int, *, copies: bool) -> Ints:
    at = np.flatnonzero(merged.is_copy == copies)
    new = np.concatenate(([True], np.diff(merged.run[at]) != 0))[: len(at)]
    first = np.empty(count, np.int64)
    first[merged.row[at]] = merged.row[at][collapse.latest(new)]
    return first


def find_habits(view: View, merged: Merged, horizon_us: int, *, presume_retries: bool) -> Habits:
    """Judge by lone keys whether the proxy retries or something copies twice, and collapse what is proven."""
    apart_us = collapse.RETRY_WINDOW_US + view.near_us
    lone = collapse.isolate(merged, np.zeros(len(merged.row), np.bool_), apart_us)
    seen = collapse.judge_twins(merged, lone, apart_us)
    habits = Habits(np.arange(len(view.originals)), np.arange(len(view.copies)), twins=seen.evidence, lone=lone)
    leader_of = habits.leader_of
    if habits.hide_twins():
        leader_of = collapse.twin_leaders(merged, seen, len(view.copies))
        leaders = np.flatnonzero(leader_of == habits.leader_of)
        merged = view.merge(horizon_us, habits.head_of, leaders)
    chains = _find_chains(view, merged, apart_us, lone.ratio())
    certain = chains.evidence == Evidence.CERTAIN
    believed = certain or (chains.evidence == Evidence.PROVEN and presume_retries)
    return Habits(
        chains.head_of if believed else habits.head_of,
        leader_of,
        retries=chains.evidence,
        twins=seen.evidence,
        might_be_retry=chains.widest != habits.head_of if presume_retries and not certain else None,
        lone=lone,
        chance_links=chains.by_chance if believed else 0,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Chains:
    """Chains of attempts: the evidence, the head of each original's chain, the same within the widest window."""

    evidence: Evidence
    head_of: Ints
    widest: Ints
    by_chance: int


def _find_chains(view: View, merged: Merged, apart_us: int, ratio: float) -> _Chains:
    if view.originals.attempt is not None and (view.originals.attempt > 0).any():
        head_of = collapse.heads_by_attempt(merged, view.originals.attempt)
        return _Chains(Evidence.CERTAIN, head_of, head_of, 0)
    failed = view.originals.failed
    links = collapse.find_links(merged, failed, collapse.RETRY_WINDOW_US)
    isolated = collapse.isolate(merged, links, apart_us)
    evidence = collapse.judge_retries(isolated)
    widest = collapse.chain_heads(merged, links, isolated)
    if ratio >= _MOST_COPIED:
        return _Chains(evidence, widest, widest, 0)
    window_us = collapse.usual_gap(merged, links, isolated)
    links = collapse.find_links(merged, failed, window_us)
    head_of = collapse.chain_heads(merged, links, isolated)
    return _Chains(evidence, head_of, widest, doubt.chance_links(merged, links, window_us))
