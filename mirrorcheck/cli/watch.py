"""The command `mirrorcheck watch`: its options in; what is seen of the mirror, the report and the exit status out."""

from collections.abc import Callable

import typer

from mirrorcheck.checks.config import read_config
from mirrorcheck.cli.options.analysis import AskedAnalysis, analysis_options
from mirrorcheck.cli.options.check import AskedChecks, check_options
from mirrorcheck.cli.options.grouped import grouped
from mirrorcheck.cli.options.output import AskedOutputs, output_options
from mirrorcheck.cli.options.watch import AskedShow, AskedTarget, show_options, target_options

# Of saved logs only: what is watched begins now, and has no files.
_SAVED_ONLY = frozenset({"files", "since", "until", "overlap"})

_EPILOG = """\b
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
  3    no check fails, and one cannot be told; see --inconclusive
  130  interrupted by Ctrl-C, after the report so far; with checks, theirs"""


def register(app: typer.Typer, analyze: Callable[..., None]) -> None:
    """Add the command to `app`, with the options of `analyze` and of checks besides its own."""
    groups = grouped(
        target=target_options,
        show=show_options,
        checks=check_options,
        outputs=output_options,
        asked=analysis_options(analyze, _SAVED_ONLY),
    )
    app.command("watch", epilog=_EPILOG, short_help="Watch a service's mirror live in the cluster.")(groups(watch))


def watch(
    target: AskedTarget, show: AskedShow, checks: AskedChecks, outputs: AskedOutputs, asked: AskedAnalysis
) -> None:
    """Watch a service's mirror live: read its rule, follow its pods' logs, and tell each miss as it becomes certain."""
    from mirrorcheck.cli.judging import Judging
    from mirrorcheck.cli.watch_run import check_rule, watch_cluster, watch_pipe

    judging = Judging.of(checks, read_config(checks.config), outputs)
    if target.check_rule:
        raise typer.Exit(check_rule(target, judging.expect))
    watched = watch_pipe if target.service == "-" else watch_cluster
    raise typer.Exit(watched(target, show, asked, judging))
