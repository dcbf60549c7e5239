"""The tuned values by which lines are recognised when a stream resumes: half of one, or twice, gives another answer."""

from collections.abc import Callable

import pytest

from mirrorcheck.cluster.logs import constants
from mirrorcheck.cluster.logs.cursor import Cursor
from mirrorcheck.cluster.logs.stamps import SECOND, since
from mirrorcheck.cluster.logs.window import Window

_START = 1_763_805_600
_LINE = 100  # bytes, about


def stamped(second: float, body: str = "GET / HTTP/1.1") -> bytes:
    """A line as the API sends it, so many seconds after the start."""
    whole, fraction = divmod(round(second * SECOND), SECOND)
    return f"{since(_START + whole)[0][1].removesuffix('Z')}.{fraction:09d}Z {body:<{_LINE}}\n".encode()


def seen(*seconds: float, more: int = 0) -> Window:
    """A window that has seen lines of these moments, and so many bytes of the last of them besides."""
    window = Window()
    for second in seconds:
        window.add(stamped(second))
    for _ in range(more // (_LINE + 32)):
        window.add(stamped(seconds[-1]))
    return window


def asked_back() -> bool:
    """A line 2 s behind the last one before a break is asked for, and nothing 3 s behind it."""
    cursor = Cursor(_START)
    cursor.begin()
    cursor.feed(stamped(100))
    return cursor.since() == _START + 98


def known() -> bool:
    """A line is recognised 45 s later, and not 90 s later, where much was logged meanwhile."""
    line = stamped(0).rstrip(b"\n")
    return seen(0, 45, more=constants.ROOM * 2).holds(line) and not seen(0, 90, more=constants.ROOM * 2).holds(line)


def verbatim() -> bool:
    """A beginning is found 4 s later, and not 8 s later, where much was logged meanwhile."""
    head = stamped(0)[:40]
    near, far = (seen(0, second, more=constants.ROOM * 2).after(head) for second in (4, 8))
    return near is not None and far is None


def room() -> bool:
    """A beginning is found after 200 KB of lines, and not after 400 KB, whatever the time."""
    head = stamped(0)[:40]
    little, much = (seen(0, 10, more=size).after(head) for size in (200_000, 400_000))
    return little is not None and much is None


def disorder() -> bool:
    """A line is recognised if a neighbour was logged 1.5 s before it, and not if all were 3 s before it."""
    line = stamped(10).rstrip(b"\n")
    near, far = Window(), Window()
    near.add(stamped(10) + stamped(8.5))
    far.add(stamped(10) + stamped(7))
    return near.holds(line) and not far.holds(line)


@pytest.mark.parametrize("times", [1, 0.5, 2])
@pytest.mark.parametrize(
    ("name", "answer"),
    [("SLACK_S", asked_back), ("KNOWN", known), ("VERBATIM", verbatim), ("ROOM", room), ("DISORDER", disorder)],
)
def test_a_value_decides(name: str, answer: Callable[[], bool], times: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer holds for the value as it is alone."""
    monkeypatch.setattr(constants, name, type(getattr(constants, name))(getattr(constants, name) * times))
    assert answer() == (times == 1)
