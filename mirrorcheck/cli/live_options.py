"""The options of commands that work on what happens now: what is watched, how it is shown, and where probes go."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from mirrorcheck.engine.watch.limits import Limits
from mirrorcheck.errors import UsageError
from mirrorcheck.option import Argument, Option
from mirrorcheck.settings import parse_duration

_Context = Annotated[str | None, Option("Context of the kubeconfig.  [default: the current one]", "NAME")]
_Kubeconfig = Annotated[Path | None, Option("The kubeconfig to use.  [default: $KUBECONFIG, ~/.kube/config]", "FILE")]


@dataclass(frozen=True, slots=True)
class Target:
    """What is watched; `primary`, `shadow`: labels, unread."""

    service: Annotated[
        str,
        Argument(
            "The service whose requests are mirrored; or - for a capture of kubetail, stern or kubectl.", "SERVICE"
        ),
    ]
    namespace: Annotated[str | None, Option("Namespace of the service.  [default: the context's]", "NAME", "-n")] = None
    context: _Context = None
    kubeconfig: _Kubeconfig = None
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
    max_streams: Annotated[int, Option("The most containers that are followed at once.", "N", least=1)] = 100
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
        Option("End when so many originals are decided, with the report.", "N", least=1),
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


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where to send from, where to write what happened, and by which logs to judge it at once (none: not at all).

    UsageError for what does not fit together. What is None is chosen by kubectl's rules.
    """

    from_: Annotated[
        str | None, Option("Send from a pod, as deploy/sleep or pod/sleep-0, not from here.", "KIND/NAME")
    ] = None
    container: Annotated[str | None, Option("The container of that pod.  [default: its first]", "NAME", "-c")] = None
    service: Annotated[
        str | None, Option("Judge at once, by the logs of this service's pods in the cluster.", "SERVICE")
    ] = None
    namespace: Annotated[
        str | None, Option("Namespace of that pod and service.  [default: the context's]", "NAME", "-n")
    ] = None
    context: _Context = None
    kubeconfig: _Kubeconfig = None
    save: Annotated[Path | None, Option("Write what became of the run, for --probe FILE.", "FILE")] = None
    primary: Annotated[
        tuple[str, ...], Option("Judge at once, by this log of the primary, or a quoted glob; repeatable.", "FILE")
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
