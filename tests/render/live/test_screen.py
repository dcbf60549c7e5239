import re
from dataclasses import fields, is_dataclass, replace
from random import Random
from typing import cast

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import cell_len

from mirrorcheck.engine.snapshot import Snapshot
from mirrorcheck.render.live.screen import draw
from mirrorcheck.render.live.view import Page, PageView
from tests.render.live.cases import CASES, HEALTHY, HOSTILE, MISSES, NO_COPIES, SICK, WAITING, bins, share
from tests.render.live.screens import SIZES, golden_file, screen

# The names that a pod, a target or a rule has are anything; these words come from us.
_OURS = {"side", "state", "kind"}
_NUMBER = r"([\d,]+)"


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", CASES)
def test_screen_is_the_golden_one(name: str, size: tuple[int, int]) -> None:
    """Each hand-built look is drawn as it was last agreed to look."""
    state, view = CASES[name]
    assert screen(state, size, view) == golden_file(name, size).read_text(encoding="utf-8")


def _poisoned(noun: object, text: str, count: int) -> object:
    """Return a noun of the same shape with `text` for each of its texts and each number `count` times as large."""
    match noun:
        case str():
            return text
        case int() | float():
            # A ratio stays one.
            return noun if isinstance(noun, float) and noun <= 1 else noun * count
        case tuple():
            return tuple(_poisoned(each, text, count) for each in noun)
        case _ if is_dataclass(noun) and not isinstance(noun, type):
            changed = {each.name: getattr(noun, each.name) for each in fields(noun) if each.name not in _OURS}
            return replace(noun, **{name: _poisoned(value, text, count) for name, value in changed.items()})
        case _:
            return noun


PAGES: tuple[Page, ...] = ("overview", "missed", "differs", "help")
SIZES_FROM_SMALL = st.tuples(st.integers(40, 260), st.integers(10, 70))


@given(
    name=st.sampled_from(sorted(CASES)),
    poison=st.tuples(
        st.text(st.characters(exclude_categories=()), max_size=120), st.sampled_from([0, 1, 1000, 10**15])
    ),
    size=SIZES_FROM_SMALL,
    page=st.sampled_from(PAGES),
    encoding=st.sampled_from(["utf-8", "ascii", "latin-1"]),
)
@example(name="misses", poison=(HOSTILE, 1), size=(80, 24), page="overview", encoding="utf-8")
@example(name="misses", poison=("界" * 90, 1), size=(80, 24), page="missed", encoding="utf-8")
@example(name="sixty-pods", poison=("[red]" * 40, 10**15), size=(40, 10), page="overview", encoding="ascii")
@example(name="no-copies", poison=("x", 10**15), size=(40, 10), page="overview", encoding="ascii")
def test_nothing_wraps_overflows_or_is_obeyed(
    name: str, poison: tuple[str, int], size: tuple[int, int], page: Page, encoding: str
) -> None:
    """At any size, whatever names and numbers there are, a screen has its rows, within its columns, all harmless."""
    state = cast("Snapshot", _poisoned(CASES[name][0], *poison))
    lines = draw(state, size, PageView(page), encoding)
    assert len(lines) == size[1]
    for line in lines:
        assert cell_len(line.plain) <= size[0]
        assert not line.plain or line.plain.isprintable()
        line.plain.encode(encoding)


@given(st.sampled_from(sorted(CASES)), st.tuples(st.integers(1, 39), st.integers(1, 9)))
def test_tiny_windows_are_cut_not_broken(name: str, size: tuple[int, int]) -> None:
    """Where nothing fits the screen is cut off at its edges."""
    state, view = CASES[name]
    lines = draw(state, size, view)
    assert len(lines) == size[1]
    assert max(cell_len(line.plain) for line in lines) <= size[0]


@given(
    size=SIZES_FROM_SMALL,
    page=st.sampled_from(PAGES),
    pending=st.sampled_from([0, 124, 10**18]),
)
def test_all_copied_is_never_said_without_what_is_pending(size: tuple[int, int], page: Page, pending: int) -> None:
    """Wherever 100 % stands, the number of originals that may still be missed stands too."""
    state = replace(HEALTHY, totals=replace(HEALTHY.totals, pending=pending))
    shown = screen(state, size, PageView(page))
    assert "100.00 %" in shown
    assert f"{pending:,} pending" in shown or f"{pending:.1e} pending".replace("e+", "e") in shown


@pytest.mark.parametrize("size", [(40, 30), (80, 24), (160, 50)])
@pytest.mark.parametrize("name", [name for name, (_, view) in CASES.items() if view.page != "help"])
def test_sums_on_the_screen_add_up(name: str, size: tuple[int, int]) -> None:
    """The classes of originals, and of shadow lines, that are shown add up to the totals beside them."""
    shown = screen(CASES[name][0], size, PageView())
    for label, end in (("originals", " shadow "), ("shadow", r"over time|not read|──")):
        found = re.search(rf"^ {label} +{_NUMBER}\s+=(.*?)(?=^ ?(?:{end}))", shown, re.MULTILINE | re.DOTALL)
        assert found
        parts = [int(part.replace(",", "")) for part in re.findall(rf"{_NUMBER} [a-z]", found[2])]
        assert sum(parts) == int(found[1].replace(",", ""))


