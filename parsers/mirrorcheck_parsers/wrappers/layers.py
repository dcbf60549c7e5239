"""The layers that other programs put around a line, one row of data each; what is unwrapped runs on these rows."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from mirrorcheck_parsers.kinds import OUTER_FIELDS


@dataclass(frozen=True, slots=True)
class Prefix:
    """Text in front of each line: templates of $pod, $container, $namespace, $index, $stamp, $stream, $tag, $labels.

    $gap is a run of spaces, or none. Of several templates the first that fits a line counts, and they exclude each
    other. strict: a pod's and a container's name must look like one (RFC 1123), as nothing else sets the prefix apart.
    newest_first: the program may write its lines in that order. labels_option: labels that all lines share are left out
    unless this option is given.
    """

    name: str
    templates: tuple[str, ...]
    strict: bool = False
    newest_first: bool = False
    labels_option: str = ""

    @property
    def fields(self) -> frozenset[str]:
        """What it may say of a line."""
        named = {name for name in OUTER_FIELDS for template in self.templates if f"${name}" in template}
        return frozenset(named | {"pod", "container", "namespace"} if "labels" in named else named)


@dataclass(frozen=True, slots=True)
class Envelope:
    """A JSON object around each line: for every field the paths it may stand at, best first, keys joined by dots.

    needs: the paths by which the program is told. A message that is no string is given as it stands; without a path
    for one, the object itself is the line. parts_from: bytes from which on a message without a line break at its end
    goes on in the next line of its stream; 0 where a tag says so.
    """

    name: str
    needs: tuple[str, ...]
    message: tuple[str, ...] = ()
    pod: tuple[str, ...] = ()
    container: tuple[str, ...] = ()
    namespace: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    stamp: tuple[str, ...] = ()
    stream: tuple[str, ...] = ("stream",)
    tag: tuple[str, ...] = ("logtag",)
    parts_from: int = 0
    newest_first: bool = False
    labels_option: str = ""

    @property
    def fields(self) -> frozenset[str]:
        """What it may say of a line."""
        return frozenset(name for name in OUTER_FIELDS if getattr(self, name))

    def paths(self) -> dict[str, tuple[str, ...]]:
        """Give the paths of each field."""
        return {name: getattr(self, name) for name in ENVELOPE_FIELDS}


@dataclass(frozen=True, slots=True)
class Elements:
    """JSON objects laid out over several lines, most of them in an array; it can only be the outermost layer."""

    name: str = "JSON in several lines"
    newest_first: bool = False
    labels_option: str = ""
    fields: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of a CSV table whose first columns are a stamp and the message; whatever stands in the others is dropped."""

    name: str
    newest_first: bool = False
    labels_option: str = ""
    fields: frozenset[str] = frozenset({"stamp"})


Layer = Prefix | Envelope | Elements | Table

ENVELOPE_FIELDS: Final = ("message", "pod", "container", "namespace", "labels", "stamp", "stream", "tag")
COLOURS_ONLY: Final = Prefix("kubetail without prefix", ("",))  # colours around the line are all it adds
_DOCKER_PART: Final = 1 << 14  # bytes at which docker cuts a line (daemon/logger/copier.go, defaultBufSize, Docker 27)

