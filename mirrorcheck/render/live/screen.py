"""Shows snapshots on the whole screen: as many lines as fit, each within the width, until the user ends it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.text import Text

from mirrorcheck.engine.snapshot import Snapshot
from mirrorcheck.render.live.events import latest_lines
from mirrorcheck.render.live.guide import help_lines, keys_line
from mirrorcheck.render.live.listing import list_lines, opened_lines, page_rows
from mirrorcheck.render.live.panel import Panel, elapsed, time_of
from mirrorcheck.render.live.ratios import other_lines, share_lines, sum_lines, timeline, verdict_line
from mirrorcheck.render.live.shadows import shadow_lines
from mirrorcheck.render.live.streams import no_sight_lines, rows_least, rows_wanted, stream_lines
from mirrorcheck.render.live.terminal import Terminal
from mirrorcheck.render.live.view import PageView, listed_kind, press
from mirrorcheck.render.terminal.sheet import Layout, Piece, Sheet
from mirrorcheck.render.text import counted, cut, number

_FRAME_S = 0.25
_BELOW_TITLE = 0.5
_BELOW_VERDICT = 2.5
_SIDE_BY_SIDE = 200  # columns, from which on two panels stand beside each other
_LATEST_LEAST = 4
_SHORT_TABLE = 5
_LARGE = 16
_LIST_LEAST = 14
_AIRY = 36  # rows, from which on a blank line parts the blocks
_PROBLEM = "bold magenta"
_PROBLEM_INDENT = 3
_PROBLEMS = 2
_ROWS_A_PROBLEM = 12


@dataclass(frozen=True, slots=True)
class _Block:
    """Lines shown together or not at all; place: their order; spare: rows that must be left for later blocks."""

    place: float
    lines: list[Text]
    spare: int


def run_screen(snapshots: Callable[[], Sequence[Snapshot]], stopped: Callable[[], bool], console: Console) -> None:
    """Show the live view on the terminal of `console` until q is pressed or `stopped` returns True.

    Of several shadows, of which there is a snapshot each, one is shown, and s goes to the next. `snapshots` is called
    for each frame, four times a second and after each key, in the calling thread, which must be the main one; not while
    the display is paused. The terminal is restored whatever happens. A signal that asks to end, Ctrl-C too, ends the
    screen and is then delivered as if it came now: KeyboardInterrupt by default.
    """
    view, shown, place = PageView(), snapshots(), 0
    with Terminal(console) as terminal:
        while terminal.ending is None and not stopped():
            size = terminal.size()
            terminal.show(draw(shown[place], size, view, console.encoding, shown), size[0])
            for key in terminal.keys(_FRAME_S):
                if key == "q":
                    return
                if key == "^L":
                    terminal.forget()
                if key == "s":
                    place, view = (place + 1) % len(shown), PageView(paused=view.paused)
                view = press(key, view, shown[place], list_rows(shown[place], size, view, shown))
            if not view.paused:
                shown = snapshots()


def draw(
    snapshot: Snapshot,
    size: tuple[int, int],
    view: PageView,
    encoding: str = "utf-8",
    every: Sequence[Snapshot] = (),
) -> list[Text]:
    """Return the screen of `size` (columns, rows): as many lines as there are rows, none wider than the columns.

    every: the snapshots of all shadows, that of the shown one among them, where there are several.
    """
    columns, rows = size
    panel = Panel(columns, encoding)
    head = _head(snapshot, panel, rows, view, every)
    room = rows - len(head) - 1
    body = _body(snapshot, panel, room, view)[: max(room, 0)]
    blank = [Text() for _ in range(room - len(body))]
    misses = listed_kind(PageView("missed"), snapshot) or "missed"
    keys = keys_line(view, misses, panel, several=bool(snapshot.shadow))
    return [*head, *body, *blank, keys][: max(rows, 0)]


def list_rows(snapshot: Snapshot, size: tuple[int, int], view: PageView, every: Sequence[Snapshot] = ()) -> int:
    """Return how many lines of a list stand on a page of a screen of `size` (columns, rows)."""
    columns, rows = size
    return max(page_rows(rows - len(_head(snapshot, Panel(columns), rows, view, every)) - 1), 1)


def _head(snapshot: Snapshot, panel: Panel, rows: int, view: PageView, every: Sequence[Snapshot]) -> list[Text]:
    """Return what stands above the panels: the most needed blocks get room first, but all keep their order."""
    air = [Text()] if rows >= _AIRY else []
    lost = no_sight_lines(snapshot, panel)
    by_need = [
        _Block(0, [_title(snapshot, panel, view)], 0),
        _Block(_BELOW_TITLE, [*air, *shadow_lines(every, snapshot, panel)] if snapshot.shadow else [], 2),
        _Block(2, [*air, verdict_line(snapshot, panel)], 2),
        _Block(_BELOW_VERDICT, lost, 2),
        _Block(_BELOW_VERDICT, lost[:1], 2),
        _Block(3, [*air, *share_lines(snapshot, panel)], 2),
    ]
    if view.page != "help":
        listing = _LIST_LEAST if listed_kind(view, snapshot) else 2
        bars, axis = timeline(snapshot, panel)
        by_need += [
            _Block(4, [*air, *sum_lines(snapshot, panel)], listing),
            _Block(1, _rule(snapshot, panel), 3),
            _Block(8, _problems(snapshot, panel, rows), 6),
            _Block(8, _problem_count(snapshot, panel), 2),
            _Block(6, [*air, *bars, *axis] if bars else [], max(listing + 2, 7)),
            _Block(6, [*air, *bars] if bars else [], listing + 2),
            _Block(9, air, 7),
            _Block(5, other_lines(snapshot, panel), max(listing, 8)),
        ]
    return _arranged(by_need, rows)


def _arranged(by_need: Sequence[_Block], rows: int) -> list[Text]:
    shown: dict[float, list[Text]] = {}
    left = rows
    for block in by_need:
        # Of several blocks for one place the first that fits is shown.
        if block.place not in shown and len(block.lines) + block.spare <= left:
            shown[block.place] = block.lines
            left -= len(block.lines)
    return [line for _, lines in sorted(shown.items()) for line in lines]


def _title(snapshot: Snapshot, panel: Panel, view: PageView) -> Text:
    now = time_of(snapshot.now_us)
    ran = elapsed(snapshot.now_us - snapshot.started_us)
    choices = [f"{now} UTC   watching for {ran}", f"{now} UTC   {ran}", ran]
    if view.paused:
        choices = [f"PAUSED at {now} UTC, still collecting", f"PAUSED at {now}", "PAUSED"]
    right = panel.fitting(panel.width * 2 // 3, *choices)
    where = f" · {snapshot.namespace}" if panel.utf else f" - {snapshot.namespace}"
    named = f"{snapshot.service}{where if snapshot.namespace else ''}"
    return panel.line(Piece(named, "bold"), right=[Piece(right, "bold" if view.paused else "")], style="reverse")


def _rule(snapshot: Snapshot, panel: Panel) -> list[Text]:
    return [panel.line(Piece(snapshot.rule))] if snapshot.rule else []


def _problems(snapshot: Snapshot, panel: Panel, rows: int) -> list[Text]:
    """Return the problems of the rule, as many as a window of `rows` lines has room for."""
    most = max(rows // _ROWS_A_PROBLEM, 1) * _PROBLEMS
    shown: list[Text] = []
    for index, problem in enumerate(snapshot.problems):
        sheet = Sheet(panel.width - 1, panel.encoding)
        text = cut(problem, most * panel.width * 3 // 4, panel.encoding)
        sheet.flow("!", Piece(text), layout=Layout(_PROBLEM_INDENT, margin=1, label_style=_PROBLEM))
        if shown and len(shown) + len(sheet.lines) > most:
            return [*shown, panel.line(Piece(f"! and {number(len(snapshot.problems) - index)} more", _PROBLEM))]
        shown += sheet.lines
    return shown


def _problem_count(snapshot: Snapshot, panel: Panel) -> list[Text]:
    count = f"! {counted(len(snapshot.problems), 'problem')}"
    return [panel.line(Piece(count, _PROBLEM))] if snapshot.problems else []


def _body(snapshot: Snapshot, panel: Panel, rows: int, view: PageView) -> list[Text]:
    if view.page == "help":
        return help_lines(panel, rows, several=bool(snapshot.shadow))
    kind = listed_kind(view, snapshot)
    if kind is not None and view.opened:
        return opened_lines(view.opened, view.lines, panel, rows)
    if kind is not None:
        return list_lines(snapshot, kind, view, panel, rows)
    if panel.width >= _SIDE_BY_SIDE:
        return _beside(snapshot, panel, rows)
    least, wanted = rows_least(snapshot), rows_wanted(snapshot)
    # Half of a large window may go to streams that are well; of a small one no more than a short table takes.
    most = max(rows // 2 if rows >= _LARGE else 0, min(rows - _LATEST_LEAST, max(_SHORT_TABLE, least)))
    below = max(min(wanted, most), min(1, rows), 0)
    latest = latest_lines(snapshot, panel, rows - below)
    blank = [Text() for _ in range(rows - below - len(latest))]
    return [*latest, *blank, *stream_lines(snapshot, panel, below)]


def _beside(snapshot: Snapshot, panel: Panel, rows: int) -> list[Text]:
    """Return both panels beside each other, in lines of the whole width."""
    gap = 2
    left = Panel((panel.width - gap) // 2, panel.encoding)
    right = Panel(panel.width - gap - left.width, panel.encoding)
    latest, streams = latest_lines(snapshot, left, rows), stream_lines(snapshot, right, rows)
    return [
        _padded(first, left.width + gap).append_text(second)
        for first, second in zip(_filled(latest, rows), _filled(streams, rows), strict=True)
    ]


def _filled(lines: Iterable[Text], rows: int) -> list[Text]:
    shown = list(lines)
    return shown + [Text() for _ in range(rows - len(shown))]


def _padded(line: Text, width: int) -> Text:
    padded = Text().append_text(line)
    return padded.append(" " * (width - padded.cell_len))
