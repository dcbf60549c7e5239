"""Draws columns that keep no order and no rule, and has the kernel of the pairing work on them."""

import random
from collections.abc import Iterator

import numpy as np

from mirrorcheck.pairing import compiled
from mirrorcheck.pairing.model import Bools, Ints

MOST = 40  # lines at once


def numbers(chance: random.Random, count: int) -> Ints:
    """A column of few numbers in any order, some of them as far apart as numbers can be."""
    ends = (-(1 << 63), (1 << 63) - 1, 0)
    column = [chance.choice(ends) if chance.random() < 0.1 else chance.randint(-9, 9) for _ in range(count)]
    return np.sort(np.array(column, np.int64)) if chance.random() < 0.5 else np.array(column, np.int64)


def flags(chance: random.Random, count: int) -> Bools:
    """A column of flags."""
    return np.array([chance.random() < 0.5 for _ in range(count)], np.bool_)


def rows(chance: random.Random, count: int, lines: int) -> Ints:
    """A column of rows, all of which are there."""
    return np.array([chance.randrange(lines) for _ in range(count)], np.int64)


def order_lines(chance: random.Random, count: int) -> None:
    """Number keys, split and merge lines, and number runs."""
    kernel, key, more = compiled.kernel, numbers(chance, count).view(np.uint64), chance.randint(0, MOST)
    other = numbers(chance, more).view(np.uint64)
    kernel.number_keys(key, other, np.empty_like(key), np.empty_like(other))
    kernel.split(key, chance.randint(1, 9), np.empty(count, np.int64), np.empty(9, np.int64))
    kernel.share_of_keys(key, chance.randint(1, 9), np.empty(count, np.int64))
    sides = [
        (each, numbers(chance, len(each)), numbers(chance, len(each)), rows(chance, len(each), len(each)))
        for each in (key, other)
    ]
    merged = [np.empty(count + more, np.int64) for _ in range(4)]
    kernel.merge(*sides, 5, merged[0], np.empty(count + more, np.bool_), *merged[1:])
    kernel.number_runs(numbers(chance, count), numbers(chance, count), chance.randint(-9, 9), np.empty(count, np.int64))


def match_lines(chance: random.Random, count: int) -> None:
    """Match runs in all ways."""
    kernel, half, horizon_us = compiled.kernel, count // 2, chance.randint(-2, 20)
    time_us, logged_us, run = (numbers(chance, count) for _ in range(3))
    pairs = [np.empty(half, np.int64) for _ in range(2)]
    kernel.match_even(logged_us, flags(chance, count), run, horizon_us, *pairs, np.empty((half, 2), np.int64))
    kernel.match_run(time_us, logged_us, flags(chance, count), horizon_us, *pairs)
    kernel.best_partners(time_us[: chance.randint(0, count)], time_us, np.empty(count, np.int64))


def count_lines(chance: random.Random, count: int) -> None:
    """Count what stands near each other, and write outcomes."""
    kernel, apart_us = compiled.kernel, chance.randint(-2, 20)
    columns = (numbers(chance, count), numbers(chance, count), flags(chance, count))
    filled, sums = np.empty(count, np.int64), np.empty((count + 512, 4), np.int64)
    group = np.cumsum(flags(chance, count))
    groups = [np.empty(count + 1, np.int64) for _ in range(2)]
    kernel.count_sides(group, columns[2], *groups)
    kernel.mark_alone(*columns, apart_us, np.empty(count, np.bool_))
    kernel.count_near(*columns, apart_us, filled)
    kernel.count_groups(*columns, flags(chance, count), flags(chance, count), apart_us, sums)
    row = rows(chance, count, count)
    spans = [rows(chance, count, count) for _ in range(2)]
    kernel.count_in_stretches(*columns, flags(chance, count), *spans, numbers(chance, count), filled)
    kernel.link(row, row, row, np.empty(count, np.int64), np.empty(count, np.int64))
    kernel.write_candidates(
        row, columns[2], *columns[:2], filled, apart_us, *(np.empty(count, np.int64) for _ in range(3))
    )


def feed_columns(lines: int, seed: int) -> Iterator[tuple[str, int]]:
    """Draw columns of so many lines in all; gives a name, and how many lines there were."""
    chance, fed = random.Random(f"pairing {seed}"), 0
    while fed < lines:
        count = min(chance.randint(0, MOST), lines - fed)
        for work in (order_lines, match_lines, count_lines):
            work(chance, count)
        fed += count
    yield "pairing", fed
