from dataclasses import replace
from pathlib import Path

import pytest

from mirrorcheck.engine.snapshot import LineLocation, Snapshot
from mirrorcheck.engine.watch.excerpt import excerpt
from mirrorcheck.render.live.screen import list_rows
from mirrorcheck.render.live.view import PageView, press
from tests.render.live.cases import HEALTHY, MANY_MISSED, MISSES, missed, numbered
from tests.render.live.screens import screen

SIZE = (80, 24)


LIST = PageView("missed")


def pressed(keys: str, view: PageView = LIST) -> PageView:
    """What is shown once these keys were pressed, one after the other, on the long list."""
    for key in keys.split():
        view = press(key, view, MANY_MISSED, list_rows(MANY_MISSED, SIZE, view))
    return view


def shown(view: PageView) -> list[str]:
    """The numbers of the products in the lines of the list."""
    lines = screen(MANY_MISSED, SIZE, view).splitlines()
    return [line.split("/api/products/")[1].split()[0] for line in lines if "/api/products/" in line]


def test_pages_open_and_close_with_their_key() -> None:
    """A second press, Esc too, leads back; another page's key leads there."""
    assert pressed("m", PageView()).page == "missed"
    assert pressed("m m", PageView()).page == "overview"
    assert pressed("m d", PageView()).page == "differs"
    assert pressed("? esc", PageView()).page == "overview"
    assert pressed("x", PageView()) == PageView()


def test_pausing_keeps_the_page() -> None:
    """A paused screen can be leafed through, and goes on where it is."""
    assert pressed("p m", PageView()) == PageView("missed", paused=True)
    assert pressed("p m p", PageView()) == PageView("missed")


@pytest.mark.parametrize(
    ("keys", "last", "chosen"),
    [
        ("", 1500, 1500),
        ("up", 1500, 1499),
        ("up up down", 1500, 1499),
        ("up down", 1500, 1500),
        ("down", 1500, 1500),
        ("up " * 8, 1500, 1492),
        ("up " * 9, 1499, 1491),
        ("pgup", 1491, 1491),
        ("pgup pgup pgdn", 1491, 1491),
        ("home", 509, 501),
        ("home up", 509, 501),
        ("home down", 509, 502),
        ("home " + "down " * 9, 510, 510),
        ("home end", 1500, 1500),
        ("k", 1500, 1499),
    ],
)
def test_lists_scroll_and_stop_at_their_ends(keys: str, last: int, chosen: int) -> None:
    """Nine lines fit; the page is always full, and the chosen line stands on it with a mark."""
    assert shown(pressed(keys)) == [str(number) for number in range(last - 8, last + 1)]
    [marked] = [each for each in screen(MANY_MISSED, SIZE, pressed(keys)).splitlines() if each.startswith(">")]
    assert f"/api/products/{chosen} " in marked


def test_a_list_follows_the_newest_only_at_its_end() -> None:
    """With another one chosen, a list stands still whatever comes; back at its end it follows again."""
    assert (pressed("up").bottom, pressed("up").at) == (1500, 1499)
    assert pressed("up down") == LIST


def test_a_page_stays_full_when_its_last_line_is_gone() -> None:
    """Where the journal no longer keeps the line that was chosen, the oldest lines that it keeps are shown."""
    assert shown(PageView("missed", bottom=3, at=3)) == [str(number) for number in range(501, 510)]


def kept(folder: Path) -> Snapshot:
    """Three misses whose lines stand in a log."""
    path, places = folder / "v1.log", []
    with path.open("wb") as log:
        for number in range(40):
            line = f"2026-11-22T15:30:{number:02}.000000001Z line {number} \x1b[2J\n".encode()
            places.append(LineLocation(path, log.tell(), len(line) - 1))
            log.write(line)
    return replace(MISSES, events=numbered(*(replace(missed(10, f"/{at}"), place=places[at]) for at in (0, 20, 39))))


def test_enter_shows_a_line_between_its_neighbours(tmp_path: Path) -> None:
    """The first and the last line have them on one side only; arrows lead from one to the next, Esc to the list."""
    state, view = kept(tmp_path), LIST
    for keys, number in (("enter", 39), ("up", 20), ("up", 0), ("down", 20)):
        view = press(keys, view, state, list_rows(state, SIZE, view))
        lines = screen(state, SIZE, view).splitlines()
        [own] = [index for index, line in enumerate(lines) if line.startswith("> ")]
        assert lines[own] == f"> line {number} \\x1b[2J"
        assert (lines[own - 1] == f"  line {number - 1} \\x1b[2J") is (number > 0)
        assert (lines[own + 1] == f"  line {number + 1} \\x1b[2J") is (number < 39)
    assert press("esc", view, state, 9) == PageView("missed", bottom=3, at=2)
    assert press("enter", view, state, 9) == PageView("missed", bottom=3, at=2)
    assert press("m", view, state, 9) == PageView()


def test_what_is_kept_may_be_gone(tmp_path: Path) -> None:
    """Where a line cannot be read any more that is said, and the rest stays known."""
    state = kept(tmp_path)
    (tmp_path / "v1.log").unlink()
    shown = screen(state, SIZE, press("enter", LIST, state, 9))
    assert "its line cannot be read any more" in shown
    assert "client 10.4.7.12" in shown


def test_an_excerpt_of_a_huge_log_is_small(tmp_path: Path) -> None:
    """However long lines are, little is read, and what is cut off at the ends is no line."""
    path = tmp_path / "v1.log"
    path.write_bytes(b"a" * (1 << 20) + b"\nnext\n" + b"b" * (1 << 20) + b"\n" + b"c" * (1 << 20))
    found = excerpt(LineLocation(path, (1 << 20) + 6, 1 << 20))
    assert found
    assert found.before == ("next",)
    assert found.after == ()
    assert found.line == "b" * (1 << 13)


def test_short_and_empty_lists_do_not_scroll() -> None:
    """There is nowhere to go in a list that fits, and in one without lines."""
    for state in (MISSES, HEALTHY):
        view = press("pgup", PageView("missed"), state, 10)
        before, after = (screen(state, SIZE, each).replace(">", " ") for each in (PageView("missed"), view))
        assert after.replace("── 1 of 3 ", "── 3 of 3 ") == before  # which one is chosen
