"""Analyzes the recording of a watching, with the results that the watcher got."""

from pathlib import Path

from mirrorcheck.engine.live import Engine
from mirrorcheck.report.model import Report
from mirrorcheck.settings import Options, complete
from mirrorcheck.sources.recording import Recording


def replay(folder: Path, options: Options) -> Report:
    """Analyze what `watch --save` kept in a folder, by its options and those given now, which win.

    Raises InputError if it is damaged, UsageError for options that mean nothing, at all or there.
    """
    recording = Recording(folder)
    settings = complete(recording.options(options))
    engine = Engine(settings, recording.path)
    for event in recording.events():
        engine.take(event, 0)
    look = engine.end(0)
    look.refuse_unlogged()
    return look.report(settings)
