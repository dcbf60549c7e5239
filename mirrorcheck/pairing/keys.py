"""Numbers keys by the lines that have them.

A key is a hash, which differs from run to run. What is found must not: a sum of many fractions depends on their order,
and a sample of keys on which these are. So all that follows knows a key by the place of its first line.
"""

import numpy as np

from mirrorcheck.pairing import compiled
from mirrorcheck.pairing.model import Ints, Keys

MIX = np.uint64(0x9E3779B97F4A7C15)  # 2^64 / golden ratio: spreads keys that are small numbers, too


def number_keys(originals: Keys, copies: Keys) -> tuple[Keys, Keys]:
    """Each key as the place of the first line that has it, the copies' places behind those of the originals."""
    if compiled.kernel:
        numbers = np.empty(len(originals), np.uint64), np.empty(len(copies), np.uint64)
        compiled.kernel.number_keys(np.ascontiguousarray(originals), np.ascontiguousarray(copies), *numbers)
        return numbers
    key = np.concatenate([originals, copies])
    order = by_key(key)
    starts = np.ones(len(key), np.bool_)
    starts[1:] = key[order[1:]] != key[order[:-1]]
    number = np.empty(len(key), np.uint64)
    number[order] = order[starts][np.cumsum(starts) - 1]
    return number[: len(originals)], number[len(originals) :]


def by_key(key: Keys) -> Ints:
    """An order that brings equal keys together, in the order of their places.

    Numbers sort many times faster than places do, so what is sorted is one number a line: as much of its key as there
    is room for beside its place. Different keys with the same part are separated afterwards.
    """
    width = np.uint64(max(1, len(key).bit_length()))
    numbers = (key * MIX >> width << width) | np.arange(len(key), dtype=np.uint64)
    numbers.sort()
    order = (numbers & ((np.uint64(1) << width) - np.uint64(1))).astype(np.int64)
    return _separated(order, key[order], numbers >> width)


def _separated(order: Ints, key: Keys, sorted_by: Keys) -> Ints:
    """Order the lines of different keys, too, that had the same part of the key to be sorted by."""
    same = sorted_by[1:] == sorted_by[:-1]
    clash = same & (key[1:] != key[:-1])
    if clash.any():
        alike = np.concatenate(([0], np.cumsum(~same)))
        lines = np.flatnonzero(np.isin(alike, alike[1:][clash]))
        order[lines] = order[lines][np.lexsort((key[lines], alike[lines]))]
    return order
