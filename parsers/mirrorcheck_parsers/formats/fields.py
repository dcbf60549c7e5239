"""Names the variables of a format as fields, and says what kind of text each logs."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final

from mirrorcheck_parsers.errors import FormatError
from mirrorcheck_parsers.formats.layout import make_layout
from mirrorcheck_parsers.layers.model import OUTER_FIELDS


class Kind(Enum):
    """What a field's text looks like; the value is how an error message calls it."""

    TEXT = "text"  # anything but a raw quote
    WORD = "word"  # no space, no quote
    NAME = "name"  # no space, no quote, nor the character that follows it in the template
    INTEGER = "integer"
    DECIMAL = "decimal"
    STATUS = "three digits"
    TIME_LOCAL = "time as 22/Nov/2026:10:00:00 +0000"
    TIME_ISO = "time as 2026-11-22T10:00:00+00:00"
    LABEL = "name or nothing"  # as NAME, and may be empty
    LIST = "list"  # words with ", " or " : " between them, as nginx writes what several upstreams gave
    PHRASE = "words"  # anything but a raw quote, but usually a single word
    PLAIN = "text without a quote"  # for what nothing escapes
    FREE = "any text"  # for what nothing escapes: what is behind it is read from the line's end
    UNTIL = "text up to what follows"  # no quote, nor the character that follows it in the template; may be empty
    MILLIS = "milliseconds"
    MICROS = "microseconds"
    MSEC = "time as 1795341600.123"
    STAMP = "time as 2026-11-22T10:00:00.123456789Z"
    EPOCH = "time as 1795341600.123456"
    EPOCH_S = "time as 1795341600"
    EPOCH_MS = "time as 1795341600123"
    CUSTOM = "time in the format given"
    INSTANT = "a time"  # of JSON and key=value: in any spelling
    DURATION = "a duration"  # of JSON and key=value: in the field's unit, or in that of each value


# Canonical name -> the variables that give it, best first; the losers are carried along under their own name.
# $request_id is no source of request_id: nginx draws it anew, so it differs on the two sides of a mirror. $req_id is
# ingress-nginx's: the client's X-Request-ID, and nginx's own only where there is none.
SOURCES: dict[str, tuple[str, ...]] = {
    "method": ("request_method",),
    "target": ("request_uri", "uri_with_query", "uri_then_query", "uri", "document_uri"),
    "bytes": ("body_bytes_sent", "bytes_sent"),
    "referer": ("http_referer",),
    "user_agent": ("http_user_agent",),
    "xff": ("http_x_forwarded_for",),
    "host": ("http_host", "host"),
    "remote_addr": ("remote_addr", "the_real_ip"),
    "request_id": ("http_x_request_id", "req_id"),
    "traceparent": ("http_traceparent",),
    "attempt": ("http_x_envoy_attempt_count",),
    "internal": ("http_x_envoy_internal",),
}
START: Final = "start_time"  # the field of a time that is the start of the request
ADDRESS: Final = "downstream_remote_address"  # the field of an address with a port behind it, as Envoy calls it
QUERY: Final = "target_query"  # the field of what stands behind the question mark, where the target comes without it
STAMP: Final = "stamp"  # the field by which lines are dated that a layer around them stamps
MISSING: Final = (b"", b"-")  # what a log writes for nothing

_KINDS: dict[str, Kind] = {
    "status": Kind.STATUS,
    "time_local": Kind.TIME_LOCAL,
    "time_iso8601": Kind.TIME_ISO,
    "msec": Kind.MSEC,
    "request_time": Kind.DECIMAL,
    **dict.fromkeys(
        ("body_bytes_sent", "bytes_sent", "request_length", "connection", "connection_requests", "pid"), Kind.INTEGER
    ),
    **dict.fromkeys(("remote_port", "server_port", "content_length", "connections_active"), Kind.INTEGER),
    **dict.fromkeys(("remote_addr", "server_addr", "hostname", "pipe", "request_id", "host"), Kind.WORD),
    **dict.fromkeys(("the_real_ip", "downstream_remote_address"), Kind.WORD),
    "scheme": Kind.NAME,
    **dict.fromkeys(("request_method", "server_protocol", "ssl_protocol", "ssl_cipher"), Kind.WORD),
    **dict.fromkeys(("proxy_upstream_name", "proxy_alternative_upstream_name"), Kind.LABEL),
    **dict.fromkeys(
        ("upstream_addr", "upstream_status", "upstream_response_length", "upstream_response_time"), Kind.LIST
    ),
    **dict.fromkeys(("upstream_connect_time", "upstream_header_time", "upstream_bytes_received"), Kind.LIST),
    "req_id": Kind.WORD,
}


