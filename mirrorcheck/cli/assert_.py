"""The command `mirrorcheck assert`: judges logs or a saved report, and ends with the status of the verdict."""

from typing import Annotated

from mirrorcheck.checks.config import read_config
from mirrorcheck.checks.expectations import complete_checks
from mirrorcheck.cli.options import Detail, LogNames
from mirrorcheck.cli.parameters import command
from mirrorcheck.cli.verdict_options import Checks, Outputs
from mirrorcheck.option import Option
from mirrorcheck.settings import Options

EPILOG = """\b
Examples:
  mirrorcheck assert --primary v1.log --shadow v2.log --expect 100
  mirrorcheck assert report.json --expect 50 --within 5 --max-new-5xx 0
  mirrorcheck assert capture.log --min-ratio 99 --junit mirror.xml
  mirrorcheck assert --primary v1.log --shadow v2=v2.log --shadow v3=v3.log --expect 100

\b
N is a number of lines, counted in the logs. P% is a share, tested like a ratio:
it passes or fails where the interval of --confidence leaves no doubt.

\b
Several shadows are judged one by one, at the confidence of each; the status is
that of the worst. --shadow-name NAME judges one alone.

\b
Exit status:
  0    every check passes
  1    a check fails
  2    wrong usage or unreadable input
  3    none fails, and one is inconclusive; see --inconclusive
  130  interrupted"""


def assert_(  # noqa: PLR0913, PLR0917  # each is a group of options
    checks: Checks,
    outputs: Outputs,
    names: LogNames,
    options: Options,
    detail: Detail,
    shadow_name: Annotated[
        str | None, Option("Judge only this one of several shadows.  [default: all, each by itself]", "NAME")
    ] = None,
) -> int:
    """Hold logs, or a saved report, against what is expected of the mirror: pass, fail or inconclusive."""
    config = read_config(checks.config)
    given = checks.over(config)
    wanted = complete_checks(given)

    from mirrorcheck.cli.judge import judge, report_of

    found = report_of(names, options, given, detail.outcomes, overlap=config.overlap, shadow_name=shadow_name)
    return judge(found, wanted, outputs, verbose=detail.verbose)


COMMAND = command(epilog=EPILOG)(assert_)
