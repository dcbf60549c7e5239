"""The report on the probes of a run in, verdicts or the report itself out."""

import sys

from rich.console import Console

from mirrorcheck.checks.expectations import Expectations
from mirrorcheck.cli.options.output import AskedOutputs
from mirrorcheck.render.console import PlainConsole
from mirrorcheck.report.model import Report

SENT = 0


def judge_report(report: Report, wanted: Expectations | None, outputs: AskedOutputs) -> int:
    """Write the verdicts on a report, or the report itself where nothing is expected; the exit status."""
    if wanted is not None:
        from mirrorcheck.cli.judge import judge

        return judge(report, wanted, outputs)
    if outputs.json:
        from mirrorcheck.report.dump import dump

        dump(report, sys.stdout)
    else:
        from mirrorcheck.render.terminal.report import render

        sys.stdout.write("\n")
        render(report, console())
    sys.stdout.flush()
    return SENT


def console() -> Console:
    """Standard output, as it is written to before and after the probes are judged."""
    return PlainConsole(file=sys.stdout)
