"""The command `mirrorcheck analyze`."""

import sys
from typing import Annotated

from mirrorcheck.cli.failures import until_the_reader_leaves
from mirrorcheck.cli.options import Detail, LogNames
from mirrorcheck.cli.parameters import command
from mirrorcheck.option import Option
from mirrorcheck.settings import DEFAULT_AGENTS, Options

EPILOG = f"""\b
Examples:
  mirrorcheck analyze --primary v1.log --shadow v2.log
  mirrorcheck analyze --primary 'v1-*.gz' --shadow 'v2-*.gz' --outcomes all.csv
  mirrorcheck analyze v1.log v2.log --json > report.json
  mirrorcheck analyze --primary v1.log --shadow v2=v2.log --shadow v3=v3.log
  kubetail target -c nginx > capture.log; mirrorcheck analyze capture.log
  kubectl logs -l app=target --prefix | mirrorcheck analyze -

\b
Several shadows of one primary are reported on one by one, and together in a line.
Files with the same NAME= are of one shadow; what names an existing file is one,
even with = in it.

\b
User agents excluded by default (--exclude-agent none switches that off):
  {", ".join(DEFAULT_AGENTS[:4])},
  {", ".join(DEFAULT_AGENTS[4:])}

\b
Exit status:
  0    the analysis was made, whatever it found
  2    wrong usage or unreadable input
  70   a fault of mirrorcheck itself
  130  interrupted"""


def analyze(
    *,
    names: LogNames,
    options: Options,
    json: Annotated[
        bool,
        Option("Write the report as one JSON document to standard output instead of the text."),
    ] = False,
    detail: Detail,
) -> None:
    """Find out from saved logs whether every request was copied, and which not."""
    from mirrorcheck.reading.open import logs_by_shadow, open_logs

    logs = open_logs(names.files, names.primary, logs_by_shadow(names.shadow))
    from mirrorcheck.cli.analyze_run import analyzed  # once the logs are known to be there

    found = analyzed(options, logs, detail.outcomes)
    with until_the_reader_leaves():
        if json:
            from mirrorcheck.report.dump import dump

            dump(found, sys.stdout)
        else:
            from mirrorcheck.cli.analyze_run import show

            show(found, verbose=detail.verbose)


COMMAND = command(epilog=EPILOG)(analyze)
