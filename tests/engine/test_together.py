"""Watchings of several shadows begin and end together, whichever of them fails."""

import os
import threading
import time
from pathlib import Path
from queue import Queue

import pytest

from mirrorcheck.engine.live import Engine
from mirrorcheck.engine.watch.limits import Limits
from mirrorcheck.engine.watch.loop import WatchLoop, now_us
from mirrorcheck.engine.watch.snapshots import Snapshots, Subject
from mirrorcheck.engine.watch.together import Watchings
from mirrorcheck.errors import InputError
from mirrorcheck.settings import Options, complete
from mirrorcheck.sources.feed import FeedEvent
from mirrorcheck.sources.pipe import Pipe
from mirrorcheck.sources.recording import Recorder

OPTIONS = Options(horizon="1s")


class Unreachable(Pipe):
    """A source that cannot begin."""

    def start(self) -> None:
        """Fail as a cluster does that refuses."""
        raise InputError("nobody is there. Try again.")


def watching(recorder: Recorder, source: type[Pipe], descriptor: int) -> WatchLoop:
    """A loop over a pipe."""
    queue: Queue[FeedEvent] = Queue()
    engine = Engine(complete(OPTIONS), recorder.path)
    return WatchLoop(queue, source(descriptor, queue), recorder, engine, Snapshots(Subject("", "", None), now_us()))


def test_where_one_cannot_begin_the_others_end(tmp_path: Path) -> None:
    """The error is raised, and no thread of another one is left."""
    read, write = os.pipe()
    before = threading.active_count()
    recorders = {name: Recorder(tmp_path / name, OPTIONS) for name in ("v2", "v3")}
    loops = {"v2": watching(recorders["v2"], Pipe, read), "v3": watching(recorders["v3"], Unreachable, read)}
    with pytest.raises(InputError, match="nobody is there"):
        Watchings(loops).start(Limits())
    os.close(write)
    recorders["v3"].close()
    for thread in threading.enumerate():
        if thread.name == "pipe":
            thread.join()
    assert threading.active_count() == before
    assert (tmp_path / "v2" / "events.jsonl").read_text().splitlines()[-1].startswith('{"Ended"')


def test_none_ends_before_all_have_seen_enough(tmp_path: Path) -> None:
    """One whose capture has ended is watched on until that of the other has."""
    pipes = {name: os.pipe() for name in ("v2", "v3")}
    loops = {name: watching(Recorder(tmp_path / name, OPTIONS), Pipe, read) for name, (read, _) in pipes.items()}
    watchings = Watchings(loops)
    watchings.start(Limits())
    os.close(pipes["v2"][1])
    watchings.wait(2.5)  # some looks
    assert not watchings.ended()
    os.close(pipes["v3"][1])
    until = time.monotonic() + 60
    while not watchings.ended() and time.monotonic() < until:
        watchings.wait(0.1)
    assert watchings.ended()
    assert watchings.finish().keys() == pipes.keys()


def test_what_one_could_not_keep_is_told(tmp_path: Path) -> None:
    """And the others have their report."""
    read, write = os.pipe()
    loops = {name: watching(Recorder(tmp_path / name, OPTIONS), Pipe, read) for name in ("v2", "v3")}
    watchings = Watchings(loops)
    watchings.start(Limits())
    loops["v3"].lost = InputError("the disk is full. Make room.")
    os.close(write)
    looks = watchings.finish()
    assert list(looks) == ["v2", "v3"]
    assert watchings.lost is loops["v3"].lost
