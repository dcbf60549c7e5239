"""Lines that have no partner under the usual key in, how copies differ from their originals out, if that is sure."""

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mirrorcheck.likeness.align import align
from mirrorcheck.likeness.differences import USUAL, Definition, Learnt, read_differences, without_last_hop
from mirrorcheck.likeness.forms import split
from mirrorcheck.likeness.score import Reach, certain_pairs, codes
from mirrorcheck.likeness.texts import Texts, texts_of
from mirrorcheck.likeness.windows import stretches
from mirrorcheck.side_lines import SideLines

Ints = NDArray[np.int64]

_FEWEST = 5  # lines of a side without a partner, for a search
_LEAST_SHARE = 0.02  # the same, of all its lines
_MOST_PAIRS = 500  # that tell differences
_HELD = 0.5  # of the pairs that showed the differences, that the key made of them must find
_MOSTLY = 0.9


@dataclass(frozen=True, slots=True, eq=False)
class Unexplained:
    """Rows without a partner: missed originals, and lines of the shadow that may be copies; delay_us: of the others."""

    originals: Ints
    shadow: Ints
    delay_us: int = 0

    def ask_for_more(self, originals: int, shadow_lines: int) -> bool:
        """True if there are so many of them on both sides that copies may be other than they are taken for."""
        return all(
            len(rows) >= max(_FEWEST, _LEAST_SHARE * lines)
            for rows, lines in ((self.originals, originals), (self.shadow, shadow_lines))
        )


def learn(primary: SideLines, shadow: SideLines, unexplained: Unexplained, horizon_us: int) -> Learnt | None:
    """Learn it from what stands once on each side of a sample; None where that is no more than chance makes of it."""
    own, others = stretches(
        primary.placed_us[unexplained.originals],
        shadow.placed_us[unexplained.shadow],
        unexplained.delay_us,
        horizon_us,
        early=not all(part.stream.source.plain for part in primary.parts + shadow.parts),
    )
    if min(len(own), len(others)) < _FEWEST:
        return None
    originals = texts_of(primary, unexplained.originals[own])
    lines = texts_of(shadow, unexplained.shadow[others])
    reach = Reach(horizon_us, max(primary.resolution_us, shadow.resolution_us))
    paired, copies = align(originals, lines, reach)
    if len(paired) < _FEWEST:
        return None
    learnt = _learnt(originals.take(paired[:_MOST_PAIRS]), lines.take(copies[:_MOST_PAIRS]), shadow, _logs(primary, shadow))
    held = certain_pairs(*_keys(learnt.definition, originals, lines), reach)
    return learnt if held.is_clear and held.above_chance >= _HELD * len(paired) else None


def learn_by_id(primary: SideLines, shadow: SideLines, originals: Ints, copies: Ints, by: str) -> Learnt | None:
    """Learn it from rows that an id pairs, pair by pair; None where copies are what they usually are."""
    some = np.unique(np.linspace(0, len(originals) - 1, _MOST_PAIRS).astype(np.int64)) if len(originals) else originals
    learnt = _learnt(
        texts_of(primary, originals[some]), texts_of(shadow, copies[some]), shadow, _logs(primary, shadow), by
    )
    usual = learnt.definition in {USUAL, Definition()}
    return None if usual or not len(some) else learnt


def _logs(primary: SideLines, shadow: SideLines) -> bool:
    return primary.logs("xff") and shadow.logs("xff")


def _learnt(originals: Texts, copies: Texts, shadow: SideLines, logs_chain: bool, by: str = "") -> Learnt:  # noqa: FBT001
    definition = read_differences(originals, copies, logs_chain=logs_chain)
    marked = float(shadow.table["marked"].to_numpy()[copies.rows].mean()) >= _MOSTLY if len(copies) else False
    return Learnt(definition, len(originals), by, marked, _added(definition, originals, copies))


def _added(definition: Definition, originals: Texts, copies: Texts) -> bool | None:
    """Whether the parameters that differ are the copies' or the originals'; None where both have them."""
    names = definition.target.parameters

    def have(lines: Texts) -> bool:
        items = (item.partition(b"=")[0] for target in lines.target for item in split(target)[1][1:].split(b"&"))
        return any(item in names for item in items)

    ours, theirs = have(originals), have(copies)
    return None if ours == theirs else theirs


def _keys(
    definition: Definition, originals: Texts, copies: Texts
) -> tuple[NDArray[np.uint64], Ints, NDArray[np.uint64], Ints]:
    """Keys and times of both sides under a definition; a copy's is the first one that an original has."""
    keys = [_original_key(definition, originals, place) for place in range(len(originals))]
    known = frozenset(keys)
    copied = [_copied_key(definition, copies, place, known) for place in range(len(copies))]
    own, others = codes(keys, copied)
    return own, originals.time_us, others, copies.time_us


def _original_key(definition: Definition, lines: Texts, place: int) -> Hashable:
    return (
        lines.method[place],
        definition.target.canonical(lines.target[place]),
        b"" if definition.agent.replaced else lines.agent[place],
        b"" if definition.referer.replaced else lines.referer[place],
        lines.chain[place] if definition.hops else b"",
    )


def _copied_key(definition: Definition, lines: Texts, place: int, known: frozenset[Hashable]) -> Hashable:
    agent = b"" if definition.agent.replaced else definition.agent.original(lines.agent[place])
    referer = b"" if definition.referer.replaced else definition.referer.original(lines.referer[place])
    chains = [_shorter(lines.chain[place], hops) for hops in definition.hops] or [b""]
    keys = [
        (lines.method[place], target, agent, referer, chain)
        for target in definition.target.originals(lines.target[place])
        for chain in chains
    ]
    return next((key for key in keys if key in known), keys[0])


def _shorter(chain: bytes, hops: int) -> bytes:
    for _ in range(hops):
        chain = without_last_hop(chain)
    return chain
