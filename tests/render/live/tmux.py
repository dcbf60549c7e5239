"""A shell in a tmux of its own: takes keys, and gives what its terminal shows and its modes."""

import os
import re
import shlex
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

_PATIENCE_S = 60.0  # how long a slow machine may take for one step
_LOOK_S = 0.05
_ROOT = Path(__file__).parents[3]


class MissingTmuxError(Exception):
    """tmux is not installed; the message says how to get it."""


def tmux() -> str:
    """Return tmux's path; MissingTmuxError where it is not installed."""
    found = shutil.which("tmux")
    if found is None:
        raise MissingTmuxError("tmux is not installed: apt-get install tmux, or your system's package")
    return found


class Shell:
    """A shell in a terminal of a size (columns, rows), on a tmux server that nobody else uses."""

    def __init__(self, folder: Path, size: tuple[int, int], **environment: str) -> None:
        self._server = [tmux(), "-S", str(folder / "tmux"), "-f", os.devnull]
        wide, high = (str(side) for side in size)
        # Whoever runs the tests inside a tmux has variables of that one.
        own = {name: value for name, value in os.environ.items() if not name.startswith(("TMUX", "NO_COLOR"))}
        shell = ["bash", "--norc", "--noprofile"]
        subprocess.run(  # noqa: S603 # tmux
            [*self._server, "new-session", "-d", "-x", wide, "-y", high, *shell],
            check=True,
            cwd=_ROOT,
            env={**own, "PS1": "$ ", "HISTFILE": "", **environment},
        )
        self._pid = folder / "pid"
        self.type("ulimit -c 0; stty -a | cksum")
        self.until(lambda: self._sum() is not None)
        self.settings = self._sum()  # of the terminal driver's, as a shell leaves them

    def _sum(self) -> str | None:
        found = re.search(r"^\d+ \d+$", self.shown(), re.MULTILINE)
        return found[0] if found else None

    def close(self) -> None:
        """End the server and what runs on it."""
        subprocess.run([*self._server, "kill-server"], check=True)  # noqa: S603 # tmux

    def ask(self, *words: str) -> str:
        """Return what tmux answers to a command."""
        return subprocess.run([*self._server, *words], check=True, capture_output=True, text=True).stdout  # noqa: S603

    def type(self, line: str) -> None:
        """Type a line and Enter."""
        self.ask("send-keys", "-l", line)
        self.press("Enter")

    def press(self, *keys: str) -> None:
        """Press keys by tmux's names."""
        self.ask("send-keys", *keys)

    def resize(self, size: tuple[int, int]) -> None:
        """Give the terminal another size."""
        self.ask("resize-window", "-x", str(size[0]), "-y", str(size[1]))

    def shown(self, *options: str) -> str:
        """Return the characters on the screen, its lines without what is blank at their ends."""
        lines = self.ask("capture-pane", "-p", *options).splitlines()
        return "".join(f"{line.rstrip()}\n" for line in lines)

    def modes(self) -> str:
        """Return whether the alternate screen is on, the cursor is shown, and lines wrap."""
        return self.ask("display-message", "-p", "#{alternate_on} #{cursor_flag} #{wrap_flag}").strip()

    def run(self, command: str, before: str = "") -> None:
        """Run a program, behind `before`, and tell its exit status when it is over."""
        self.type(f"{before}(echo $BASHPID > {shlex.quote(str(self._pid))}; exec {command}); echo status=$?")

    def signal(self, number: int) -> None:
        """Send a signal to the program that runs."""
        os.kill(int(self._pid.read_text(encoding="ascii")), number)

    def is_running(self) -> bool:
        """Return whether the program that was run last, if any was, is still there."""
        try:
            self.signal(0)
        except (FileNotFoundError, ProcessLookupError):
            return False
        return True

    def until(self, is_so: Callable[[], bool], *, seen: bool = True) -> None:
        """Wait until something is so; AssertionError, with the screen where it can be seen, if it never is."""
        end = time.monotonic() + _PATIENCE_S
        while not is_so():
            assert time.monotonic() < end, self.shown() if seen else "the window is closed"
            time.sleep(_LOOK_S)

    def until_shown(self, text: str) -> None:
        """Wait until the screen holds a text."""
        self.until(lambda: text in self.shown())
