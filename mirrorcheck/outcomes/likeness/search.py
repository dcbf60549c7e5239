"""Learns from lines without a partner under the usual key how copies differ from their originals, if that is sure."""

from dataclasses import dataclass, replace

import numpy as np

from mirrorcheck.outcomes import constants
from mirrorcheck.outcomes.likeness.align import align
from mirrorcheck.outcomes.likeness.contents import compare_contents
from mirrorcheck.outcomes.likeness.differences import USUAL, Definition, Learnt, added, read_differences
from mirrorcheck.outcomes.likeness.score import Certain, Reach, certain_pairs, codes
from mirrorcheck.outcomes.likeness.texts import Texts, texts_of
from mirrorcheck.outcomes.sides.model import SideLines
from mirrorcheck.pairing.model import Ints

_MOST_PAIRS = 500  # that show differences
_MOST_LINES = 1_500  # lines of a side in a stretch
_CENTRES = (0.5, 1 / 6, 5 / 6)  # of the shadow's lines: where stretches lie
_EARLY = (1 / 64,)


@dataclass(frozen=True, slots=True, eq=False)
class Unexplained:
    """Rows without a partner: missed originals, and lines of the shadow that may be copies; delay_us: of the others.

    marked: lines with a mark, if they are most of these, are copies without further proof.
    """

    originals: Ints
    shadow: Ints
    delay_us: int = 0
    marked: bool = False

    def ask_for_more(self, originals: int, shadow_lines: int) -> bool:
        """Whether there are so many of them on both sides that copies may differ from what they are taken for."""
        return all(
            len(rows) >= max(constants.FEWEST_UNEXPLAINED, constants.UNEXPLAINED_SHARE * lines)
            for rows, lines in ((self.originals, originals), (self.shadow, shadow_lines))
        )


def learn(primary: SideLines, shadow: SideLines, unexplained: Unexplained, horizon_us: int) -> Learnt | None:
    """Learn from what stands once on each side of a sample; None where that is no more than chance leaves."""
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
    marked = unexplained.marked and float(lines.marked.mean()) >= constants.MOSTLY
    lines = lines.take(np.flatnonzero(lines.marked)) if marked else lines
    definition = compare_contents(originals, lines, logs_chain=logs_chain, marked=marked)
    return replace(_learnt(definition, originals, lines, 0), assumed=not marked) if definition else None


def _stretches(
    original_us: Ints, shadow_us: Ints, delay_us: int, horizon_us: int, *, early: bool = False
) -> tuple[Ints, Ints]:
    """Places of all originals and shadow lines in a few stretches of time, as what differs cannot be sampled by key.

    delay_us: how much later copies are, as far as known. Of the shadow a stretch holds somewhat more, as copies come
    sooner or later. early: take one stretch near the beginning, where reading what lies further on costs all before it.
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
    """Learn from rows that an id pairs, pair by pair; None where copies are as usual."""
    some = np.linspace(0, len(originals) - 1, min(_MOST_PAIRS, len(originals))).astype(np.int64)
    ours, theirs = texts_of(primary, originals[some]), texts_of(shadow, copies[some])
    definition = read_differences(ours, theirs, logs_chain=primary.logs("xff") and shadow.logs("xff"))
    if definition in {USUAL, Definition()}:
        return None
    return _learnt(definition, ours, theirs, len(originals), by)


def _by_keys(originals: Texts, lines: Texts, reach: Reach, *, logs_chain: bool) -> Learnt | None:
    if min(len(originals), len(lines)) < constants.FEWEST_UNEXPLAINED:
        return None
    paired, copies = align(originals, lines, reach)
    if len(paired) < constants.FEWEST_UNEXPLAINED:
        return None
    ours, theirs = originals.take(paired[:_MOST_PAIRS]), lines.take(copies[:_MOST_PAIRS])
    definition = read_differences(ours, theirs, logs_chain=logs_chain)
    held = _pairs_by(definition, originals, lines, reach)
    if not held.is_clear or held.above_chance < constants.HELD * len(paired):
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
    marked = float(copies.marked.mean()) >= constants.NEARLY_ALL
    return Learnt(definition, pairs, by, marked, added(definition.target, originals, copies))
