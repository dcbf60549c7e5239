"""The recording of a watching comes in; the report of what was watched goes out, as the watcher got it."""

from pathlib import Path

from mirrorcheck.engine.live import Engine
from mirrorcheck.report.model import Report
from mirrorcheck.settings import Options, complete
from mirrorcheck.sources.recording import Recording


def replay(folder: Path, options: Options) -> Report:
    """Analyze what `watch --save` kept in a folder, by the options of then and those given now over them.

    Raises InputError where it is damaged, UsageError for options that mean nothing, or nothing there.
    """
    recording = Recording(folder)
    settings = complete(recording.options(options))
    engine = Engine(settings, recording.path)
    for event in recording.events():
        engine.take(event, 0)
    found = engine.end(0)
    found.refuse_unlogged()
    return found.report(settings)
