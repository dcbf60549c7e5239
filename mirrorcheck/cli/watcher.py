"""What is to be watched comes in; a `Watching` that keeps all it reads in a folder goes out."""

from collections.abc import Callable
from pathlib import Path
from queue import Queue

from mirrorcheck.engine.live import Engine
from mirrorcheck.engine.watch.loop import Feeding, Watching, now_us
from mirrorcheck.engine.watch.snapshot import Painter, Subject
from mirrorcheck.settings import Options, Settings
from mirrorcheck.sources.feed import Event
from mirrorcheck.sources.recording import Recorder

SourceOf = Callable[["Queue[Event]"], Feeding]
"""Makes the source that fills a queue."""


def watcher(source_of: SourceOf, subject: Subject, options: Options, settings: Settings, folder: Path) -> Watching:
    """Put the watching of a source together, not started yet.

    options: kept beside the text, for those who analyze the folder later. settings: by which it is judged meanwhile.
    """
    queue: Queue[Event] = Queue()
    recorder = Recorder(folder, options)
    return Watching(queue, source_of(queue), recorder, Engine(settings, recorder.path), Painter(subject, now_us()))
