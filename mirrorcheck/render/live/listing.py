"""Happenings of one kind come in; a page of a list of them, what is known of a chosen one, and its line go out."""

from collections.abc import Sequence

from rich.cells import chop_cells
from rich.text import Text

from mirrorcheck.engine.snapshot import Event, EventKind, Snapshot
from mirrorcheck.engine.watch.excerpt import Excerpt
from mirrorcheck.render.live.events import happening_line, looked_for, of_kind, who_asked
from mirrorcheck.render.live.panel import GUTTER, PanelStyle
from mirrorcheck.render.live.view import PageView, chosen, end_of_page
from mirrorcheck.render.terminal.sheet import Piece
from mirrorcheck.render.text import cut, number, visible

_TITLES: dict[EventKind, str] = {
    "missed": "missed requests",
    "uncopied": "not copied where less than 100 % is expected",
    "differs": "differing responses",
}
_NARROW = 60
_DETAILS = 3
_DETAILS_OPENED = 3
_NAMED = 20  # pods, at most
_LEAST = 5  # lines of a list, before room goes to what is known of the chosen one
_CHOSEN = "reverse"
_MARK = ">"


def page_rows(rows: int) -> int:
    """Return how many events stand on a list of `rows` lines."""
    return max(rows - 1 - (_DETAILS if rows - 1 - _DETAILS >= _LEAST else 0), 0)


def list_lines(state: Snapshot, kind: EventKind, view: PageView, look: PanelStyle, rows: int) -> list[Text]:
    """Return one page of a list of one kind, and below it what is known of the one that is chosen."""
    listed = of_kind(state, kind)
    title = _TITLES.get(kind, kind)
    if not listed:
        return [look.rule(title), look.line(Piece("none so far", "dim"))][:rows]
    page = page_rows(rows)
    end = end_of_page(listed, view, page)
    shown, one = listed[max(end - page, 0) : end], chosen(listed, view)
    where = f"{number(shown[0].nth)} to {number(shown[-1].nth)} of {number(listed[-1].nth)}" if shown else ""
    if listed[0].nth > 1 and look.width > _NARROW:
        where += f", the last {number(len(listed))} are kept"
    lines = [look.rule(title, where), *(_marked(each, one, look) for each in shown)][:rows]
    if page == rows - 1:
        return lines
    blank = [Text() for _ in range(rows - len(lines) - _DETAILS)]
    below = look.rule(f"{number(one.nth)} of {number(listed[-1].nth)}")
    return [*lines, *blank, below, *_details(one, look, _DETAILS - 1)]


def opened_lines(event: Event, lines: Excerpt | None, look: PanelStyle, rows: int) -> list[Text]:
    """Return what is known of a event, and its line between its neighbours, in at most `rows` lines."""
    title = f"{_TITLES.get(event.kind, event.kind)}, number {number(event.nth)}"
    head = [
        look.rule(title),
        happening_line(event, look, several=False),
        *_details(event, look, _DETAILS_OPENED),
    ]
    if lines is None:
        said = "its line cannot be read any more" if event.place else "its line is not kept"
        return [*head, look.line(Piece(said, "dim"))][:rows]
    where = "its line, between those before and after it in the log"
    return [*head, look.rule(where), *_between(lines, look, rows - len(head) - 1)][:rows]


def _marked(event: Event, one: Event, look: PanelStyle) -> Text:
    line = happening_line(event, look, several=event.kind == "differs")
    if event.nth != one.nth:
        return line
    marked = Text(_MARK).append_text(line[1:])
    marked.append(" " * (look.width - marked.cell_len))
    marked.stylize_before(_CHOSEN)
    return look.clipped(marked)


def _details(event: Event, look: PanelStyle, most: int) -> list[Text]:
    """Return a request's pod, client and id, and where its copy was looked for, in `most` lines at most."""
    room = look.width - 2
    pods = event.in_sight or ()
    found = (looked_for(event, named) for named in range(min(len(pods), _NAMED), 0, -1))
    where = look.fitting(room, *found) or looked_for(event, 1)
    lines: list[list[Piece]] = [[Piece(event.pod or "pod not known", "bold")]]
    left = room - look.cells(lines[0][0].text)
    for text in filter(None, (*who_asked(event), where)):
        if look.cells(text) + GUTTER <= left or len(lines) == most:
            lines[-1] += [Piece(" " * GUTTER), Piece(text)]
            left -= look.cells(text) + GUTTER
        else:
            lines.append([Piece(text)])
            left = room - look.cells(text)
    return [look.line(*pieces) for pieces in lines]


def _between(lines: Excerpt, look: PanelStyle, rows: int) -> list[Text]:
    """Return a line as long as it is, between as many neighbours as there is room for; these are cut."""
    width = look.width - 1 - len(_MARK)
    parts = chop_cells(visible(lines.line, look.encoding), max(width, 1)) or [""]
    most = max(rows - 2, 1)
    if len(parts) > most:
        parts = [*parts[: most - 1], cut("".join(parts[most - 1 :]), width, look.encoding)]
    room = max(rows - len(parts), 0)
    after = min(len(lines.after), max(room // 2, room - len(lines.before)))
    before = min(len(lines.before), room - after)
    own = [
        look.clipped(Text(_MARK if not index else " ").append(f" {part}", "bold")) for index, part in enumerate(parts)
    ]
    return [
        *_neighbours(lines.before[len(lines.before) - before :], look),
        *own,
        *_neighbours(lines.after[:after], look),
    ]


def _neighbours(lines: Sequence[str], look: PanelStyle) -> list[Text]:
    return [look.line(Piece(" "), Piece(_head(line, look), "dim")) for line in lines]


def _head(line: str, look: PanelStyle) -> str:
    """Return the beginning of a line: what a log has there is when it was written."""
    room = look.width - 2
    shown = visible(line, look.encoding)
    end = "…" if look.utf else "..."
    return shown if look.cells(shown) <= room else chop_cells(shown, max(room - len(end), 1))[0] + end
