"""What is to be watched comes in; a `WatchLoop` that keeps all it reads in a folder goes out."""

from collections.abc import Callable
from pathlib import Path
from queue import Queue

from mirrorcheck.engine.live import Engine
from mirrorcheck.engine.watch.loop import LiveSource, WatchLoop, now_us
from mirrorcheck.engine.watch.snapshots import Snapshots, Subject
from mirrorcheck.settings import Options, Settings
from mirrorcheck.sources.feed import FeedEvent
from mirrorcheck.sources.recording import Recorder

SourceOf = Callable[["Queue[FeedEvent]"], LiveSource]
"""Makes the source that fills a queue."""


def watcher(source_of: SourceOf, subject: Subject, options: Options, settings: Settings, folder: Path) -> WatchLoop:
    """Put the watching of a source together, not started yet.

    options: kept beside the text, for those who analyze the folder later. settings: by which it is judged meanwhile.
    """
    queue: Queue[FeedEvent] = Queue()
    recorder = Recorder(folder, options)
    return WatchLoop(queue, source_of(queue), recorder, Engine(settings, recorder.path), Snapshots(subject, now_us()))
