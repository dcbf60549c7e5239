"""When probes are sent, on a clock that the test holds, and how the sending ends."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirrorcheck.probe.plan import Plan, Words, make_plan
from mirrorcheck.probe.sender import MOST_AT_ONCE, Sender
from mirrorcheck.probe.tally import Tally

RUN = "k3f9a2"


def plan(count: int, rate: str = "10/s", patience_s: float = 60.0) -> Plan:
    """A plan for a host that nobody asks."""
    return make_plan(Words("http://target/", count, rate), RUN, patience_s)


class Clock:
    """A clock that is moved by sleeping, and by each answer that takes its time to be begun."""

    def __init__(self, late_s: float = 0.0) -> None:
        self.at, self._late_s = 100.0, late_s

    def now(self) -> float:
        """The moment."""
        return self.at

    async def sleep(self, seconds: float) -> None:
        """Come back too late, as a busy machine does, when all that could be done was."""
        for _ in range(100):
            await asyncio.sleep(0)
        self.at += seconds + self._late_s


class Target(httpx.AsyncBaseTransport):
    """Takes requests, notes when, and answers once it is allowed to."""

    def __init__(self, clock: Clock, many: int = 0) -> None:
        self._clock, self._many = clock, many
        self.busy = asyncio.Event()
        self.begun: list[float] = []
        self.free = asyncio.Event()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Note a request."""
        assert request.headers["User-Agent"].startswith("mirrorcheck-probe/1 (k3f9a2; ")
        self.begun.append(self._clock.at - 100.0)
        if len(self.begun) == self._many:
            self.busy.set()
        await self.free.wait()
        return httpx.Response(200, content=self._body())

    async def _body(self) -> AsyncIterator[bytes]:
        yield b"hello"


def test_by_the_schedule() -> None:
    """No probe waits for the answer to another, and being late once does not make the later ones late."""

    async def send() -> list[float]:
        clock = Clock(late_s=0.03)
        target = Target(clock)
        sender = Sender(plan(30), Tally(plan(30)), target, clock.sleep, clock.now)
        asyncio.get_running_loop().call_later(0.2, target.free.set)
        await sender.send()
        return target.begun

    begun = asyncio.run(send())
    assert begun == pytest.approx([number / 10 + 0.03 for number in range(30)])


def test_only_so_many_at_once() -> None:
    """Where answers fail to come, no more than the limit are under way; the rest is sent when there is room."""

    async def send() -> tuple[int, int]:
        clock = Clock()
        target = Target(clock, MOST_AT_ONCE)
        tally = Tally(plan(MOST_AT_ONCE + 50))
        sending = asyncio.ensure_future(
            Sender(plan(MOST_AT_ONCE + 50, "10000/s"), tally, target, clock.sleep, clock.now).send()
        )
        await target.busy.wait()
        await asyncio.sleep(0.1)
        stuck = tally.under_way
        target.free.set()
        await sending
        return stuck, tally.run.answered[200]

    assert asyncio.run(send()) == (MOST_AT_ONCE, MOST_AT_ONCE + 50)


def test_stopped_twice() -> None:
    """The first stop waits for the answers under way, the second one does not; every probe sent is accounted for."""

    async def send() -> Tally:
        clock = Clock()
        target, tally = Target(clock, 5), Tally(plan(1000))
        sender = Sender(plan(1000), tally, target, clock.sleep, clock.now)
        sending = asyncio.ensure_future(sender.send())
        await target.busy.wait()
        sender.stop()
        await asyncio.sleep(0.05)
        assert not sending.done()
        sender.stop()
        await sending
        return tally

    run = asyncio.run(send()).run
    assert run.sent == sum(run.failed.values()) < 1000
    assert set(run.failed) == {"interrupted before the answer"}


@given(st.lists(st.tuples(st.integers(1, 9), st.sampled_from([0, 200, 503])), max_size=30))
def test_sums(ends: list[tuple[int, int]]) -> None:
    """What was sent is what was answered, what failed and what is under way, at every moment."""
    tally = Tally(plan(9))
    begun: set[int] = set()
    for number, status in ends:
        if number not in begun:
            begun.add(number)
            tally.begin(number)
        elif status:
            tally.answered(number, status)
            begun.discard(number)
        else:
            tally.failed(number, "why")
            begun.discard(number)
        run = tally.run
        assert run.sent == sum(run.answered.values()) + sum(run.failed.values()) + tally.under_way
    tally.give_up("the end")
    assert tally.under_way == 0


def test_turns_and_rates(tmp_path: Path) -> None:
    """Paths take turns beginning with the first, a rate may be by the minute, and a password is not shown."""
    words = Words("http://ann:secret@target:8080/x", 5, "120/m", path=("/a", "/b?c"))
    made = make_plan(words, RUN, 1.0)
    assert [made.url(number).partition("8080")[2] for number in range(1, 6)] == ["/a", "/b?c", "/a", "/b?c", "/a"]
    assert [made.due_s(number) for number in (1, 2, 5)] == [0.0, 0.5, 2.0]
    assert made.shown_url == "http://target:8080/a"
    assert list(tmp_path.iterdir()) == []
