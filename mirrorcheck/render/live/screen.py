"""A `Snapshot`, a size and a `PageView` come in; the lines of a whole screen, each within its width, go out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.text import Text

from mirrorcheck.engine.snapshot import Snapshot
from mirrorcheck.render.live.events import latest_lines
from mirrorcheck.render.live.guide import help_lines, keys_line
from mirrorcheck.render.live.listing import list_lines, opened_lines, page_rows
from mirrorcheck.render.live.no_sight import no_sight_lines
from mirrorcheck.render.live.panel import PanelStyle, elapsed, time_of
from mirrorcheck.render.live.ratios import other_lines, share_lines, sum_lines, timeline, verdict_line
from mirrorcheck.render.live.streams import rows_least, rows_wanted, stream_lines
from mirrorcheck.render.live.view import PageView, listed_kind
from mirrorcheck.render.terminal.sheet import Layout, Piece, Sheet
from mirrorcheck.render.text import counted, cut, number

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
    """Lines that are shown together or not at all, where they stand, and how many must be left for what comes after."""

    place: float
    lines: list[Text]
    spare: int


def draw(state: Snapshot, size: tuple[int, int], view: PageView, encoding: str = "utf-8") -> list[Text]:
    """Return the screen of `size` (columns, rows): as many lines as there are rows, none wider than the columns."""
    columns, rows = size
    look = PanelStyle(columns, encoding)
    head = _head(state, look, rows, view)
    room = rows - len(head) - 1
    body = _body(state, look, room, view)[: max(room, 0)]
    blank = [Text() for _ in range(room - len(body))]
    return [*head, *body, *blank, keys_line(view, listed_kind(PageView("missed"), state) or "missed", look)][
        : max(rows, 0)
    ]


def list_rows(state: Snapshot, size: tuple[int, int], view: PageView) -> int:
    """Return how many lines of a list stand on a page of a screen of `size` (columns, rows)."""
    columns, rows = size
    return max(page_rows(rows - len(_head(state, PanelStyle(columns), rows, view)) - 1), 1)


def _head(state: Snapshot, look: PanelStyle, rows: int, view: PageView) -> list[Text]:
    """Return what stands above the panels: what is most needed first takes room, then all keeps its order."""
    air = [Text()] if rows >= _AIRY else []
    lost = no_sight_lines(state, look)
    by_need = [
        _Block(0, [_title(state, look, view)], 0),
        _Block(2, [*air, verdict_line(state, look)], 2),
        _Block(_BELOW_VERDICT, lost, 2),
        _Block(_BELOW_VERDICT, lost[:1], 2),
        _Block(3, [*air, *share_lines(state, look)], 2),
    ]
    if view.page != "help":
        listing = _LIST_LEAST if listed_kind(view, state) else 2
        bars, axis = timeline(state, look)
        by_need += [
            _Block(4, [*air, *sum_lines(state, look)], listing),
            _Block(1, _rule(state, look), 3),
            _Block(8, _problems(state, look, rows), 6),
            _Block(8, _problem_count(state, look), 2),
            _Block(6, [*air, *bars, *axis] if bars else [], max(listing + 2, 7)),
            _Block(6, [*air, *bars] if bars else [], listing + 2),
            _Block(9, air, 7),
            _Block(5, other_lines(state, look), max(listing, 8)),
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


def _title(state: Snapshot, look: PanelStyle, view: PageView) -> Text:
    now = time_of(state.now_us)
    ran = elapsed(state.now_us - state.started_us)
    choices = [f"{now} UTC   watching for {ran}", f"{now} UTC   {ran}", ran]
    if view.paused:
        choices = [f"PAUSED at {now} UTC, still collecting", f"PAUSED at {now}", "PAUSED"]
    right = look.fitting(look.width * 2 // 3, *choices)
    where = f" · {state.namespace}" if look.utf else f" - {state.namespace}"
    named = f"{state.service}{where if state.namespace else ''}"
    return look.line(Piece(named, "bold"), right=[Piece(right, "bold" if view.paused else "")], style="reverse")


def _rule(state: Snapshot, look: PanelStyle) -> list[Text]:
    return [look.line(Piece(state.rule))] if state.rule else []


def _problems(state: Snapshot, look: PanelStyle, rows: int) -> list[Text]:
    """Return what is wrong with the rule, as much as a window of `rows` lines can give to it."""
    most = max(rows // _ROWS_A_PROBLEM, 1) * _PROBLEMS
    shown: list[Text] = []
    for index, problem in enumerate(state.problems):
        sheet = Sheet(look.width - 1, look.encoding)
        text = cut(problem, most * look.width * 3 // 4, look.encoding)
        sheet.flow("!", Piece(text), layout=Layout(_PROBLEM_INDENT, margin=1, label_style=_PROBLEM))
        if shown and len(shown) + len(sheet.lines) > most:
            return [*shown, look.line(Piece(f"! and {number(len(state.problems) - index)} more", _PROBLEM))]
        shown += sheet.lines
    return shown


def _problem_count(state: Snapshot, look: PanelStyle) -> list[Text]:
    said = f"! {counted(len(state.problems), 'problem')}"
    return [look.line(Piece(said, _PROBLEM))] if state.problems else []


def _body(state: Snapshot, look: PanelStyle, rows: int, view: PageView) -> list[Text]:
    if view.page == "help":
        return help_lines(look, rows)
    kind = listed_kind(view, state)
    if kind is not None and view.opened:
        return opened_lines(view.opened, view.lines, look, rows)
    if kind is not None:
        return list_lines(state, kind, view, look, rows)
    if look.width >= _SIDE_BY_SIDE:
        return _beside(state, look, rows)
    least, wanted = rows_least(state), rows_wanted(state)
    # Half of a large window may go to streams that are well; of a small one no more than a short table takes.
    most = max(rows // 2 if rows >= _LARGE else 0, min(rows - _LATEST_LEAST, max(_SHORT_TABLE, least)))
    below = max(min(wanted, most), min(1, rows), 0)
    latest = latest_lines(state, look, rows - below)
    blank = [Text() for _ in range(rows - below - len(latest))]
    return [*latest, *blank, *stream_lines(state, look, below)]


def _beside(state: Snapshot, look: PanelStyle, rows: int) -> list[Text]:
    """Return both panels beside each other, in lines of the whole width."""
    gap = 2
    left = PanelStyle((look.width - gap) // 2, look.encoding)
    right = PanelStyle(look.width - gap - left.width, look.encoding)
    latest, streams = latest_lines(state, left, rows), stream_lines(state, right, rows)
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
