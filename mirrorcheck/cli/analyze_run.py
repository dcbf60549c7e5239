"""Analyzes what was named: shows progress, and writes the table of lines."""

from pathlib import Path

from mirrorcheck.concurrency import import_meanwhile
from mirrorcheck.reading.open import Logs
from mirrorcheck.reading.readers import read_inputs
from mirrorcheck.render.progress import progress_of
from mirrorcheck.report.model import Report
from mirrorcheck.settings import Options, complete


def analyzed(options: Options, logs: Logs, outcomes: Path | None = None) -> Report:
    """Analyze logs; raises UsageError and InputError."""
    if outcomes:
        from mirrorcheck.totals.lines_table import check_target

        check_target(outcomes, logs.inputs.sources)
    report = _report(options, logs)
    if outcomes:
        from mirrorcheck.totals.lines_table import write_outcomes

        write_outcomes(report.table, outcomes)
    return report


def _report(options: Options, logs: Logs) -> Report:
    if logs.recording:
        from mirrorcheck.engine.replay import replay

        return replay(logs.recording, options)
    settings = complete(options)
    # What comes after the reading is imported while that waits for the disk, or for other processes.
    import_meanwhile("mirrorcheck.engine.batch")
    with progress_of(logs.inputs.sources) as progress:
        streams = read_inputs(logs.inputs, settings, progress, logs.workers)
    from mirrorcheck.engine.batch import analyze_streams

    return analyze_streams(logs.inputs, settings, streams)
