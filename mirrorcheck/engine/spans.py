"""The stretches of time in which a stream's lines belong to each side, where its pod changes sides.

A change of the rule is seen some time after it was made, and proxies need time to follow it; in between a pod may be on
either side. Lines that a shadow logs beyond its time do no harm: they are no copies, or copies of known originals. But
lines of a pod that is, or was, the primary's may then be originals or copies, mirrored or not: they count for neither.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from mirrorcheck.sources.feed import ENDLESS_US, SIDES, Gap, Opened, Side, SideChange
from mirrorcheck.totals import rule_absent
from mirrorcheck.totals.rule_absent import Stretch


@dataclass(frozen=True, slots=True)
class SideSpans:
    """For each side the stretches in which lines belong to it, and those in which the pod may have been on it."""

    certain: dict[Side, list[Stretch]]
    possible: dict[Side, list[Stretch]]

    def complete_us(self, side: Side, watermark_us: int) -> int:
        """Up to here all lines for a side are known if the stream is complete up to its watermark."""
        until_us = max((last_us for _, last_us in self.possible[side]), default=-1)
        return ENDLESS_US if watermark_us > until_us else watermark_us

    def clipped(self, side: Side, from_us: int, to_us: int) -> Iterator[Stretch]:
        """The parts of a stretch that may concern a side."""
        for first_us, last_us in self.possible[side]:
            if max(first_us, from_us) <= min(last_us, to_us):
                yield max(first_us, from_us), min(last_us, to_us)


def spans(opened: Opened, changes: Sequence[SideChange]) -> SideSpans:
    """The spans of a stream; changes: in the order in which they were seen, none if it stayed on its first side."""
    if not changes:
        always: dict[Side, list[Stretch]] = {side: [(0, ENDLESS_US)] * (side == opened.side) for side in SIDES}
        return SideSpans(always, always)
    held = [changes[0].before, *(each.side for each in changes)]
    from_us = [0, *map(rule_absent.made_us, changes)]
    to_us = [*(each.at_us + rule_absent.TAKEN_OVER_US for each in changes), ENDLESS_US]
    reaches = list(zip(held, from_us, to_us, strict=True))
    certain: dict[Side, list[Stretch]] = {side: [] for side in SIDES}
    possible: dict[Side, list[Stretch]] = {side: [] for side in SIDES}
    for first_us, last_us in _between(reaches):
        sides = {side for side, since_us, until_us in reaches if since_us <= first_us <= until_us}
        for side, stretches in possible.items():
            if side in sides:
                _add(stretches, (first_us, last_us))
        if "shadow" in sides and "primary" not in sides:
            _add(certain["shadow"], (first_us, last_us))
        if sides == {"primary"}:
            _add(certain["primary"], (first_us, last_us))
    return SideSpans(certain, possible)


def gap_of(opened: Opened, change: SideChange) -> Gap | None:
    """The gap around a change in which the lines of a pod count for neither side; None if there is none."""
    if "primary" not in {change.before, change.side}:
        return None
    from_us, to_us = rule_absent.made_us(change), change.at_us + rule_absent.TAKEN_OVER_US
    became = f"became the {change.side}'s" if change.side else f"was left by the rule as {change.before}"
    return Gap(opened.stream, opened.pod, opened.container, from_us, to_us, became)


def covered_us(stretches: Iterable[Stretch], within: Stretch) -> int:
    """How much of a stretch others cover together, in us."""
    covered, reached_us = 0, within[0]
    for from_us, to_us in sorted(stretches):
        upto_us = min(to_us, within[1])
        covered += max(0, upto_us - max(from_us, reached_us))
        reached_us = max(reached_us, upto_us)
    return covered


def _between(reaches: Sequence[tuple[Side | None, int, int]]) -> Iterator[Stretch]:
    """The stretches between all instants at which one begins or ends."""
    edges = {0, ENDLESS_US}
    for _, from_us, to_us in reaches:
        edges |= {max(0, from_us), min(to_us + 1, ENDLESS_US)}
    return (
        (first_us, after_us - 1 if after_us < ENDLESS_US else ENDLESS_US)
        for first_us, after_us in pairwise(sorted(edges))
    )


def _add(found: list[Stretch], stretch: Stretch) -> None:
    """Append a stretch, joined to the last if they touch."""
    if found and found[-1][1] + 1 >= stretch[0]:
        found[-1] = (found[-1][0], stretch[1])
    else:
        found.append(stretch)
