"""A key that was pressed and what is shown come in; what is shown next goes out."""

from dataclasses import dataclass, replace
from typing import Literal

from mirrorcheck.live.state import Kind, State
from mirrorcheck.reports.live.happenings import end_of_page, of_kind

Page = Literal["overview", "missed", "differs", "help"]
_PAGES: dict[str, Page] = {"m": "missed", "d": "differs", "?": "help", "h": "help"}
_STEPS = {"up": -1, "k": -1, "down": 1, "j": 1}
_PAGES_TURNED = {"pgup": -1, "b": -1, "pgdn": 1, " ": 1}


@dataclass(frozen=True, slots=True)
class View:
    """Which page is shown, whether it stands still, and the number of the last line of a list (None: the newest)."""

    page: Page = "overview"
    paused: bool = False
    bottom: int | None = None


def listed_kind(view: View, state: State) -> Kind | None:
    """Return the kind of happening that the page lists, None on other pages.

    Where no miss is an alarm, that of misses lists those that sampling leaves.
    """
    if view.page == "missed" and not of_kind(state, "missed") and of_kind(state, "uncopied"):
        return "uncopied"
    return view.page if view.page in {"missed", "differs"} else None


def press(key: str, view: View, state: State, page_rows: int) -> View:
    """Return what is shown once `key` was pressed; `page_rows` lines of a list stand on a page."""
    if key == "p":
        return replace(view, paused=not view.paused)
    if key in _PAGES:
        page = _PAGES[key]
        return replace(view, page="overview" if view.page == page else page, bottom=None)
    if key == "esc":
        return replace(view, page="overview", bottom=None)
    kind = listed_kind(view, state)
    return view if kind is None else _scrolled(key, view, state, kind, max(page_rows, 1))


def _scrolled(key: str, view: View, state: State, kind: Kind, page: int) -> View:
    listed = of_kind(state, kind)
    if not listed:
        return view
    step = _STEPS.get(key, 0) + page * _PAGES_TURNED.get(key, 0)
    if key in {"home", "g"}:
        step = -len(listed)
    if key in {"end", "G"}:
        step = len(listed)
    end = end_of_page(listed, view.bottom, page) + step
    if step == 0:
        return view
    # At its end the list follows what comes; anywhere else it stands still, whatever comes.
    return replace(view, bottom=None if end >= len(listed) else listed[max(end, min(page, len(listed))) - 1].nth)
