"""Analyzes the recording of a watching, with the results that the watcher got."""

from dataclasses import replace
from pathlib import Path

from mirrorcheck.engine.evict import HELD, HeldLines
from mirrorcheck.engine.live import Engine
from mirrorcheck.report.model import Report, Warning_
from mirrorcheck.settings import Options, complete
from mirrorcheck.sources.feed import Decided, Ended
from mirrorcheck.sources.recording import Recording


def replay(folder: Path, options: Options, held: HeldLines = HELD) -> Report:
    """Analyze what `watch --save` kept in a folder, by its options and those given now, which win.

    held: as the watcher held.

    Raises InputError if it is damaged, UsageError for options that mean nothing, at all or there.
    """
    recording = Recording(folder)
    settings = complete(recording.options(options))
    engine, ended = Engine(settings, recording.path, held), False
    for event in recording.events():
        if isinstance(event, Decided):
            engine.settle_as(event)
            continue
        engine.take(event, 0)
        ended = ended or isinstance(event, Ended)
    look = engine.end(0)
    look.refuse_unlogged()
    report = look.report(settings)
    return report if ended else replace(report, warnings=(_no_end(report), *report.warnings))


def _no_end(report: Report) -> Warning_:
    """What must be known of a recording that stops as it is."""
    last = max((side.last for side in (report.primary, report.shadow_side) if side.last), default=None)
    since = f" after {last:%Y-%m-%d %H:%M:%S} UTC" if last else ""
    text = f"the recording has no end, as the watching was killed or goes on: what was logged{since} is not in it."
    return Warning_("no_end", text)
