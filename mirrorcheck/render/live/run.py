"""Shows snapshots, as a screen or as lines, until the user or the caller ends it."""

from collections.abc import Callable
from typing import Protocol, TextIO

from rich.console import Console

from mirrorcheck.engine.snapshot import Snapshot
from mirrorcheck.render.live.screen import draw, list_rows
from mirrorcheck.render.live.terminal import Terminal
from mirrorcheck.render.live.view import PageView, press

_FRAME_S = 0.25


class LineWriter(Protocol):
    """Turns snapshots into lines of text, each event once: `PlainLines`, `JsonLines`."""

    def lines(self, snapshot: Snapshot) -> list[str]:
        """Return the lines that this snapshot adds, without line ends."""
        ...

    def last(self, snapshot: Snapshot) -> list[str]:
        """Return the lines that the last snapshot adds."""
        ...


def run_screen(snapshots: Callable[[], Snapshot], stopped: Callable[[], bool], console: Console) -> None:
    """Show the live view on the terminal of `console` until q is pressed or `stopped` returns True.

    `snapshots` is called for each frame, four times a second and after each key, in the calling thread, which must be
    the main one; not while the display is paused. The terminal is restored whatever happens. A signal that asks to
    end, Ctrl-C too, ends the screen and is then delivered as if it came now: KeyboardInterrupt by default.
    """
    view = PageView()
    snapshot = snapshots()
    with Terminal(console) as terminal:
        while terminal.ending is None and not stopped():
            size = terminal.size()
            terminal.show(draw(snapshot, size, view, console.encoding), size[0])
            for key in terminal.keys(_FRAME_S):
                if key == "q":
                    return
                if key == "^L":
                    terminal.forget()
                view = press(key, view, snapshot, list_rows(snapshot, size, view))
            if not view.paused:
                snapshot = snapshots()


def run_lines(
    snapshots: Callable[[], Snapshot],
    stopped: Callable[[], bool],
    lines: LineWriter,
    stream: TextIO,
    wait: Callable[[], object],
) -> None:
    """Write what `lines` makes of each snapshot to `stream` until `stopped` returns True, and then of a last one.

    wait: called between two snapshots; returns after a fraction of a second, or as soon as there is a reason to stop.
    """
    while not stopped():
        _write(lines.lines(snapshots()), stream)
        wait()
    _write(lines.last(snapshots()), stream)


def _write(lines: list[str], stream: TextIO) -> None:
    if lines:
        stream.write("".join(f"{line}\n" for line in lines))
        # Who reads a pipe wants to see a miss when it is certain, not when a buffer is full.
        stream.flush()
