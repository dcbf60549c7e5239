"""Analyzes several shadows of one primary, each as if it were alone."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from mirrorcheck.engine.batch import report_of, settle_streams
from mirrorcheck.engine.replay import replay
from mirrorcheck.engine.steps import analyze_long
from mirrorcheck.errors import UsageError
from mirrorcheck.reading.readers import ReadOnce, read_inputs
from mirrorcheck.report.model import Report
from mirrorcheck.report.several import Reports
from mirrorcheck.settings import Options, by_shadow, complete
from mirrorcheck.sources.files import Inputs, Progress, is_long
from mirrorcheck.totals.lines_spool import LinesSpool
from mirrorcheck.totals.together import Missed, together

NewSpool = Callable[[], LinesSpool]
"""Makes what the lines of a shadow are laid aside in."""


@dataclass(frozen=True, slots=True)
class Shadow:
    """One of several shadows, as an analysis of it alone takes it."""

    inputs: Inputs
    options: Options


def shadows_of(inputs: Inputs, options: Options) -> dict[str, Shadow]:
    """The shadows by the names that logs, pods or labels have; empty where none has a name.

    Raises UsageError where options name shadows of what is no capture.
    """
    by_options = by_shadow(options)
    if by_options and not inputs.mixed:
        raise UsageError("--shadow-pods and --shadow-label name the shadows of captures only. Leave NAME= out.")
    if by_options:
        return {name: Shadow(inputs, each) for name, each in by_options.items()}
    return {name: Shadow(inputs.alone(name), options) for name in inputs.named}


def analyze_shadows(
    shadows: Mapping[str, Shadow],
    progress: Progress | None = None,
    new_spool: NewSpool | None = None,
    *,
    keep_lines: bool = True,
) -> Reports:
    """Analyze one shadow after the other; what is read of the primary is kept for the next.

    new_spool: where the lines of long logs are laid aside for their table. keep_lines: whether a table of lines is
    wanted at all, for which those of all shadows are held.

    Raises UsageError and InputError as for each of them alone, and UsageError where a pod is of two.
    """
    if not shadows:
        raise UsageError("no shadow has a name. Name each, or give the logs of one without a name.")
    inputs = next(iter(shadows.values())).inputs
    once = ReadOnce((*inputs.primary, *inputs.mixed))
    reports: dict[str, Report] = {}
    missed: list[Missed] = []
    for name, shadow in shadows.items():
        report, of_it = _analyzed(shadow, once, progress, new_spool)
        reports[name] = report if keep_lines else replace(report, make_tables=None)
        missed += [of_it] if of_it else []
    if inputs.mixed:
        _refuse_shared_pods(reports)
    return together(reports, missed if len(missed) == len(reports) else None)


def replay_shadows(folders: Mapping[str, Path], options: Options) -> Reports:
    """Analyze what was watched of each shadow, by its name; raises as `replay` does."""
    return together({name: replay(folder, options) for name, folder in folders.items()}, None)


def _analyzed(
    shadow: Shadow, once: ReadOnce, progress: Progress | None, new_spool: NewSpool | None
) -> tuple[Report, Missed | None]:
    """The report on a shadow, and what it missed; None for long logs, of which single originals are not kept."""
    inputs, settings = shadow.inputs, complete(shadow.options)
    if is_long(inputs.sources, settings.memory_bytes):
        return analyze_long(inputs, settings, progress, spool=new_spool and new_spool()), None
    both, settled = settle_streams(inputs, settings, read_inputs(inputs, settings, progress, once))
    report = report_of(inputs, settings, both, settled)
    return report, Missed.of(settled, report)


def _refuse_shared_pods(reports: Mapping[str, Report]) -> None:
    owners: dict[str, str] = {}
    for name, report in reports.items():
        for pod in report.shadow_side.pods:
            if pod in owners:
                raise UsageError(
                    f"pod {pod} is of both shadows, {owners[pod]} and {name}. Give each its own --shadow-pods."
                )
            owners[pod] = name
