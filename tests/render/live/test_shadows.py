"""The screen where several shadows are watched: a line for each, and below them the one that is chosen."""

from dataclasses import replace

import pytest
from rich.cells import cell_len

from mirrorcheck.render.live.jsonl import JsonLines
from mirrorcheck.render.live.plain import PlainLines
from mirrorcheck.render.live.screen import draw
from mirrorcheck.render.live.view import PageView
from tests.render.live.cases import HEALTHY, NO_COPIES, SICK, WAITING
from tests.render.live.screens import SIZES, golden_file

STATES = (
    replace(HEALTHY, shadow="v2"),
    replace(NO_COPIES, shadow="canary"),
    replace(SICK, shadow="target-v4-with-a-name-that-is-long"),
    replace(WAITING, shadow="v5"),
)


def screen(place: int, size: tuple[int, int], view: PageView, encoding: str = "utf-8") -> str:
    """The screen on which a shadow is chosen."""
    return "".join(f"{line.plain.rstrip()}\n" for line in draw(STATES[place], size, view, encoding, STATES))


@pytest.mark.parametrize("size", SIZES)
def test_screen_is_the_golden_one(size: tuple[int, int]) -> None:
    """Each shadow has its line above, and the chosen one's numbers stand below."""
    assert screen(1, size, PageView()) == golden_file("shadows", size).read_text(encoding="utf-8")


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
@pytest.mark.parametrize("size", [(80, 24), (40, 10), (200, 60)])
@pytest.mark.parametrize("page", ["overview", "missed", "differs", "help"])
def test_nothing_overflows(page: str, size: tuple[int, int], encoding: str) -> None:
    """As many rows as there are, within the columns, whatever page is shown."""
    for state in STATES:
        lines = draw(state, size, PageView(page), encoding, STATES)  # type: ignore[arg-type]  # one of the pages
        assert len(lines) == size[1]
        assert all(cell_len(line.plain) <= size[0] for line in lines)


def test_the_key_that_chooses_is_told_where_there_is_a_choice() -> None:
    """On the line of keys and the page of help, and nowhere else."""
    assert "s shadow" in screen(0, (80, 24), PageView())
    assert "the next shadow" in screen(0, (80, 24), PageView("help"))
    alone = [line.plain for page in ("overview", "help") for line in draw(HEALTHY, (80, 24), PageView(page))]
    assert not any("s shadow  q" in line or "next shadow" in line for line in alone)


def test_lines_and_events_name_the_shadow() -> None:
    """Behind the first word of a line, and in a field of each event; without a name they are as they were."""
    for alone, writer in ((PlainLines(1.0), PlainLines(1.0)), (JsonLines(1.0), JsonLines(1.0))):
        plain, named = alone.lines(HEALTHY), writer.lines(STATES[0])
        if isinstance(writer, PlainLines):
            assert [f"{line[:37]}v2  {line[37:]}" for line in plain] == named
            assert all(line[26:35].rstrip().isupper() for line in named)
        else:
            assert [f'{line[:-1]}, "shadow_name": "v2"}}' for line in plain] == named
