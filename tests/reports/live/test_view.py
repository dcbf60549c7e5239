import pytest

from mirrorcheck.reports.live.screen import list_rows
from mirrorcheck.reports.live.view import View, press
from tests.reports.live.cases import HEALTHY, MANY_MISSED, MISSES
from tests.reports.live.screens import screen

SIZE = (80, 24)


LIST = View("missed")


def pressed(keys: str, view: View = LIST) -> View:
    """What is shown once these keys were pressed, one after the other, on the long list."""
    for key in keys.split():
        view = press(key, view, MANY_MISSED, list_rows(MANY_MISSED, SIZE, view))
    return view


def shown(view: View) -> list[str]:
    """The numbers of the products in the lines of the list."""
    lines = screen(MANY_MISSED, SIZE, view).splitlines()
    return [line.split("/api/products/")[1].split()[0] for line in lines if "/api/products/" in line]


def test_pages_open_and_close_with_their_key() -> None:
    """A second press, Esc too, leads back; another page's key leads there."""
    assert pressed("m", View()).page == "missed"
    assert pressed("m m", View()).page == "overview"
    assert pressed("m d", View()).page == "differs"
    assert pressed("? esc", View()).page == "overview"
    assert pressed("x", View()) == View()


def test_pausing_keeps_the_page() -> None:
    """A paused screen can be leafed through, and goes on where it is."""
    assert pressed("p m", View()) == View("missed", paused=True)
    assert pressed("p m p", View()) == View("missed")


@pytest.mark.parametrize(
    ("keys", "last"),
    [
        ("", 1500),
        ("up", 1499),
        ("up up down", 1499),
        ("up down", 1500),
        ("down", 1500),
        ("pgup", 1490),
        ("pgup pgup pgdn", 1490),
        ("home", 510),
        ("home up", 510),
        ("home down", 511),
        ("home end", 1500),
        ("k", 1499),
    ],
)
def test_lists_scroll_and_stop_at_their_ends(keys: str, last: int) -> None:
    """Ten lines fit; the page is always full, and its last line is where the keys led."""
    assert shown(pressed(keys)) == [str(number) for number in range(last - 9, last + 1)]


def test_a_list_follows_the_newest_only_at_its_end() -> None:
    """Scrolled up, a list stands still whatever comes; back at its end it follows again."""
    assert pressed("up").bottom == 1499
    assert pressed("up down").bottom is None


def test_a_page_stays_full_when_its_last_line_is_gone() -> None:
    """Where the journal no longer keeps the line that a page ended with, the oldest lines that it keeps are shown."""
    assert shown(View("missed", bottom=3)) == [str(number) for number in range(501, 511)]


def test_short_and_empty_lists_do_not_scroll() -> None:
    """There is nowhere to go in a list that fits, and in one without lines."""
    for state in (MISSES, HEALTHY):
        view = press("pgup", View("missed"), state, 10)
        assert screen(state, SIZE, view) == screen(state, SIZE, View("missed"))
