"""Finds the nginx variable that logs the same as a key of JSON or of key=value lines.

The names are those of nginx's variables, Istio, Envoy, Envoy Gateway, Contour, ingress-nginx's examples, the Elastic
Common Schema, Traefik 3, Caddy 2, Kong 3, APISIX 3, Google Cloud's load balancers, Heroku's router, Linkerd, and the
usual middlewares of Go (slog, zap, zerolog, logrus, Echo), Node.js (pino, winston) and Python (structlog).
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Final

from mirrorcheck_parsers.catalogue.units import split_unit
from mirrorcheck_parsers.formats.duration import read_duration
from mirrorcheck_parsers.formats.fields import SOURCES, plain_name

# nginx variable -> what it is called in logs, best first. Dots, dashes and blanks count as underscores.
NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "request": ("request", "request_line", "http_request", "requestline", "requested_url"),
    "request_method": (
        *("request_method", "method", "http_method", "http_request_method", "verb", "req_method", "http_verb"),
        *("requestmethod", "client_request_method"),
    ),
    "request_uri": (
        *(
            "request_uri",
            "x_envoy_origin_path",
            "x_envoy_original_path",
            "original_url",
            "path",
            "uri",
            "url",
            "target",
        ),
        *("request_url", "request_path", "url_original", "http_request_target", "http_uri", "http_url"),
        *("request_target", "http_target", "req_url", "req_uri", "req_path", "http_path", "url_path", "uri_path"),
        *("full_path", "raw_path"),
        *("document_uri", "requested_uri", "url_full", "client_request_uri", "request"),
    ),
    "args": (
        *("args", "query_string", "querystring", "query", "url_query", "uri_query", "request_query", "request_args"),
        *("http_query", "raw_query", "request_query_string"),
    ),
    "status": (
        *("status", "response_code", "status_code", "http_status", "http_status_code", "code", "response_status"),
        *("http_response_status_code", "http_code", "response", "statuscode", "downstream_status", "origin_status"),
        *("response_status_code", "res_status", "resp_status", "res_status_code", "resp_status_code", "sc_status"),
        *("http_response_status", "edge_response_status"),
    ),
    "body_bytes_sent": (
        *("body_bytes_sent", "bytes_sent", "bytes", "size", "bytes_out", "response_size", "body_bytes", "sent_bytes"),
        *("http_response_body_bytes", "content_length_sent", "response_bytes", "downstream_content_size"),
        *("origin_content_size", "response_length", "response_body_size", "resp_size", "res_size", "bytes_written"),
        *("body_size", "response_content_length", "res_content_length", "response_headers_content_length"),
        *("edge_response_bytes", "response_size_b"),
    ),
    "remote_addr": (
        *("remote_addr", "remote_address", "remote_ip", "client_ip", "clientip", "client_address", "client"),
        *("source_ip", "source_address", "ip", "remote", "remoteaddr", "downstream_remote_address_without_port"),
        *("client_host", "client_addr", "peer", "peer_addr", "peer_address", "remote_host", "real_ip"),
    ),
    "http_referer": (
        *("http_referer", "referer", "referrer", "http_referrer", "http_request_referrer", "request_referer"),
        *("client_request_referer",),
    ),
    "http_user_agent": (
        *("http_user_agent", "user_agent", "agent", "useragent", "ua", "user_agent_original"),
        *("client_request_user_agent",),
    ),
    "http_x_forwarded_for": ("http_x_forwarded_for", "x_forwarded_for", "xff", "forwarded_for", "http_xff", "fwd"),
    "http_host": (
        *("http_host", "authority", "host", "vhost", "server_name", "domain", "url_domain", "request_addr"),
        *("request_host", "req_host", "http_authority", "client_request_host"),
    ),
    "http_x_request_id": ("http_x_request_id", "x_request_id", "request_id", "req_id", "requestid", "http_request_id"),
    "http_traceparent": ("http_traceparent", "traceparent"),
    "http_x_envoy_attempt_count": ("http_x_envoy_attempt_count", "x_envoy_attempt_count", "attempt_count", "attempt"),
    "http_x_envoy_internal": ("http_x_envoy_internal", "x_envoy_internal"),
    "request_time": (
        *("request_time", "duration", "request_duration", "duration_ms", "request_time_ms", "latency", "latency_ms"),
        *("response_time", "elapsed", "time_taken", "latencies_request", "http_server_request_duration", "took"),
        *("event_duration", "elapsed_time", "processing_time", "response_latency", "request_latency", "req_duration"),
        *("handling_time", "latency_human", "dur", "total_time", "total_duration", "res_time", "resp_time"),
        *("total_ns", "service"),
    ),
    "request_length": ("request_length", "request_size", "http_request_bytes"),
}
# Names of times: of the request's start, best first, and of its end, or of no one knows what.
STARTS: Final = (
    *("start_time", "start_utc", "started_at", "start_local", "request_start", "request_start_time"),
    *("request_started_at", "start_timestamp", "time_start", "edge_start_timestamp", "request_received_at"),
    *("request_time_epoch", "request_time", "start"),
)
TIMES: Final = (
    *("msec", "time_iso8601", "time_local", "timestamp", "time", "ts", "date", "datetime", "event_time"),
    *("time_msec", "log_time", "local_time", "t", "asctime", "time_ms", "timestamp_ms", "ts_ms", "unix_time"),
    *("time_unix", "timestamp_unix", "epoch", "epoch_ms", "log_timestamp", "logged_at", "end_time", "finished_at"),
    *("time_utc", "timestamp_utc", "utc_time", "created", "created_at", "request_timestamp", "request_date"),
    *("written_at", "written_ts"),
)
_REQUESTS: Final = frozenset({"request", "req"})
_RESPONSES: Final = frozenset({"response", "res", "resp"})
_HEADERS: Final = frozenset({"headers", "header"})
# What may be around all that is logged of a request; not what may be around something else of the same name.
_AROUND: Final = frozenset(
    {
        *("http", "http_request", "access", "access_log", "nginx", "caddy", "traefik", "kong", "apisix", "envoy"),
        *("data", "fields", "attributes", "attrs", "ctx", "context", "meta", "event", "payload"),
        *("record", "details", "props", "properties", "extra", "source", "network", "span", "state"),
    }
)
_FLAT_HEADER: Final = re.compile(r"(?:http_)?(?:(?:request|req)_(?:headers?_)?|headers?_)(?P<header>.+)")
_OF_RESPONSE: Final = ("status", "body_bytes_sent")
_NGINX_ID: Final = re.compile(rb"[0-9a-f]{32}")
# A server's own count of requests, as pino's req.id and Fastify's reqId: on no other server is it the same request.
_COUNT: Final = re.compile(rb"(?:req-)?[0-9]+|req-[0-9a-z]{1,8}")
_STATUS: Final = re.compile(rb"[0-9]{3}")
_REQUEST_LINE: Final = re.compile(rb"[A-Z_-]+ [^ ].*|-|", re.DOTALL)
_TARGET: Final = re.compile(rb"[/*].*|[^ ]*://.*|[^ /]+:[0-9]+", re.DOTALL)
_ADDRESS: Final = re.compile(rb"[0-9A-Fa-f:.\[\]%a-z]*[0-9:][^ ]*|unix:.*|@")
_QUERY: Final = re.compile(rb"\??[^ ?=]+=.*", re.DOTALL)

_VARIABLES: Final = frozenset({*NAMES, *(source for sources in SOURCES.values() for source in sources)})
_FITS: Final[Mapping[str, Callable[[bytes], object]]] = {
    "request": _REQUEST_LINE.fullmatch,
    "request_uri": _TARGET.fullmatch,
    "args": _QUERY.fullmatch,
    "status": _STATUS.fullmatch,
    "body_bytes_sent": bytes.isdigit,
    "request_length": bytes.isdigit,
    "remote_addr": _ADDRESS.fullmatch,
    "request_time": lambda value: read_duration(value, "s") is not None,
    **dict.fromkeys(("http_x_request_id", "req_id"), lambda value: not _COUNT.fullmatch(value)),
}


class Role:
    """What a name stands below, which says what it may mean."""

    ANY = "any"
    REQUEST = "request"
    RESPONSE = "response"
    HEADER = "header of a request"
    RESPONSE_HEADER = "header of a response"
    UNIT = "without its unit"


Lookup = tuple[str, str]


@lru_cache(maxsize=2048)
def name_of_key(path: bytes) -> str:
    """Give the name by which a key is known where nothing else is known of it."""
    return plain_name(path.decode("utf-8", "backslashreplace"))


@lru_cache(maxsize=2048)
def lookups(path: bytes) -> tuple[Lookup, ...]:
    """Give the names by which a key is looked up, its own first, each with the role that says what it may stand for."""
    return tuple(dict.fromkeys(_lookups(path)))


def _lookups(path: bytes) -> Iterator[Lookup]:
    name = name_of_key(path)
    yield name, Role.ANY
    yield from _without_unit(name)
    steps, role = path.split(b"."), Role.ANY
    for place, step in enumerate(steps[:-1], 1):
        rest, below = name_of_key(b".".join(steps[place:])), _role_below(name_of_key(step), role)
        if below is None:
            break
        role = below
        yield (f"response_headers_{rest}", Role.RESPONSE) if role == Role.RESPONSE_HEADER else (rest, role)
        yield from _without_unit(rest)
    flat = _FLAT_HEADER.fullmatch(name)
    if flat:
        yield flat["header"], Role.HEADER


def _role_below(word: str, role: str) -> str | None:
    """Give the role of what stands below this word where that has a role itself, None where it may be anything."""
    if word in _REQUESTS:
        return Role.REQUEST
    if word in _RESPONSES:
        return Role.RESPONSE
    if word in _HEADERS:
        return Role.RESPONSE_HEADER if role == Role.RESPONSE else Role.HEADER
    return role if word in _AROUND else None


def _without_unit(name: str) -> Iterator[Lookup]:
    base, unit = split_unit(name)
    if unit:
        yield base, Role.UNIT


def may_stand_for(variable: str, role: str) -> bool:
    """Whether a key in this role may be what a variable logs."""
    if role in (Role.ANY, Role.UNIT):
        return role == Role.ANY or variable == "request_time"
    if variable == "request_time":
        return role != Role.HEADER
    if variable in _OF_RESPONSE:
        return role == Role.RESPONSE
    return role == Role.REQUEST or (role == Role.HEADER and variable.startswith("http_"))


def fits(variable: str, values: Sequence[bytes]) -> bool:
    """Whether some value, of those seen, can be one of the variable; True where none was."""
    fit = _FITS.get(variable)
    return fit is None or not values or any(fit(value) for value in values)


def choose_variables(
    plain: Mapping[bytes, str],
    seen: Mapping[bytes, Sequence[bytes]],
    *,
    timeless: Collection[bytes] = (),
    unlike: Collection[str] = (),
) -> dict[bytes, str]:
    """Give each path its variable: of several names for one, the best takes it and the others keep their own.

    plain: path -> name_of_key. A key is looked up by its whole name before it is by what is left without what is
    around. timeless: paths that are no request_time. unlike: names of keys that are not what they are called.
    """
    chosen: dict[bytes, str] = {}
    candidates: dict[str, list[tuple[bytes, str]]] = {}
    for path, own in plain.items():
        for name, role in lookups(path) if own not in unlike else ():
            candidates.setdefault(name, []).append((path, role))
    for variable, names in NAMES.items():
        others = timeless if variable == "request_time" else ()
        ranked = [each for name in names for each in candidates.get(name, ()) if each[0] not in others]
        for path, role in sorted(ranked, key=lambda each: each[1] != Role.ANY or plain[each[0]] not in names):
            if path not in chosen and may_stand_for(variable, role) and fits(variable, seen[path]):
                chosen[path] = variable
                break
    others = {path: _own(name, seen[path], name in unlike) for path, name in plain.items() if path not in chosen}
    return {path: _settled(chosen.get(path) or others[path], seen[path]) for path in plain}


def _own(name: str, seen: Sequence[bytes], unlike: bool) -> str:  # noqa: FBT001 - of one key
    """Give what a key is called that stands for no variable, although it may be called like one."""
    return f"other_{name}" if name in _VARIABLES and (unlike or not fits(name, seen)) else name


def _settled(variable: str, seen: Sequence[bytes]) -> str:
    # Under this name nginx's own $request_id, drawn anew by each server, is logged as often as the header.
    is_drawn = variable == "http_x_request_id" and any(_NGINX_ID.fullmatch(value) for value in seen)
    return "request_id" if is_drawn else variable
