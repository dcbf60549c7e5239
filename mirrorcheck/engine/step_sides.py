"""Tells the sides of the lines of each step as those of whole logs are told, and adds up how many lines each has."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from mirrorcheck.outcomes.sides import by_name, model
from mirrorcheck.outcomes.sides.model import Part, Sides
from mirrorcheck.outcomes.sides.selectors import SideSelector
from mirrorcheck.pairing.model import Bools
from mirrorcheck.reading.stream import Stream
from mirrorcheck.reading.stream_reader import Counts
from mirrorcheck.settings import Settings
from mirrorcheck.sources.files import Inputs

_OTHER = "neither"


class StepSides:
    """The sides by the options that name them, or by what lines say of their pods.

    What says which pod is of which side is chosen by the first step, and judged at the end by all pods.
    """

    def __init__(self, inputs: Inputs, settings: Settings) -> None:
        self._inputs, self._settings = inputs, settings
        self._selectors: tuple[SideSelector, SideSelector] | None = None
        self._parsed: Counter[tuple[str, str]] = Counter()  # by side and log, lines that are decided

    def can_tell(self, streams: Sequence[Stream]) -> bool:
        """Whether the sides of the logs of a first step can be told step by step."""
        return not self._inputs.mixed or (
            all(map(by_name.names_origins, streams)) and by_name.matches_sides(streams, self._settings)
        )

    def of(self, streams: Sequence[Stream]) -> Sides:
        """The sides of the lines of a step. Raises UsageError as whole logs do."""
        if not self._inputs.mixed:
            return model.by_option(*self._named(streams))
        self._selectors = self._selectors or by_name.chosen(streams, self._settings)
        found = by_name.split(streams, self._selectors)
        for stream in streams:
            parts = [part for part in (*found.primary, *found.shadow) if part.stream is stream]
            self._parsed[_OTHER, stream.source.name] += stream.table.height - sum(part.table.height for part in parts)
        return found

    def note(self, sides: Sides, decided: tuple[Bools, Bools] | None = None) -> None:
        """Count the lines of a step, or those of either side that are decided."""
        for name, parts, own in zip(
            ("primary", "shadow"), (sides.primary, sides.shadow), decided or (None, None), strict=True
        ):
            start = 0
            for part in parts:
                end = start + part.table.height
                self._parsed[name, part.stream.source.name] += (
                    part.table.height if own is None else int(own[start:end].sum())
                )
                start = end

    def of_all(self, streams: Sequence[Stream]) -> Sides:
        """The sides of whole logs, of which the streams hold the first line of each pod. Raises as whole logs do."""
        if not self._inputs.mixed:
            return model.as_given(*self._named(streams))
        found = by_name.by_name(streams, self._settings)
        other = sum(count for (side, _), count in self._parsed.items() if side == _OTHER)
        seen = sum(stream.table.height for stream in streams) - sum(
            part.table.height for part in (*found.primary, *found.shadow)
        )
        return replace(
            found,
            primary=tuple(self._counted("primary", part) for part in found.primary),
            shadow=tuple(self._counted("shadow", part) for part in found.shadow),
            other=None if found.other is None else found.other + Counts(read=other - seen, parsed=other - seen),
        )

    def _named(self, streams: Sequence[Stream]) -> tuple[Sequence[Stream], Sequence[Stream]]:
        count = len(self._inputs.primary)
        return streams[:count], streams[count:]

    def _counted(self, side: str, part: Part) -> Part:
        more = self._parsed[side, part.stream.source.name] - part.table.height
        return replace(part, counts=part.counts + Counts(read=more, parsed=more))
