"""The list of events of one kind, what is known of the chosen one, and its line in the log."""

from collections.abc import Sequence

from rich.cells import chop_cells
from rich.text import Text

from mirrorcheck.engine.snapshot import Event, EventKind, Snapshot
from mirrorcheck.engine.watch.excerpt import Excerpt
from mirrorcheck.render.live.events import event_line, of_kind, searched_pods, who_asked
from mirrorcheck.render.live.panel import GUTTER, Panel
from mirrorcheck.render.live.view import PageView, chosen, end_of_page
from mirrorcheck.render.terminal.sheet import Piece
from mirrorcheck.render.text import cut, number
from mirrorcheck.render.visible import visible

_TITLES: dict[EventKind, str] = {
    "missed": "missed requests",
    "uncopied": "not copied where less than 100 % is expected",
    "differs": "differing responses",
}
_NARROW = 60
_DETAILS = 3
_NAMED = 20  # pods, at most
_LEAST = 5  # lines of the list; only beyond them there is room for details
_CHOSEN = "reverse"
_MARK = ">"


def page_rows(rows: int) -> int:
    """Return how many events stand on a list of `rows` lines."""
    return max(rows - 1 - (_DETAILS if rows - 1 - _DETAILS >= _LEAST else 0), 0)


def list_lines(snapshot: Snapshot, kind: EventKind, view: PageView, panel: Panel, rows: int) -> list[Text]:
    """Return one page of a list of one kind, and below it what is known of the one that is chosen."""
    listed = of_kind(snapshot, kind)
    title = _TITLES.get(kind, kind)
    if not listed:
        return [panel.rule(title), panel.line(Piece("none so far", "dim"))][:rows]
    page = page_rows(rows)
    end = end_of_page(listed, view, page)
    shown, one = listed[max(end - page, 0) : end], chosen(listed, view)
    where = f"{number(shown[0].nth)} to {number(shown[-1].nth)} of {number(listed[-1].nth)}" if shown else ""
    if listed[0].nth > 1 and panel.width > _NARROW:
        where += f", the last {number(len(listed))} are kept"
    lines = [panel.rule(title, where), *(_marked(each, one, panel) for each in shown)][:rows]
    if page == rows - 1:
        return lines
    blank = [Text() for _ in range(rows - len(lines) - _DETAILS)]
    below = panel.rule(f"{number(one.nth)} of {number(listed[-1].nth)}")
    return [*lines, *blank, below, *_details(one, panel, _DETAILS - 1)]


def opened_lines(event: Event, lines: Excerpt | None, panel: Panel, rows: int) -> list[Text]:
    """Return what is known of an event, and its line between its neighbours, in at most `rows` lines."""
    title = f"{_TITLES.get(event.kind, event.kind)}, number {number(event.nth)}"
    head = [
        panel.rule(title),
        event_line(event, panel, several=False),
        *_details(event, panel, _DETAILS),
    ]
    if lines is None:
        reason = "its line cannot be read any more" if event.place else "its line is not kept"
        return [*head, panel.line(Piece(reason, "dim"))][:rows]
    where = "its line, between those before and after it in the log"
    return [*head, panel.rule(where), *_between(lines, panel, rows - len(head) - 1)][:rows]


def _marked(event: Event, one: Event, panel: Panel) -> Text:
    line = event_line(event, panel, several=event.kind == "differs")
    if event.nth != one.nth:
        return line
    marked = Text(_MARK).append_text(line[1:])
    marked.append(" " * (panel.width - marked.cell_len))
    marked.stylize_before(_CHOSEN)
    return panel.clipped(marked)


def _details(event: Event, panel: Panel, most: int) -> list[Text]:
    """Return a request's pod, client and id, and where its copy was searched, in at most `most` lines."""
    room = panel.width - 2
    pods = event.shadow_pods or ()
    found = (searched_pods(event, named) for named in range(min(len(pods), _NAMED), 0, -1))
    where = panel.fitting(room, *found) or searched_pods(event, 1)
    lines: list[list[Piece]] = [[Piece(event.pod or "pod not known", "bold")]]
    left = room - panel.cells(lines[0][0].text)
    for text in filter(None, (*who_asked(event), where)):
        if panel.cells(text) + GUTTER <= left or len(lines) == most:
            lines[-1] += [Piece(" " * GUTTER), Piece(text)]
            left -= panel.cells(text) + GUTTER
        else:
            lines.append([Piece(text)])
            left = room - panel.cells(text)
    return [panel.line(*pieces) for pieces in lines]


def _between(lines: Excerpt, panel: Panel, rows: int) -> list[Text]:
    """Return a line in full, between as many neighbours, cut to the width, as there is room for."""
    width = panel.width - 1 - len(_MARK)
    parts = chop_cells(visible(lines.line, panel.encoding), max(width, 1)) or [""]
    most = max(rows - 2, 1)
    if len(parts) > most:
        parts = [*parts[: most - 1], cut("".join(parts[most - 1 :]), width, panel.encoding)]
    room = max(rows - len(parts), 0)
    after = min(len(lines.after), max(room // 2, room - len(lines.before)))
    before = min(len(lines.before), room - after)
    own = [
        panel.clipped(Text(_MARK if not index else " ").append(f" {part}", "bold")) for index, part in enumerate(parts)
    ]
    return [
        *_neighbours(lines.before[len(lines.before) - before :], panel),
        *own,
        *_neighbours(lines.after[:after], panel),
    ]


def _neighbours(lines: Sequence[str], panel: Panel) -> list[Text]:
    return [panel.line(Piece(" "), Piece(_head(line, panel), "dim")) for line in lines]


def _head(line: str, panel: Panel) -> str:
    """Return the beginning of a line: there a log says when it was written."""
    room = panel.width - 2
    shown = visible(line, panel.encoding)
    end = "…" if panel.utf else "..."
    return shown if panel.cells(shown) <= room else chop_cells(shown, max(room - len(end), 1))[0] + end
