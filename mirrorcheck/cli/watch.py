"""The command `mirrorcheck watch`."""

from dataclasses import replace

from mirrorcheck.checks.config import read_config
from mirrorcheck.cli.live_options import Display, Target
from mirrorcheck.cli.options import Detail
from mirrorcheck.cli.parameters import command
from mirrorcheck.cli.verdict_options import Checks, Outputs
from mirrorcheck.settings import Options

EPILOG = """\b
Examples:
  mirrorcheck watch target
  mirrorcheck watch target -n shop --primary version=v1 --shadow version=v2
  mirrorcheck watch target --check-rule
  mirrorcheck watch target --duration 5m --expect 100 --save recording
  kubectl logs -f -l app=target --prefix | mirrorcheck watch -

\b
--expect takes the place of the rule's percentage. It is a check of its own if it
is 100 or 0, or with --within.

\b
Exit status:
  0    the watching ended as it was asked to, and every check passes
  1    a check fails, or with --check-rule: something is wrong with the rule
  2    wrong usage, no cluster, or nothing that may be read
  3    no check fails, and one is inconclusive; see --inconclusive
  130  interrupted by Ctrl-C, after the report so far; with checks, theirs"""


def watch(  # noqa: PLR0913  # each is a group of options
    *, target: Target, display: Display, checks: Checks, outputs: Outputs, options: Options, detail: Detail
) -> int:
    """Watch a service's mirror live: read its rule, follow its pods' logs, and tell each miss as it becomes certain."""
    given = checks.over(read_config(checks.config))

    from mirrorcheck.cli.judge import LiveChecks, narrowed
    from mirrorcheck.cli.watch_run import Session, check_rule, watch_cluster, watch_pipe

    live = LiveChecks.of(given, outputs)
    if target.check_rule:
        return check_rule(target, live.expect)
    session = Session(target, display, narrowed(replace(options, expect=live.expect), given), detail, live)
    return watch_pipe(session) if target.service == "-" else watch_cluster(session)


# What is watched begins now.
COMMAND = command(epilog=EPILOG, without=("since", "until", "overlap", "memory"))(watch)
