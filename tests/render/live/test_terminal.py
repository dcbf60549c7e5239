import io
import os
import pty

import pytest
from rich.console import Console

from mirrorcheck.render.live.terminal import is_drawable


@pytest.mark.parametrize(("term", "drawable"), [("xterm", True), ("dumb", False), ("unknown", False)])
def test_screen_is_drawn_on_terminals_that_move_their_cursor(
    term: str, *, drawable: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A terminal that only prints gets plain lines instead."""
    monkeypatch.setenv("TERM", term)
    ours, theirs = pty.openpty()
    with open(theirs, "w", encoding="utf-8") as file:  # noqa: PTH123 # a descriptor has no path
        assert is_drawable(Console(file=file)) == drawable
    os.close(ours)


def test_no_screen_is_drawn_into_files() -> None:
    """Whatever forces colours on, what is no terminal has no screen."""
    assert not is_drawable(Console(file=io.StringIO(), force_terminal=True))