# The byte with which a variable's text begins, if there is any: where another one touches it, that one ends there.
BEGINS: Final = {
    **dict.fromkeys(("request_uri", "uri", "document_uri", "uri_with_query", "uri_then_query"), b"/"),
    **dict.fromkeys(("upstream_uri", "original_uri", "request_filename", "document_root"), b"/"),
}
# What `${variable:how}` may say besides a time format.
_HOW: Final = {
    **{kind.name.lower(): kind for kind in (Kind.WORD, Kind.NAME, Kind.LABEL, Kind.LIST, Kind.TEXT, Kind.PLAIN)},
    **{kind.name.lower(): kind for kind in (Kind.FREE, Kind.UNTIL, Kind.INTEGER, Kind.DECIMAL)},
    "s": Kind.DECIMAL,
    "ms": Kind.MILLIS,
    "us": Kind.MICROS,
}
WHOLE: Final = (Kind.INTEGER, Kind.STATUS, Kind.MILLIS, Kind.MICROS)


_UNNAMED: Final = re.compile(r"[^a-z0-9]+")
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def plain_name(key: str) -> str:
    """Give a key of JSON as a variable would be called: `req.headers.X-Flow` as `req_headers_x_flow`."""
    return _UNNAMED.sub("_", _CAMEL.sub("_", key).lower()).strip("_")


def meant_by(asked: str) -> tuple[str, ...]:
    """Give the variables that a user may mean by a variable, a header's name or a key of JSON, likeliest first."""
    name = asked.strip().lstrip("$").lower().replace("-", "_")
    return tuple(dict.fromkeys(each for base in (name, plain_name(asked)) for each in (base, f"http_{base}")))


def find_field(fields: Collection[str], asked: str) -> str | None:
    """Find the field that a user means by a field's name or what meant_by takes, None where there is none."""
    variables = meant_by(asked)
    canonical = (field for field, sources in SOURCES.items() if any(variable in sources for variable in variables))
    return next((each for each in (asked, *variables, *canonical) if each in fields), None)


@dataclass(frozen=True, slots=True)
class Field:
    """A variable in its place: the span called `name`, of this kind; `duplicate` fields are matched, not kept."""

    name: str
    kind: Kind
    variable: str
    duplicate: bool = False
    layout: str = ""  # of a time, in strftime's words: that of a CUSTOM one, or the usual one of a STAMP or an INSTANT
    fine_us: int = 0  # of an INSTANT: how fine it is, in microseconds
    unit: str = ""  # of a DURATION: see duration.read_duration


def is_header(field: Field) -> bool:
    """Whether a field holds a header of the request: several of one name are one, with commas between them."""
    return field.variable.startswith("http_")


def read_how(field: Field, how: str, column: int) -> Field:
    """Give a field the kind that `${variable:how}` says; raises FormatError for what says nothing.

    how: a kind, the unit of a duration (s, ms, us), or a time format, which has a `%` in it.
    """
    if not how:
        return field
    if "%" in how:
        make_layout(how)
        return replace(field, kind=Kind.CUSTOM, layout=how)
    if how not in _HOW:
        raise FormatError(
            f"`:{how}` at column {column} of log_format says nothing: use s, ms, us, a time format as "
            f"%Y-%m-%d %H:%M:%S, or one of {', '.join(_HOW)}"
        )
    return replace(field, kind=_HOW[how])


def payload_fields(variables: Iterable[str]) -> list[Field]:
    """Name every variable of a template, in order: canonically where it is the best source of a canonical field."""
    logged = list(variables)
    canonical = {
        next(source for source in sources if source in logged): name
        for name, sources in SOURCES.items()
        if any(source in logged for source in sources)
    }
    if "request" in logged:
        # method and target are then cut out of $request, so that they are always of one piece.
        canonical = {variable: name for variable, name in canonical.items() if name not in ("method", "target")}
    reserved = {*SOURCES, *OUTER_FIELDS}
    fields: list[Field] = []
    taken: set[str] = set()
    for variable in logged:
        own = f"nginx_{variable}" if variable in reserved else variable
        name = canonical.get(variable, own)
        fields.append(Field(name, _KINDS.get(variable, Kind.TEXT), variable, duplicate=name in taken))
        taken.add(name)
    return fields
