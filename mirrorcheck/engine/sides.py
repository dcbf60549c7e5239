"""Divides the lines and gaps of streams between the sides, also where pods change sides."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import polars as pl

from mirrorcheck.engine.spans import SideSpans
from mirrorcheck.engine.stream_state import StreamState
from mirrorcheck.outcomes.sides.model import Part, Sides, whole
from mirrorcheck.reading.stream import Stream
from mirrorcheck.reading.stream_reader import Counts
from mirrorcheck.sources.feed import SIDES, Gap, Opened, Side
from mirrorcheck.totals import rule_absent


def by_span(states: Sequence[StreamState], streams: Sequence[Stream]) -> Sides:
    """The sides; each line belongs to the side of its pod at that time."""
    found: dict[Side, list[Part]] = {side: [] for side in SIDES}
    other = Counts()
    for state, stream in zip(states, streams, strict=True):
        opened = state.reading.opened
        if state.changes:
            of_sides, neither = _parts(stream, opened, state.spans)
            other += neither
        else:
            of_sides = {opened.side: whole(stream, opened.pod)} if opened.side else {}
        for side, part in of_sides.items():
            found[side].append(part)
    determined_by = "the labels of the pods"
    return Sides(tuple(found["primary"]), tuple(found["shadow"]), determined_by, other if other.read else None)


def gaps_of(side: Side, gaps: Sequence[Gap], states: Sequence[StreamState]) -> tuple[Gap, ...]:
    """The gaps of a side's streams while they belonged to it, under the names shown to people."""
    known = {state.reading.opened.stream: state for state in states}
    return tuple(
        replace(gap, stream=known[gap.stream].reading.name, from_us=from_us, to_us=to_us)
        for gap in gaps
        if gap.stream in known
        for from_us, to_us in known[gap.stream].spans.clipped(side, gap.from_us, gap.to_us)
    ) + tuple(gap for gap in gaps if not gap.stream)


def _parts(stream: Stream, opened: Opened, of: SideSpans) -> tuple[dict[Side, Part], Counts]:
    """A part for each side that a stream has lines of, and the number of lines of neither side.

    A stream without lines belongs to the side that it began on, so that its pod is known. Lines that are no requests
    have no time: they go to the shadow's part, since they may be copies that did not parse.
    """
    times_us = stream.table["time_us"].to_numpy()
    rows = {side: rule_absent.in_any(times_us, stretches) for side, stretches in of.certain.items()}
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