@pytest.mark.parametrize("size", [(40, 10), (80, 24), (160, 50)])
def test_silence_takes_the_place_of_the_verdict(size: tuple[int, int]) -> None:
    """As soon as copies stop, the screen says so and for how long, and no longer that the mirror works."""
    shown = screen(NO_COPIES, size, PageView())
    assert "NO COPIES for 12 s   480 pending" in shown
    assert "INCOMPLETE" not in shown


@pytest.mark.parametrize("size", [(40, 10), (80, 24), (160, 50), (240, 60)])
def test_the_window_says_where_it_ends(size: tuple[int, int]) -> None:
    """A ratio over the last minute that was decided is not one of the last minute."""
    assert re.search(r"last 60 s +100\.00 %.* to 15:34:18", screen(HEALTHY, size, PageView()))


@pytest.mark.parametrize("size", [(62, 24), (70, 24), (80, 24), (160, 50), (240, 40)])
def test_of_many_streams_the_unhealthy_are_named(size: tuple[int, int]) -> None:
    """Both sick streams are listed, the worst first, and all that are not listed are counted in one line."""
    shown = screen(SICK, size, PageView())
    assert 0 < shown.index("target-v2-5886cd585d-tr22d  ") < shown.index("target-v2-5886cd585d-zzzzz  ")
    assert "60 streams" in shown
    listed = sum(f" {stream.pod} " in shown for stream in SICK.streams)
    assert f"and {60 - listed} more, all well" in shown


@pytest.mark.parametrize("name", ["misses", "sixty-pods", "hostile"])
@pytest.mark.parametrize("rows", range(10, 30))
def test_the_health_of_streams_is_on_every_screen(name: str, rows: int) -> None:
    """However low the window, it says how many streams there are and that one or more are not well."""
    state = CASES[name][0]
    shown = screen(state, (80, rows), PageView())
    assert re.search(rf"{len(state.streams)} streams.* [12] not well", shown)


def test_all_streams_are_listed_where_they_fit() -> None:
    """A window of 90 lines has room for sixty streams."""
    shown = screen(SICK, (240, 90), PageView())
    assert all(stream.pod in shown for stream in SICK.streams)
    assert "more, all well" not in shown


def test_a_window_without_room_for_the_sick_counts_them() -> None:
    """No stream is silently left out: those without a line of their own are in the totals."""
    sick = tuple(replace(stream, state="stuck") for stream in SICK.streams)
    shown = screen(replace(SICK, streams=sick), (80, 24), PageView())
    listed = shown.count("target-v") - shown.count("GAP") - shown.count("NOTE")
    assert f"and {60 - listed} more, {60 - listed} not well" in shown


def test_problems_without_room_are_counted() -> None:
    """What is wrong with the rule is shown as far as there is room, and the rest is counted."""
    state = replace(WAITING, problems=tuple(f"problem {index} " + "x " * 30 for index in range(9)))
    shown = screen(state, (80, 24), PageView())
    listed = shown.count("! problem")
    assert listed >= 1
    assert f"! and {9 - listed} more" in shown


@pytest.mark.parametrize("rows", range(10, 40))
def test_a_rule_with_problems_is_never_shown_as_sound(rows: int) -> None:
    """However low the window, it says that something is wrong with the rule, even where it has no room to say what."""
    shown = screen(CASES["no-mirror"][0], (80, rows), PageView())
    assert "! subset v2 has no ready pod" in shown or "! 3 problems" in shown


@pytest.mark.parametrize("name", CASES)
def test_other_encodings_get_what_they_can_show(name: str) -> None:
    """A terminal that is not in UTF gets bars, rules and dots of ASCII."""
    state, view = CASES[name]
    assert screen(state, (80, 24), view, "ascii").isascii()


def test_timeline_is_cut_at_the_same_instants_in_each_look() -> None:
    """Where bars stand for several bins, a new bin moves the bars but changes none of the old ones."""
    many = bins("".join(Random(1).choices("0123456789x", k=400)), 10)
    lines = [
        next(
            line
            for line in screen(replace(MISSES, bins=shown), (80, 24), PageView()).splitlines()
            if "over time" in line
        )
        for shown in (many[:-1], many)
    ]
    old, new = (line.split()[-1] for line in lines)
    assert new[: len(old) - 1] == old[:-1]


def test_what_is_one_short_of_all_is_not_shown_as_all() -> None:
    """A single miss in millions is seen in the ratio, and the interval has the decimals that it is worth."""
    state = replace(HEALTHY, overall=share(10_000_000, 1))
    assert "99.99999 %" in screen(state, (80, 24), PageView())
