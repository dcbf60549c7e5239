"""The command `mirrorcheck assert`: its options in, the exit status of its verdict out."""

from collections.abc import Callable

import typer

from mirrorcheck.checks.config import Config, read_config
from mirrorcheck.checks.expectations import complete_checks
from mirrorcheck.cli.options.analysis import AskedAnalysis, analysis_options
from mirrorcheck.cli.options.check import AskedChecks, check_options
from mirrorcheck.cli.options.grouped import grouped
from mirrorcheck.cli.options.output import AskedOutputs, output_options

_EPILOG = """\b
Examples:
  mirrorcheck assert --primary v1.log --shadow v2.log --expect 100
  mirrorcheck assert report.json --expect 50 --within 5 --max-new-5xx 0
  mirrorcheck assert capture.log --min-ratio 99 --junit mirror.xml

\b
N is a number of lines, counted in the logs. P% is a share, tested like a ratio:
it passes or fails where the interval of --confidence leaves no doubt.

\b
Exit status:
  0    every check passes
  1    a check fails
  2    wrong usage or unreadable input
  3    none fails, and one cannot be told; see --inconclusive
  130  interrupted"""


def register(app: typer.Typer, analyze: Callable[..., None]) -> None:
    """Add the command to `app`, with all options of `analyze` besides its own."""
    groups = grouped(checks=check_options, outputs=output_options, asked=analysis_options(analyze))
    app.command("assert", epilog=_EPILOG, short_help="Judge a mirror in a pipeline: pass, fail or inconclusive.")(
        groups(assert_)
    )


def assert_(checks: AskedChecks, outputs: AskedOutputs, asked: AskedAnalysis) -> None:
    """Hold logs, or a saved report, against what is expected of the mirror: pass, fail or inconclusive."""
    config = read_config(checks.config)
    wanted = complete_checks(checks.options.over(config.checks))

    from mirrorcheck.cli.judge import judge, report_of

    excluded = Config(config.checks, checks.only or config.only, checks.ignore or config.ignore, overlap=config.overlap)
    report = report_of(asked, excluded)
    raise typer.Exit(judge(report, wanted, outputs, verbose=asked.verbose))
