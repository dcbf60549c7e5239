"""The recording of a watching comes in; the report of what was watched goes out, as the watcher got it."""

from pathlib import Path

from mirrorcheck.live.engine import Engine
from mirrorcheck.report import Report
from mirrorcheck.settings import Settings
from mirrorcheck.sources.recording import Recording


def replay(folder: Path, settings: Settings) -> Report:
    """Analyze what `watch --save` kept in a folder; InputError where it is damaged."""
    recording = Recording(folder)
    engine = Engine(settings, recording.path)
    for event in recording.events():
        engine.take(event, 0)
    return engine.end(0).report(settings)
