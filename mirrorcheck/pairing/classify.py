"""The last matching in, the class of every line out, with what is certain and what could be another line's."""

import numpy as np

from mirrorcheck.pairing import collapse, doubt
from mirrorcheck.pairing.habits import Habits
from mirrorcheck.pairing.lines import Bools, Evidence, Ints, Outcome, Pairing
from mirrorcheck.pairing.runs import Merged
from mirrorcheck.pairing.view import View


def classify(view: View, habits: Habits, merged: Merged, pairs: tuple[Ints, Ints]) -> Pairing:
    """Name what became of each original and copy.

    merged: the lines that took part in the last matching. pairs: rows of originals and of their copies.
    """
    rows, partners = pairs
    originals, copies = view.originals, view.copies
    copy_of, original_of = np.full(len(originals), -1), np.full(len(copies), -1)
    copy_of[rows], original_of[partners] = partners, rows
    is_head = habits.head_of == np.arange(len(originals))
    original_outcome = np.where(copy_of >= 0, Outcome.PAIRED, np.where(is_head, Outcome.MISSED, Outcome.RETRY))
    copy_outcome = np.where(original_of >= 0, Outcome.PAIRED, _leftover(view, habits, merged, original_of))
    delay_us = (view.copies_level_us[partners] - view.originals_level_us[rows])[np.argsort(rows)]
    hidden_misses, undecidable = _doubts(habits, original_outcome, copy_outcome, delay_us)
    # Where doubles cannot be told from misses, any line of the log may be meant.
    reach_us = view.near_us if not undecidable else int(np.ptp(merged.time_us)) + 1
    original_candidates, copy_candidates = _candidates(view, merged, reach_us)
    return Pairing(
        original_outcome=original_outcome.astype(np.int8),
        copy_outcome=copy_outcome.astype(np.int8),
        copy_of=copy_of,
        original_of=original_of,
        answer_of=_last_of_chain(view, habits),
        head_of=habits.head_of,
        original_candidates=original_candidates,
        copy_candidates=copy_candidates,
        delay_us=delay_us,
        original_us=originals.placed_us + view.originals_level_us - originals.logged_us,
        copy_us=copies.placed_us + view.copies_level_us - copies.logged_us,
        retries=habits.retries,
        twins=habits.twins,
        might_be_retry=habits.might_be_retry
        if habits.might_be_retry is not None
        else np.zeros(len(originals), np.bool_),
        hidden_misses=hidden_misses,
        undecidable=undecidable,
        spread_us=view.spread_us,
    )


def _leftover(view: View, habits: Habits, merged: Merged, original_of: Ints) -> Ints:
    """A copy left over is a duplicate if its twin is paired or doubles are proven near a pair, else an orphan."""
    copies = np.arange(len(view.copies))
    twin = habits.leader_of != copies
    duplicate = twin & (original_of[habits.leader_of] >= 0)
    if habits.twins == Evidence.PROVEN:
        number = collapse.groups(merged, collapse.RETRY_WINDOW_US + view.near_us)
        with_original = np.bincount(number, weights=~merged.is_copy) > 0
        group = np.zeros(len(copies), np.int64)
        group[merged.row[merged.is_copy]] = number[merged.is_copy]
        duplicate |= ~twin & with_original[group]
    return np.where(duplicate, Outcome.DUPLICATE, Outcome.ORPHAN)


def _doubts(habits: Habits, original_outcome: Ints, copy_outcome: Ints, delay_us: Ints) -> tuple[int, bool]:
    """How many more originals may have been missed than the matching shows, and whether hardly a key tells anything."""
    if habits.lone is None:
        return 0, False
    paired = int((copy_outcome == Outcome.PAIRED).sum())
    unpaired = int((original_outcome == Outcome.MISSED).sum()) + len(copy_outcome) - paired
    if doubt.undecidable(habits.lone, unpaired + doubt.too_early(delay_us)):
        return paired - paired // 2, True
    orphans = int((copy_outcome == Outcome.ORPHAN).sum())
    hidden = doubt.hidden_orphans(habits.lone, len(copy_outcome), orphans) + habits.chance_links
    if habits.hide_twins():
        hidden += doubt.hidden_twins(habits.lone, len(copy_outcome), int((copy_outcome == Outcome.DUPLICATE).sum()))
    return min(hidden, paired), False


def _last_of_chain(view: View, habits: Habits) -> Ints:
    """By row of the original: the row of the last attempt of its chain."""
    rows = np.arange(len(habits.head_of))
    members = np.flatnonzero(habits.head_of != rows)
    final = rows.copy()
    members = members[np.argsort(view.originals_us[members], kind="stable")]
    final[habits.head_of[members]] = members  # later assignments win: the latest line of each head
    return final[habits.head_of]


def _candidates(view: View, merged: Merged, reach_us: int) -> tuple[Ints, Ints]:
    """How many lines of its own side each line could be taken for, by row: 1 = certain.

    The lines of the same key within reach of a copy on either side; a line with none of the other side near is certain,
    since none can have been its partner. Only groups with two lines of a side need counting.
    """
    number = collapse.groups(merged, reach_us)
    copies = np.bincount(number, weights=merged.is_copy)
    crowded = np.flatnonzero(((copies > 1) | (np.bincount(number) - copies > 1))[number])
    candidates = np.ones(len(merged.row), np.int64)
    candidates[crowded] = _identical(merged.take(crowded), reach_us)
    return (
        _by_row(merged, candidates, ~merged.is_copy, len(view.originals)),
        _by_row(merged, candidates, merged.is_copy, len(view.copies)),
    )


def _identical(merged: Merged, reach_us: int) -> Ints:
    """Lines of the same side and run within reach of each line; 1 where none of the other side is."""
    before = merged.originals_before()
    place = _coordinate(merged, reach_us)
    low = np.searchsorted(place, place - reach_us, "left")
    high = np.searchsorted(place, place + reach_us, "right")
    originals = before[high] - before[low]
    own = np.where(merged.is_copy, high - low - originals, originals)
    return np.where(own == high - low, 1, own)


def _by_row(merged: Merged, values: Ints, chosen: Bools, rows: int) -> Ints:
    by_row = np.ones(rows, np.int64)
    by_row[merged.row[chosen]] = values[chosen]
    return by_row


def _coordinate(merged: Merged, apart: int) -> Ints:
    """Times laid out on one axis on which different runs are more than `apart` from each other."""
    step = np.diff(merged.time_us, prepend=merged.time_us[:1])
    return np.cumsum(np.where(np.diff(merged.run, prepend=0) != 0, 2 * apart + 1, step))
