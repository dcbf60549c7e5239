"""Streams whose pods change sides come in; the lines and the gaps of each side at their time go out."""

from collections.abc import Sequence
from dataclasses import replace

from mirrorcheck.engine.spans import parts
from mirrorcheck.engine.stream_state import StreamState
from mirrorcheck.outcomes.sides.model import Part, Sides, whole
from mirrorcheck.reading.stream import Stream
from mirrorcheck.reading.stream_reader import Counts
from mirrorcheck.sources.feed import SIDES, Gap, Side


def by_span(states: Sequence[StreamState], streams: Sequence[Stream]) -> Sides:
    """The sides by what each pod was at the time of its lines."""
    found: dict[Side, list[Part]] = {side: [] for side in SIDES}
    other = Counts()
    for state, stream in zip(states, streams, strict=True):
        opened = state.reading.opened
        if state.changes:
            of_sides, neither = parts(stream, opened, state.spans)
            other += neither
        else:
            of_sides = {opened.side: whole(stream, opened.pod)} if opened.side else {}
        for side, part in of_sides.items():
            found[side].append(part)
    determined_by = "the labels of the pods"
    return Sides(tuple(found["primary"]), tuple(found["shadow"]), determined_by, other if other.read else None)


def gaps_of(side: Side, gaps: Sequence[Gap], states: Sequence[StreamState]) -> tuple[Gap, ...]:
    """The gaps of a side's streams while they were of it, under the names that people know these by."""
    known = {state.reading.opened.stream: state for state in states}
    return tuple(
        replace(gap, stream=known[gap.stream].reading.name, from_us=from_us, to_us=to_us)
        for gap in gaps
        if gap.stream in known
        for from_us, to_us in known[gap.stream].spans.clipped(side, gap.from_us, gap.to_us)
    ) + tuple(gap for gap in gaps if not gap.stream)
