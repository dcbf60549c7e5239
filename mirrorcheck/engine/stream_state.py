"""The state of one live stream besides its lines."""

from dataclasses import dataclass, field

from mirrorcheck.engine.growing_stream import GrowingStream
from mirrorcheck.engine.spans import SideSpans, spans
from mirrorcheck.sources.feed import ENDLESS_US, Gap, Side, SideChange


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
