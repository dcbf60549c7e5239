"""Splits both sides into blocks of keys, small enough for the processor's cache, to be worked on in parallel."""

from dataclasses import dataclass

import numpy as np

from mirrorcheck.concurrency import side_by_side
from mirrorcheck.pairing import compiled
from mirrorcheck.pairing.keys import MIX
from mirrorcheck.pairing.match import Pairs
from mirrorcheck.pairing.merge import Merged, Timed, merge
from mirrorcheck.pairing.model import Bools, Ints, Keys

LINES_A_BLOCK = 1 << 17
_FEW_BLOCKS, _MOST_BLOCKS = 1 << 8, 1 << 16  # their numbers fit the types for which numpy has a radix sort
_HALF = np.uint64(32)


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """The lines of some keys, and which of them stands for which.

    leader: int64 by place: the place of the line that stands for it, mostly its own: the first attempt of a request,
    the first of twin copies. might_be_retry: bool by place, None where no line might. exact: the keys are ids. reopens:
    copies left over are those of attempts taken for retries.
    """

    merged: Merged
    leader: Ints
    might_be_retry: Bools | None = None
    exact: bool = False
    reopens: bool = True

    def stands(self) -> Bools:
        """By place: the line stands for itself."""
        stands: Bools = self.leader == np.arange(len(self.leader))
        return stands

    def groups(self, apart_us: int) -> Ints:
        """Number of the group of each line: the same id, or the same key without a pause longer than `apart_us`."""
        return self.merged.run if self.exact else self.merged.groups(apart_us)


@dataclass(frozen=True, slots=True, eq=False)
class Matched:
    """A block after matching: the places of those of its lines that stand for themselves, these lines, their pairs.

    pairs: by place among `merged`, which is the block's where each line stands for itself.
    """

    block: Block
    kept: Ints
    merged: Merged
    pairs: Pairs

    def paired(self) -> Bools:
        """By place of the whole block: the line has a partner."""
        paired = np.zeros(len(self.block.merged), np.bool_)
        pairs = self.pairs_of_block()
        paired[pairs.original] = True
        paired[pairs.copy] = True
        return paired

    def pairs_of_block(self) -> Pairs:
        """The pairs by place of the whole block."""
        return self.pairs if self.merged is self.block.merged else self.pairs.among(self.kept)


def merge_in_blocks(originals: Timed, copies: Timed, pause_us: int) -> list[Merged]:
    """Merge the sides block by block; which block a key is in is as good as random."""
    count = min(_MOST_BLOCKS, max(1, -(-(len(originals.key) + len(copies.key)) // LINES_A_BLOCK)))
    if count == 1:
        return [merge(originals, copies, pause_us)]
    sides = zip(split(originals.key, count), split(copies.key, count), strict=True)
    return side_by_side(lambda rows: merge(originals.take(rows[0]), copies.take(rows[1]), pause_us), sides)


def share_of_keys(key: Keys, share: int) -> Ints:
    """Lines of the keys of one block in `share`."""
    if compiled.kernel:
        rows = np.empty(len(key), np.int64)
        return rows[: compiled.kernel.share_of_keys(np.ascontiguousarray(key), share, rows)]
    return np.flatnonzero(_block(key, share) == 0)


def split(key: Keys, count: int) -> list[Ints]:
    """Lines by block, each in their order."""
    if compiled.kernel:
        rows, ends = np.empty(len(key), np.int64), np.empty(count, np.int64)
        compiled.kernel.split(np.ascontiguousarray(key), count, rows, ends)
        return np.split(rows, ends[:-1])
    block = _block(key, count).astype(np.uint8 if count <= _FEW_BLOCKS else np.uint16)
    ends = np.cumsum(np.bincount(block, minlength=count))
    return np.split(np.argsort(block, kind="stable"), ends[:-1])


def _block(key: Keys, count: int) -> Keys:
    """Number of the block that each key is in, below `count`."""
    number: Keys = (key * MIX >> _HALF) * np.uint64(count) >> _HALF
    return number
