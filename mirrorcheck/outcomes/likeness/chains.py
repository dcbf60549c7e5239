"""Learns from X-Forwarded-For of originals and of their copies which hops mirroring adds."""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from mirrorcheck.outcomes import constants

_MOST_HOPS = 8
_NOTHING = b"-"  # a client may send it, and it is logged where none was sent
_MOST_TAILS = 2


@dataclass(frozen=True, slots=True)
class Chain:
    """How X-Forwarded-For differs on copies.

    hops: how many it may have more, the most frequent first; empty where it is not compared, since one side does not
    log it or, `replaced`, copies have one of their own. tail: last hops of proxies in front of the servers, which are
    left out on both sides first.
    """

    hops: tuple[int, ...] = ()
    tail: int = 0
    replaced: bool = False

    def original(self, chain: bytes) -> bytes:
        """An original's chain as it is compared."""
        return without_last_hops(chain, self.tail) if self.hops else b""

    def originals(self, chain: bytes) -> tuple[bytes, ...]:
        """What the originals of a copy with this chain may have, as it is compared."""
        chain = self.original(chain)
        return tuple(without_last_hops(chain, hops) for hops in self.hops) or (b"",)


USUAL = Chain((1,))


def read_chains(copied: Iterable[tuple[Collection[bytes], bytes]]) -> Chain:
    """Learn the rule from copies' chains, each beside the chains that its original may have."""
    copied = list(copied)
    for tail in range(_MOST_TAILS + 1):
        counts = Counter(_behind_tail(ours, copy, tail) for ours, copy in copied)
        if counts.pop(None, 0) <= constants.MOSTLY * len(copied):
            least = max(constants.USUAL_HOPS * len(copied), min(constants.FEWEST_HOPS, len(copied)))
            usual = tuple(hops for hops, count in counts.most_common() if count >= least and hops is not None)
            return Chain(usual, tail)
    return Chain(replaced=True)


def _behind_tail(originals: Collection[bytes], copy: bytes, tail: int) -> int | None:
    """How many hops were added in front of the last ones; None also where there is nothing in front of these."""
    if not tail:
        return hops_added(originals, copy)
    left = without_last_hops(copy, tail)
    return hops_added({without_last_hops(each, tail) for each in originals}, left) if left else None


def hops_added(originals: Collection[bytes], copy: bytes) -> int | None:
    """How many hops a copy's chain has behind one of these, None where it begins with none of them."""
    for hops in range(_MOST_HOPS + 1):
        if copy in originals:
            return hops
        if not copy:
            return None
        copy = without_last_hops(copy, 1)
    return None


def without_last_hops(chain: bytes, hops: int) -> bytes:
    """A chain without some last hops, b"" where it has no more."""
    for _ in range(hops):
        chain = chain.rpartition(b",")[0]
        if chain == _NOTHING:
            return b""
    return chain
