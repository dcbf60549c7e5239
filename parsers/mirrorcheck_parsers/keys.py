"""Takes the keys of JSON lines and a value of each; gives the fields they are, by their names and by how they look."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from mirrorcheck_parsers.kinds import Field, Kind, payload_fields, plain_name
from mirrorcheck_parsers.shapes import stamp_shape

# nginx variable -> what it is called in JSON logs, best first: as the variables themselves, Istio, Envoy Gateway,
# ingress-nginx's examples and the Elastic Common Schema have it. Dots, dashes and blanks count as underscores.
NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "request": ("request", "request_line"),
    "request_method": ("request_method", "method", "http_method", "http_request_method", "verb"),
    "request_uri": (
        *("request_uri", "x_envoy_origin_path", "x_envoy_original_path", "path", "uri", "url", "target", "request_url"),
        *("request_path", "url_original", "http_request_target", "http_uri", "http_url"),
    ),
    "status": (
        *("status", "response_code", "status_code", "http_status", "http_status_code", "code", "response_status"),
        *("http_response_status_code", "http_code", "response", "statuscode"),
    ),
    "body_bytes_sent": (
        *("body_bytes_sent", "bytes_sent", "bytes", "size", "bytes_out", "response_size", "body_bytes", "sent_bytes"),
        *("http_response_body_bytes", "content_length_sent", "response_bytes"),
    ),
    "remote_addr": (
        *("remote_addr", "remote_address", "remote_ip", "client_ip", "clientip", "client_address", "client"),
        *("source_ip", "source_address", "ip", "remote", "remoteaddr", "downstream_remote_address_without_port"),
    ),
    "http_referer": ("http_referer", "referer", "referrer", "http_referrer", "http_request_referrer"),
    "http_user_agent": ("http_user_agent", "user_agent", "agent", "useragent", "ua", "user_agent_original"),
    "http_x_forwarded_for": ("http_x_forwarded_for", "x_forwarded_for", "xff", "forwarded_for", "http_xff"),
    "http_host": ("http_host", "authority", "host", "vhost", "server_name", "domain", "url_domain"),
    "http_x_request_id": ("http_x_request_id", "x_request_id", "request_id", "req_id", "requestid", "http_request_id"),
    "http_traceparent": ("http_traceparent", "traceparent"),
    "http_x_envoy_attempt_count": ("http_x_envoy_attempt_count", "x_envoy_attempt_count", "attempt_count", "attempt"),
    "http_x_envoy_internal": ("http_x_envoy_internal", "x_envoy_internal"),
    "request_time": (
        *("request_time", "duration", "request_duration", "duration_ms", "request_time_ms", "latency", "latency_ms"),
        *("response_time", "elapsed", "time_taken"),
    ),
    "request_length": ("request_length", "request_size", "http_request_bytes"),
}
_TIMES: Final = (
    *("start_time", "msec", "time_iso8601", "time_local", "timestamp", "time", "ts", "date", "datetime", "event_time"),
    *("time_msec", "log_time", "local_time", "t"),
)

_UUID: Final = re.compile(rb"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_NGINX_ID: Final = re.compile(rb"[0-9a-f]{32}")
MISSING: Final = (b"", b"-")
_STAMP: Final = re.compile(stamp_shape(Field("", Kind.STAMP, "")))
_EPOCHS: Final = (Kind.MSEC, Kind.EPOCH_MS, Kind.EPOCH_S, Kind.EPOCH)
_LAYOUTS: Final = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M:%S.%3f", "%Y-%m-%d %H:%M:%S.%6f", "%Y/%m/%d %H:%M:%S")
_FRACTIONS: Final = (3, 6, 9)  # digits that are never what is left of more
_ENVOY: Final = frozenset({"response_flags", "upstream_cluster", "upstream_host"})
_NGINX: Final = frozenset({"time_local", "time_iso8601", "msec", "body_bytes_sent", "request_uri", "http_user_agent"})
_ISTIO: Final = _ENVOY | {"start_time", "route_name", "requested_server_name", "downstream_local_address"}
_LEAST: Final = frozenset({"request_uri", "request"})  # without a target there is nothing to pair


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of JSON lines: path -> its field; the name of what writes such lines."""

    fields: Mapping[bytes, Field]
    name: str

    @property
    def template(self) -> str:
        """The keys and the variables they stand for, as nginx's log_format would have them."""
        pairs = (f'"{path.decode("utf-8", "backslashreplace")}":"${key.variable}"' for path, key in self.fields.items())
        return "{" + ",".join(pairs) + "}"


