"""Events of a live source in, one after the other; a look at the mirror and the report of all of it out, at any time.

What is known is found by the stages that read saved logs: a look runs them over all lines that are held. A recording
that is fed through the engine therefore tells what the watching told.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Lock

from mirrorcheck.analysis import make_report
from mirrorcheck.common_hop import without_common_hop
from mirrorcheck.live.frontier import Frontier
from mirrorcheck.live.reading import Reading
from mirrorcheck.observe import Filter
from mirrorcheck.outcomes import Settled, Span, settle
from mirrorcheck.report import Report
from mirrorcheck.settings import Settings
from mirrorcheck.sides import Sides, by_pods, whole
from mirrorcheck.sources.feed import ENDLESS_US, Broken, Closed, Event, Gap, Note, Opened, Proof, RuleSeen, Side, Text
from mirrorcheck.summary import Watched


@dataclass(slots=True)
class Eye:
    """What is known of one stream besides its lines."""

    reading: Reading
    waiting: list[bytes] = field(default_factory=list)  # text that no look has parsed yet
    proof_us: int = 0
    heard_us: int = 0  # when it last told anything, by the watcher's clock
    reconnects: int = 0
    broken: bool = False
    closed: bool = False
    silent: bool = False  # it has proved nothing for two horizons: it holds nobody up, and has a gap from here on

    @property
    def watermark_us(self) -> int:
        """Up to here its lines are complete."""
        last_us = self.reading.last_us or 0
        return ENDLESS_US if self.closed else max(self.reading.opened.from_us, last_us, self.proof_us)

    def is_on(self, side: Side) -> bool:
        """True if its lines can be of the side; a capture's can be of either."""
        return self.reading.opened.side in {side, None}

    def gap_from_here(self, reason: str) -> Gap:
        """All that it may log from now on."""
        opened = self.reading.opened
        return Gap(opened.stream, opened.pod, opened.container, self.watermark_us, ENDLESS_US, reason)


@dataclass(frozen=True, slots=True)
class Found:
    """What a look found: the settled lines, how far they are complete, and all that was told beside them.

    The gaps of silent streams are in their eyes.
    """

    told: Sides
    settled: Settled
    frontier: Frontier
    eyes: tuple[Eye, ...]
    watched: Watched
    notes: tuple[Note, ...]

    def report(self, settings: Settings) -> Report:
        """All of it as `analyze` reports saved logs."""
        return make_report(self.settled, self.told, settings, self.watched)


class Engine:
    """Takes events from one thread and looks from another."""

    def __init__(self, settings: Settings, path_of: Callable[[str], Path]) -> None:
        self._settings, self._path_of = settings, path_of
        self._exclusions = Filter.of(settings)
        self._lock = Lock()
        self._eyes: dict[str, Eye] = {}
        self._gaps: list[Gap] = []
        self._rules: list[RuleSeen] = []
        self._notes: list[Note] = []

    def take(self, event: Event, now_us: int) -> None:
        """Note an event; the text of a stream must lie in its file before."""
        with self._lock:
            match event:
                case Opened():
                    self._eyes[event.stream] = self._eye(event, now_us)
                case Gap():
                    self._gaps.append(event)
                case RuleSeen():
                    self._rules.append(event)
                case Note():
                    self._notes.append(event)
                case _:
                    self._hear(self._eyes[event.stream], event, now_us)

    def _eye(self, opened: Opened, now_us: int) -> Eye:
        path = self._path_of(opened.stream)
        return Eye(Reading(opened, path, self._settings.log_format, self._exclusions), heard_us=now_us)

    def _hear(self, eye: Eye, event: Text | Proof | Broken | Closed, now_us: int) -> None:
        match event:
            case Text():
                eye.waiting.append(event.data)
                eye.broken = False
            case Proof():
                eye.proof_us = max(eye.proof_us, event.through_us)
                eye.broken = False
            case Broken():
                eye.broken = True
                eye.reconnects += 1
                return
            case Closed():
                eye.closed = True
        eye.heard_us = now_us

    def look(self, now_us: int) -> Found:
        """Settle all lines that are held; those after the frontier may change yet."""
        eyes = self._read()
        for eye in eyes:
            eye.silent = not eye.closed and now_us - eye.heard_us > 2 * self._settings.horizon_us
        return self._find(eyes, [eye.gap_from_here("nothing was heard of it") for eye in eyes if eye.silent], now_us)

    def end(self, now_us: int) -> Found:
        """Settle all lines for good: what a stream logged after it was last read may explain what has no partner."""
        eyes = self._read()
        for eye in eyes:
            eye.reading.finish()
        return self._find(eyes, [eye.gap_from_here("the watching ended") for eye in eyes if not eye.closed], now_us)

    def _find(self, eyes: Sequence[Eye], open_gaps: Sequence[Gap], now_us: int) -> Found:
        with self._lock:
            gaps, rules, notes = tuple(self._gaps), tuple(self._rules), tuple(self._notes)
        told = self._tell(eyes, [*gaps, *open_gaps])
        settled = settle(told, self._settings, Span())
        return Found(told, settled, self._frontier(eyes, now_us), tuple(eyes), Watched(gaps, rules), notes)

    def _read(self) -> list[Eye]:
        """Parse what has come since the last look; returns what is known of the streams with that text, and no more.

        A proof that comes meanwhile may be of lines that are not parsed yet.
        """
        with self._lock:
            eyes = [replace(eye) for eye in self._eyes.values()]
            for eye in self._eyes.values():
                eye.waiting = []
        for eye in eyes:
            eye.reading.take(b"".join(eye.waiting))
        return eyes

    def _tell(self, eyes: Sequence[Eye], gaps: Sequence[Gap]) -> Sides:
        streams = without_common_hop([eye.reading.stream() for eye in eyes])
        opened = [eye.reading.opened for eye in eyes]
        if any(stream.logs("pod") for stream in streams) and not any(one.side for one in opened):
            return by_pods(streams, self._settings.primary_pods, self._settings.shadow_pods)
        sides = {one.stream: one.side for one in opened}
        parts = {
            side: tuple(whole(stream, one.pod) for stream, one in zip(streams, opened, strict=True) if one.side == side)
            for side in ("primary", "shadow")
        }
        return Sides(
            parts["primary"],
            parts["shadow"],
            "the labels of the pods",
            primary_gaps=tuple(gap for gap in gaps if sides.get(gap.stream) == "primary"),
            shadow_gaps=tuple(gap for gap in gaps if sides.get(gap.stream) == "shadow"),
        )

    def _frontier(self, eyes: Sequence[Eye], now_us: int) -> Frontier:
        """A side without a stream that can be read has logged nothing up to now."""
        complete_us = {
            side: min([eye.watermark_us for eye in eyes if eye.is_on(side) and not eye.silent] + [now_us])
            for side in ("primary", "shadow")
        }
        return Frontier(complete_us["primary"], complete_us["shadow"], self._settings.horizon_us)
