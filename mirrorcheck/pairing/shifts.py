"""Two sorted columns of times of which the longer has a few more in, the best choice of those left out."""

import numpy as np

from mirrorcheck.pairing.model import Ints


def best_partners(few_us: Ints, many_us: Ints) -> Ints:
    """For each of m sorted times give the number of its partner among n >= m, so that the differences sum to least.

    A best matching keeps the order, so the i-th pairs with the (i + s)-th, where the shift s grows from 0 to n - m as
    lines are left out. With S_s the running sum of differences at shift s, the least cost of the first j at shifts up
    to s is S_s[j] + min over i <= j of (cost of the first i at shifts below s, less S_s[i]): one running minimum a
    shift, n - m + 1 passes over the columns in all. Exact; the horizon is not looked at.
    """
    count, shifts = len(few_us), len(many_us) - len(few_us)
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