# One row a wrapper, as the programs were seen to write them or their sources say; tried in this order.
LAYERS: Final[tuple[Layer, ...]] = (
    Elements(),
    Prefix("kubetail", ("[$pod] ", "[$pod $container] ", "[$index:$pod] ", "[$index:$pod $container] ")),
    Prefix("kubectl --prefix", ("[pod/$pod/$container] ",)),
    Prefix("CRI", ("$stamp $stream $tag ",)),
    Prefix("kubetail.com", ("$stamp$gap●$gap",)),
    Prefix("--timestamps", ("$stamp $gap",)),
    Prefix("--timestamps=short", ("$day $clock ",)),  # without a year: it dates nothing
    Prefix("logcli", ("$stamp $labels $gap",), newest_first=True, labels_option="--include-common-labels"),
    Prefix("aws logs tail", ("$stamp $pod ",)),
    Prefix("aws logs tail --format short", ("$moment ",)),  # without a zone and decimals: it dates nothing
    Table("Logs Insights CSV", newest_first=True),
    Prefix("kail", ("$namespace/$pod[$container]: ",)),
    Prefix("docker compose", ("$pod$gap| ",), strict=True),
    Prefix("stern", ("$pod $container ",), strict=True),
    Prefix("stern", ("$namespace $pod $container ",), strict=True),
    Envelope(
        "stern -o json",
        needs=("message", "podName"),
        message=("message",),
        pod=("podName",),
        container=("containerName",),
        namespace=("namespace",),
        labels=("labels",),
        stamp=("timestamp",),
    ),
    Envelope(
        "logcli -o jsonl",
        needs=("line", "timestamp"),
        message=("line",),
        pod=("labels.pod", "labels.pod_name", "labels.k8s_pod_name"),
        container=("labels.container", "labels.container_name", "labels.k8s_container_name"),
        namespace=("labels.namespace", "labels.k8s_namespace_name"),
        labels=("labels",),
        stamp=("timestamp",),
        stream=("labels.stream",),
        newest_first=True,
        labels_option="--include-common-labels",
    ),
    Envelope(
        "Logs Insights",
        needs=("@message", "@timestamp"),
        message=("@message",),
        pod=("kubernetes.pod_name", "@logStream"),
        container=("kubernetes.container_name",),
        namespace=("kubernetes.namespace_name",),
        stamp=("@timestamp",),
        stream=(),
        newest_first=True,
    ),
    Envelope(
        "Vector",
        needs=("message", "source_type"),
        message=("message",),
        pod=("kubernetes.pod_name",),
        container=("kubernetes.container_name",),
        namespace=("kubernetes.pod_namespace",),
        labels=("kubernetes.pod_labels",),
        stamp=("timestamp",),
    ),
    Envelope(
        "gcloud",
        needs=("logName", "resource.labels.pod_name"),
        message=("textPayload", "jsonPayload"),
        pod=("resource.labels.pod_name",),
        container=("resource.labels.container_name",),
        namespace=("resource.labels.namespace_name",),
        labels=("labels",),
        stamp=("timestamp",),
        newest_first=True,
    ),
    *(
        Envelope(
            name,
            needs=(*message, "kubernetes.pod_name"),
            message=message,
            pod=("kubernetes.pod_name",),
            container=("kubernetes.container_name",),
            namespace=("kubernetes.namespace_name",),
            labels=("kubernetes.labels",),
            stamp=("time", "@timestamp", "date"),
        )
        for name, message in (("Fluent Bit", ("log",)), ("Fluent Bit", ("message",)), ("Fluent Bit, merged log", ()))
    ),
    Envelope(
        "docker json-file",
        needs=("log", "stream", "time"),
        message=("log",),
        stamp=("time",),
        parts_from=_DOCKER_PART,
    ),
    Envelope("Fluentd", needs=("message", "logtag"), message=("message",), stamp=("time",)),
    Envelope(
        "stern -o extjson",
        needs=("message", "pod", "container"),
        message=("message",),
        pod=("pod",),
        container=("container",),
        namespace=("namespace",),
    ),
    Envelope(
        "kail",
        needs=("message", "name", "namespace"),
        message=("message",),
        pod=("name",),
        container=("container",),
        namespace=("namespace",),
    ),
    # The log stream stands in for the pod: its name holds the pod's, or the service's and the task's.
    *(
        Envelope(
            "CloudWatch",
            needs=("message", "timestamp", needed),
            message=("message",),
            pod=("logStreamName",),
            stamp=("timestamp",),
            stream=(),
        )
        for needed in ("logStreamName", "ingestionTime")
    ),
)

# JSON of exporters, and what logcli puts between braces: `"version":"v1"`, `version="v1"`, `k8s-pod/version: ...`.
_LABEL: Final = re.compile(rb'"?(?:k8s-pod/)?([A-Za-z0-9_./-]+)"?\s*[:=]\s*"((?:[^"\\]|\\.)*)"')


@lru_cache(maxsize=4096)
def read_labels(text: bytes) -> tuple[tuple[str, str], ...]:
    """Read the labels of a line as pairs, from a JSON object or from logcli's braces."""
    return tuple(
        (found[1].decode("ascii"), found[2].decode("utf-8", "backslashreplace")) for found in _LABEL.finditer(text)
    )


def stack_name(layers: Sequence[Layer]) -> str:
    """Name what is around a line, outermost first: `kubectl --prefix --timestamps`, `Fluent Bit, docker json-file`."""
    names: list[str] = []
    for layer in layers:
        if isinstance(layer, Elements):
            continue
        if not layer.name.startswith("--"):
            names.append(layer.name)
        elif names:
            names[-1] += f" {layer.name}"
        else:
            names.append(f"kubectl {layer.name}")
    return ", ".join(names)
