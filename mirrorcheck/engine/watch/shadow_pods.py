"""The pods of the shadow that were read at an instant, so that a copy in them would have been seen."""

from collections.abc import Sequence
from dataclasses import dataclass

from mirrorcheck.engine.look import Look
from mirrorcheck.engine.stream_state import StreamState
from mirrorcheck.sources.feed import ENDLESS_US, Gap
from mirrorcheck.totals.rule_absent import Stretch


@dataclass(frozen=True, slots=True)
class _PodTimes:
    """When a pod was the shadow's and read."""

    pod: str
    stretches: tuple[Stretch, ...]
    gaps: tuple[Gap, ...]

    def holds(self, at_us: int) -> bool:
        """Whether that is so at an instant."""
        inside = any(from_us <= at_us <= to_us for from_us, to_us in self.stretches)
        return inside and not any(gap.from_us <= at_us <= gap.to_us for gap in self.gaps)


class ShadowPods:
    """The pods of the shadow during a watching."""

    def __init__(self, look: Look) -> None:
        gaps: dict[str, list[Gap]] = {}
        for gap in look.facts.gaps:
            gaps.setdefault(gap.stream, []).append(gap)
        followed = [state for state in look.states if state.reading.opened.side is not None and state.is_on("shadow")]
        self._times = [_times(state, gaps.get(state.reading.opened.stream, ())) for state in followed]
        # A capture names the pods in its lines.
        self._named = () if followed else tuple(sorted({pod for part in look.sides.shadow for pod in part.pods}))
        self._last: tuple[str, ...] = ()

    def at(self, at_us: int) -> tuple[str, ...]:
        """The names of those that were read, in order; the same tuple as long as they are the same."""
        pods = self._named or tuple(sorted({each.pod for each in self._times if each.holds(at_us)}))
        self._last = self._last if pods == self._last else pods
        return self._last


def _times(state: StreamState, gaps: Sequence[Gap]) -> _PodTimes:
    opened = state.reading.opened
    end_us = state.known_us if state.closed or state.silent else ENDLESS_US
    return _PodTimes(opened.pod, tuple(state.spans.clipped("shadow", opened.from_us, end_us)), tuple(gaps))
