"""The terminal while a screen is drawn on it: shows lines, reads keys, and is left as it was.

It switches on, and off again: the alternate screen, a hidden cursor, no wrapping, marks around pasted text, and keys
that arrive at once without an echo.
"""

import os
import re
import select
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from types import FrameType, TracebackType
from typing import Self

from rich.console import Console
from rich.text import Text

_ENTER = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[?2004h\x1b[2J"
_LEAVE = "\x1b[0m\x1b[?2004l\x1b[?7h\x1b[?25h\x1b[?1049l"
# A terminal that knows synchronized output shows a frame at once; others pass the marks over.
_FRAME_STARTS, _FRAME_ENDS = "\x1b[?2026h", "\x1b[?2026l"
_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT) if os.name == "posix" else ()
_ESCAPE_S = 0.05  # a key's further bytes follow its Esc at once; nobody is that fast
_READ = 4096

# xterm's control sequences, and the forms that its application mode, rxvt and the Linux console send.
_NAMES = {
    sequence: name
    for name, sequences in {
        "up": (b"[A", b"OA"),
        "down": (b"[B", b"OB"),
        "pgup": (b"[5~",),
        "pgdn": (b"[6~",),
        "home": (b"[H", b"OH", b"[1~", b"[7~"),
        "end": (b"[F", b"OF", b"[4~", b"[8~"),
    }.items()
    for sequence in sequences
}
# A terminal sends CR for Enter, which its driver turns into LF by default.
_CONTROLS = {b"\x0c": "^L", b"\r": "enter", b"\n": "enter"}
_ESCAPE = 0x1B
_PASTE_STARTS, _PASTE_ENDS = b"[200~", b"\x1b[201~"
# ECMA-48, 5.4: parameter bytes, intermediate bytes, one final byte; SS3 sends one character.
_SEQUENCE = re.compile(rb"\x1b(\[[0-?]*[ -/]*[@-~]|O.)", re.DOTALL)
_UNFINISHED = re.compile(rb"\x1b(\[[0-?]*[ -/]*|O)?\Z")


def is_drawable(console: Console) -> bool:
    """Return whether a screen can be drawn: on a POSIX system, to a terminal that moves its cursor."""
    return os.name == "posix" and console.is_terminal and console.file.isatty() and not console.is_dumb_terminal


class Terminal:
    """A terminal while a screen is drawn on it; enter it in the main thread, where signals arrive.

    ending: the signal that asked to end, once one did. It is delivered anew when the terminal is left, to whoever
    handled it before; a second one is not waited with.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._keyboard = _keyboard()
        self._keys = KeyDecoder()
        self._shown: list[Text] = []
        self._handlers: dict[int, object] = {}
        self._modes: list[int | list[bytes | int]] | None = None
        self._woken, self._wake = os.pipe()
        self._stopping = self._leaving = self._is_stale = False
        self.ending: int | None = None
        os.set_blocking(self._wake, False)

    def __enter__(self) -> Self:
        for number in (*_ENDING, signal.SIGTSTP, signal.SIGWINCH):
            self._handlers[number] = signal.signal(number, self._on_signal)
        try:
            self._take()
        except BaseException:
            self._restore()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._restore()
        if self.ending is not None:
            signal.raise_signal(self.ending)

    def size(self) -> tuple[int, int]:
        """Return the columns and rows that the terminal has now, whatever COLUMNS and LINES say."""
        found = os.get_terminal_size(self._console.file.fileno())
        # A terminal whose size was never set says 0.
        return (found.columns, found.lines) if found.columns and found.lines else (80, 24)

    def show(self, lines: Sequence[Text], columns: int) -> None:
        """Put lines of at most `columns` cells on the screen, from its top on: those that are not there already."""
        if self._is_stale:
            self._is_stale = False
            self.forget()
        before = self._shown + [Text()] * (len(lines) - len(self._shown))
        changed = [(row, line) for row, line in enumerate(lines, 1) if line != before[row - 1] or not self._shown]
        if not changed:
            return
        clear = "" if self._shown else "\x1b[2J"
        body = "".join(f"\x1b[{row};1H\x1b[0m{self._coloured(line, columns)}" for row, line in changed)
        self._write(_FRAME_STARTS + clear + body + _FRAME_ENDS)
        self._shown = list(lines)

    def forget(self) -> None:
        """Paint every line anew next time: somebody else may have written to the terminal."""
        self._shown = []

    def keys(self, timeout_s: float) -> list[str]:
        """Return the keys pressed, none after `timeout_s` seconds or as soon as a signal came."""
        watched = [self._woken] if self._keyboard is None else [self._woken, self._keyboard]
        ready, _, _ = select.select(watched, [], [], timeout_s)
        if self._woken in ready:
            os.read(self._woken, _READ)
        if self._stopping:
            self._stop()
        return self._read() if self._keyboard in ready else []

    def _read(self) -> list[str]:
        found: list[str] = []
        while self._keyboard is not None:
            try:
                received = os.read(self._keyboard, _READ)
            except OSError:
                received = b""
            if not received:  # the terminal is gone: it would be ready for ever
                self._close_keyboard()
                break
            found += self._keys.feed(received)
            if not self._keys.waiting:
                break
            if not select.select([self._keyboard], [], [], _ESCAPE_S)[0]:
                return found + self._keys.flush()
        return found

    def _take(self) -> None:
        import termios
        import tty

        if self._keyboard is not None:
            self._modes = termios.tcgetattr(self._keyboard)
            tty.setcbreak(self._keyboard)
        self._write(_ENTER)
        self.forget()

    def _give_back(self) -> None:
        import termios

        # Each by itself: where the terminal is gone, nothing is left to be put right.
        with suppress(OSError, ValueError):
            self._write(_LEAVE)
        if self._keyboard is not None and self._modes is not None:
            with suppress(OSError, termios.error):
                termios.tcsetattr(self._keyboard, termios.TCSADRAIN, self._modes)
            self._modes = None

    def _restore(self) -> None:
        self._leaving = True
        self._give_back()
        for number, handler in self._handlers.items():
            signal.signal(number, handler)  # type: ignore[arg-type] # as signal.signal returned it
        self._close_keyboard()
        os.close(self._woken)
        os.close(self._wake)

    def _close_keyboard(self) -> None:
        if self._keyboard is not None:
            os.close(self._keyboard)
            self._keyboard = None

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        # The signal may have come in the middle of a write: what it asks for is done where the keys are read.
        if number == signal.SIGTSTP:
            self._stopping = True
        elif number == signal.SIGWINCH:
            # The terminal may have lost lines even if it has its old size again.
            self._is_stale = True
        elif number in _ENDING:
            if self.ending is not None and not self._leaving:
                raise KeyboardInterrupt
            self.ending = number
        with suppress(BlockingIOError):
            os.write(self._wake, b"\0")

    def _stop(self) -> None:
        """Leave the terminal to the shell until the user brings us back."""
        self._stopping = False
        self._give_back()
        signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        signal.raise_signal(signal.SIGTSTP)
        # Here the process stood still.
        signal.signal(signal.SIGTSTP, self._on_signal)
        self._take()

    def _coloured(self, line: Text, columns: int) -> str:
        with self._console.capture() as captured:
            self._console.print(line, end="", soft_wrap=True)
        # Behind a full line the cursor stands on its last character, which an erasure would take away.
        return captured.get() + ("\x1b[K" if line.cell_len < columns else "")

    def _write(self, text: str) -> None:
        self._console.file.write(text)
        self._console.file.flush()


class KeyDecoder:
    """Turns what a terminal sends into names of keys; anything else, and pasted text, is skipped."""

    def __init__(self) -> None:
        self._rest = b""
        self._pasting = False

    @property
    def waiting(self) -> bool:
        """Whether a key has begun that more bytes may complete."""
        return bool(self._rest)

    def feed(self, received: bytes) -> list[str]:
        """Return the keys that `received` completes: letters as they are, up, down, enter and so on."""
        self._rest += received
        found: list[str] = []
        while self._rest and (key := self._next()) is not None:
            if key:
                found.append(key)
        return found

    def flush(self) -> list[str]:
        """Return Esc where nothing came after it that would have made it the start of another key."""
        alone, self._rest = self._rest == b"\x1b", b""
        return ["esc"] if alone else []

    def _next(self) -> str | None:
        """Take one key off what is left: its name, empty if it has none, None if more must come."""
        if self._pasting:
            return self._skip_paste()
        if self._rest[0] != _ESCAPE:
            char, self._rest = self._rest[:1], self._rest[1:]
            return _CONTROLS.get(char, char.decode("ascii", "replace") if char.isascii() else "")
        sequence = _SEQUENCE.match(self._rest)
        if sequence:
            self._rest = self._rest[sequence.end() :]
            self._pasting = sequence[1] == _PASTE_STARTS
            return _NAMES.get(sequence[1], "")
        if _UNFINISHED.match(self._rest):
            return None
        # Esc, and then another key: Alt held down sends the same.
        self._rest = self._rest[2:]
        return ""

    def _skip_paste(self) -> str | None:
        _, end, behind = self._rest.partition(_PASTE_ENDS)
        if not end:
            self._rest = self._rest[-len(_PASTE_ENDS) + 1 :]
            return None
        self._rest, self._pasting = behind, False
        return ""


def _keyboard() -> int | None:
    """Open the terminal that keys come from, also where standard input is a pipe of logs; None if there is none."""
    try:
        if sys.stdin and sys.stdin.isatty():
            return os.dup(sys.stdin.fileno())
        return os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError:
        return None
