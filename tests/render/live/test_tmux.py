import os
import re
import shlex
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.render.live.cases import CASES
from tests.render.live.screens import SIZES, golden_file, screen
from tests.render.live.tmux import MissingTmuxError, Shell, tmux
from tests.sample import sampled

LIVE, SHELL = "1 0 0", "0 1 1"  # the modes while the screen is drawn, and those of a shell
DEMO = f"{shlex.quote(sys.executable)} -m tests.render.live.demo"
Start = Callable[..., Shell]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start a shell in a terminal of a size; skip where tmux is not installed, fail there in CI."""
    try:
        tmux()
    except MissingTmuxError as error:
        if os.environ.get("CI") == "true":
            pytest.fail(str(error))
        pytest.skip(str(error))
    shells: list[Shell] = []

    def started(size: tuple[int, int] = (80, 24), **environment: str) -> Shell:
        folder = tmp_path / str(len(shells))
        folder.mkdir()
        shells.append(Shell(folder, size, **environment))
        return shells[-1]

    yield started
    for shell in shells:
        shell.close()
        assert not shell.is_running()


def golden(name: str, size: tuple[int, int]) -> str:
    """The screen of a case as it is kept."""
    return golden_file(name, size).read_text(encoding="utf-8")


def is_restored(shell: Shell, before: str) -> None:
    """Hold that the terminal is a shell's again: its screen with what stood on it, its modes, and what it echoes."""
    shell.until_shown(before)
    assert shell.modes() == SHELL
    shell.type("clear; stty -a | cksum; echo $((6 * 7)) again")
    shell.until_shown("42 again")
    assert f"{shell.settings}\n42 again" in shell.shown()
    shell.type("echo seen")
    shell.until_shown("$ echo seen\nseen\n")


def started_demo(start: Start, words: str, size: tuple[int, int] = (80, 24), before: str = "") -> Shell:
    """A shell that shows a case."""
    shell = start(size)
    shell.run(f"{DEMO} {words}", before)
    shell.until(lambda: shell.modes() == LIVE)
    return shell


def watched_s(shell: Shell) -> int:
    """How many seconds the screen says that it watches, 0 if it says nothing."""
    found = re.search(r"watching for (\d+):(\d+):(\d+)", shell.shown())
    hours, minutes, seconds = (int(part) for part in found.groups()) if found else (0, 0, 0)
    return 3600 * hours + 60 * minutes + seconds


@pytest.mark.parametrize("size", sampled([(size,) for size in SIZES], 1))
def test_a_terminal_shows_each_page_as_drawn(start: Start, size: tuple[int, int]) -> None:
    """Keys lead to the golden screens, to the last character of the last line, and q back to the shell."""
    shell = started_demo(start, "misses", size)
    for key, name in (("", "misses"), ("p", "paused"), ("d", ""), ("p", "differences"), ("?", "help"), ("?", "misses")):
        if key:
            shell.press(key)
        if name:
            expected = golden(name, size)
            shell.until(lambda expected=expected: shell.shown() == expected)  # type: ignore[misc] # the loop's own
    shell.press("q")
    is_restored(shell, "the report\nstatus=0\n")


def test_arrows_and_pages_scroll_the_list(start: Start) -> None:
    """The long list is leafed through, and each line of it can be reached and opened."""
    shell = started_demo(start, "missed-list")
    shell.press("m")
    shell.until_shown("1,492 to 1,500 of 1,500")
    shell.press("Up", "Up", "Down")
    shell.until_shown(">15:32:45.800  MISSED    200  GET /api/products/1499")
    shell.press("PPage")
    shell.until_shown("1,483 to 1,491 of 1,500")
    shell.press("Home")
    shell.until_shown("501 to 509 of 1,500")
    shell.press("NPage")
    shell.until_shown("510 to 518 of 1,500")
    shell.press("Enter")
    shell.until_shown("missed requests, number 510")
    shell.press("Enter")
    shell.until_shown("510 to 518 of 1,500")
    shell.press("End")
    shell.until_shown("1,492 to 1,500 of 1,500")
    shell.press("Escape")
    shell.until_shown("latest")
    shell.press("q")
    is_restored(shell, "status=0")


