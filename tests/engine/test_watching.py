"""Threads around the engine: a capture is piped in while it is watched, and ends, or is ended."""

import os
import time
from pathlib import Path
from queue import Queue
from threading import Event as Event_
from threading import Thread
from types import SimpleNamespace

import pytest

from mirrorcheck.engine.decided import Decided
from mirrorcheck.engine.live import Engine
from mirrorcheck.engine.look import Look
from mirrorcheck.engine.snapshot import Snapshot
from mirrorcheck.engine.watch import loop as watching_module
from mirrorcheck.engine.watch.limits import Limits
from mirrorcheck.engine.watch.loop import WatchLoop, now_us
from mirrorcheck.engine.watch.snapshots import Snapshots, Subject
from mirrorcheck.settings import Options, complete
from mirrorcheck.sources.feed import FeedEvent, KeptEvent, Text
from mirrorcheck.sources.pipe import Pipe
from tests.logs import requests

SETTINGS = complete(Options(horizon="1s"))
ORIGINALS = requests(30)
CAPTURE = "".join(f"[target-v1-a] {each.line()}\n[target-v2-b] {each.copy().line()}\n" for each in ORIGINALS).encode()


class Folder:
    """Keeps what it is told in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.closed = False

    def path(self, stream: str) -> Path:
        """Where the text of a stream lies."""
        return self.folder / stream

    def take(self, event: KeptEvent) -> None:
        """Append text to its stream's file."""
        with self.path(event.stream if isinstance(event, Text) else "events").open("ab") as file:
            file.write(event.data if isinstance(event, Text) else b"")

    def close(self) -> None:
        """Note that it was closed."""
        self.closed = True


def watching(folder: Path, descriptor: int) -> tuple[WatchLoop, Folder]:
    """A pipe that is watched."""
    queue: Queue[FeedEvent] = Queue()
    keeper = Folder(folder)
    engine = Engine(SETTINGS, keeper.path)
    return WatchLoop(queue, Pipe(descriptor, queue), keeper, engine, Snapshots(Subject("", "", None), now_us())), keeper


@pytest.mark.parametrize("step", [7, 1000, len(CAPTURE)])
def test_a_capture_is_watched_to_its_end(step: int, tmp_path: Path) -> None:
    """However the pipe cuts it: at its end the watching ends, and every original has its copy."""
    read, write = os.pipe()
    watched, keeper = watching(tmp_path, read)
    watched.start(Limits())

    def pour() -> None:
        for start in range(0, len(CAPTURE), step):
            os.write(write, CAPTURE[start : start + step])
        os.close(write)

    pouring = Thread(target=pour)
    pouring.start()
    assert watched.ended.wait(120)
    pouring.join()
    found = watched.finish()
    os.close(read)
    report = found.report(SETTINGS)
    assert keeper.closed
    assert (report.originals.paired, report.originals.missed, report.ratio.value) == (30, 0, 1.0)
    assert report.primary.pods == ("target-v1-a",)


def test_it_can_be_ended_before(tmp_path: Path) -> None:
    """Whoever ends it gets the report so far; the pipe stays open."""
    read, write = os.pipe()
    watched, _ = watching(tmp_path, read)
    watched.start(Limits())
    assert watched.state.verdict == "WAITING"
    watched.ended.set()
    assert watched.finish().report(SETTINGS).originals.total == 0
    os.close(write)


@pytest.mark.parametrize("limits", [Limits(seconds=0.01), Limits(count=0)])
def test_limits_end_it(limits: Limits, tmp_path: Path) -> None:
    """After so much time, or so many originals, nobody has to end it."""
    read, write = os.pipe()
    watched, _ = watching(tmp_path, read)
    watched.start(limits)
    assert watched.ended.wait(120)
    watched.finish()
    os.close(write)


def test_what_fails_in_a_thread_is_raised_at_the_end(tmp_path: Path) -> None:
    """A full disk, say: the watching ends, and tells why."""
    read, write = os.pipe()
    watched, keeper = watching(tmp_path, read)
    keeper.folder = tmp_path / "missing"
    watched.start(Limits())
    assert watched.ended.wait(120)
    with pytest.raises(FileNotFoundError):
        watched.finish()
    os.close(write)


def test_a_pod_of_neither_side_waits_for_those_of_both(tmp_path: Path) -> None:
    """While a capture goes on, the pods of a side may be yet to come; at its end one that never came is an error."""
    read, write = os.pipe()
    watched, _ = watching(tmp_path, read)
    watched.start(Limits())
    os.write(write, f"[other-7d9f] {ORIGINALS[0].line()}\n".encode())
    while (
        watched.state.now_us == watched.state.started_us
        or not watched.state.streams
        or not watched.state.streams[0].lines
    ):
        assert not watched.ended.wait(0.05)
    os.write(write, CAPTURE)
    os.close(write)
    assert watched.ended.wait(120)
    assert watched.finish().report(SETTINGS).originals.paired == 30
    os.close(read)


@pytest.mark.parametrize(("took_s", "spent_s", "pause_s"), [(0.25, 0.125, 0.75), (30.0, 0.5, 0.5), (30.0, 9.0, 2.0)])
def test_the_pause_after_a_look_is_of_its_work(
    took_s: float, spent_s: float, pause_s: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A look that waited for others is not waited for once more, and none is followed by a long pause."""
    pauses: list[float | None] = []
    clock = {"monotonic": 100.0, "thread_time": 1.0}

    class Recorded(Event_):
        def wait(self, timeout: float | None = None) -> bool:
            pauses.append(timeout)
            self.set()
            return True

    class Slow(Snapshots):
        def take(self, found: Look, so_far: Decided, now_us: int) -> Snapshot:
            clock["monotonic"] += took_s
            clock["thread_time"] += spent_s
            return super().take(found, so_far, now_us)

    names = {name: lambda name=name: clock[name] for name in clock}
    monkeypatch.setattr(watching_module, "time", SimpleNamespace(time_ns=time.time_ns, **names))
    monkeypatch.setattr(watching_module, "Flag", Recorded)
    read, write = os.pipe()
    queue: Queue[FeedEvent] = Queue()
    keeper = Folder(tmp_path)
    engine = Engine(SETTINGS, keeper.path)
    watched = WatchLoop(queue, Pipe(read, queue), keeper, engine, Slow(Subject("", "", None), 0))
    watched.start(Limits())
    os.close(write)
    watched.finish()
    os.close(read)
    assert pauses == [pause_s]
