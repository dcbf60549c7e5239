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
class Pattern:
    """Text in front of each line that regular expressions tell, or lines above others that say whose these are.

    forms: what may be in front of a line, with groups pod, container, namespace, labels, stamp; of several the one that
    fits counts, and they exclude each other. Without forms all lines below a heading have the layer. headings: whole
    lines, with such groups where they say something of all lines below them up to the next one; headings_begin: the
    bytes of which one begins each.
    """

    name: str
    forms: tuple[bytes, ...] = ()
    headings: tuple[bytes, ...] = ()
    headings_begin: bytes = b""
    newest_first: bool = False
    labels_option: str = ""

    @property
    def fields(self) -> frozenset[str]:
        """What it may say of a line."""
        groups = {name for text in (*self.forms, *self.headings) for name in re.compile(text).groupindex}
        return frozenset(groups | ({"pod", "container", "namespace"} if "labels" in groups else set()))


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
    """Rows of a CSV table; whatever stands in other columns than those named here is dropped.

    header: the line that names the columns, without its line break; b"" where there is none and the first two are the
    stamp and the message. columns: pairs of what it says, "message" or a field, and the place of its column from 0 on;
    labels: pairs of a label's name and its column. in_utc: what stamps without a zone mean; of another table they may
    mean the zone of whoever exported it. A table with a header can only be the outermost layer.
    """

    name: str
    delimiter: bytes = b","
    header: bytes = b""
    columns: tuple[tuple[str, int], ...] = (("stamp", 0), ("message", 1))
    labels: tuple[tuple[str, int], ...] = ()
    in_utc: bool = True
    newest_first: bool = False
    labels_option: str = ""

    @property
    def fields(self) -> frozenset[str]:
        """What it may say of a line."""
        named = {name for name, _ in self.columns if name != "message"} | ({"labels"} if self.labels else set())
        return frozenset(named | {"pod", "container", "namespace"} if "labels" in named else named)


Layer = Prefix | Pattern | Envelope | Elements | Table

ENVELOPE_FIELDS: Final = ("message", "pod", "container", "namespace", "labels", "stamp", "stream", "tag")
COLOURS_ONLY: Final = Prefix("kubetail without prefix", ("",))  # colours around the line are all it adds
_DOCKER_PART: Final = 1 << 14  # bytes at which docker cuts a line (daemon/logger/copier.go, defaultBufSize, Docker 27)

# What daemons put in front of a line: when, the host, and the tag with the number of the process. Where a host and a tag
# stand together they name the origin, as either of them may be what differs between the sides.
_HOST: Final = rb"[A-Za-z0-9][A-Za-z0-9._:%-]{0,255}"
_TAG: Final = rb"[^ :\[\]{}\"<>]{1,128}"
_ORIGIN: Final = rb" (?P<pod>(?:" + _HOST + rb" )?" + _TAG + rb")(?:\[[0-9]*\])?: ?(?:@cee: ?)?"
_PRIORITY: Final = rb"(?:<[0-9]{1,3}>)?"
_DATE: Final = rb"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_CLOCK: Final = rb"[0-9]{2}:[0-9]{2}:[0-9]{2}"
_ISO: Final = _DATE + rb"T" + _CLOCK + rb"(?:\.[0-9]{1,9})?(?:Z|[+-][0-9]{2}:?[0-9]{2})"
_ELEMENT: Final = rb"\[[^ =\]\"]+(?: [^ =\]\"]+=\"[^\"\\]*+(?:\\.[^\"\\]*+)*+\")*+ ?\]"
_JOURNAL: Final = rb"-- (?:Logs begin|Journal begins|No entries|Boot|Reboot|.*cursor:).*"
_KUBERNETES_NAME: Final = rb"[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?"
_PODS: Final = ("pod", "pod_name", "k8s_pod_name", "kubernetes_pod_name")
_CONTAINERS: Final = ("container", "container_name", "k8s_container_name", "kubernetes_container_name")
_NAMESPACES: Final = ("namespace", "namespace_name", "k8s_namespace_name", "kubernetes_namespace_name")


