"""The layers of what stores of logs and their collectors export."""

from typing import Final

from mirrorcheck_parsers.layers.model import CLOCK, DATE, ISO, Envelope, Layer, Pattern

_PODS: Final = ("pod", "pod_name", "k8s_pod_name", "kubernetes_pod_name")
_CONTAINERS: Final = ("container", "container_name", "k8s_container_name", "kubernetes_container_name")
_NAMESPACES: Final = ("namespace", "namespace_name", "k8s_namespace_name", "kubernetes_namespace_name")


_ORIGINALS: Final = ("_source.event.original", "_source.message", "_source.log", "_source")


def _elastic(name: str, needs: tuple[str, ...], message: tuple[str, ...], within: str = "") -> Envelope:
    """Give what Filebeat and its like ship, and what Elasticsearch stores; keys with dots are read as nested ones."""
    each = [f"{within}{path}" for path in ("kubernetes.pod.name", "kubernetes.pod_name", "container.name")]
    return Envelope(
        name,
        needs=needs,
        message=message,
        pod=(*each, f"{within}log.file.path", f"{within}source", f"{within}host.name", f"{within}host.hostname"),
        container=(f"{within}kubernetes.container.name", f"{within}kubernetes.container_name"),
        namespace=(f"{within}kubernetes.namespace", f"{within}kubernetes.namespace_name"),
        labels=(f"{within}kubernetes.labels", f"{within}host"),
        stamp=(f"{within}@timestamp",),
        stream=(f"{within}stream",),
        newest_first=True,
    )


# Before other envelopes, whose keys they have, too.
LISTED: Final[tuple[Layer, ...]] = (
    # Below what Grafana says of all lines. Its older stamps are of the browser's zone: they date nothing.
    Pattern(
        "Grafana",
        (
            rb"[0-9]{13}\t(?P<stamp>" + ISO + rb")\t",
            rb"(?P<stamp>[0-9]{10,19}|" + ISO + rb")\t",
            DATE + rb"[ T]" + CLOCK + rb"(?:[.,][0-9]{1,9})?\t",
        ),
        headings=(
            rb"Common labels: (?P<labels>\{.*\})",
            rb"(?:Line limit|Limit|Total bytes processed|Common labels|Deduplication(?: count)?|Query|Rows|Error): .*",
        ),
        headings_begin=b"CDELQRT",
        newest_first=True,
    ),
    # The answer of Loki's API: the labels of a stream, and below them its entries.
    Pattern("", headings=(rb"\"stream\"\s*:\s*(?P<labels>\{.*\})",), headings_begin=b'"', newest_first=True),
    Envelope(
        "Loki",
        needs=("loki_line", "loki_ts"),
        message=("loki_line",),
        stamp=("loki_ts",),
        pod=tuple(f"loki_more.{kind}{name}" for kind in ("", "structuredMetadata.") for name in _PODS),
        stream=(),
        tag=(),
        newest_first=True,
    ),
    Envelope(
        "Grafana",
        needs=("fields", "line", "timestamp"),
        message=("line",),
        pod=tuple(f"fields.{name}" for name in _PODS),
        container=tuple(f"fields.{name}" for name in _CONTAINERS),
        namespace=tuple(f"fields.{name}" for name in _NAMESPACES),
        labels=("fields",),
        stamp=("timestamp", "date"),
        stream=("fields.stream",),
        newest_first=True,
    ),
)

# Behind other envelopes, whose rows ask for more.
STORED: Final[tuple[Layer, ...]] = (
    Envelope(
        "journald",
        needs=("MESSAGE", "__REALTIME_TIMESTAMP"),
        message=("MESSAGE",),
        pod=("CONTAINER_NAME", "_HOSTNAME", "SYSLOG_IDENTIFIER"),
        stamp=("__REALTIME_TIMESTAMP",),
        stream=(),
    ),
    # FireLens is Fluent Bit behind Docker's fluentd driver; a task's definition stands in for the pod.
    Envelope(
        "FireLens",
        needs=("ecs_task_definition", "log", "source"),
        message=("log",),
        pod=("ecs_task_definition",),
        container=("container_name",),
        stamp=("time", "@timestamp", "date"),
        stream=("source",),
    ),
    Envelope(
        "Fluentd",
        needs=("container_name", "log", "source"),
        message=("log",),
        pod=("container_name",),
        stamp=("time", "@timestamp", "date"),
        stream=("source",),
    ),
    Envelope(
        "Datadog",
        needs=("attributes.message", "attributes.timestamp"),
        message=("attributes.message",),
        pod=("attributes.attributes.pod_name", "attributes.attributes.kube.pod_name", "attributes.service"),
        stamp=("attributes.timestamp",),
        newest_first=True,
    ),
    *(
        Envelope(
            "Splunk",
            needs=(f"{within}_raw",),
            message=(f"{within}_raw",),
            pod=(f"{within}pod", f"{within}pod_name", f"{within}host"),
            container=(f"{within}container_name",),
            namespace=(f"{within}namespace",),
            stamp=(f"{within}_time",),
            newest_first=True,
        )
        for within in ("result.", "")
    ),
    Envelope(
        "Azure Monitor",
        needs=("LogMessage", "PodName"),
        message=("LogMessage",),
        pod=("PodName",),
        container=("ContainerName",),
        namespace=("PodNamespace",),
        labels=("KubernetesMetadata.podLabels",),
        stamp=("TimeGenerated",),
        stream=("LogSource",),
        newest_first=True,
    ),
    # What was parsed before it was stored has no message.
    _elastic("Elasticsearch", ("_source",), _ORIGINALS, "_source."),
    Envelope(
        "Elasticsearch",
        needs=("fields.message.[]",),
        message=("fields.event.original.[]", "fields.message.[]"),
        pod=("fields.kubernetes.pod.name.[]", "fields.log.file.path.[]", "fields.host.name.[]"),
        container=("fields.kubernetes.container.name.[]",),
        namespace=("fields.kubernetes.namespace.[]",),
        stamp=("fields.@timestamp.[]",),
        stream=("fields.stream.[]",),
        newest_first=True,
    ),
    *(_elastic("Filebeat", ("@timestamp", path), (path,)) for path in ("event.original", "message")),
    _elastic("Filebeat", ("@timestamp", "kubernetes.pod.name"), ()),
    _elastic("Filebeat", ("@timestamp", "log"), ("log",)),
    Envelope(
        "GELF",
        needs=("host", "short_message"),
        message=("short_message",),
        pod=("_pod_name", "_kubernetes_pod_name", "_container_name", "host"),
        stamp=("timestamp",),
    ),
    # Whoever wrote it: a text among other values, whose names are usual ones.
    *(
        Envelope(
            "JSON",
            needs=(message,),
            message=(message,),
            pod=(*_PODS, "podName", "kubernetes.pod.name", "kubernetes.pod_name", "hostname", "host", "service"),
            container=(*_CONTAINERS, "containerName", "kubernetes.container.name", "kubernetes.container_name"),
            namespace=(*_NAMESPACES, "kubernetes.namespace", "kubernetes.namespace_name"),
            labels=("labels", "kubernetes.labels"),
            stamp=("timestamp", "time", "ts", "date", "datetime"),
        )
        for message in ("message", "log", "msg", "line", "text", "body", "content", "raw")
    ),
)
