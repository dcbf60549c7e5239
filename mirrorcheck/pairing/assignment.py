"""Finds a best one-to-one matching of one key's lines: most pairs first, least total difference second.

Walk the lines of both sides in order of time and let D(k) be the least cost of having k originals (k > 0), or -k copies
(k < 0), waiting for a partner. Waiting costs |k| a microsecond; leaving a line out costs more than any waiting. D is
convex and stays so: a line inserts one slope into the sorted slopes of D, a pause adds itself to the slopes right of
k = 0 and takes itself from those left of it, and the horizon cuts off the ends (only lines of the last horizon can
wait). A slope belongs to the line that inserted it, and the slopes left of k = 0 at the end name the lines on the
cheapest way: its originals are taken, its copies left out. That is exact for a run of any length, in O(n log n), where
a dynamic program over all balances takes O(n * lines in a horizon). What is cut off is final at once.

The taken originals and copies pair rank by rank: in one dimension some best matching never crosses.
"""

from bisect import insort
from collections import deque

import numpy as np

from mirrorcheck.pairing import compiled
from mirrorcheck.pairing.model import Bools, Ints


def match_run(time_us: Ints, logged_us: Ints, is_copy: Bools, horizon_us: int) -> tuple[Ints, Ints]:
    """Pair the lines of one key, which are in order of time, and give the numbers of the originals and their copies.

    Columns of length n. Two lines may pair if their `logged_us` differ by at most `horizon_us`. No one-to-one matching
    has more pairs, and none with as many has a smaller sum of differences of `time_us`. Within a side `logged_us` must
    not decrease, and the two clocks must agree to within the horizon: what comes first in time is not logged more than
    that later.
    """
    if compiled.kernel:
        originals, copies = np.empty((2, len(time_us) // 2), np.int64)
        pairs = compiled.kernel.match_run(time_us, logged_us, is_copy, horizon_us, originals, copies)
        return originals[:pairs], copies[:pairs]
    crossed = _crossed(time_us.tolist(), logged_us.tolist(), is_copy.tolist(), horizon_us)
    taken = np.zeros(len(is_copy), np.bool_)
    taken[list(crossed)] = True
    return np.flatnonzero(~is_copy & taken), np.flatnonzero(is_copy & ~taken)


def _crossed(times: list[int], logged: list[int], are_copies: list[bool], horizon: int) -> set[int]:
    """The numbers of the lines whose slopes lie left of 0 at the end: originals that are taken, copies left out."""
    slopes = _Slopes()
    originals_in_reach, copies_in_reach = deque[int](), deque[int]()
    now = times[0] if times else 0
    for number, (time, logged_at, is_copy) in enumerate(zip(times, logged, are_copies, strict=True)):
        slopes.shift += time - now
        now = time
        others = originals_in_reach if is_copy else copies_in_reach
        while others and others[0] < logged_at - horizon:
            others.popleft()
        if is_copy:
            slopes.limit_waiting_originals(len(others))
            slopes.insert_copy(number)
            copies_in_reach.append(logged_at)
        else:
            slopes.limit_waiting_copies(len(others))
            slopes.insert_original(number)
            originals_in_reach.append(logged_at)
    return slopes.left_of_zero()


class _Stack:
    """A sorted list of (value, number of a line) that is cut at its front and grows and shrinks near its end."""

    __slots__ = ("entries", "start")

    def __init__(self) -> None:
        self.entries: list[tuple[int, int]] = []
        self.start = 0  # what lies before is cut off: cheaper than deleting a list's front each time

    def insert(self, value: int, number: int) -> None:
        insort(self.entries, (value, number), lo=self.start)

    def numbers(self) -> list[int]:
        return [number for _, number in self.entries[self.start :]]

    def cut(self, most: int) -> list[int]:
        """Cut at most so many entries off the front and return their numbers."""
        end = min(self.start + most, len(self.entries))
        removed = [number for _, number in self.entries[self.start : end]]
        self.start = end
        if end * 2 > len(self.entries):
            del self.entries[:end]
            self.start = 0
        return removed


class _Slopes:
    """The slopes of D left and right of the balance 0, an original's always before a copy's.

    The cost of leaving a line out makes every original's slope smaller than every copy's, so each side is two stacks
    and that cost is never added up. Values count from a running shift; those on the right are negated, so that the
    end of a stack is always the end next to 0.
    """

    __slots__ = ("crossed", "left_copies", "left_originals", "right_copies", "right_originals", "shift")

    def __init__(self) -> None:
        self.left_originals = _Stack()
        self.left_copies = _Stack()
        self.right_originals = _Stack()
        self.right_copies = _Stack()
        self.shift = 0  # a slope is `value - shift` on the left and `shift - value` on the right
        self.crossed: set[int] = set()

    def insert_original(self, number: int) -> None:
        """Insert a slope left of 0 and let the greatest one there change sides, as 0 stays where it was."""
        self.left_originals.insert(self.shift, number)
        if len(self.left_copies.entries) > self.left_copies.start:
            _change_sides(self.left_copies, self.right_copies, self.shift)
        else:
            _change_sides(self.left_originals, self.right_originals, self.shift)

    def insert_copy(self, number: int) -> None:
        """Insert a slope right of 0 and let the least one there change sides, as 0 moves up by one."""
        self.right_copies.insert(self.shift, number)
        if len(self.right_originals.entries) > self.right_originals.start:
            _change_sides(self.right_originals, self.left_originals, self.shift)
        else:
            _change_sides(self.right_copies, self.left_copies, self.shift)

    def limit_waiting_originals(self, most: int) -> None:
        """Cut the right end: what is cut off is never crossed."""
        originals, copies = self.right_originals, self.right_copies
        surplus = len(originals.entries) - originals.start + len(copies.entries) - copies.start - most
        if surplus > 0:
            originals.cut(surplus - len(copies.cut(surplus)))

    def limit_waiting_copies(self, most: int) -> None:
        """Cut the left end: what is cut off is crossed on every way that is left."""
        originals, copies = self.left_originals, self.left_copies
        surplus = len(originals.entries) - originals.start + len(copies.entries) - copies.start - most
        if surplus > 0:
            cut = originals.cut(surplus)
            self.crossed.update(cut, copies.cut(surplus - len(cut)))

    def left_of_zero(self) -> set[int]:
        return self.crossed.union(self.left_originals.numbers(), self.left_copies.numbers())


def _change_sides(source: _Stack, target: _Stack, shift: int) -> None:
    """Move the slope next to 0 across it: `value - shift` on one side is `shift - value` on the other."""
    value, number = source.entries.pop()
    target.entries.append((2 * shift - value, number))


def best_partners(few_us: Ints, many_us: Ints) -> Ints:
    """For each of m sorted times give the number of its partner among n >= m, so that the differences sum to least.

    A best matching keeps the order, so the i-th pairs with the (i + s)-th, where the shift s grows from 0 to n - m as
    lines are left out. With S_s the running sum of differences at shift s, the least cost of the first j at shifts up
    to s is S_s[j] + min over i <= j of (cost of the first i at shifts below s, less S_s[i]): one running minimum a
    shift, n - m + 1 passes over the columns in all. Exact; the horizon is not judged.
    """
    count, shifts = len(few_us), len(many_us) - len(few_us)
    if compiled.kernel:
        partner = np.empty(count, np.int64)
        compiled.kernel.best_partners(few_us, many_us, partner)
        return partner
    cost = _running_sum(few_us, many_us[:count])
    leads = np.empty(
        (shifts, count + 1), np.int64
    )  # what taking up shift s + 1 after the first i costs, beside its sum
    for shift in range(1, shifts + 1):
        sums = _running_sum(few_us, many_us[shift : shift + count])
        leads[shift - 1] = cost - sums
        cost = np.minimum(cost, sums + np.minimum.accumulate(leads[shift - 1]))
    return np.arange(count) + _shift_of_each(leads, count)


def _running_sum(few_us: Ints, many_us: Ints) -> Ints:
    return np.concatenate(([0], np.cumsum(np.abs(few_us - many_us))))


def _shift_of_each(leads: Ints, count: int) -> Ints:
    """Walk back from the last line: each shift was taken up where its lead was least."""
    begins = np.full(len(leads), count)
    end = count
    for shift in range(len(leads), 0, -1):
        begins[shift - 1] = end = int(leads[shift - 1][: end + 1].argmin())
    return np.searchsorted(begins, np.arange(count), side="right")
