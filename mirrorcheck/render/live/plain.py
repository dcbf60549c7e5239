"""Writes snapshots as plain lines: one for each event, and a status line now and then.

Each line begins with its instant (ISO 8601, UTC) and one word in capitals, which is all that a grep needs. Requests
that are not copied because of sampling have no line: the status line counts them.
"""

from mirrorcheck.engine.snapshot import Event, Snapshot
from mirrorcheck.render.live.events import doubt_of, searched_pods, status_of, who_asked
from mirrorcheck.render.live.lines import LineWriter, Skipped
from mirrorcheck.render.live.panel import iso, seconds
from mirrorcheck.render.live.ratios import sums
from mirrorcheck.render.live.streams import no_sight_words, summary
from mirrorcheck.render.text import counted, duration, number, percent, within
from mirrorcheck.render.visible import visible
from mirrorcheck.report.model import Ratio

_WORD = 9  # characters of the longest
_BEHIND_WORD = len("2026-11-22T15:21:04.123Z") + 2 + _WORD + 2


class PlainLines(LineWriter):
    """Turns snapshots into lines for a log; `interval_s` seconds between two status lines."""

    def __init__(self, interval_s: float, encoding: str = "utf-8") -> None:
        super().__init__(interval_s)
        self._encoding = encoding
        self._problems: tuple[str, ...] | None = None  # of the last snapshot, None before the first

    def lines(self, snapshot: Snapshot) -> list[str]:
        """Return the lines that this snapshot adds: new events and problems, and the status if it is due.

        The first adds what is watched.
        """
        lines = [_start(snapshot)] if self._problems is None else []
        new = [each for each in snapshot.problems if each not in (self._problems or ())]
        lines += [_line(snapshot.now_us, "PROBLEM", each) for each in new]
        self._problems = snapshot.problems
        lines += [_event(each, snapshot) for each in self._new(snapshot.events) if each.kind != "uncopied"]
        if self._is_status_due(snapshot):
            lines.append(_status(snapshot))
        return [visible(_named(line, snapshot.shadow), self._encoding) for line in lines]


def _event(each: Event | Skipped, snapshot: Snapshot) -> str:
    if isinstance(each, Skipped):
        text = f"{number(each.count)} more {each.kind.upper()}, too many at once to list"
        return _line(snapshot.now_us, "SKIPPED", text)
    parts = [each.pod, status_of(each)]
    if each.method or each.target:
        parts += [f"{each.method or '-'} {each.target or '-'}", doubt_of(each), *who_asked(each), searched_pods(each)]
    return _line(each.at_us, each.kind.upper(), *parts, each.text)


def _status(snapshot: Snapshot) -> str:
    word = snapshot.verdict
    if snapshot.silence:
        silent = seconds(snapshot.now_us - snapshot.silence.since_us)
        word = f"NO COPIES for {silent} ({number(snapshot.silence.waiting)} pending)"
    blind = no_sight_words(snapshot.no_sight) if snapshot.no_sight else []
    until = "" if snapshot.watermark_us is None else f" to {iso(snapshot.watermark_us)}"
    return _line(
        snapshot.now_us,
        "STATUS",
        *blind,
        word,
        f"last {snapshot.recent_s} s{until} {_share(snapshot.recent)}",
        f"overall {_share(snapshot.overall)}",
        *(f"{each.label} {each.total} {' '.join(each.parts)}" for each in sums(snapshot.totals)),
        "" if snapshot.delay_ms is None else f"delay {duration(snapshot.delay_ms)}",
        f"{counted(len(snapshot.streams), 'stream')} {summary(snapshot.streams)}".rstrip(),
    )


def _start(snapshot: Snapshot) -> str:
    expected = "" if snapshot.expect is None else f"expected {snapshot.expect:g} %"
    namespace = f"namespace {snapshot.namespace}"
    return _line(snapshot.now_us, "WATCHING", snapshot.service, namespace, snapshot.rule, expected)


def _share(share: Ratio) -> str:
    if share.value is None:
        return "undecided"
    return f"{percent(share.value)} {within(share)}".rstrip()


def _named(line: str, shadow: str) -> str:
    """A line with the name of its shadow behind its first word, where there are several."""
    return f"{line[:_BEHIND_WORD]}{shadow}  {line[_BEHIND_WORD:]}" if shadow else line


def _line(at_us: int, word: str, *parts: str) -> str:
    return "  ".join([iso(at_us), f"{word:<{_WORD}}", *(part for part in parts if part)])
