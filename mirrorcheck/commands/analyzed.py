"""Options and names of logs in, the finished report out, with progress shown and the table of lines written."""

from collections.abc import Sequence
from pathlib import Path

from mirrorcheck.analysis import analyze_sources
from mirrorcheck.api import recording_of
from mirrorcheck.live.replay import replay
from mirrorcheck.outcome_table import check_target, write_outcomes
from mirrorcheck.report import Report
from mirrorcheck.reports.progress import progress_of
from mirrorcheck.settings import Options, complete
from mirrorcheck.sources.inputs import Inputs


def analyzed(
    options: Options, names: tuple[Sequence[str], Sequence[str], Sequence[str]], outcomes: Path | None = None
) -> Report:
    """Analyze logs (captures, those of the primary, of the shadow); raises UsageError and InputError."""
    recording = recording_of(*names)
    if recording:
        if outcomes:
            check_target(outcomes, ())
        report = replay(recording, options)
        if outcomes:
            write_outcomes(report.table, outcomes)
        return report
    settings = complete(options)
    inputs = Inputs.open(*names)
    if outcomes:
        check_target(outcomes, inputs.sources)
    with progress_of(inputs.sources) as progress:
        report = analyze_sources(inputs, settings, progress)
        if outcomes:
            write_outcomes(report.table, outcomes)
    return report
