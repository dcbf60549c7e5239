"""The report on the probes of a run in, verdicts or the report itself out."""

import sys

from rich.console import Console

from mirrorcheck.checks.expectations import Expectations
from mirrorcheck.commands.output_options import AskedOutputs
from mirrorcheck.report import Report
from mirrorcheck.reports.console import PlainConsole

SENT = 0


def judge_report(report: Report, wanted: Expectations | None, outputs: AskedOutputs) -> int:
    """Write the verdicts on a report, or the report itself where nothing is expected; the exit status."""
    if wanted is not None:
        from mirrorcheck.commands.judged import judge

        return judge(report, wanted, outputs)
    if outputs.json:
        from mirrorcheck.reports.json import dump

        dump(report, sys.stdout)
    else:
        from mirrorcheck.reports.terminal import render

        sys.stdout.write("\n")
        render(report, console())
    sys.stdout.flush()
    return SENT


def console() -> Console:
    """Standard output, as it is written to before and after the probes are judged."""
    return PlainConsole(file=sys.stdout)
