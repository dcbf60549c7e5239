"""Finds two requests that have one key for pairing, by someone who knows the key of the hashes.

    python -m tests.collisions

A request's key adds what its target makes of it to the hash of its agent. Of millions of targets many pairs differ by
the same in their lower bits, and so do agents; among these, two differences are equal (a birthday of four lists). It
takes seconds, so nothing but the key of the hashes is in a forger's way.
"""

import sys

import numpy as np
from numpy.typing import NDArray

from mirrorcheck.reading.observe import mix
from mirrorcheck_parsers import hash_each
from tests.hash_keys import KNOWN_KEY, hashed_with

Hashes = NDArray[np.uint64]
Asked = tuple[bytes, bytes]  # a target and an agent

_COUNT = 1 << 23
_LOWER = np.uint64((1 << 22) - 1)  # bits, so that each value meets one or two others
_GET = np.uint64(int.from_bytes(b"GET", "little"))


def two_of_one_key() -> tuple[Asked, Asked]:
    """Two requests with the GET method and no referer that pair where the hashes' key is in use now."""
    targets, agents = ([b"%b%d" % (begin, number) for number in range(_COUNT)] for begin in (b"/a/", b"client/"))
    of_target = mix(np.full(_COUNT, _GET), hash_each(targets), np.zeros(_COUNT, np.uint64))
    of_agent = hash_each(agents)
    target, other = _alike(of_target)
    agent, other_agent = _alike(of_agent)
    by_target, by_agent = of_target[target] - of_target[other], of_agent[other_agent] - of_agent[agent]
    _, one, two = np.intersect1d(by_target, by_agent, return_indices=True)
    if not len(one):
        raise ValueError("no two requests among these have one key: try more")
    first = targets[target[one[0]]], agents[agent[two[0]]]
    return first, (targets[other[one[0]]], agents[other_agent[two[0]]])


def _alike(values: Hashes) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Places of pairs of values with the same lower bits."""
    order = np.argsort(values & _LOWER)
    lower = values[order] & _LOWER
    same = np.flatnonzero(lower[1:] == lower[:-1])
    return order[same], order[same + 1]


if __name__ == "__main__":
    with hashed_with(KNOWN_KEY):
        sys.stdout.write(f"{two_of_one_key()}\n")
