"""A stream that begins while others are watched: who waits for it, and who does not."""

from pathlib import Path

from mirrorcheck.engine.snapshot import Snapshot
from mirrorcheck.settings import Options
from mirrorcheck.sources.feed import Proof, Side, Text
from tests.engine.play import SECOND_US, Watcher, opened, stamp_us
from tests.logs import Request, requests

HORIZON_S = 10
LOST = {5, 25, 45, 55, 65}  # seconds of requests without a copy
CAME_S = 50


def line_of(request: Request) -> bytes:
    """A line of `main`."""
    return f"{request.line()}\n".encode()


def seconds(state: Snapshot, kind: str = "missed") -> list[int]:
    """The seconds of the requests that were told."""
    return [int(each.target.rpartition("/")[2]) for each in state.events if each.kind == kind]


class Course:
    """A request a second for 100 s, each second proved; after 50 s another stream begins, of which nothing is heard."""

    def __init__(self, folder: Path, side: Side) -> None:
        self.originals = requests(100)
        self.watcher = Watcher(folder, Options(horizon=f"{HORIZON_S}s"))
        self.watcher.tell(opened("v1", "primary"), opened("v2", "shadow"))
        self.start_us = stamp_us(line_of(self.originals[0]))
        self.side: Side = side
        self.second = 0

    def look_at(self, second: int) -> Snapshot:
        """What is seen when so many seconds have passed."""
        while self.second < second:
            if self.second == CAME_S:
                self.watcher.tell(opened("new", self.side, self.start_us + CAME_S * SECOND_US))
            original = self.originals[self.second]
            self.watcher.tell(Text("v1", line_of(original)))
            if self.second not in LOST:
                self.watcher.tell(Text("v2", line_of(original.copy())))
            self.watcher.tell(*(Proof(each, self.start_us + self.second * SECOND_US) for each in ("v1", "v2")))
            self.second += 1
            self.watcher.now_us = self.start_us + self.second * SECOND_US
        return self.watcher.look()[1]

    def hear(self, lines: bytes) -> Snapshot:
        """What is seen once the new stream told these lines, and that there are no others."""
        self.watcher.tell(Text("new", lines), Proof("new", self.watcher.now_us))
        return self.watcher.look()[1]


def test_requests_wait_for_a_shadow_that_may_have_their_copy_and_no_others(tmp_path: Path) -> None:
    """What was decided stays; a miss is told when the new pod was read, unless its copy is there."""
    course = Course(tmp_path, "shadow")
    before = course.look_at(CAME_S)
    at, later = course.look_at(CAME_S + 1), course.look_at(CAME_S + 2 * HORIZON_S)
    assert seconds(before) == seconds(at) == seconds(later) == [5, 25]
    assert before.verdict == at.verdict == later.verdict != "WAITING"
    assert (later.overall.missed, later.totals.missed) == (2, 2)
    assert later.overall.paired >= before.overall.paired
    assert later.watermark_us == course.start_us + (CAME_S - HORIZON_S) * SECOND_US
    assert later.totals.pending == 3
    read = course.hear(line_of(course.originals[45].copy()))
    assert (seconds(read), read.totals.missed) == ([5, 25, 55], 3)


def test_nobody_waits_for_a_primary_of_which_nothing_is_heard(tmp_path: Path) -> None:
    """What it logged is told once it is read, and not lost because others were told before."""
    course = Course(tmp_path, "primary")
    assert seconds(course.look_at(CAME_S + 2 * HORIZON_S)) == [5, 25, 45, 55]
    missed = line_of(Request(second=CAME_S + 1, target="/other/51"))
    for state in (course.hear(missed), course.hear(b"")):
        assert seconds(state) == [5, 25, 45, 55, 51]
        assert state.totals.missed == 5
