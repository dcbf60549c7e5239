"""Screens of hand-built looks; `python -m tests.render.live.screens` writes the golden ones anew."""

from pathlib import Path

from mirrorcheck.engine.snapshot import Snapshot
from mirrorcheck.render.live.screen import draw
from mirrorcheck.render.live.view import PageView
from tests.render.live.cases import CASES

GOLDEN = Path(__file__).parent / "golden"
SIZES = ((80, 24), (160, 50))


def screen(state: Snapshot, size: tuple[int, int], view: PageView, encoding: str = "utf-8") -> str:
    """Return the characters of a screen, its lines without what is blank at their ends."""
    return "".join(f"{line.plain.rstrip()}\n" for line in draw(state, size, view, encoding))


def golden_file(name: str, size: tuple[int, int]) -> Path:
    """Return where the screen of a case is kept."""
    return GOLDEN / f"{name}-{size[0]}x{size[1]}.txt"


if __name__ == "__main__":
    for name, (state, view) in CASES.items():
        for size in SIZES:
            golden_file(name, size).write_text(screen(state, size, view), encoding="utf-8")
