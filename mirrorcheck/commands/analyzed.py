"""Options and logs in, the finished report out, with progress shown and the table of lines written."""

from pathlib import Path

from mirrorcheck.analysis import analyze_sources
from mirrorcheck.live.replay import replay
from mirrorcheck.logs import Logs
from mirrorcheck.outcome_table import check_target, write_outcomes
from mirrorcheck.report import Report
from mirrorcheck.reports.progress import progress_of
from mirrorcheck.settings import Options, complete


def analyzed(options: Options, logs: Logs, outcomes: Path | None = None) -> Report:
    """Analyze logs; raises UsageError and InputError."""
    if logs.recording:
        if outcomes:
            check_target(outcomes, ())
        report = replay(logs.recording, options)
        if outcomes:
            write_outcomes(report.table, outcomes)
        return report
    settings = complete(options)
    if outcomes:
        check_target(outcomes, logs.inputs.sources)
    with progress_of(logs.inputs.sources) as progress:
        report = analyze_sources(logs.inputs, settings, progress, logs.workers)
        if outcomes:
            write_outcomes(report.table, outcomes)
    return report
