"""Finds in one block which originals are attempts at one request, and which copies are doubles.

Matching takes most pairs first, so it would pair a second copy of one request with a missed original, and a retry of
the proxy would look missed. Both are taken as one line beforehand, but only where lone keys prove that the proxy
retries, or that something copies twice (`evidence`). Everything here is by place among the merged lines.
"""

import numpy as np

from mirrorcheck.pairing.evidence import Twins
from mirrorcheck.pairing.merge import Merged
from mirrorcheck.pairing.model import Bools, Floats, Ints


def latest(flags: Bools) -> Ints:
    """For each place the last flagged place up to it; the first place must be flagged."""
    places: Ints = np.flatnonzero(flags)[np.cumsum(flags) - 1]
    return places


def in_order_of_attempts(merged: Merged, failed: Bools, slip_us: int) -> Ints:
    """Places of the originals in an order in which the attempts at a request follow each other.

    failed: bool by place. Clocks of several pods may differ by `slip_us` even when set against each other, so the
    answer at one pod may seem to come before the failure at another that it follows. Where that is possible, failed
    lines go first.
    """
    at = np.flatnonzero(~merged.is_copy)
    if not slip_us:
        return at
    return at[np.lexsort((merged.time_us[at] - slip_us * failed[at], merged.run[at]))]


def find_links(merged: Merged, at: Ints, failed: Bools, window_us: int, pause_us: Ints | None = None) -> Bools:
    """Bool by place: this original failed and the same key follows on the primary within `window_us`.

    at: the originals in order of attempts. failed: bool by place. pause_us: between each of them and the next, where
    more is known of it than their times. Never true for a copy.
    """
    run, pause_us = merged.run[at], np.diff(merged.time_us[at]) if pause_us is None else pause_us
    links = np.zeros(len(merged), np.bool_)
    links[at[:-1]] = (np.diff(run) == 0) & (pause_us <= window_us) & failed[at[:-1]]
    return links


def heads_by_link(merged: Merged, at: Ints, links: Bools, longest: int) -> Ints:
    """Place of the first attempt for each original, by place (a copy's own): linked lines share it.

    at: the originals in order of attempts. A chain has at most `longest` lines, lest a busy key's requests hang
    together.
    """
    heads = np.arange(len(merged))
    starts = np.concatenate(([True], ~links[at][:-1]))[: len(at)]
    within = np.arange(len(at)) - latest(starts)
    starts |= within % longest == 0
    heads[at] = at[latest(starts)]
    return heads


def twin_leaders(merged: Merged, twins: Twins) -> Ints:
    """Place of the copy that stands for it, by place: itself, or the twin logged just before it.

    Of two neighbours within the twins' usual distance the later one is a double if that is likelier than chance: the
    share of twins against the key's own rate of copies.
    """
    leaders = np.arange(len(merged))
    at = np.flatnonzero(merged.is_copy)
    time_us, run = (merged.logged_us if twins.by_stamps else merged.time_us)[at], merged.run[at]
    close = (np.diff(run) == 0) & (np.diff(time_us) <= max(twins.apart_us, 1))
    by_chance = _chance_of_neighbour(run, time_us, twins)
    likely = close & (twins.share >= (1 - twins.share) * by_chance[:-1])
    follows = np.concatenate(([False], likely))[: len(at)]
    start = latest(~follows)
    second = follows & ((np.arange(len(at)) - start) % 2 == 1)  # twins go by two: the third one starts a new pair
    leaders[at[second]] = at[np.flatnonzero(second) - 1]
    return leaders


def _chance_of_neighbour(run: Ints, time_us: Ints, twins: Twins) -> Floats:
    """Probability that another request's copy of the same key follows within the twins' distance, by copy."""
    lines, span_us = _of_runs(run, time_us)
    chance: Floats = np.minimum(1.0, lines / (1 + twins.share) * twins.apart_us / np.maximum(span_us, 1))
    return chance


def chance_links(merged: Merged, links: Bools, window_us: int) -> float:
    """How many chains busy keys would show by chance: another request of the key follows within the window."""
    at = np.flatnonzero(~merged.is_copy)
    originals = merged.take(at)
    lines, span_us = _of_runs(originals.run, originals.time_us)
    axis_us = originals.on_one_axis(window_us)
    within = np.searchsorted(axis_us, axis_us + window_us, "right") - np.arange(len(at))  # after each, itself included
    rate = np.minimum(1.0, np.maximum(lines - within, 0) * window_us / np.maximum(span_us, window_us))
    return float(rate[links[at]].sum())


def _of_runs(run: Ints, time_us: Ints) -> tuple[Ints, Ints]:
    """By line: how many lines its run has, and the time from the first of them to the last; run: in order."""
    first, last = np.searchsorted(run, run, "left"), np.searchsorted(run, run, "right") - 1
    return last - first + 1, time_us[last] - time_us[first]
