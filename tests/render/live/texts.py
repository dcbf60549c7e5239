"""A course of hand-built looks as plain lines and as events; `python -m tests.render.live.texts` writes them anew."""

from collections.abc import Callable

from mirrorcheck.render.live.jsonl import JsonLines
from mirrorcheck.render.live.lines import LineWriter
from mirrorcheck.render.live.plain import PlainLines
from tests.render.live.cases import course
from tests.render.live.screens import GOLDEN

TEXTS: dict[str, Callable[[], LineWriter]] = {
    "plain.txt": lambda: PlainLines(10.0),
    "events.jsonl": lambda: JsonLines(10.0),
}


def told(lines: LineWriter) -> list[str]:
    """Return all lines of the course."""
    *looks, last = course()
    return [line for look in looks for line in lines.lines(look)] + lines.last(last)


if __name__ == "__main__":
    for name, make in TEXTS.items():
        (GOLDEN / name).write_text("".join(f"{line}\n" for line in told(make())), encoding="utf-8")
