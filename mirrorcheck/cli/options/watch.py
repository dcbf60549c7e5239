"""The options of `watch` alone: what is watched, how it is shown, and when it ends; raw words in, checked ones out."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from mirrorcheck.engine.watch.limits import Limits
from mirrorcheck.errors import UsageError
from mirrorcheck.settings import parse_duration

MAX_STREAMS = 100

Service = Annotated[
    str,
    typer.Argument(
        metavar="SERVICE",
        help="The service whose requests are mirrored; or - for a capture of kubetail, stern or kubectl.",
    ),
]
Namespace = Annotated[
    str | None,
    typer.Option("-n", "--namespace", metavar="NAME", help="Namespace of the service.  [default: the context's]"),
]
Context = Annotated[
    str | None, typer.Option(metavar="NAME", help="Context of the kubeconfig.  [default: the current one]")
]
Kubeconfig = Annotated[
    Path | None, typer.Option(metavar="FILE", help="The kubeconfig to use.  [default: $KUBECONFIG, ~/.kube/config]")
]
Primary = Annotated[
    str | None,
    typer.Option(metavar="LABELS", help="Pods of the primary, as version=v1.  [default: as the mirror rule says]"),
]
Shadow = Annotated[
    str | None,
    typer.Option(
        metavar="LABELS", help="Pods of the shadow, as version=v2; or the name of one mirror's subset or service."
    ),
]
Container = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="The container that writes the access log.  [default: found by its lines]"),
]
MaxStreams = Annotated[int, typer.Option(metavar="N", min=1, help="The most containers that are followed at once.")]
CheckRule = Annotated[
    bool, typer.Option("--check-rule", help="Only say what the mirror rule is and what is wrong with it.")
]
Plain = Annotated[bool, typer.Option("--plain", help="Lines of text, as without a terminal, in place of the screen.")]
Jsonl = Annotated[bool, typer.Option("--jsonl", help="Write events as JSON, one a line, the report as the last.")]
Interval = Annotated[
    str, typer.Option(metavar="TIME", help="Time between two lines of the state, with --plain and --jsonl.")
]
Duration = Annotated[str | None, typer.Option(metavar="TIME", help="End after this time, as 5m, with the report.")]
Timeout = Annotated[
    str | None,
    typer.Option(
        metavar="TIME", help="End as soon as the check of the ratio is sure, and after this time in any case."
    ),
]
Count = Annotated[
    int | None, typer.Option(metavar="N", min=1, help="End when so many originals are decided, with the report.")
]
Save = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="Keep all that is received in a new folder, for `mirrorcheck analyze DIR`."),
]


@dataclass(frozen=True, slots=True)
class AskedTarget:
    """What the command line says of what is watched; `primary`, `shadow`: labels, unread."""

    service: str
    namespace: str | None
    context: str | None
    kubeconfig: Path | None
    primary: str | None
    shadow: str | None
    container: str | None
    max_streams: int
    check_rule: bool


@dataclass(frozen=True, slots=True)
class AskedShow:
    """What the command line says of how it is shown and when it ends."""

    plain: bool
    jsonl: bool
    interval_s: float
    limits: Limits
    until_sure: bool
    save: Path | None


def target_options(  # noqa: PLR0913  # every option is a parameter: that is how typer is told of it
    *,
    service: Service,
    namespace: Namespace = None,
    context: Context = None,
    kubeconfig: Kubeconfig = None,
    primary: Primary = None,
    shadow: Shadow = None,
    container: Container = None,
    max_streams: MaxStreams = MAX_STREAMS,
    check_rule: CheckRule = False,
) -> AskedTarget:
    """Group the options of what is watched."""
    return AskedTarget(
        service, namespace, context, kubeconfig, primary, shadow, container, max_streams, check_rule=check_rule
    )


def show_options(  # noqa: PLR0913  # every option is a parameter: that is how typer is told of it
    *,
    plain: Plain = False,
    jsonl: Jsonl = False,
    interval: Interval = "10s",
    duration: Duration = None,
    timeout: Timeout = None,
    count: Count = None,
    save: Save = None,
) -> AskedShow:
    """Group the options of the display; UsageError for durations that are none, or two ways to show at once."""
    if plain and jsonl:
        raise UsageError("--plain and --jsonl are two ways to show the same. Give one.")
    if timeout is not None and (duration is not None or count is not None):
        raise UsageError("--timeout ends when a check is sure, --duration and --count whatever is sure. Give one.")
    ends = [parse_duration(given, name) for given, name in ((duration, "--duration"), (timeout, "--timeout")) if given]
    limits = Limits(min(ends, default=None), count)
    return AskedShow(plain, jsonl, parse_duration(interval, "--interval"), limits, timeout is not None, save)
