"""Lines of both sides in, a `Pairing` out: match, learn the clocks and the proxy's habits from it, and match again."""

from dataclasses import dataclass, replace

import numpy as np

from mirrorcheck.pairing import runs
from mirrorcheck.pairing.classify import classify
from mirrorcheck.pairing.habits import Habits, exact_habits, find_habits, no_habits
from mirrorcheck.pairing.lines import Ints, Lines, Pairing
from mirrorcheck.pairing.runs import MIX, Merged
from mirrorcheck.pairing.view import Learnt, View, first_view, learn, view_by

_LINES_TO_LEARN_FROM = 200_000
_HIGH = np.uint64(40)  # the high bits of a product depend on all bits of the key


@dataclass(frozen=True, slots=True)
class _Rules:
    """What the caller asked for."""

    horizon_us: int
    presume_retries: bool


@dataclass(frozen=True, slots=True, eq=False)
class _Round:
    """One pass of matching: the lines that took part, and the rows of the pairs."""

    view: View
    habits: Habits
    merged: Merged
    pairs: tuple[Ints, Ints]


def pair(originals: Lines, copies: Lines, *, horizon_us: int, presume_retries: bool = True) -> Pairing:
    """Pair originals with copies as design.md says; `horizon_us` is judged on the stamps as logged (inclusive).

    With several streams on a side their clocks are first set against each other. `presume_retries=False` collapses a
    chain of attempts only where an exact id makes it certain. Clocks are learnt from a sample of keys where lines
    abound.
    """
    rules = _Rules(horizon_us, presume_retries)
    share = -(-(len(originals) + len(copies)) // _LINES_TO_LEARN_FROM)
    sample = first_view(_every(originals, share), _every(copies, share))
    first = _match(sample, no_habits(sample), sample.merge_all(horizon_us), rules)
    clocks = _learn(first, (horizon_us, 2 * sample.near_us))
    second = _round(view_by(sample.originals, sample.copies, clocks, horizon_us), rules)
    near_us = second.view.near_us
    clocks = _learn(second, (2 * near_us, near_us))
    last = _round(view_by(originals, copies, clocks, horizon_us), rules)
    return classify(last.view, last.habits, last.merged, last.pairs)


def _every(lines: Lines, share: int) -> Lines:
    """The lines of one key in `share`, as chance has it."""
    if share == 1:
        return lines
    return lines.take(np.flatnonzero((lines.key * MIX >> _HIGH) % np.uint64(share) == 0))


def _learn(last: _Round, reaches_us: tuple[int, ...]) -> Learnt:
    return learn(last.view, last.merged, last.pairs, reaches_us)


def _round(view: View, rules: _Rules) -> _Round:
    """Find the habits that the view shows, collapse what is proven, and match what is left."""
    merged = view.merge_all(rules.horizon_us)
    if view.originals.exact:
        return _match(view, exact_habits(view, merged), merged, rules)
    habits = find_habits(view, merged, rules.horizon_us, presume_retries=rules.presume_retries)
    return _reopen(_match(view, habits, merged, rules), rules)


def _match(view: View, habits: Habits, merged: Merged, rules: _Rules) -> _Round:
    """Match one line for each request with one for each of its copies; `merged` holds all lines."""
    heads, leaders = _standing(habits)
    if len(heads) < len(view.originals) or len(leaders) < len(view.copies):
        merged = view.merge(rules.horizon_us, heads, leaders)
    return _Round(view, habits, merged, runs.match(merged, rules.horizon_us))


def _standing(habits: Habits) -> tuple[Ints, Ints]:
    """Rows of the originals and copies that stand for themselves."""
    heads = np.flatnonzero(habits.head_of == np.arange(len(habits.head_of)))
    return heads, np.flatnonzero(habits.leader_of == np.arange(len(habits.leader_of)))


def _reopen(last: _Round, rules: _Rules) -> _Round:
    """Copies left over are copies of attempts taken for retries: give those attempts back and match again."""
    heads, leaders = _standing(last.habits)
    members = np.setdiff1d(np.arange(len(last.view.originals)), heads, assume_unique=True)
    unpaired = np.setdiff1d(leaders, last.pairs[1], assume_unique=True)
    if not len(members) or not len(unpaired):
        return last
    left_over = last.view.merge(rules.horizon_us, members, unpaired)
    opened, _ = runs.match(left_over, rules.horizon_us)
    if not len(opened):
        return last
    head_of = last.habits.head_of.copy()
    head_of[opened] = opened
    return _match(last.view, replace(last.habits, head_of=head_of), last.merged, rules)
