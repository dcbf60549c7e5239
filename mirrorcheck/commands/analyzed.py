"""Options and logs in, the finished report out, with progress shown and the table of lines written."""

from pathlib import Path

from mirrorcheck.reading.logs import Logs
from mirrorcheck.reading.readers import read_inputs
from mirrorcheck.report import Report
from mirrorcheck.reports.progress import progress_of
from mirrorcheck.settings import Options, complete
from mirrorcheck.threads import import_meanwhile


def analyzed(options: Options, logs: Logs, outcomes: Path | None = None) -> Report:
    """Analyze logs; raises UsageError and InputError."""
    if outcomes:
        from mirrorcheck.outcome_table import check_target

        check_target(outcomes, logs.inputs.sources)
    report = _report(options, logs)
    if outcomes:
        from mirrorcheck.outcome_table import write_outcomes

        write_outcomes(report.table, outcomes)
    return report


def _report(options: Options, logs: Logs) -> Report:
    if logs.recording:
        from mirrorcheck.live.replay import replay

        return replay(logs.recording, options)
    settings = complete(options)
    # What comes after the reading is imported while that waits for the disk, or for other processes.
    import_meanwhile("mirrorcheck.analysis")
    with progress_of(logs.inputs.sources) as progress:
        streams = read_inputs(logs.inputs, settings, progress, logs.workers)
    from mirrorcheck.analysis import analyze_streams

    return analyze_streams(logs.inputs, settings, streams)
