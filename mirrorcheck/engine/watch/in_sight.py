"""A look comes in; which pods of the shadow were read at a moment, so that a copy would have been seen, goes out."""

from collections.abc import Sequence
from dataclasses import dataclass

from mirrorcheck.engine.look import Look
from mirrorcheck.engine.stream_state import StreamState
from mirrorcheck.sources.feed import ENDLESS_US, Gap
from mirrorcheck.totals.rule_absent import Stretch


@dataclass(frozen=True, slots=True)
class _Life:
    """When a pod was the shadow's and read."""

    pod: str
    stretches: tuple[Stretch, ...]
    gaps: tuple[Gap, ...]

    def holds(self, at_us: int) -> bool:
        """Whether it was at a moment."""
        inside = any(from_us <= at_us <= to_us for from_us, to_us in self.stretches)
        return inside and not any(gap.from_us <= at_us <= gap.to_us for gap in self.gaps)


class PodsRead:
    """Tells the pods of the shadow that were read at a moment."""

    def __init__(self, found: Look) -> None:
        gaps: dict[str, list[Gap]] = {}
        for gap in found.watched.gaps:
            gaps.setdefault(gap.stream, []).append(gap)
        followed = [state for state in found.states if state.reading.opened.side is not None and state.is_on("shadow")]
        self._lives = [_life(state, gaps.get(state.reading.opened.stream, ())) for state in followed]
        # A capture names the pods in its lines.
        self._named = () if followed else tuple(sorted({pod for part in found.told.shadow for pod in part.pods}))
        self._last: tuple[str, ...] = ()

    def at(self, at_us: int) -> tuple[str, ...]:
        """Their names in order; the same tuple as long as they are the same."""
        pods = self._named or tuple(sorted({life.pod for life in self._lives if life.holds(at_us)}))
        self._last = self._last if pods == self._last else pods
        return self._last


def _life(state: StreamState, gaps: Sequence[Gap]) -> _Life:
    opened = state.reading.opened
    told_us = max(opened.from_us, state.reading.last_us or 0, state.proof_us)
    end_us = told_us if state.closed or state.silent else ENDLESS_US
    return _Life(opened.pod, tuple(state.spans.clipped("shadow", opened.from_us, end_us)), tuple(gaps))
