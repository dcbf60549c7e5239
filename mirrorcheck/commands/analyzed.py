"""Options and names of logs in, the finished report out, with progress shown and the table of lines written."""

from collections.abc import Sequence
from pathlib import Path

from mirrorcheck.analysis import analyze_sources
from mirrorcheck.live.replay import replay
from mirrorcheck.outcome_table import check_target, write_outcomes
from mirrorcheck.report import Report
from mirrorcheck.reports.progress import progress_of
from mirrorcheck.settings import Options, complete
from mirrorcheck.sources.inputs import Inputs
from mirrorcheck.sources.recording import is_recording


def analyzed(
    options: Options, names: tuple[Sequence[str], Sequence[str], Sequence[str]], outcomes: Path | None = None
) -> Report:
    """Analyze logs (captures, those of the primary, of the shadow); raises UsageError and InputError."""
    recording = _recording(names)
    if recording:
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


def _recording(names: tuple[Sequence[str], Sequence[str], Sequence[str]]) -> Path | None:
    """The folder that `watch --save` wrote, if it is all that is given."""
    files, primary, shadow = names
    if len(files) == 1 and not primary and not shadow and is_recording(Path(files[0])):
        return Path(files[0])
    return None
