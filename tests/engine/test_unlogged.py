"""A field that was asked for and that no log has: told while it may yet come, refused where it cannot."""

import json
import os
from pathlib import Path
from queue import Queue

import pytest

import mirrorcheck
from mirrorcheck.engine.live import Engine
from mirrorcheck.engine.watch.limits import Limits
from mirrorcheck.engine.watch.loop import WatchLoop, now_us
from mirrorcheck.engine.watch.snapshots import Snapshots, Subject
from mirrorcheck.errors import UsageError
from mirrorcheck.settings import Options, complete
from mirrorcheck.sources.feed import FeedEvent, Proof, Text
from mirrorcheck.sources.pipe import Pipe
from mirrorcheck.sources.recording import Recorder
from tests.engine.play import SECOND_US, Watcher, opened, stamp_us
from tests.logs import requests

KEY = Options(horizon="1s", key="X-Flow")
TEXT = [f"{each.line()}\n".encode() for each in requests(20)]
PROBLEM = "--key X-Flow: no log has such a field so far; requests are paired without it."
REFUSED = r"^--key X-Flow: no log has such a field\. Name one that is there \(.*target.*\), or log it\.$"


def in_json(**values: object) -> bytes:
    """Write a line of a log in JSON."""
    return json.dumps({"time": "2026-11-22T18:00:00Z", "method": "GET", "path": "/a", **values}).encode() + b"\n"


def test_it_is_told_once_both_sides_have_logged(tmp_path: Path) -> None:
    """A side that says nothing may have it; and so may another pod, while all that speak are in formats without it."""
    watcher = Watcher(tmp_path, KEY)
    watcher.tell(opened("v1", "primary"), opened("v2", "shadow"), opened("v2-idle", "shadow"))
    watcher.tell(Text("v1", TEXT[0]))
    assert watcher.look()[1].problems == ()
    watcher.tell(Text("v2", TEXT[0]))
    found, state = watcher.look()
    assert state.problems == (PROBLEM,)
    assert found.unlogged
    assert found.unlogged.may_come
    watcher.tell(Text("v2-idle", TEXT[0]))
    found, _ = watcher.look()
    assert found.unlogged
    assert not found.unlogged.may_come
    with pytest.raises(UsageError, match=REFUSED):
        watcher.engine.end(0).refuse_unlogged()


@pytest.mark.parametrize("field", ["x_flow", "X-Flow", "http_x_flow"])
def test_a_key_of_json_may_come(field: str, tmp_path: Path) -> None:
    """While it has not come, the screen says so; a line with it settles that, and nothing is refused."""
    watcher = Watcher(tmp_path, KEY)
    watcher.tell(opened("v1", "primary"), opened("v2", "shadow"))
    watcher.tell(Text("v1", in_json() * 9), Text("v2", in_json() * 9))
    found, state = watcher.look()
    assert state.problems == (PROBLEM,)
    assert found.unlogged
    assert found.unlogged.may_come
    watcher.tell(Text("v1", in_json(**{field: "f1"})))
    found, state = watcher.look()
    assert (found.unlogged, state.problems) == (None, ())
    watcher.engine.end(0).refuse_unlogged()


def test_a_marker_is_told_as_a_key_is(tmp_path: Path) -> None:
    """What copies are recognised by is named as such."""
    watcher = Watcher(tmp_path, Options(marker=("x-mirror=yes",)))
    watcher.tell(opened("v1", "primary"), opened("v2", "shadow"), Text("v1", TEXT[0]), Text("v2", TEXT[0]))
    assert watcher.look()[1].problems == (
        "--marker x-mirror: no log has such a field so far; copies are recognised without it.",
    )


def test_a_field_that_is_logged_is_no_problem(tmp_path: Path) -> None:
    """On either side: what the other side lacks is for the report to say."""
    watcher = Watcher(tmp_path, KEY)
    watcher.tell(opened("v1", "primary"), opened("v2", "shadow"))
    watcher.tell(Text("v1", in_json(x_flow="f1")), Text("v2", TEXT[0]))
    assert watcher.look()[1].problems == ()
    watcher.engine.end(0).refuse_unlogged()


class Told:
    """A source that tells what a test tells it."""

    def start(self) -> None:
        """Tell nothing yet."""

    def stop(self) -> None:
        """Tell nothing more."""

    def ask(self) -> None:
        """Know of no rule."""


def watching(folder: Path, source: Pipe | Told, queue: "Queue[FeedEvent]") -> WatchLoop:
    """Watch a source by a key."""
    recorder = Recorder(folder / "kept", KEY)
    engine = Engine(complete(KEY), recorder.path)
    return WatchLoop(queue, source, recorder, engine, Snapshots(Subject("", "", None), now_us()))


def test_what_cannot_come_ends_the_watching_at_once(tmp_path: Path) -> None:
    """A capture of text is refused when its first lines have come, though the pipe is still open."""
    read, write = os.pipe()
    queue: Queue[FeedEvent] = Queue()
    watched = watching(tmp_path, Pipe(read, queue), queue)
    watched.start(Limits())
    os.write(write, b"".join(b"[target-v%d-a] %b" % (1 + place % 2, line) for place, line in enumerate(TEXT)))
    assert watched.ended.wait(120)
    with pytest.raises(UsageError, match=REFUSED):
        watched.finish()
    os.close(write)
    with pytest.raises(UsageError, match=REFUSED):
        mirrorcheck.analyze(tmp_path / "kept")


def test_what_was_watched_for_a_while_is_not_thrown_away(tmp_path: Path) -> None:
    """Where a pod that was silent logs at last that the field cannot come, there is something to report already."""
    queue: Queue[FeedEvent] = Queue()
    watched = watching(tmp_path, Told(), queue)
    through_us = stamp_us(TEXT[-1]) + 100 * SECOND_US
    queue.put(opened("v1", "primary"))
    queue.put(opened("v1-idle", "primary"))
    queue.put(opened("v2", "shadow"))
    for stream in ("v1", "v2"):
        queue.put(Text(stream, b"".join(TEXT)))
    for stream in ("v1", "v1-idle", "v2"):
        queue.put(Proof(stream, through_us))
    watched.start(Limits())
    while not watched.state.overall.paired:
        assert not watched.ended.wait(0.05)
    assert watched.state.problems == (PROBLEM,)
    queue.put(Text("v1-idle", TEXT[0]))
    lines = sum(stream.lines for stream in watched.state.streams)
    while sum(stream.lines for stream in watched.state.streams) == lines:
        assert not watched.ended.wait(0.05)
    seen_us = watched.state.now_us
    while watched.state.now_us == seen_us:
        assert not watched.ended.wait(0.05)
    found = watched.finish()
    assert found.report(complete(KEY)).originals.total == 21
    with pytest.raises(UsageError, match=REFUSED):
        found.refuse_unlogged()
