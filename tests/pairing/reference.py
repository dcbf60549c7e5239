"""The number of pairs and the cost of a best matching of one key, by two ways that need no proof.

A line is (time, logged): costs are differences of `time`, the horizon judges differences of `logged`.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

Line = tuple[int, int]


@dataclass(frozen=True, slots=True, order=True)
class Best:
    """What a best matching reaches: most pairs first, least sum of time differences second."""

    pairs: int
    cost: int

    def __add__(self, other: "Best") -> "Best":
        return Best(self.pairs + other.pairs, self.cost + other.cost)


NOTHING = Best(0, 0)


def by_table(originals: list[Line], copies: list[Line], horizon: int) -> Best:
    """Fill a table over the first i originals and the first j copies: leave out either last line, or pair the two."""
    originals, copies = sorted(originals), sorted(copies)
    # Compared as (pairs, -cost): more pairs first, then less cost.
    table = [[(0, 0)] * (len(copies) + 1) for _ in range(len(originals) + 1)]
    for i, (time, logged) in enumerate(originals, 1):
        for j, (copy_time, copy_logged) in enumerate(copies, 1):
            table[i][j] = max(table[i - 1][j], table[i][j - 1])
            if abs(copy_logged - logged) <= horizon:
                pairs, cost = table[i - 1][j - 1]
                table[i][j] = max(table[i][j], (pairs + 1, cost - abs(copy_time - time)))
    pairs, cost = table[-1][-1]
    return Best(pairs, -cost)


def by_assignment(originals: list[Line], copies: list[Line], horizon: int) -> Best:
    """Let scipy assign copies to originals, a pair beyond the horizon costing more than all others together."""
    if not originals or not copies:
        return NOTHING
    first, second = np.array(originals), np.array(copies)
    apart = np.abs(first[:, None, 0] - second[None, :, 0])
    allowed = np.abs(first[:, None, 1] - second[None, :, 1]) <= horizon
    forbidden = (int(apart.max()) + 1) * (min(apart.shape) + 1)
    rows, columns = linear_sum_assignment(np.where(allowed, apart, forbidden))
    taken = allowed[rows, columns]
    return Best(int(taken.sum()), int(apart[rows, columns][taken].sum()))
