"""Finds originals and their copies beyond chance, whatever the mirror changes.

Lines are compared by what mirrors leave alone: pieces of the target that both sides have, the user agent, the client.
"""

from collections import Counter
from collections.abc import Hashable, Sequence
from itertools import chain

import numpy as np

from mirrorcheck.outcomes import constants
from mirrorcheck.outcomes.likeness.score import Certain, Reach, certain_pairs, codes
from mirrorcheck.outcomes.likeness.targets import EVERY, in_form, split
from mirrorcheck.outcomes.likeness.texts import Texts
from mirrorcheck.pairing.model import Ints

Pieces = tuple[bytes, ...]


def align(originals: Texts, copies: Texts, reach: Reach) -> tuple[Ints, Ints]:
    """Places of originals and of their copies, pair by pair; none where nothing but chance makes pairs."""
    pieces, copied_pieces = pieces_of(originals.target, copies.target)
    found = []
    for keys in zip(_keys(originals, pieces), _keys(copies, copied_pieces), strict=True):
        own, copied = codes(*keys)
        found.append(certain_pairs(own, originals.time_us, copied, copies.time_us, reach))
    clear = sorted((each for each in found if each.is_clear), key=lambda each: -each.above_chance)
    return _united(clear, len(originals), len(copies))


def _united(found: Sequence[Certain], originals: int, copies: int) -> tuple[Ints, Ints]:
    """The pairs of all, where several have a line those of the first."""
    copy_of = np.full(originals, -1, np.int64)
    taken = np.zeros(copies, np.bool_)
    for each in found:
        free = (copy_of[each.original] < 0) & ~taken[each.copy]
        copy_of[each.original[free]] = each.copy[free]
        taken[each.copy[free]] = True
    paired = np.flatnonzero(copy_of >= 0)
    return paired, copy_of[paired]


def pieces_of(targets: Sequence[bytes], copied_targets: Sequence[bytes]) -> tuple[list[Pieces], list[Pieces]]:
    """The pieces of targets of originals and of copies, less those that a mirror put on one side."""
    pieces, copied_pieces = _pieces(targets), _pieces(copied_targets)
    one_sided = _one_sided(pieces, copied_pieces)
    return [_without(each, one_sided) for each in pieces], [_without(each, one_sided) for each in copied_pieces]


def _keys(lines: Texts, pieces: Sequence[Pieces]) -> list[list[Hashable]]:
    """The keys by which lines are compared, the strictest first."""
    client = [each.partition(b",")[0].strip() for each in lines.chain]
    return [
        list(zip(lines.method, lines.target, lines.agent, lines.referer, strict=True)),
        list(zip(lines.method, pieces, lines.agent, client, strict=True)),
        list(zip(lines.method, pieces, lines.agent, strict=True)),
        list(zip(lines.method, pieces, client, strict=True)),
        list(zip(lines.method, pieces, strict=True)),
    ]


def _pieces(targets: Sequence[bytes]) -> list[Pieces]:
    """The segments of paths and the items of queries, as alike as proxies may make them."""
    known: dict[bytes, Pieces] = {}
    for target in targets:
        if target not in known:
            path, query = split(target)
            segments = (each for each in in_form(path, EVERY).split(b"/") if each)
            items = (b"?" + each for each in query[1:].split(b"&") if each)
            known[target] = tuple(chain(segments, sorted(items)))
    return [known[target] for target in targets]


def _one_sided(pieces: Sequence[Pieces], copied_pieces: Sequence[Pieces]) -> frozenset[bytes]:
    """The pieces that many lines of one side have and those of the other lack: a prefix, or an item of the query.

    Of items of the query with one name, the values count together; a name whose values hardly any line of the other
    side has is as good as none.
    """
    shares = [_shares(pieces), _shares(copied_pieces)]
    every = shares[0].keys() | shares[1].keys()
    uneven = {each for each in every if abs(shares[0].get(each, 0) - shares[1].get(each, 0)) >= constants.ONE_SIDED}
    return frozenset(uneven | _other_values(pieces, copied_pieces))


def _other_values(pieces: Sequence[Pieces], copied_pieces: Sequence[Pieces]) -> set[bytes]:
    """Names of items of queries that have other values on the other side."""
    items = [
        Counter(each for line in side for each in line if each.startswith(b"?")) for side in (pieces, copied_pieces)
    ]
    every: Counter[bytes] = Counter()
    shared: Counter[bytes] = Counter()
    for own, other in (items, reversed(items)):
        for item, count in own.items():
            every[_name(item)] += count
            shared[_name(item)] += count * (item in other)
    return {name for name, count in every.items() if shared[name] < constants.ONE_SIDED * count}


def _shares(pieces: Sequence[Pieces]) -> dict[bytes, float]:
    counts = Counter(name for each in pieces for name in {_name(piece) for piece in each})
    return {name: count / len(pieces) for name, count in counts.items()}


def _name(piece: bytes) -> bytes:
    return piece.partition(b"=")[0] + b"=" if piece.startswith(b"?") else piece


def _without(pieces: Pieces, one_sided: frozenset[bytes]) -> Pieces:
    return tuple(piece for piece in pieces if _name(piece) not in one_sided) if one_sided else pieces
