"""Lines that have no partner under the usual key in, how copies differ from their originals out, if that is sure."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mirrorcheck.outcomes.likeness.align import align
from mirrorcheck.outcomes.likeness.contents import compare_contents
from mirrorcheck.outcomes.likeness.differences import USUAL, Definition, Learnt, added, read_differences
from mirrorcheck.outcomes.likeness.score import Certain, Reach, certain_pairs, codes
from mirrorcheck.outcomes.likeness.texts import Texts, texts_of
from mirrorcheck.outcomes.sides.model import SideLines

Ints = NDArray[np.int64]

_FEWEST = 5  # lines of a side without a partner, for a search
_LEAST_SHARE = 0.02  # the same, of all its lines
_MOST_PAIRS = 500  # that tell differences
_HELD = 0.5  # of the pairs that showed the differences, that the key made of them must find
_MOST_LINES = 1_500  # lines of a side in a stretch
_CENTRES = (0.5, 1 / 6, 5 / 6)  # of the shadow's lines: where stretches lie
_EARLY = (1 / 64,)
_MOSTLY = 0.5
_NEARLY_ALL = 0.9


@dataclass(frozen=True, slots=True, eq=False)
class Unexplained:
    """Rows without a partner: missed originals, and lines of the shadow that may be copies; delay_us: of the others.

    told: lines with a mark, if they are most of these, are copies, and need not be proved to be.
    """

    originals: Ints
    shadow: Ints
    delay_us: int = 0
    told: bool = False

    def ask_for_more(self, originals: int, shadow_lines: int) -> bool:
        """True if there are so many of them on both sides that copies may be other than they are taken for."""
        return all(
            len(rows) >= max(_FEWEST, _LEAST_SHARE * lines)
            for rows, lines in ((self.originals, originals), (self.shadow, shadow_lines))
        )


def learn(primary: SideLines, shadow: SideLines, unexplained: Unexplained, horizon_us: int) -> Learnt | None:
    """Learn it from what stands once on each side of a sample; None where that is no more than chance makes of it."""
    own, others = _stretches(
        primary.placed_us[unexplained.originals],
        shadow.placed_us[unexplained.shadow],
        unexplained.delay_us,
        horizon_us,
        early=not all(part.stream.source.plain for part in primary.parts + shadow.parts),
    )
    originals = texts_of(primary, unexplained.originals[own])
    lines = texts_of(shadow, unexplained.shadow[others])
    reach = Reach(horizon_us, max(primary.resolution_us, shadow.resolution_us))
    logs_chain = primary.logs("xff") and shadow.logs("xff")
    learnt = _by_keys(originals, lines, reach, logs_chain=logs_chain)
    if learnt or not len(originals) or not len(lines):
        return learnt
    told = unexplained.told and float(lines.marked.mean()) >= _MOSTLY
    lines = lines.take(np.flatnonzero(lines.marked)) if told else lines
    definition = compare_contents(originals, lines, logs_chain=logs_chain, told=told)
    return replace(_learnt(definition, originals, lines, 0), assumed=not told) if definition else None


def _stretches(
    original_us: Ints, shadow_us: Ints, delay_us: int, horizon_us: int, *, early: bool = False
) -> tuple[Ints, Ints]:
    """Places of originals and of shadow lines in the stretches; delay_us: how much later copies are, as far as known.

    Of the shadow a stretch holds somewhat more, as copies come sooner or later. early: one stretch near the beginning
    is all, as what lies further on costs the reading of all before it.
    """
    if len(original_us) <= _MOST_LINES and len(shadow_us) <= _MOST_LINES:
        return np.arange(len(original_us)), np.arange(len(shadow_us))
    times_us = shadow_us - delay_us
    ordered, shadow_ordered = np.sort(original_us), np.sort(times_us)
    own, others = np.zeros(len(original_us), np.bool_), np.zeros(len(times_us), np.bool_)
    for centre in _EARLY if early else _CENTRES:
        at_us = int(shadow_ordered[int(centre * (len(shadow_ordered) - 1))])
        ends = _ends(ordered, at_us), _ends(shadow_ordered, at_us)
        low_us, high_us = max(low for low, _ in ends), min(high for _, high in ends)
        slack_us = min(horizon_us, max(0, high_us - low_us))
        own |= (original_us >= low_us) & (original_us <= high_us)
        others |= (times_us >= low_us - slack_us) & (times_us <= high_us + slack_us)
    return np.flatnonzero(own), np.flatnonzero(others)


def _ends(ordered_us: Ints, at_us: int) -> tuple[int, int]:
    """When the first and the last of _MOST_LINES lines around a moment were logged."""
    place = int(np.searchsorted(ordered_us, at_us))
    first, last = max(place - _MOST_LINES // 2, 0), min(place + _MOST_LINES // 2, len(ordered_us) - 1)
    return int(ordered_us[min(first, last)]), int(ordered_us[last])


def learn_by_id(primary: SideLines, shadow: SideLines, originals: Ints, copies: Ints, by: str) -> Learnt | None:
    """Learn it from rows that an id pairs, pair by pair; None where copies are what they usually are."""
    some = np.linspace(0, len(originals) - 1, min(_MOST_PAIRS, len(originals))).astype(np.int64)
    ours, theirs = texts_of(primary, originals[some]), texts_of(shadow, copies[some])
    definition = read_differences(ours, theirs, logs_chain=primary.logs("xff") and shadow.logs("xff"))
    if definition in {USUAL, Definition()}:
        return None
    return _learnt(definition, ours, theirs, len(originals), by)


def _by_keys(originals: Texts, lines: Texts, reach: Reach, *, logs_chain: bool) -> Learnt | None:
    if min(len(originals), len(lines)) < _FEWEST:
        return None
    paired, copies = align(originals, lines, reach)
    if len(paired) < _FEWEST:
        return None
    ours, theirs = originals.take(paired[:_MOST_PAIRS]), lines.take(copies[:_MOST_PAIRS])
    definition = read_differences(ours, theirs, logs_chain=logs_chain)
    held = _pairs_by(definition, originals, lines, reach)
    if not held.is_clear or held.above_chance < _HELD * len(paired):
        return None
    return _learnt(definition, ours, theirs, len(held.original))


def _pairs_by(definition: Definition, originals: Texts, copies: Texts, reach: Reach) -> Certain:
    """The pairs that a definition makes certain; a copy's key is the first one that an original has."""
    keys = [definition.key(originals, place) for place in range(len(originals))]
    known = frozenset(keys)
    possible = (definition.copied_keys(copies, place) for place in range(len(copies)))
    copied = [next((key for key in each if key in known), each[0]) for each in possible]
    own, others = codes(keys, copied)
    return certain_pairs(own, originals.time_us, others, copies.time_us, reach)


def _learnt(definition: Definition, originals: Texts, copies: Texts, pairs: int, by: str = "") -> Learnt:
    marked = float(copies.marked.mean()) >= _NEARLY_ALL
    return Learnt(definition, pairs, by, marked, added(definition.target, originals, copies))
