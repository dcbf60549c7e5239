"""What a live source told of one stream besides its lines."""

from dataclasses import dataclass, field

from mirrorcheck.engine.growing_stream import GrowingStream
from mirrorcheck.engine.spans import SideSpans, spans
from mirrorcheck.sources.feed import ENDLESS_US, Gap, Side, SideChange


@dataclass(slots=True)
class StreamState:
    """What is known of one stream besides its lines."""

    reading: GrowingStream
    waiting: list[bytes] = field(default_factory=list)  # text that no look has parsed yet
    proof_us: int = 0
    heard_us: int = 0  # when it last told anything, by the watcher's clock
    reconnects: int = 0
    broken: bool = False
    why: str = ""  # it is broken
    tries: int = 0  # to have it back
    closed: bool = False
    changes: tuple[SideChange, ...] = ()  # of the side that its pod is on
    silent: bool = False  # it has proved nothing for two horizons: it holds nobody up, and has a gap from here on

    @property
    def watermark_us(self) -> int:
        """Up to here its lines are complete."""
        last_us = self.reading.last_us or 0
        return ENDLESS_US if self.closed else max(self.reading.opened.from_us, last_us, self.proof_us)

    @property
    def is_mute(self) -> bool:
        """Whether it has told nothing yet, not even that there is nothing."""
        return self.reading.is_empty and not self.proof_us and not self.closed

    @property
    def trouble(self) -> str:
        """Why it tells nothing, as far as that is known."""
        return self.why if self.broken else "nothing is heard of it"

    @property
    def side(self) -> Side | None:
        """The side that its pod is on now."""
        return self.changes[-1].side if self.changes else self.reading.opened.side

    @property
    def spans(self) -> SideSpans:
        """When its lines are of which side."""
        return spans(self.reading.opened, self.changes)

    def is_on(self, side: Side) -> bool:
        """True if some of its lines can be of the side; a capture's can be of either."""
        return self.reading.opened.side is None or bool(self.spans.possible[side])

    def complete_us(self, side: Side) -> int:
        """Up to here its lines for a side are complete."""
        if self.reading.opened.side is None:
            return self.watermark_us
        return self.spans.complete_us(side, self.watermark_us)

    def gap_from_here(self, reason: str, until_us: int = ENDLESS_US) -> Gap:
        """All that it may log after the last thing that was proved."""
        opened = self.reading.opened
        return Gap(opened.stream, opened.pod, opened.container, self.watermark_us, until_us, reason)