def test_a_key_goes_from_shadow_to_shadow(start: Start) -> None:
    """Each is shown below the lines of all, and leaving a list for the next one leads to its overview."""
    shell = started_demo(start, "misses beside")
    shell.until_shown("▸  v2")
    assert "NO COPIES for 12 s" not in shell.shown()
    shell.press("s")
    shell.until_shown("▸  v3")
    assert "NO COPIES for 12 s" in shell.shown()
    shell.press("m")
    shell.until_shown("missed requests")
    shell.press("s")
    shell.until_shown("▸  v2")
    assert "missed requests" not in shell.shown()
    shell.press("q")
    is_restored(shell, "the report\nstatus=0\n")


def test_screen_follows_the_size_of_the_terminal(start: Start) -> None:
    """Each new size gets the screen that is drawn for it, without a rest of the one before."""
    shell = started_demo(start, "misses")
    state, view = CASES["misses"]
    for size in ((160, 50), (40, 10), (100, 30), (7, 3), (80, 24)):
        shell.resize(size)
        expected = screen(state, size, view)
        shell.until(lambda expected=expected: shell.shown() == expected)  # type: ignore[misc] # the loop's own
    shell.press("C-c")
    is_restored(shell, "the report\nstatus=130")


def test_hostile_names_take_the_cells_they_were_given(start: Start) -> None:
    """What the screen takes for the width of a character is what the terminal takes: every line ends where it shall."""
    shell = started_demo(start, "hostile")
    expected = golden("hostile", (80, 24))
    shell.until(lambda: shell.shown() == expected)
    shell.press("q")
    is_restored(shell, "status=0")


@pytest.mark.parametrize(("key", "status"), sampled([("C-c", 130), ("C-\\", 131)], 1), ids=["INT", "QUIT"])
def test_terminal_is_restored_when_the_user_ends_the_screen(start: Start, key: str, status: int) -> None:
    """Ctrl-C ends the screen as it ends any program, once the terminal is a shell's again."""
    shell = started_demo(start, "misses")
    shell.press(key)
    is_restored(shell, f"status={status}")


@pytest.mark.parametrize("name", sampled(["TERM", "HUP"], 1))
def test_terminal_is_restored_when_a_signal_ends_the_process(start: Start, name: str) -> None:
    """A signal kills the process as it would without the screen, once the terminal is a shell's again."""
    number = signal.Signals[f"SIG{name}"]
    shell = started_demo(start, "misses")
    shell.signal(number)
    is_restored(shell, f"status={128 + number}")


@pytest.mark.long
def test_what_others_wrote_on_the_screen_is_painted_over(start: Start) -> None:
    """Ctrl-L, and any change of size however short, paints every line anew."""
    shell = started_demo(start, "misses")
    terminal = Path(shell.ask("display-message", "-p", "#{pane_tty}").strip())
    repairs: list[Callable[[], None]] = [lambda: shell.press("C-l"), lambda: shell.signal(signal.SIGWINCH)]
    shell.until(lambda: shell.shown() == golden("misses", (80, 24)))  # the first picture would paint it over, too
    for repair in repairs:
        terminal.write_text("\x1b[7;3Ha warning", encoding="ascii")
        shell.until_shown("a warning")
        repair()
        shell.until(lambda: shell.shown() == golden("misses", (80, 24)))
    shell.press("q")
    is_restored(shell, "status=0")


def test_terminal_is_restored_when_the_engine_breaks(start: Start) -> None:
    """An exception is read on the shell's own screen."""
    shell = started_demo(start, "misses failing")
    is_restored(shell, "RuntimeError: the engine broke\nstatus=1")


@pytest.mark.long
def test_screen_ends_when_the_caller_stops_it(start: Start) -> None:
    """After a while that was asked for, or so many requests, the screen ends as if the user had ended it."""
    is_restored(started_demo(start, "misses ending"), "the report\nstatus=0")


