"""The command `mirrorcheck watch`: what is watched, how it is shown, and when it ends."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import typer

from mirrorcheck.checks.config import read_config
from mirrorcheck.cli.options import Checks, Detail, Outputs, with_options
from mirrorcheck.engine.watch.limits import Limits
from mirrorcheck.errors import UsageError
from mirrorcheck.settings import Option, Options, parse_duration

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
  3    no check fails, and one cannot be told; see --inconclusive
  130  interrupted by Ctrl-C, after the report so far; with checks, theirs"""


@dataclass(frozen=True, slots=True)
class Target:
    """What is watched; `primary`, `shadow`: labels, unread."""

    service: Annotated[
        str,
        typer.Argument(
            metavar="SERVICE",
            help="The service whose requests are mirrored; or - for a capture of kubetail, stern or kubectl.",
        ),
    ]
    namespace: Annotated[
        str | None,
        typer.Option("-n", "--namespace", metavar="NAME", help="Namespace of the service.  [default: the context's]"),
    ] = None
    context: Annotated[str | None, Option("Context of the kubeconfig.  [default: the current one]", "NAME")] = None
    kubeconfig: Annotated[
        Path | None, Option("The kubeconfig to use.  [default: $KUBECONFIG, ~/.kube/config]", "FILE")
    ] = None
    primary: Annotated[
        str | None, Option("Pods of the primary, as version=v1.  [default: as the mirror rule says]", "LABELS")
    ] = None
    shadow: Annotated[
        str | None,
        Option("Pods of the shadow, as version=v2; or the name of one mirror's subset or service.", "LABELS"),
    ] = None
    container: Annotated[
        str | None, Option("The container that writes the access log.  [default: found by its lines]", "NAME")
    ] = None
    max_streams: Annotated[
        int, typer.Option(metavar="N", min=1, help="The most containers that are followed at once.")
    ] = 100
    check_rule: Annotated[bool, Option("Only say what the mirror rule is and what is wrong with it.")] = False


@dataclass(frozen=True, slots=True)
class Display:
    """How it is shown and when it ends; UsageError for durations that are none, or two ways of the same."""

    plain: Annotated[bool, Option("Lines of text, as without a terminal, in place of the screen.")] = False
    jsonl: Annotated[bool, Option("Write events as JSON, one a line, the report as the last.")] = False
    interval: Annotated[str, Option("Time between two lines of the state, with --plain and --jsonl.", "TIME")] = "10s"
    duration: Annotated[str | None, Option("End after this time, as 5m, with the report.", "TIME")] = None
    timeout: Annotated[
        str | None, Option("End as soon as the check of the ratio is sure, and after this time in any case.", "TIME")
    ] = None
    count: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="End when so many originals are decided, with the report."),
    ] = None
    save: Annotated[
        Path | None, Option("Keep all that is received in a new folder, for `mirrorcheck analyze DIR`.", "DIR")
    ] = None

    def __post_init__(self) -> None:
        if self.plain and self.jsonl:
            raise UsageError("--plain and --jsonl are two ways to show the same. Give one.")
        if self.timeout is not None and (self.duration is not None or self.count is not None):
            raise UsageError("--timeout ends when a check is sure, --duration and --count whatever is sure. Give one.")
        _ = self.limits, self.interval_s  # refused before anything is watched

    @property
    def interval_s(self) -> float:
        """Seconds between two lines of the state."""
        return parse_duration(self.interval, "--interval")

    @property
    def limits(self) -> Limits:
        """When it ends by itself."""
        ends = ((self.duration, "--duration"), (self.timeout, "--timeout"))
        seconds = [parse_duration(given, name) for given, name in ends if given]
        return Limits(min(seconds, default=None), self.count)


@with_options(without=("since", "until", "overlap"))  # what is watched begins now
def watch(  # noqa: PLR0913  # each is a group of options
    *, target: Target, display: Display, checks: Checks, outputs: Outputs, options: Options, detail: Detail
) -> None:
    """Watch a service's mirror live: read its rule, follow its pods' logs, and tell each miss as it becomes certain."""
    given = checks.over(read_config(checks.config))

    from mirrorcheck.cli.judge import LiveChecks, narrowed
    from mirrorcheck.cli.watch_run import Session, check_rule, watch_cluster, watch_pipe

    live = LiveChecks.of(given, outputs)
    if target.check_rule:
        raise typer.Exit(check_rule(target, live.expect))
    session = Session(target, display, narrowed(replace(options, expect=live.expect), given), detail, live)
    raise typer.Exit(watch_pipe(session) if target.service == "-" else watch_cluster(session))
