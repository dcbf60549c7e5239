"""Analyzes what was named: shows progress, and writes the table of lines."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from mirrorcheck.concurrency import import_meanwhile, keep_freed_memory
from mirrorcheck.reading.open import Logs
from mirrorcheck.reading.readers import read_inputs
from mirrorcheck.report.model import Report
from mirrorcheck.report.several import Reports, chosen
from mirrorcheck.settings import Options, by_shadow, complete
from mirrorcheck.sources.files import Progress, Source, is_long

if TYPE_CHECKING:  # imported only where a table of lines is asked for
    from mirrorcheck.totals.lines_spool import LinesSpool

NewSpool = Callable[[], "LinesSpool"]
_WORTH_A_BAR = 1 << 27  # bytes: about a second's work


def analyzed(
    options: Options, logs: Logs, outcomes: Path | None = None, shadow_name: str | None = None
) -> Report | Reports:
    """Analyze logs, and write the table of their lines if it is asked for; raises UsageError and InputError.

    shadow_name: the only one of several shadows that is of interest.
    """
    several = logs.recordings or logs.inputs.named or by_shadow(options) or shadow_name
    analyze = partial(_joint, shadow_name) if several else _report
    if not outcomes:
        keep_freed_memory()
        return analyze(options, logs)
    from mirrorcheck.totals.lines_spool import scratch_spool
    from mirrorcheck.totals.lines_table import check_target, write_outcomes

    check_target(outcomes, logs.inputs.sources)
    keep_freed_memory()
    with ExitStack() as spools:
        found = analyze(options, logs, lambda: spools.enter_context(scratch_spool()))
        write_outcomes(found.tables(), outcomes)
    return found


def _joint(only: str | None, options: Options, logs: Logs, new_spool: NewSpool | None = None) -> Report | Reports:
    """The reports on shadows that have names; where there is but one, its report, as without a name."""
    from mirrorcheck.engine.shadows import analyze_shadows, replay_shadows, shadows_of

    if logs.recordings:
        return replay_shadows(chosen(logs.recordings, only) if only else logs.recordings, options)
    shadows = shadows_of(logs.inputs, options)
    shadows = chosen(shadows, only) if only else shadows
    with _progress_of([source for each in shadows.values() for source in each.inputs.sources]) as progress:
        found = analyze_shadows(shadows, progress, new_spool, keep_lines=new_spool is not None)
    return found if only or len(found) > 1 else next(iter(found.values()))


def _report(options: Options, logs: Logs, new_spool: NewSpool | None = None) -> Report:
    if logs.recording:
        from mirrorcheck.engine.replay import replay

        return replay(logs.recording, options)
    settings = complete(options)
    if is_long(logs.inputs.sources, settings.memory_bytes):
        from mirrorcheck.engine.steps import analyze_long

        with _progress_of(logs.inputs.sources) as progress:
            return analyze_long(logs.inputs, settings, progress, spool=new_spool and new_spool())
    # What comes after the reading is imported while that waits for the disk.
    import_meanwhile("mirrorcheck.engine.batch")
    with _progress_of(logs.inputs.sources) as progress:
        streams = read_inputs(logs.inputs, settings, progress)
    from mirrorcheck.engine.batch import analyze_streams

    return analyze_streams(logs.inputs, settings, streams)


def show(found: Report | Reports, *, verbose: bool) -> None:
    """Print what was found to standard output."""
    from mirrorcheck.render.terminal.sheet import PlainConsole

    console = PlainConsole(file=sys.stdout)
    if isinstance(found, Reports):
        from mirrorcheck.render.terminal.shadows import render_shadows

        render_shadows(found, console, verbose=verbose)
    else:
        from mirrorcheck.render.terminal.report import render

        render(found, console, verbose=verbose)


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
