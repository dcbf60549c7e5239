"""The options of `probe` come in; requests are sent, and what became of them, or the verdict on it, goes out."""

from pathlib import Path
from typing import Annotated

import typer

from mirrorcheck.checks.config import read_config
from mirrorcheck.checks.expectations import CheckOptions, complete_checks
from mirrorcheck.cli.options.check import AskedChecks, check_options
from mirrorcheck.cli.options.grouped import grouped
from mirrorcheck.cli.options.output import AskedOutputs, output_options
from mirrorcheck.cli.options.watch import Context, Kubeconfig
from mirrorcheck.errors import UsageError
from mirrorcheck.probe.asked import AskedPod, AskedProbe, AskedService
from mirrorcheck.probe.plan import Words, make_plan
from mirrorcheck.probe.run import new_run
from mirrorcheck.settings import Options, parse_duration

_EPILOG = """\b
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


Url = Annotated[str, typer.Argument(metavar="URL", help="What to ask for, through the proxy that mirrors.")]
Count = Annotated[int, typer.Option(metavar="N", help="How many requests to send.")]
Rate = Annotated[str, typer.Option(metavar="N/s", help="How many of them a second.")]
PathOption = Annotated[
    list[str] | None, typer.Option("--path", metavar="PATH", help="Ask for this path instead of the URL's; repeatable.")
]
Header = Annotated[
    list[str] | None, typer.Option("-H", "--header", metavar="'K: V'", help="Send this header; repeatable.")
]
Method = Annotated[str, typer.Option("-X", "--method", metavar="METHOD", help="GET or HEAD.")]
MirrorWrites = Annotated[
    bool, typer.Option("--yes-mirror-writes", help="Allow other methods: what they change is changed twice.")
]
MaxTime = Annotated[str, typer.Option(metavar="TIME", help="How long to wait for the answer to a request.")]
Insecure = Annotated[bool, typer.Option("-k", "--insecure", help="Skip certificate verification.")]
Cacert = Annotated[Path | None, typer.Option(metavar="FILE", help="Trust the certificates in this file.")]
From = Annotated[
    str | None,
    typer.Option("--from", metavar="KIND/NAME", help="Send from a pod, as deploy/sleep or pod/sleep-0, not from here."),
]
Container = Annotated[
    str | None,
    typer.Option("-c", "--container", metavar="NAME", help="The container of that pod.  [default: its first]"),
]
Service = Annotated[
    str | None,
    typer.Option(metavar="SERVICE", help="Judge at once, by the logs of this service's pods in the cluster."),
]
Namespace = Annotated[
    str | None,
    typer.Option(
        "-n", "--namespace", metavar="NAME", help="Namespace of that pod and service.  [default: the context's]"
    ),
]
Save = Annotated[Path | None, typer.Option(metavar="FILE", help="Write what became of the run, for --probe FILE.")]
Primary = Annotated[
    list[str] | None,
    typer.Option(metavar="FILE", help="Judge at once, by this log of the primary, or a quoted glob; repeatable."),
]
Shadow = Annotated[
    list[str] | None, typer.Option(metavar="FILE", help="And by this log of the shadow, or a quoted glob; repeatable.")
]
LogFormat = Annotated[
    str | None, typer.Option(metavar="FORMAT", help="nginx log_format of these logs.  [default: detected]")
]
Timeout = Annotated[
    str,
    typer.Option(metavar="TIME", help="How long to wait for what is not logged; all copied, it waits no longer."),
]


def register(app: typer.Typer) -> None:
    """Add the command to `app`, with the options of the checks and their outputs besides its own."""
    groups = grouped(asked=_probe_options, checks=check_options, outputs=output_options)
    app.command("probe", epilog=_EPILOG, short_help="Send requests whose copies are known for certain.")(groups(probe))


def probe(asked: AskedProbe, checks: AskedChecks, outputs: AskedOutputs) -> None:
    """Send requests that are known again in the logs, and judge by them whether requests are mirrored."""
    config = read_config(checks.config)
    options = checks.options.over(config.checks)
    wanted = None if options == CheckOptions() else complete_checks(options)
    if checks.options != CheckOptions() and not (asked.primary or asked.shadow or asked.service):
        raise UsageError(
            "no logs to check. Give --primary FILE --shadow FILE or --service NAME too, or use mirrorcheck assert "
            "afterwards."
        )

    from mirrorcheck.cli.probe_run import run_probe

    what = Options(
        log_format=asked.log_format, only_path=checks.only or config.only, exclude_path=checks.ignore or config.ignore
    )
    raise typer.Exit(run_probe(asked, what, wanted, outputs))


def _probe_options(  # noqa: PLR0913  # every option is a parameter: that is how typer is told of it
    *,
    url: Url,
    count: Count = 300,
    rate: Rate = "50/s",
    path: PathOption = None,
    header: Header = None,
    method: Method = "GET",
    yes_mirror_writes: MirrorWrites = False,
    max_time: MaxTime = "10s",
    insecure: Insecure = False,
    cacert: Cacert = None,
    from_: From = None,
    container: Container = None,
    service: Service = None,
    namespace: Namespace = None,
    context: Context = None,
    kubeconfig: Kubeconfig = None,
    save: Save = None,
    primary: Primary = None,
    shadow: Shadow = None,
    log_format: LogFormat = None,
    timeout: Timeout = "30s",
) -> AskedProbe:
    """Check the options of the sending."""
    if from_ is None and (container or (service is None and (namespace or context or kubeconfig))):
        raise UsageError(
            "-c, -n, --context and --kubeconfig say where --from finds its pod. Give --from deploy/NAME too."
        )
    if service and (primary or shadow):
        raise UsageError("--service reads the logs of the pods, --primary and --shadow saved ones. Give one.")
    if from_ is not None and cacert:
        raise UsageError("--cacert names a file here, which the pod of --from cannot read. Use -k there.")
    words = Words(
        url,
        count,
        rate,
        paths=path or (),
        headers=header or (),
        method=method,
        mirror_writes=yes_mirror_writes,
        insecure=insecure,
        authority=cacert,
    )
    return AskedProbe(
        make_plan(words, new_run(), parse_duration(max_time, "--max-time")),
        None if from_ is None else AskedPod(from_, container, namespace, context, kubeconfig),
        None if service is None else AskedService(service, namespace, context, kubeconfig),
        save=save,
        primary=tuple(primary or ()),
        shadow=tuple(shadow or ()),
        log_format=log_format,
        timeout_s=parse_duration(timeout, "--timeout"),
    )
