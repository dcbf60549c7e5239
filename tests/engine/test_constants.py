"""Each constant that decides an alarm or a verdict of a watching has a situation on each side of it."""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mirrorcheck.engine import constants
from mirrorcheck.engine.decided import decided
from mirrorcheck.engine.watch.silence import find_silence
from mirrorcheck.pairing import Outcome
from mirrorcheck.pairing.clock import SECOND_US
from mirrorcheck.settings import Options, complete
from mirrorcheck.sources.feed import Broken, Ended, Gap, Proof, Text
from tests.engine.play import Watcher, opened

START = datetime(2026, 11, 22, 18, 0, 0, tzinfo=UTC)
START_US = round(START.timestamp()) * SECOND_US
OPTIONS = Options(horizon="1s")
SLOW = Options(horizon="10s")
Judge = Callable[[], bool]
"""Whether there is an alarm or a warning, by the constants as they are now."""
Situation = Callable[[Path], Judge]


def line(number: int, second: float, xff: str) -> bytes:
    """A line of a request for a page of its own, in JSON with milliseconds."""
    time = (START + timedelta(seconds=second)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    values = {"time": time, "method": "GET", "path": f"/{number}", "status": 200, "x_forwarded_for": xff}
    return json.dumps(values).encode() + b"\n"


def silence(
    originals: Sequence[float], delays: Sequence[float | None], waiting: Sequence[float], options: Options = OPTIONS
) -> Situation:
    """Whether the alarm comes: originals and their copies (None: not copied) by seconds, then originals without any."""

    def play(folder: Path) -> Judge:
        watcher = Watcher(folder, options)
        watcher.tell(opened("v1", "primary", START_US), opened("v2", "shadow", START_US))
        seconds = [*originals, *waiting]
        copies = sorted(
            (second + delay, n) for n, (second, delay) in enumerate(zip(originals, delays, strict=True)) if delay
        )
        watcher.tell(Text("v1", b"".join(line(n, second, "10.0.0.1") for n, second in enumerate(seconds))))
        watcher.tell(Text("v2", b"".join(line(n, second, "10.0.0.1,192.0.2.2") for second, n in copies)))
        watcher.now_us = START_US + round((seconds[-1] + 0.1) * SECOND_US)
        watcher.tell(Proof("v1", watcher.now_us), Proof("v2", watcher.now_us))
        look = watcher.engine.look(watcher.now_us)
        so_far = decided(look)
        assert so_far.settled.original_outcome.tolist().count(Outcome.PAIRED) == len(copies)
        return lambda: find_silence(so_far, look.watermarks, None) is not None

    return play


def steps(begin: float, step: float, count: int) -> list[float]:
    """Seconds in equal steps."""
    return [begin + step * number for number in range(count)]


def quiet(seconds: float, delay: float = 0.01, options: Options = OPTIONS) -> Situation:
    """All is copied, each so late, up to 10 s; then no copy comes for so long."""
    return silence(steps(0, 0.1, 100), [delay] * 100, steps(10, 0.1, round((seconds + delay) * 10)), options)


def late(slow: int, waiting_s: float) -> Situation:
    """So many of 200 copies come 2 s late, the others at once; then no copy comes for so long."""
    delays = [0.1] * (200 - slow) + [2.0] * slow
    return silence(steps(0, 0.1, 200), delays, steps(20, 0.1, round((waiting_s + 2) * 10)), SLOW)


def half(waiting: int) -> Situation:
    """Every second one is copied; then so many are not."""
    delays = [0.01 if number % 2 else None for number in range(200)]
    return silence(steps(0, 0.1, 200), delays, steps(20, 0.15, waiting))


def copied_lately(waiting: int) -> Situation:
    """Of 2,000 the last 500 are copied; then so many are not."""
    delays = [0.01 if number >= 1500 else None for number in range(2000)]
    return silence(steps(0, 0.01, 2000), delays, steps(20, 3 / waiting, waiting))


def unread(seconds: float, *, broken: bool) -> Situation:
    """Whether the alarm comes so long after the last proof of a stream."""

    def play(folder: Path) -> Judge:
        watcher = Watcher(folder)
        watcher.tell(opened("v1", "primary", START_US), Proof("v1", START_US + SECOND_US))
        if broken:
            watcher.tell(Broken("v1", "reset", 1))
        watcher.now_us = START_US + SECOND_US + round(seconds * SECOND_US)
        return lambda: watcher.engine.look(watcher.now_us).no_sight is not None

    return play


def gap(seconds: float) -> Situation:
    """Whether the report warns of a gap of so long in 100 s."""

    def play(folder: Path) -> Judge:
        watcher = Watcher(folder)
        watcher.tell(opened("v1", "primary", START_US), opened("v2", "shadow", START_US))
        lost = Gap("v1", "v1", "nginx", START_US + SECOND_US, START_US + round((1 + seconds) * SECOND_US), "lost")
        watcher.tell(lost, Ended(START_US + 100 * SECOND_US))
        look = watcher.engine.end(START_US + 100 * SECOND_US)
        return lambda: any(each.code == "no_sight" for each in look.report(complete(Options())).warnings)

    return play


CASES: list[tuple[str, float, Situation, bool]] = [
    ("SILENCE_LEAST_US", 0.5, quiet(1.5), False),
    ("SILENCE_LEAST_US", 2, quiet(3), True),
    ("SILENCE_TIMES_DELAY", 0.5, quiet(6, 2.0, SLOW), False),
    ("SILENCE_TIMES_DELAY", 2, quiet(12, 2.0, SLOW), True),
    ("SILENCE_USUAL_DELAY", 0.5, late(20, 5), False),
    ("SILENCE_USUAL_DELAY", 1 / 0.99, late(1, 5), True),  # more than all there is none
    ("SILENCE_SUREST", 0.5, silence(steps(0, 0.1, 100), [0.01] * 100, steps(10, 0.3, 10)), True),
    ("SILENCE_SUREST", 0.995 / 0.99, silence(steps(0, 0.1, 100), [0.01] * 100, [11, 12, 13]), False),
    ("SILENCE_CHANCE", 0.5, half(20), True),
    ("SILENCE_CHANCE", 2, half(19), False),
    ("SILENCE_RECENT", 0.5, copied_lately(10), False),
    ("SILENCE_RECENT", 2, copied_lately(30), True),
    ("BROKEN_US", 0.5, unread(2, broken=True), False),
    ("BROKEN_US", 2, unread(5, broken=True), True),
    ("LATE_US", 0.5, unread(10, broken=False), False),
    ("LATE_US", 2, unread(20, broken=False), True),
    ("UNREAD_WARNING", 0.5, gap(0.7), False),
    ("UNREAD_WARNING", 2, gap(1.5), True),
]


@pytest.mark.parametrize(("name", "factor", "situation", "expected"), CASES)
def test_a_constant_is_neither_half_nor_double(  # noqa: PLR0913  # the case, and where to play it
    name: str, factor: float, situation: Situation, *, expected: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A situation is judged as expected, and otherwise with half or twice the value."""
    judge = situation(tmp_path)
    assert judge() is expected
    value = getattr(constants, name)
    monkeypatch.setattr(constants, name, type(value)(value * factor))
    assert judge() is not expected
