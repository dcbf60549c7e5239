"""What the command line asks of a run of probes, checked."""

from dataclasses import dataclass
from pathlib import Path

from mirrorcheck.probe.plan import Plan


@dataclass(frozen=True, slots=True)
class AskedPod:
    """A container to send from: of the workload or pod `named`, by kubectl's rules for what is None."""

    named: str
    container: str | None
    namespace: str | None
    context: str | None
    kubeconfig: Path | None


@dataclass(frozen=True, slots=True)
class AskedService:
    """A service whose pods are read while the probes are sent, by kubectl's rules for what is None."""

    service: str
    namespace: str | None
    context: str | None
    kubeconfig: Path | None


@dataclass(frozen=True, slots=True)
class AskedProbe:
    """What to send, where to write what became of it, and by which logs to judge it at once (none: not at all).

    pod: where to send from, None for here. service: whose pods to read, None for none. timeout_s: how long to wait for
    probes that are not logged yet.
    """

    plan: Plan
    pod: AskedPod | None
    service: AskedService | None
    save: Path | None
    primary: tuple[str, ...]
    shadow: tuple[str, ...]
    log_format: str | None
    timeout_s: float
