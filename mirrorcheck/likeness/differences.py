"""Originals and their copies, side by side, in; how the copies differ out: hops, target and headers."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from mirrorcheck.likeness.targets import TargetRule, learn_target
from mirrorcheck.likeness.texts import Texts

_MOST_HOPS = 8
_LEAST = 0.05  # of the pairs with a number of hops, for it to be one that mirrors add
_FEWEST = 2
_MOSTLY = 0.5
_NEARLY_ALL = 0.9


@dataclass(frozen=True, slots=True)
class Header:
    """What becomes of a header on copies: kept; kept with a suffix; or, where it is not compared, replaced."""

    suffix: bytes = b""
    replaced: bool = False

    @property
    def kept(self) -> bool:
        """True if copies have it as it is."""
        return not self.suffix and not self.replaced

    def original(self, text: bytes) -> bytes:
        """What the original of a copy with this header had."""
        return text.removesuffix(self.suffix) if self.suffix else text


@dataclass(frozen=True, slots=True)
class Definition:
    """How a copy differs from its original, and so what its key is.

    hops: how many a copy's X-Forwarded-For may have more, the most frequent first; empty where it is not compared,
    since one side does not log it or, chain_replaced, copies have one of their own.
    """

    hops: tuple[int, ...] = ()
    chain_replaced: bool = False
    target: TargetRule = TargetRule()
    agent: Header = Header()
    referer: Header = Header()

    @property
    def remakes_requests(self) -> bool:
        """True if more than the chain differs."""
        return self.target != TargetRule() or not self.agent.kept or not self.referer.kept


USUAL = Definition(hops=(1,))


@dataclass(frozen=True, slots=True)
class Learnt:
    """A definition, the pairs it was learnt from, and by what these were pairs: an id, or "" for keys of their own.

    marked: nearly all of these copies carry a -shadow host or x-envoy-internal.
    added: whether the query parameters that differ are the copies' (True), the originals' (False), or both (None).
    """

    definition: Definition
    pairs: int
    by: str = ""
    marked: bool = False
    parameters_added: bool | None = field(default=None)


def read_differences(originals: Texts, copies: Texts, *, logs_chain: bool) -> Definition:
    """Read off lines side by side how the second one of each pair differs from the first."""
    hops, replaced = _hops(originals.chain, copies.chain) if logs_chain else ((), False)
    return Definition(
        hops,
        replaced,
        learn_target(list(zip(originals.target, copies.target, strict=True))),
        _header(originals.agent, copies.agent),
        _header(originals.referer, copies.referer),
    )


def hops_added(original: bytes, copy: bytes) -> int | None:
    """How many hops a copy's chain has behind the original's, None where it does not begin with that one."""
    for hops in range(_MOST_HOPS + 1):
        if copy == original:
            return hops
        if not copy:
            return None
        copy = without_last_hop(copy)
    return None


def without_last_hop(chain: bytes) -> bytes:
    """A chain without its last hop, b"" where that is the only one."""
    return chain.rpartition(b",")[0]


def _hops(originals: Sequence[bytes], copies: Sequence[bytes]) -> tuple[tuple[int, ...], bool]:
    counts = Counter(hops_added(original, copy) for original, copy in zip(originals, copies, strict=True))
    strange = counts.pop(None, 0)
    if strange > _MOSTLY * len(originals):
        return (), True
    least = max(_LEAST * len(originals), min(_FEWEST, len(originals)))
    return tuple(hops for hops, count in counts.most_common() if count >= least and hops is not None), False


def _header(originals: Sequence[bytes], copies: Sequence[bytes]) -> Header:
    pairs = list(zip(originals, copies, strict=True))
    if sum(original == copy for original, copy in pairs) >= _NEARLY_ALL * len(pairs):
        return Header()
    suffixes = Counter(copy[len(original) :] for original, copy in pairs if copy.startswith(original))
    suffix, count = suffixes.most_common(1)[0] if suffixes else (b"", 0)
    if suffix and count > _MOSTLY * len(pairs):
        return Header(suffix)
    return Header(replaced=True)
