"""The state of each live stream besides its lines, and up to when all of them are complete."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

from mirrorcheck.engine.growing_stream import GrowingStream
from mirrorcheck.engine.spans import SideSpans, spans
from mirrorcheck.sources.feed import ENDLESS_US, SIDES, Gap, RuleKnown, Side, SideChange


@dataclass(slots=True)
class StreamState:
    """A stream of a live source, and what its events say besides the lines."""

    reading: GrowingStream
    waiting: list[bytes] = field(default_factory=list)  # text that no look has parsed yet
    proof_us: int = 0
    heard_us: int = 0  # when its last event came, by the watcher's clock
    reconnects: int = 0
    broken: bool = False
    why: str = ""  # the reason, if it is broken
    tries: int = 0  # to connect again
    closed: bool = False
    changes: tuple[SideChange, ...] = ()  # of the side that its pod is on
    silent: bool = False  # nothing was heard of it for two horizons: it delays nobody, and has a gap from here on

    @property
    def watermark_us(self) -> int:
        """Up to here its lines are complete."""
        return ENDLESS_US if self.closed else self.known_us

    @property
    def known_us(self) -> int:
        """The instant of the last line or proof."""
        return max(self.reading.opened.from_us, self.reading.last_us or 0, self.proof_us)

    @property
    def is_mute(self) -> bool:
        """Whether nothing was heard of it yet, neither a line nor a proof."""
        return self.reading.is_empty and not self.proof_us and not self.closed

    @property
    def trouble(self) -> str:
        """Why nothing is heard of it, as far as known."""
        return self.why if self.broken else "nothing is heard of it"

    @property
    def side(self) -> Side | None:
        """The side of its pod now."""
        return self.changes[-1].side if self.changes else self.reading.opened.side

    @property
    def spans(self) -> SideSpans:
        """When its lines belong to which side."""
        return spans(self.reading.opened, self.changes)

    def is_on(self, side: Side) -> bool:
        """Whether some of its lines can belong to the side; those of a capture can belong to either."""
        return self.reading.opened.side is None or bool(self.spans.possible[side])

    def complete_us(self, side: Side) -> int:
        """Up to here its lines for a side are complete."""
        if self.reading.opened.side is None:
            return self.watermark_us
        return self.spans.complete_us(side, self.watermark_us)

    def gap_from_here(self, reason: str, until_us: int = ENDLESS_US) -> Gap:
        """The gap from its watermark on."""
        opened = self.reading.opened
        return Gap(opened.stream, opened.pod, opened.container, self.watermark_us, until_us, reason)


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
