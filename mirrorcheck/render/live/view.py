"""Decides what is shown next after a key was pressed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from mirrorcheck.engine.snapshot import Event, EventKind, Snapshot
from mirrorcheck.engine.watch.excerpt import Excerpt, excerpt
from mirrorcheck.render.live.events import of_kind

Page = Literal["overview", "missed", "differs", "help"]
_PAGES: dict[str, Page] = {"m": "missed", "d": "differs", "?": "help", "h": "help"}
_STEPS = {"up": -1, "k": -1, "down": 1, "j": 1}
_PAGES_TURNED = {"pgup": -1, "b": -1, "pgdn": 1, " ": 1}


@dataclass(frozen=True, slots=True)
class PageView:
    """The page that is shown, and whether it is paused.

    bottom, at: the numbers of the last line of a list and of the chosen one (None: the newest). opened: the event
    whose line is shown in place of the list; lines: that line and its neighbours, None where they cannot be read.
    """

    page: Page = "overview"
    paused: bool = False
    bottom: int | None = None
    at: int | None = None
    opened: Event | None = None
    lines: Excerpt | None = None


def listed_kind(view: PageView, snapshot: Snapshot) -> EventKind | None:
    """Return the kind of event that the page lists, None on other pages.

    Where no miss is an alarm, that of misses lists those that sampling leaves.
    """
    if view.page == "missed" and not of_kind(snapshot, "missed") and of_kind(snapshot, "uncopied"):
        return "uncopied"
    return view.page if view.page in {"missed", "differs"} else None


def end_of_page(listed: Sequence[Event], view: PageView, page: int) -> int:
    """Return the index behind the last line of a page of `page` lines, on which the chosen one stands."""
    end = len(listed) if view.bottom is None else sum(each.nth <= view.bottom for each in listed)
    return _with(_place(listed, view), end, listed, page)


def _with(place: int, end: int, listed: Sequence[Event], page: int) -> int:
    """Move the end of a page so that a line stands on it; the page is full if there are enough lines."""
    return max(min(max(end, place + 1), place + page, len(listed)), min(page, len(listed)))


def chosen(listed: Sequence[Event], view: PageView) -> Event:
    """Return the chosen event of a list, or the nearest if it is not kept any more."""
    return listed[_place(listed, view)]


def press(key: str, view: PageView, snapshot: Snapshot, page_rows: int) -> PageView:
    """Return what is shown once `key` was pressed; `page_rows` lines of a list stand on a page."""
    if key == "p":
        return replace(view, paused=not view.paused)
    if key in _PAGES:
        page = _PAGES[key]
        return PageView("overview" if view.page == page else page, view.paused)
    if key == "esc":
        return _closed(view) if view.opened else PageView(paused=view.paused)
    kind = listed_kind(view, snapshot)
    listed = [] if kind is None else of_kind(snapshot, kind)
    if not listed:
        return view
    if key == "enter" and view.opened:
        return _closed(view)
    moved = _moved(key, view, listed, max(page_rows, 1))
    return _opened(moved, chosen(listed, moved)) if key == "enter" or (view.opened and moved != view) else moved


def _closed(view: PageView) -> PageView:
    return replace(view, opened=None, lines=None)


def _opened(view: PageView, one: Event) -> PageView:
    return replace(view, opened=one, lines=None if one.place is None else excerpt(one.place))


def _place(listed: Sequence[Event], view: PageView) -> int:
    if view.at is None:
        return len(listed) - 1
    return min(sum(each.nth < view.at for each in listed), len(listed) - 1)


def _moved(key: str, view: PageView, listed: Sequence[Event], page: int) -> PageView:
    """Choose another line; the page goes with it where it would be left. At its end the list follows what comes."""
    place, end = _place(listed, view), end_of_page(listed, view, page)
    turned = page * _PAGES_TURNED.get(key, 0)
    step = {"home": -len(listed), "g": -len(listed), "end": len(listed), "G": len(listed)}.get(
        key, _STEPS.get(key, 0) + turned
    )
    if not step and key != "enter":
        return view
    if step > 0 and place + step >= len(listed) - 1:
        return replace(view, bottom=None, at=None)
    place = min(max(place + step, 0), len(listed) - 1)
    end = _with(place, end + turned, listed, page)
    return replace(view, bottom=listed[end - 1].nth, at=listed[place].nth)
