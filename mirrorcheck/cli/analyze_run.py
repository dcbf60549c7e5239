"""Analyzes what was named: shows progress, and writes the table of lines."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from mirrorcheck.concurrency import import_meanwhile, keep_freed_memory
from mirrorcheck.reading.open import Logs
from mirrorcheck.reading.readers import read_inputs
from mirrorcheck.report.model import Report
from mirrorcheck.settings import Options, complete
from mirrorcheck.sources.files import Progress, Source, is_long

if TYPE_CHECKING:  # imported only where a table of lines is asked for
    from mirrorcheck.totals.lines_spool import LinesSpool

_WORTH_A_BAR = 1 << 27  # bytes: about a second's work


def analyzed(options: Options, logs: Logs, outcomes: Path | None = None) -> Report:
    """Analyze logs, and write the table of their lines if it is asked for; raises UsageError and InputError."""
    if not outcomes:
        keep_freed_memory()
        return _report(options, logs)
    from mirrorcheck.totals.lines_spool import scratch_spool
    from mirrorcheck.totals.lines_table import check_target, write_outcomes

    check_target(outcomes, logs.inputs.sources)
    keep_freed_memory()
    with scratch_spool() as spool:
        report = _report(options, logs, spool)
        write_outcomes(report.tables(), outcomes)
    return report


def _report(options: Options, logs: Logs, spool: "LinesSpool | None" = None) -> Report:
    if logs.recording:
        from mirrorcheck.engine.replay import replay

        return replay(logs.recording, options)
    settings = complete(options)
    if is_long(logs.inputs.sources, settings.memory_bytes):
        from mirrorcheck.engine.steps import analyze_long

        with _progress_of(logs.inputs.sources) as progress:
            return analyze_long(logs.inputs, settings, progress, spool=spool)
    # What comes after the reading is imported while that waits for the disk.
    import_meanwhile("mirrorcheck.engine.batch")
    with _progress_of(logs.inputs.sources) as progress:
        streams = read_inputs(logs.inputs, settings, progress)
    from mirrorcheck.engine.batch import analyze_streams

    return analyze_streams(logs.inputs, settings, streams)


@contextmanager
def _progress_of(sources: Sequence[Source]) -> Iterator[Progress | None]:
    """A function that takes how many bytes more were read; None where no bar is wanted or nobody would see it."""
    total = sum(source.size() for source in sources)
    if total < _WORTH_A_BAR or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("reading"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("reading", total=total)
        yield lambda count: bar.advance(task, count)
