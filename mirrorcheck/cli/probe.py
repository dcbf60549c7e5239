"""The command `mirrorcheck probe`: what is sent, from where, and by which logs it is judged."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from mirrorcheck.checks.config import read_config
from mirrorcheck.checks.expectations import complete_checks
from mirrorcheck.cli.options import Checks, Outputs, with_options
from mirrorcheck.errors import UsageError
from mirrorcheck.probe.plan import Words, make_plan
from mirrorcheck.probe.run import new_run
from mirrorcheck.settings import Option, Options, parse_duration

EPILOG = """\b
Examples:
  mirrorcheck probe http://target/ --count 300 --save run.json
  mirrorcheck probe http://target/ --primary v1.log --shadow v2.log --expect 100
  mirrorcheck probe http://target/ --from deploy/sleep -c sleep --path / --path /api

\b
Each request has a user agent of its own, mirrorcheck-probe/1 (RUN; NUMBER), by
which its lines are known in the logs of both sides, whatever their format.

\b
--from needs the rights to get deployments, to list pods, and to get and create
pods/exec; the container needs a shell and curl.

\b
Exit status:
  0    the requests were sent; with checks, every check passes
  1    a check fails
  2    wrong usage, unreadable input, or nothing was answered
  3    no check fails, and one cannot be told
  130  interrupted, and nothing to judge"""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where to send from, where to write what happened, and by which logs to judge it at once (none: not at all).

    UsageError for what does not fit together. What is None is chosen by kubectl's rules.
    """

    from_: Annotated[
        str | None,
        typer.Option(
            "--from", metavar="KIND/NAME", help="Send from a pod, as deploy/sleep or pod/sleep-0, not from here."
        ),
    ] = None
    container: Annotated[
        str | None,
        typer.Option("-c", "--container", metavar="NAME", help="The container of that pod.  [default: its first]"),
    ] = None
    service: Annotated[
        str | None, Option("Judge at once, by the logs of this service's pods in the cluster.", "SERVICE")
    ] = None
    namespace: Annotated[
        str | None,
        typer.Option(
            "-n", "--namespace", metavar="NAME", help="Namespace of that pod and service.  [default: the context's]"
        ),
    ] = None
    context: Annotated[str | None, Option("Context of the kubeconfig.  [default: the current one]", "NAME")] = None
    kubeconfig: Annotated[
        Path | None, Option("The kubeconfig to use.  [default: $KUBECONFIG, ~/.kube/config]", "FILE")
    ] = None
    save: Annotated[Path | None, Option("Write what became of the run, for --probe FILE.", "FILE")] = None
    primary: Annotated[
        tuple[str, ...],
        Option("Judge at once, by this log of the primary, or a quoted glob; repeatable.", "FILE"),
    ] = ()
    shadow: Annotated[
        tuple[str, ...], Option("And by this log of the shadow, or a quoted glob; repeatable.", "FILE")
    ] = ()
    log_format: Annotated[str | None, Option("nginx log_format of these logs.  [default: detected]", "FORMAT")] = None
    timeout: Annotated[
        str, Option("How long to wait for what is not logged; all copied, it waits no longer.", "TIME")
    ] = "30s"

    def __post_init__(self) -> None:
        where = self.namespace or self.context or self.kubeconfig
        if self.from_ is None and (self.container or (self.service is None and where)):
            raise UsageError(
                "-c, -n, --context and --kubeconfig say where --from finds its pod. Give --from deploy/NAME too."
            )
        if self.service and (self.primary or self.shadow):
            raise UsageError("--service reads the logs of the pods, --primary and --shadow saved ones. Give one.")
        _ = self.timeout_s  # refused before anything is sent

    @property
    def timeout_s(self) -> float:
        """Seconds to wait for probes that are not logged yet."""
        return parse_duration(self.timeout, "--timeout")


@with_options()
def probe(words: Words, around: Surroundings, checks: Checks, outputs: Outputs) -> None:
    """Send requests that are known again in the logs, and judge by them whether requests are mirrored."""
    if around.from_ is not None and words.cacert:
        raise UsageError("--cacert names a file here, which the pod of --from cannot read. Use -k there.")
    plan = make_plan(words, new_run(), parse_duration(words.max_time, "--max-time"))
    given = checks.over(read_config(checks.config))
    wanted = complete_checks(given) if given.any_given else None
    if checks.any_given and not (around.primary or around.shadow or around.service):
        raise UsageError(
            "no logs to check. Give --primary FILE --shadow FILE or --service NAME too, or use mirrorcheck assert "
            "afterwards."
        )

    from mirrorcheck.cli.probe_run import run_probe

    options = Options(log_format=around.log_format, only_path=given.only, exclude_path=given.ignore)
    raise typer.Exit(run_probe(plan, around, options, wanted, outputs))
