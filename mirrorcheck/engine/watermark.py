"""The instants up to which the streams of each side are complete, and so lines are decided."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from mirrorcheck.engine.stream_state import StreamState
from mirrorcheck.sources.feed import ENDLESS_US, SIDES, RuleKnown, Side


@dataclass(frozen=True, slots=True)
class Watermarks:
    """Instants in UTC microseconds; up to primary_us and shadow_us every readable stream of the side is complete.

    An original is decided once its horizon has passed on the shadow's side, a copy once it has on the primary's.
    heard_us: as primary_us, but without streams that nothing was heard of yet: their lines may explain a copy, but
    change nothing for the originals of others. seen_us: no line after it was read of one side or the other. sure_us: as
    shadow_us, but with the streams that cannot be read. rule_us: up to here the rule is known.
    """

    primary_us: int
    shadow_us: int
    horizon_us: int
    heard_us: int
    seen_us: int
    sure_us: int
    rule_us: int

    @classmethod
    def of(cls, states: Sequence[StreamState], rule_known: RuleKnown | None, horizon_us: int, now_us: int) -> Self:
        """A side without a readable stream delays nobody; nothing of it was seen after its last stream was."""
        of = {side: [state for state in states if state.is_on(side)] for side in SIDES}
        return cls(
            _complete_us(of["primary"], "primary", now_us),
            _complete_us(of["shadow"], "shadow", now_us),
            horizon_us,
            heard_us=_complete_us([state for state in of["primary"] if not state.is_mute], "primary", now_us),
            seen_us=min(_seen_us(of[side], side, now_us) for side in SIDES),
            sure_us=min([state.complete_us("shadow") for state in of["shadow"]] + [now_us]),
            rule_us=rule_known.through_us if rule_known else ENDLESS_US,
        )

    @property
    def originals_us(self) -> int:
        """Originals up to here are decided."""
        return min(self.heard_us, self.shadow_us - self.horizon_us)

    @property
    def copies_us(self) -> int:
        """Copies up to here are decided."""
        return min(self.shadow_us, self.primary_us - self.horizon_us)


def _complete_us(states: Sequence[StreamState], side: Side, now_us: int) -> int:
    return min([state.complete_us(side) for state in states if not state.silent] + [now_us])


def _seen_us(states: Sequence[StreamState], side: Side, now_us: int) -> int:
    """Up to here something of a side was seen; up to now if it has no open stream."""
    open_ = [state for state in states if state.complete_us(side) < ENDLESS_US]
    if not all(state.silent for state in open_):
        return now_us
    return max([state.watermark_us for state in open_], default=now_us)