def test_closed_window_ends_the_watch(start: Start) -> None:
    """Nobody watches on a terminal that is gone."""
    shell = started_demo(start, "misses moving")
    shell.ask("set-option", "-g", "exit-empty", "off")
    shell.ask("kill-session")
    shell.until(lambda: not shell.is_running(), seen=False)


def test_stopped_screen_leaves_the_terminal_and_comes_back(start: Start) -> None:
    """Ctrl-Z gives the shell its terminal, fg gives it back to the screen."""
    shell = started_demo(start, "misses")
    for _ in range(2):
        shell.press("C-z")
        shell.until_shown("Stopped")
        assert shell.modes() == SHELL
        shell.type("clear; fg")
        shell.until(lambda: shell.shown() == golden("misses", (80, 24)))
        assert shell.modes() == LIVE
    shell.press("q")
    is_restored(shell, "the report")


def test_keys_work_where_standard_input_is_a_pipe(start: Start) -> None:
    """Logs may come through standard input: keys come from the terminal all the same."""
    shell = started_demo(start, "misses", before=": | ")
    shell.press("?")
    shell.until(lambda: shell.shown() == golden("help", (80, 24)))
    shell.press("q")
    is_restored(shell, "status=0")


@pytest.mark.long
def test_pasted_text_presses_no_keys(start: Start) -> None:
    """Whoever pastes into the wrong window does not end the watch."""
    shell = started_demo(start, "misses")
    shell.ask("set-buffer", "quit? m")
    shell.ask("paste-buffer", "-p")
    shell.press("?")
    shell.until(lambda: shell.shown() == golden("help", (80, 24)))
    shell.press("q")
    is_restored(shell, "status=0")


def test_frames_do_not_flicker(start: Start, tmp_path: Path) -> None:
    """The screen is cleared once; each frame is sent as one, and holds only the lines that changed."""
    sent = tmp_path / "sent"
    shell = start()
    shell.ask("pipe-pane", f"cat > {shlex.quote(str(sent))}")
    shell.run(f"{DEMO} misses moving")
    shell.until(lambda: watched_s(shell) >= 260)
    shell.press("C-l")
    shell.until(lambda: watched_s(shell) >= 270)
    shell.press("q")
    is_restored(shell, "status=0")
    frames = sent.read_bytes().split(b"\x1b[?2026h")[1:]
    assert len(frames) > 18
    assert all(frame.count(b"\x1b[?2026l") == 1 for frame in frames)
    assert sum(b"\x1b[2J" in frame for frame in frames) == 2  # the first one, and the one that Ctrl-L asked for
    assert sum(b"VirtualService" in frame for frame in frames) == 2
    assert b"\n" not in b"".join(frame.partition(b"\x1b[?2026l")[0] for frame in frames)


def test_pausing_stops_the_display_only(start: Start) -> None:
    """Nothing moves while it is paused; then the screen goes on with what there is by then."""
    shell = started_demo(start, "misses moving")
    shell.press("p")
    shell.until_shown("still collecting")
    before = shell.shown()
    shell.press("?")
    shell.until_shown("── keys")
    shell.press("?")
    shell.until_shown("── latest")
    shell.until(lambda: shell.shown() == before)
    shell.press("p")
    shell.until(lambda: watched_s(shell) >= 270)
    shell.press("q")
    is_restored(shell, "status=0")


@pytest.mark.long
@pytest.mark.parametrize("no_colour", ["1", ""])
def test_no_colour_where_none_is_wanted(start: Start, no_colour: str) -> None:
    """NO_COLOR takes the colours and leaves the words, which say the same."""
    shell = start((80, 24), **({"NO_COLOR": no_colour} if no_colour else {}))
    shell.run(f"{DEMO} no-copies")
    shell.until(lambda: shell.shown() == golden("no-copies", (80, 24)))
    colours = re.findall(r"\x1b\[[0-9;]*?(?:3[0-7]|4[0-7]|9[0-7])m", shell.shown("-e"))
    assert bool(colours) != bool(no_colour)
    shell.press("q")
    is_restored(shell, "status=0")