def name_keys(samples: Mapping[bytes, Sequence[bytes]], *, stamped: bool = False) -> Keys | None:
    """Name the keys of JSON lines by some values of each; None where they hold no time or no target.

    Lines that are `stamped` by a layer around them need no time of their own.
    """
    plain = {path: name_of_key(path) for path in samples}
    seen = {path: [value for value in values if value not in MISSING] for path, values in samples.items()}
    times = {path: _time_field(name, seen[path]) for path, name in plain.items() if name in _TIMES}
    clocks = {path: field for path, field in times.items() if field}
    variables = choose_variables({path: name for path, name in plain.items() if path not in clocks}, seen)
    if not (clocks or stamped) or not _LEAST & set(variables.values()):
        return None
    named = iter(payload_fields(variables.values()))
    fields = {path: clocks[path] if path in clocks else typed(next(named), plain[path], seen[path]) for path in plain}
    return Keys(fields, _writer(set(plain.values())))


@lru_cache(maxsize=1024)
def name_of_key(path: bytes) -> str:
    """Give the name by which a key is looked up."""
    return plain_name(path.decode("utf-8", "backslashreplace"))


def choose_variables(plain: Mapping[bytes, str], seen: Mapping[bytes, Sequence[bytes]]) -> dict[bytes, str]:
    """Give each path its variable: of several names for one, the best takes it and the others keep their own."""
    by_name: dict[str, bytes] = {}
    for path, name in plain.items():
        by_name.setdefault(name, path)
    chosen = {
        next(by_name[name] for name in names if name in by_name): variable
        for variable, names in NAMES.items()
        if any(name in by_name for name in names)
    }
    for path, variable in list(chosen.items()):
        # Under this name nginx's own $request_id, drawn anew by each server, is logged as often as the header.
        if variable == "http_x_request_id" and any(_NGINX_ID.fullmatch(value) for value in seen[path]):
            chosen[path] = "request_id"
    return {path: chosen.get(path, name) for path, name in plain.items()}


def typed(field: Field, name: str, seen: Sequence[bytes]) -> Field:
    """Give a field of JSON the kind that its values need: a duration in whole numbers is one of milliseconds."""
    kind = Kind.TEXT
    if field.name == "request_time":
        whole = bool(seen) and not any(b"." in value for value in seen)
        kind = Kind.MILLIS if name.endswith("_ms") or (whole and name != "request_time") else Kind.DECIMAL
    return replace(field, kind=kind)


def _time_field(name: str, seen: Sequence[bytes]) -> Field | None:
    """Give the field of a time by its first value, None where that is no time; `start_time` is the start's."""
    if not seen:
        return None
    value = seen[0]
    if _STAMP.fullmatch(value):
        return Field(name, Kind.STAMP, name, layout=_stamp_layout(value))
    local = Field(name, Kind.TIME_LOCAL, name)
    custom = (Field(name, Kind.CUSTOM, name, layout=layout) for layout in _LAYOUTS)
    epochs = (Field(name, kind, name) for kind in _EPOCHS)
    return next((field for field in (local, *custom, *epochs) if re.fullmatch(stamp_shape(field), value)), None)


def _stamp_layout(value: bytes) -> str:
    """Give the layout that stamps usually have where one of them looks like this."""
    zone = "Z" if value.endswith(b"Z") else "%:z"
    digits = len(value) - len("2026-11-22T10:00:00.") - (1 if zone == "Z" else len("+00:00"))
    if digits < 0:
        return f"%Y-%m-%dT%H:%M:%S{zone}"
    return f"%Y-%m-%dT%H:%M:%S.%{digits if digits in _FRACTIONS else 9}f{zone}"


def _writer(names: set[str]) -> str:
    if names >= _ISTIO:
        return "Istio JSON"
    if names & _ENVOY:
        return "Envoy JSON"
    return "nginx JSON" if names & _NGINX else "JSON"
