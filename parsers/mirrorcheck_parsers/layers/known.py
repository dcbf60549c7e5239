"""The layers that programs put around log lines, as they were seen to write them or their sources say."""

from typing import Final

from mirrorcheck_parsers.layers.exports import LISTED, STORED
from mirrorcheck_parsers.layers.model import CLOCK, DATE, ISO, Elements, Envelope, Layer, Pattern, Prefix, Table

# What daemons put in front of a line: when, the host, and the tag with the number of the process. A host and its tag
# name the origin together, as either of them may be what differs between the sides.
_HOST: Final = rb"[A-Za-z0-9][A-Za-z0-9._:%-]{0,255}"
# An address and its port, at which a line without a time of its own may begin, are no tag and a message.
_NO_ADDRESS: Final = rb"(?!(?:[0-9]{1,3}\.){3}[0-9]{1,3}:[0-9]|[0-9A-Fa-f]{1,4}:[0-9A-Fa-f:])"
_TAG: Final = _NO_ADDRESS + rb"[^ :\[\]{}\"<>]{1,128}"
_ORIGIN: Final = rb" (?P<pod>(?:" + _HOST + rb" )?" + _TAG + rb")(?:\[[0-9]*\])?: ?(?:@cee: ?)?"
_PRIORITY: Final = rb"(?:<[0-9]{1,3}>)?"
_ELEMENT: Final = rb"\[[^ =\]\"]+(?: [^ =\]\"]+=\"[^\"\\]*+(?:\\.[^\"\\]*+)*+\")*+ ?\]"
_JOURNAL: Final = rb"-- (?:Logs begin|Journal begins|No entries|Boot|Reboot|.*cursor:).*"

_CONTAINER_LOG: Final = rb"(?P<pod>[^/_]+)_(?P<namespace>[^/_]+)_(?P<container>[^/]+)-[0-9a-f]{12,64}\.log"

_DAEMONS: Final[tuple[Layer, ...]] = (
    # `tail -f` of several files; the names of those that Kubernetes and containers keep hold the pod's.
    Pattern(
        "tail",
        headings=(
            rb"==> (?:/[^ ]*)?/pods/(?P<namespace>[^/_]+)_(?P<pod>[^/_]+)_[^/_]+/(?P<container>[^/]+)/[^/]+ <==",
            rb"==> (?:/[^ ]*)?/containers/" + _CONTAINER_LOG + rb" <==",
            rb"==> (?P<pod>.+) <==",
            rb"tail: .*",
        ),
        headings_begin=b"=t",
    ),
    # RFC 5424 before RFC 3164, whose tag it has not; both behind each other's frames (RFC 6587).
    Pattern(
        "syslog RFC 5424",
        (
            rb"(?:[0-9]{1,6} )?<[0-9]{1,3}>1 (?:(?P<stamp>" + ISO + rb")|-) (?P<pod>[^ ]{1,255} [^ ]{1,48}) "
            rb"[^ ]{1,128} [^ ]{1,32} (?:-|(?:" + _ELEMENT + rb")++) ?(?:\xef\xbb\xbf)?(?:@cee: ?)?",
        ),
    ),
    Pattern(
        "syslog",
        (
            # Without a year and a zone: it dates nothing.
            _PRIORITY + rb"[A-Z][a-z]{2} [ 0-9][0-9](?: [0-9]{4})? " + CLOCK + rb"(?:\.[0-9]{1,9})?" + _ORIGIN,
            _PRIORITY + rb"(?P<stamp>" + ISO + rb")" + _ORIGIN,
        ),
        headings=(_JOURNAL,),
        headings_begin=b"-",
    ),
    Pattern(
        "journalctl",
        (
            rb"(?P<stamp>[0-9]{9,11}\.[0-9]{6})" + _ORIGIN,
            rb"[A-Z][a-z]{2} " + DATE + rb" " + CLOCK + rb"(?:\.[0-9]{1,9})? [A-Z][A-Za-z0-9+:-]{1,6}" + _ORIGIN,
            rb"\[ *[0-9]+\.[0-9]{6}\]" + _ORIGIN,
        ),
        headings=(_JOURNAL,),
        headings_begin=b"-",
    ),
)

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
    *_DAEMONS,
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
