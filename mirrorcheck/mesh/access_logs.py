"""Finds what keeps access logs from showing every request: settings of Istio, or formats without the needed fields.

A Telemetry that selects the workload wins over one for its namespace, and that over one in Istio's root namespace, as
in Istio 1.27 (pilot/pkg/model/telemetry.go); one without accessLogging does not count.
"""

from collections.abc import Collection, Iterator, Sequence

from mirrorcheck.mesh.documents import Document, entries, has, labels, name_of, namespace_of, section, word
from mirrorcheck.mesh.model import Finding

_ROOT = "istio-system"
_LOG_FIELDS = ("access_log", "accessLog")
_MARKERS = ("xff", "internal", "host")
_IDS = ("request_id", "traceparent")


def about_access_logs(side: str, pods: Sequence[Document], telemetry: Sequence[Document]) -> list[Finding]:
    """What disables or filters the access log of a side's proxies."""
    found = [each for pod in pods for each in _about_pod(side, pod, telemetry)]
    return list(dict.fromkeys(found))


def switched_off(pods: Sequence[Document], telemetry: Sequence[Document]) -> str:
    """Name the object that disables the log of all these pods; empty where some still log."""
    by = [_disabling(pod, telemetry) for pod in pods]
    return by[0] if by and all(by) else ""


def check_fields(primary: Collection[str], shadow: Collection[str]) -> list[Finding]:
    """What the formats of both sides lack, given by canonical field names of the parsers (`xff`, `request_id`)."""
    marked = "xff" in primary and any(name in shadow for name in _MARKERS)
    paired = any(name in primary and name in shadow for name in _IDS)
    if marked or paired:
        return []
    lacking = "the primary's" if "xff" in shadow else "the shadow's" if "xff" in primary else "either side's"
    what = f"{lacking} log has neither X-Forwarded-For nor an id: copies look like direct traffic"
    remedy = 'Log "$http_x_forwarded_for" and "$http_x_request_id" in nginx\'s log_format.'
    return [Finding("warning", "log-format", what, remedy)]


def _about_pod(side: str, pod: Document, telemetry: Sequence[Document]) -> Iterator[Finding]:
    if by := _disabling(pod, telemetry):
        what = f"{by} switches the access log of the {side}'s proxies off: what they get cannot be seen"
        remedy = "Set disabled: false in its accessLogging, or read the application."
        yield Finding("error", "access-log-off", what, remedy)
    elif by := _filtering(pod, telemetry):
        what = f"{by} filters the access log of the {side}'s proxies: what it leaves out cannot be seen"
        yield Finding("warning", "access-log-filtered", what, "Give both sides the same filter, or none.")
    for each in telemetry:
        if word(each, "kind") == "EnvoyFilter" and _selects(each, pod) and _touches_log(section(each, "spec")):
            what = f"EnvoyFilter {name_of(each)} changes the access log of the {side}'s proxies"
            yield Finding("warning", "access-log-patched", what, "See that it still writes every request.")


def _in_force(pod: Document, telemetry: Sequence[Document]) -> Document:
    """The Telemetry that decides how a pod logs: the closest."""
    own = [
        each
        for each in telemetry
        if word(each, "kind") == "Telemetry" and _selects(each, pod) and entries(each, "spec", "accessLogging")
    ]
    return min(own, key=_distance, default={})


def _distance(telemetry: Document) -> tuple[bool, bool, str]:
    return not _wanted(telemetry), namespace_of(telemetry) == _ROOT, name_of(telemetry)


def _disabling(pod: Document, telemetry: Sequence[Document]) -> str:
    found = _in_force(pod, telemetry)
    rules = [each for each in entries(found, "spec", "accessLogging") if word(each, "match", "mode") != "CLIENT"]
    return f"Telemetry {name_of(found)}" if rules and all(each.get("disabled") is True for each in rules) else ""


def _filtering(pod: Document, telemetry: Sequence[Document]) -> str:
    found = _in_force(pod, telemetry)
    filtered = any(word(each, "filter", "expression") for each in entries(found, "spec", "accessLogging"))
    return f"Telemetry {name_of(found)}" if filtered else ""


def _selects(found: Document, pod: Document) -> bool:
    """Whether an object applies to a pod: by labels in its namespace, else to all there, and from the root to all."""
    wanted = _wanted(found)
    near = namespace_of(found) == namespace_of(pod) or (namespace_of(found) == _ROOT and not wanted)
    return near and has(pod, wanted)


def _wanted(found: Document) -> tuple[tuple[str, str], ...]:
    return labels(found, "spec", "selector", "matchLabels") or labels(found, "spec", "workloadSelector", "labels")


def _touches_log(found: object) -> bool:
    if isinstance(found, dict):
        return any(name in _LOG_FIELDS or _touches_log(each) for name, each in found.items())
    return isinstance(found, list) and any(map(_touches_log, found))
