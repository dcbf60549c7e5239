"""Successive looks come in; plain lines, one for each event and one for the state now and then, go out.

Each line begins with its instant (ISO 8601, UTC) and one word in capitals, which is all that a grep needs. Requests
that are not copied because of sampling have no line: they are counted in those of the state.
"""

from mirrorcheck.engine.snapshot import Event, Snapshot, WindowRatio
from mirrorcheck.render.live.events import WORDS, doubt_of, looked_for, status_of, who_asked
from mirrorcheck.render.live.no_sight import no_sight_words
from mirrorcheck.render.live.pace import PrintPace
from mirrorcheck.render.live.panel import moment, seconds
from mirrorcheck.render.live.streams import summary
from mirrorcheck.render.live.sums import sums
from mirrorcheck.render.live.unseen import Skipped, Unseen
from mirrorcheck.render.text import counted, duration, interval, number, percent, visible


class PlainLines:
    """Turns looks into lines for a log; `interval_s` seconds between two lines of the state."""

    def __init__(self, interval_s: float, encoding: str = "utf-8") -> None:
        self._pace = PrintPace(interval_s)
        self._unseen = Unseen()
        self._encoding = encoding
        self._problems: tuple[str, ...] | None = None  # of the look before, None before the first

    def lines(self, state: Snapshot) -> list[str]:
        """Return the lines that this look adds: what happened since the last, and the state if it is time for it.

        The first look adds what is watched, and each look the problems that the one before had not.
        """
        told = [_start(state)] if self._problems is None else []
        told += [_line(state.now_us, "PROBLEM", each) for each in state.problems if each not in (self._problems or ())]
        self._problems = state.problems
        told += [_told(each, state) for each in self._unseen.take(state.events) if each.kind != "uncopied"]
        if self._pace.is_due(state):
            told.append(_status(state))
        return [visible(line, self._encoding) for line in told]

    def last(self, state: Snapshot) -> list[str]:
        """Return the lines that the last look adds: the state is one of them."""
        self._pace.hurry()
        return self.lines(state)


def _told(each: Event | Skipped, state: Snapshot) -> str:
    if isinstance(each, Skipped):
        return _line(state.now_us, "SKIPPED", f"{number(each.count)} more {WORDS[each.kind]}, too many at once to list")
    parts = [each.pod, status_of(each)]
    if each.method or each.target:
        parts += [f"{each.method or '-'} {each.target or '-'}", doubt_of(each), *who_asked(each), looked_for(each)]
    return _line(each.at_us, WORDS[each.kind], *parts, each.text)


def _status(state: Snapshot) -> str:
    word = state.verdict
    if state.silence:
        silent = seconds(state.now_us - state.silence.since_us)
        word = f"NO COPIES for {silent} ({number(state.silence.waiting)} pending)"
    blind = no_sight_words(state.no_sight) if state.no_sight else []
    until = "" if state.watermark_us is None else f" to {_instant(state.watermark_us)}"
    return _line(
        state.now_us,
        "STATUS",
        *blind,
        word,
        f"last {state.recent_s} s{until} {_share(state.recent)}",
        f"overall {_share(state.overall)}",
        *(f"{each.label} {each.total} {' '.join(each.parts)}" for each in sums(state.totals)),
        "" if state.delay_ms is None else f"delay {duration(state.delay_ms)}",
        f"{counted(len(state.streams), 'stream')} {summary(state.streams)}".rstrip(),
    )


def _start(state: Snapshot) -> str:
    expected = "" if state.expect is None else f"expected {state.expect:g} %"
    return _line(state.now_us, "WATCHING", state.service, f"namespace {state.namespace}", state.rule, expected)


def _share(share: WindowRatio) -> str:
    if share.value is None:
        return "undecided"
    within = "" if share.low is None or share.high is None else f" {interval(share.low, share.high)}"
    return f"{percent(share.value)}{within}"


def _line(at_us: int, word: str, *parts: str) -> str:
    return "  ".join([_instant(at_us), f"{word:<9}", *(part for part in parts if part)])


def _instant(at_us: int) -> str:
    return moment(at_us).isoformat(timespec="milliseconds").replace("+00:00", "Z")
