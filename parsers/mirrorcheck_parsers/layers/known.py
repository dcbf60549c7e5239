"""The layers that other programs put around a line, one row of data each; what is unwrapped runs on these rows."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from mirrorcheck_parsers.layers.daemons import DAEMONS
from mirrorcheck_parsers.layers.exports import LISTED, STORED
from mirrorcheck_parsers.layers.model import ENVELOPE_FIELDS, Elements, Envelope, Layer, Pattern, Prefix, Table

__all__ = [
    "COLOURS_ONLY",
    "ENVELOPE_FIELDS",
    "LAYERS",
    "Elements",
    "Envelope",
    "Layer",
    "Pattern",
    "Prefix",
    "Table",
    "read_labels",
    "stack_name",
]


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
    *DAEMONS,
    *LISTED,
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
        for needed in ("logStreamName", "ingestionTime", "id")
    ),
    *STORED,
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
        if isinstance(layer, Elements) or not layer.name:
            continue
        if not layer.name.startswith("--"):
            names.append(layer.name)
        elif names:
            names[-1] += f" {layer.name}"
        else:
            names.append(f"kubectl {layer.name}")
    return ", ".join(names)
