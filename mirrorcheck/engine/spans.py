"""The sides that a stream's pod has been on come in; at which moments its lines are of which side goes out.

A change of the rule is seen some time after it was made, and proxies take theirs to follow it: within, a pod may be on
either side. What a shadow logs beyond its time harms nobody: it is no copy, or one of an original that is there. But a
line of a pod that is, or was, the primary's may then be an original or a copy, or be mirrored or not: it is neither.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import polars as pl

from mirrorcheck.outcomes.sides.model import Part
from mirrorcheck.reading.stream import Stream
from mirrorcheck.reading.stream_reader import Counts
from mirrorcheck.sources.feed import ENDLESS_US, Gap, Opened, Side, SideChange
from mirrorcheck.totals import rule_absent as rule_off
from mirrorcheck.totals.rule_absent import Stretch


@dataclass(frozen=True, slots=True)
class SideSpans:
    """For each side the stretches in which lines are of it, and those in which the pod may have been on it."""

    certain: dict[Side, tuple[Stretch, ...]]
    possible: dict[Side, tuple[Stretch, ...]]

    def complete_us(self, side: Side, watermark_us: int) -> int:
        """Up to here all lines for a side are known of a stream that is complete up to its watermark."""
        until_us = max((last_us for _, last_us in self.possible[side]), default=-1)
        return ENDLESS_US if watermark_us > until_us else watermark_us

    def clipped(self, side: Side, from_us: int, to_us: int) -> Iterator[Stretch]:
        """What of a stretch may concern a side."""
        for first_us, last_us in self.possible[side]:
            if max(first_us, from_us) <= min(last_us, to_us):
                yield max(first_us, from_us), min(last_us, to_us)


def spans(opened: Opened, changes: Sequence[SideChange]) -> SideSpans:
    """changes: in the order in which they were seen; opened: its side is the only one where there are none."""
    if not changes:
        return _always(opened.side)
    states = [changes[0].before, *(each.side for each in changes)]
    from_us = [0, *map(rule_off.made_us, changes)]
    to_us = [*(each.at_us + rule_off.TAKEN_OVER_US for each in changes), ENDLESS_US]
    reaches = list(zip(states, from_us, to_us, strict=True))
    certain: dict[Side, list[Stretch]] = {"primary": [], "shadow": []}
    possible: dict[Side, list[Stretch]] = {"primary": [], "shadow": []}
    for first_us, last_us in _between(reaches):
        sides = {side for side, since_us, until_us in reaches if since_us <= first_us <= until_us}
        for side, stretches in possible.items():
            if side in sides:
                _add(stretches, (first_us, last_us))
        if "shadow" in sides and "primary" not in sides:
            _add(certain["shadow"], (first_us, last_us))
        if sides == {"primary"}:
            _add(certain["primary"], (first_us, last_us))
    return SideSpans(_frozen(certain), _frozen(possible))


def gap_of(opened: Opened, change: SideChange) -> Gap | None:
    """The moments around a change in which the lines of a pod are neither originals nor copies; None without such."""
    if "primary" not in {change.before, change.side}:
        return None
    from_us, to_us = rule_off.made_us(change), change.at_us + rule_off.TAKEN_OVER_US
    became = f"became the {change.side}'s" if change.side else f"was left by the rule as {change.before}"
    return Gap(opened.stream, opened.pod, opened.container, from_us, to_us, became)


def parts(stream: Stream, opened: Opened, of: SideSpans) -> tuple[dict[Side, Part], Counts]:
    """A part for each side that a stream has lines of, and how many of its lines are of neither.

    One without any is of the side that it began on, so that its pod is known. Lines that are no requests have no time:
    they go with the shadow's, where they may be copies that did not parse.
    """
    times_us = stream.table["time_us"].to_numpy()
    rows = {side: rule_off.in_any(times_us, stretches) for side, stretches in of.certain.items()}
    found = {side: stream.table.filter(pl.Series(own)) for side, own in rows.items() if own.any()}
    if not found and opened.side is not None:
        found[opened.side] = stream.table.clear()
    keeper = "shadow" if "shadow" in found else "primary"
    neither = int(np.logical_not(rows["primary"] | rows["shadow"]).sum())
    made: dict[Side, Part] = {}
    for side, table in found.items():
        own = side == keeper
        counts = Counts(table.height, table.height)
        if own:
            rest = sum(each.height for name, each in found.items() if name != side) + neither
            whole = stream.counts
            counts = Counts(
                whole.read - rest, whole.parsed - rest, whole.foreign, whole.unparsed, whole.rejoined, whole.repeated
            )
        samples = (stream.samples, stream.foreign_samples) if own else ((), ())
        made[side] = Part(stream, table, counts, (opened.pod,), *samples)
    return made, Counts(neither, neither)


def _always(side: Side | None) -> SideSpans:
    every = ((0, ENDLESS_US),)
    of: dict[Side, tuple[Stretch, ...]] = {"primary": (), "shadow": ()}
    if side is not None:
        of[side] = every
    return SideSpans(of, of)


def _between(reaches: Sequence[tuple[Side | None, int, int]]) -> Iterator[Stretch]:
    """The stretches between all moments at which something begins or ends."""
    edges = {0, ENDLESS_US}
    for _, from_us, to_us in reaches:
        edges |= {max(0, from_us), min(to_us + 1, ENDLESS_US)}
    return (
        (first_us, after_us - 1 if after_us < ENDLESS_US else ENDLESS_US)
        for first_us, after_us in pairwise(sorted(edges))
    )


def _add(found: list[Stretch], stretch: Stretch) -> None:
    """Stretches that meet are one."""
    if found and found[-1][1] + 1 >= stretch[0]:
        found[-1] = (found[-1][0], stretch[1])
    else:
        found.append(stretch)


def _frozen(found: dict[Side, list[Stretch]]) -> dict[Side, tuple[Stretch, ...]]:
    return {side: tuple(stretches) for side, stretches in found.items()}