def _elastic(name: str, message: str, *, within: str = "") -> Envelope:
    """Give what Filebeat and its like ship, and what Elasticsearch stores; keys with dots are read as nested ones."""
    each = [f"{within}{path}" for path in ("kubernetes.pod.name", "kubernetes.pod_name", "container.name")]
    return Envelope(
        name,
        needs=(f"{within}{message}", *(() if within else ("@timestamp",))),
        message=(f"{within}{message}",),
        pod=(*each, f"{within}log.file.path", f"{within}source", f"{within}host.name", f"{within}host.hostname"),
        container=(f"{within}kubernetes.container.name", f"{within}kubernetes.container_name"),
        namespace=(f"{within}kubernetes.namespace", f"{within}kubernetes.namespace_name"),
        labels=(f"{within}kubernetes.labels", f"{within}host"),
        stamp=(f"{within}@timestamp",),
        stream=(f"{within}stream",),
        newest_first=True,
    )


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
    # `tail -f` of several files; the names of those that Kubernetes and containers keep hold the pod's.
    Pattern(
        "tail",
        headings=(
            rb"==> (?:/[^ ]*)?/pods/(?P<namespace>[^/_]+)_(?P<pod>[^/_]+)_[^/_]+/(?P<container>[^/]+)/[^/]+ <==",
            rb"==> (?:/[^ ]*)?/containers/(?P<pod>[^/_]+)_(?P<namespace>[^/_]+)_(?P<container>[^/]+)-[0-9a-f]{12,64}\.log <==",
            rb"==> (?P<pod>.+) <==",
            rb"tail: .*",
        ),
        headings_begin=b"=t",
    ),
    # RFC 5424 before RFC 3164, whose tag it has not; both behind each other's frames (RFC 6587).
    Pattern(
        "syslog",
        (
            rb"(?:[0-9]{1,6} )?<[0-9]{1,3}>1 (?:(?P<stamp>" + _ISO + rb")|-) (?P<pod>[^ ]{1,255} [^ ]{1,48}) "
            rb"[^ ]{1,128} [^ ]{1,32} (?:-|(?:" + _ELEMENT + rb")++) ?(?:\xef\xbb\xbf)?(?:@cee: ?)?",
        ),
    ),
    Pattern(
        "syslog",
        (
            # Without a year and a zone: it dates nothing.
            _PRIORITY + rb"[A-Z][a-z]{2} [ 0-9][0-9](?: [0-9]{4})? " + _CLOCK + rb"(?:\.[0-9]{1,9})?" + _ORIGIN,
            _PRIORITY + rb"(?P<stamp>" + _ISO + rb")" + _ORIGIN,
        ),
        headings=(_JOURNAL,),
        headings_begin=b"-",
    ),
    Pattern(
        "journalctl",
        (
            rb"(?P<stamp>[0-9]{9,11}\.[0-9]{6})" + _ORIGIN,
            rb"[A-Z][a-z]{2} " + _DATE + rb" " + _CLOCK + rb"(?:\.[0-9]{1,9})? [A-Z][A-Za-z0-9+:-]{1,6}" + _ORIGIN,
            rb"\[ *[0-9]+\.[0-9]{6}\]" + _ORIGIN,
        ),
        headings=(_JOURNAL,),
        headings_begin=b"-",
    ),
    # Below what Grafana says of all lines. Its older stamps are of the browser's zone: they date nothing.
    Pattern(
        "Grafana",
        (
            rb"[0-9]{13}\t(?P<stamp>" + _ISO + rb")\t",
            rb"(?P<stamp>[0-9]{10,19}|" + _ISO + rb")\t",
            _DATE + rb"[ T]" + _CLOCK + rb"(?:[.,][0-9]{1,9})?\t",
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
    Envelope(
        "journald",
        needs=("MESSAGE", "__REALTIME_TIMESTAMP"),
        message=("MESSAGE",),
        pod=("CONTAINER_NAME", "_HOSTNAME", "SYSLOG_IDENTIFIER"),
        stamp=("__REALTIME_TIMESTAMP",),
        stream=(),
    ),
    # Docker's fluentd driver, and FireLens, which is Fluent Bit behind it.
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
    Envelope(
        "Splunk",
        needs=("result._raw",),
        message=("result._raw",),
        pod=("result.pod", "result.host"),
        container=("result.container_name",),
        namespace=("result.namespace",),
        stamp=("result._time",),
        newest_first=True,
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
    *(_elastic("Elasticsearch", message, within="_source.") for message in ("event.original", "message", "log")),
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
    # What was parsed before it was stored.
    Envelope(
        "Elasticsearch",
        needs=("_index", "_source"),
        message=("_source",),
        pod=("_source.kubernetes.pod.name", "_source.kubernetes.pod_name"),
        labels=("_source.kubernetes.labels",),
        stamp=("_source.@timestamp",),
        newest_first=True,
    ),
    *(_elastic("Filebeat", message) for message in ("event.original", "message", "log")),
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
