"""Reads an Envoy format string: its literals and fields, or where it is wrong."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from mirrorcheck_parsers.errors import FormatError
from mirrorcheck_parsers.formats.fields import Field, Kind, payload_fields
from mirrorcheck_parsers.formats.layout import make_layout
from mirrorcheck_parsers.formats.shapes import separate_fields
from mirrorcheck_parsers.formats.template import Literal

_SIGN: Final = re.compile(r"%[A-Z][A-Z0-9_]+(?:%|\(|:[0-9]+%)")
_OPERATOR: Final = re.compile(
    r"%(?P<command>[A-Z][A-Z0-9_]*)(?:\((?P<argument>.*?)\))?(?::(?P<length>[0-9]+))?%", re.DOTALL
)
_DEFAULT_TIME: Final = "%Y-%m-%dT%H:%M:%S.%3fZ"
_EPOCH_TIMES: Final = {"%s": Kind.EPOCH_S, "%s.%3f": Kind.MSEC, "%s.%6f": Kind.EPOCH, "%s%3f": Kind.EPOCH_MS}

# Operator or header -> the nginx variable that logs the same, so that one table gives both their canonical names.
_VARIABLES: Final = {
    "PROTOCOL": "server_protocol",
    "RESPONSE_CODE": "status",
    "BYTES_SENT": "body_bytes_sent",
    "DURATION": "request_time",
    "DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT": "remote_addr",
    "resp_x_envoy_upstream_service_time": "upstream_service_time",
    ":method": "request_method",
    ":path": "request_uri",
    "x-envoy-original-path": "request_uri",
    ":authority": "http_host",
    ":scheme": "scheme",
}
_HEADERS: Final = ("REQ", "REQ_WITHOUT_QUERY")
_KINDS: Final = {
    "RESPONSE_CODE": Kind.INTEGER,
    "DURATION": Kind.MILLIS,
    **dict.fromkeys(("BYTES_SENT", "BYTES_RECEIVED", "CONNECTION_ID", "STREAM_ID"), Kind.INTEGER),
    **dict.fromkeys(("UPSTREAM_REQUEST_ATTEMPT_COUNT", "RESPONSE_DURATION", "REQUEST_DURATION"), Kind.INTEGER),
    **dict.fromkeys(("RESPONSE_TX_DURATION", "UPSTREAM_WIRE_BYTES_SENT"), Kind.INTEGER),
    **dict.fromkeys(("RESPONSE_CODE_DETAILS", "CONNECTION_TERMINATION_DETAILS"), Kind.PHRASE),
}


@dataclass(frozen=True, slots=True)
class Operator:
    """A `%COMMAND(argument)%`: its variable, kind and time format, and its column in the template."""

    variable: str
    kind: Kind
    layout: str
    column: int


Token = Literal | Operator


def is_envoy(text: str) -> bool:
    """Whether a text is an Envoy format string, which nginx's log_format is not: it has a `%COMMAND%`."""
    return _SIGN.search(text) is not None


def tokenize(template: str) -> tuple[Token, ...]:
    """Cut an Envoy format string into literals and operators; raises FormatError at a `%` that begins none.

    The syntax is that of Envoy's substitution formatter (1.36): `%%` is a percent sign, `:Z` cuts a value short.
    """
    return tuple(_tokens(template.rstrip("\r\n")))


def _tokens(template: str) -> Iterator[Token]:
    at, literal = 0, ""
    while at < len(template):
        percent = template.find("%", at)
        if percent < 0:
            break
        literal += template[at:percent]
        if template.startswith("%%", percent):
            literal, at = literal + "%", percent + 2
            continue
        found = _OPERATOR.match(template, percent)
        if found is None:
            message = f"`{template[percent : percent + 20]}` at column {percent + 1} of the Envoy format is no operator"
            raise FormatError(f"{message}: use %COMMAND%, %COMMAND(ARGUMENT)% or %% for a percent sign")
        if literal:
            yield Literal(literal.encode("utf-8", "surrogateescape"))
        yield _operator(found)
        literal, at = "", found.end()
    literal += template[at:]
    if literal:
        yield Literal(literal.encode("utf-8", "surrogateescape"))


def _operator(found: re.Match[str]) -> Operator:
    command, argument, column = found["command"], found["argument"] or "", found.start() + 1
    if command in _HEADERS:
        variable = _header_variable(argument)
        return Operator(variable, _header_kind(variable), "", column)
    if command == "START_TIME":
        kind, layout = _time_kind(argument, column)
        return Operator("start_time", kind, layout, column)
    if command in ("RESP", "TRAILER", "DYNAMIC_METADATA", "FILTER_STATE", "METADATA", "ENVIRONMENT"):
        name = re.sub(r"[^a-z0-9]+", "_", f"{command} {argument}".lower()).strip("_")
        return Operator(_VARIABLES.get(name, name), Kind.WORD, "", column)
    variable = _VARIABLES.get(command, command.lower())
    return Operator(variable, _KINDS.get(command, Kind.WORD), "", column)


def _header_variable(argument: str) -> str:
    """Name what `FIRST?SECOND` logs: a canonical name where either has one, else as nginx would name the header."""
    names = [name.strip().lower() for name in argument.split("?")]
    known = (_VARIABLES[name] for name in names if name in _VARIABLES)
    return next(known, "http_" + re.sub(r"[^a-z0-9]", "_", names[0]))


def _header_kind(variable: str) -> Kind:
    kinds = {"request_method": Kind.WORD, "request_uri": Kind.TEXT, "http_x_envoy_attempt_count": Kind.INTEGER}
    return kinds.get(variable, Kind.PLAIN)


def _time_kind(layout: str, column: int) -> tuple[Kind, str]:
    if layout in ("", _DEFAULT_TIME):
        return Kind.STAMP, _DEFAULT_TIME
    if layout in _EPOCH_TIMES:
        return _EPOCH_TIMES[layout], ""
    try:
        make_layout(layout)
    except FormatError as error:
        raise FormatError(f"START_TIME at column {column} of the Envoy format: {error}") from error
    return Kind.CUSTOM, layout


def envoy_parts(template: str) -> tuple[Literal | Field, ...]:
    """Give the literals and fields of an Envoy format string for lines of text.

    Nothing is escaped in them: the user agent, where it is logged, is read last, from what the fields on both sides of
    it leave over, and no other header may hold a quote.
    """
    tokens = tokenize(template)
    fields = iter(name_operators([token for token in tokens if isinstance(token, Operator)]))
    parts = [token if isinstance(token, Literal) else next(fields) for token in tokens]
    fitted = [
        part if isinstance(part, Literal) else _in_its_place(parts, place, part) for place, part in enumerate(parts)
    ]
    columns = [token.column if isinstance(token, Operator) else 0 for token in tokens]
    return separate_fields(fitted, [_spelled(template, column) for column in columns], columns)


def _spelled(template: str, column: int) -> str:
    found = _OPERATOR.match(template, column - 1) if column else None
    return found[0] if found else ""


def name_operators(operators: Sequence[Operator]) -> list[Field]:
    """Give the fields of operators, under the names that nginx's variables have."""
    named = payload_fields(operator.variable for operator in operators)
    return [
        replace(field, kind=operator.kind, layout=operator.layout)
        for field, operator in zip(named, operators, strict=True)
    ]


def _in_its_place(parts: Sequence[Literal | Field], place: int, field: Field) -> Field:
    """Fit a field's kind to what stands around it: between quotes a text may hold spaces."""
    before, after = _beside(parts, place - 1)[-1:], _beside(parts, place + 1)[:1]
    quoted = before == after == b'"'
    if field.name == "user_agent":
        return replace(field, kind=Kind.FREE if quoted else Kind.TEXT)
    if field.kind is Kind.PLAIN and not quoted and after:
        return replace(field, kind=Kind.WORD if after == b" " else Kind.NAME)
    if field.kind is Kind.WORD and (quoted or not after):
        return replace(field, kind=Kind.PLAIN)
    return field


def _beside(parts: Sequence[Literal | Field], place: int) -> bytes:
    part = parts[place] if 0 <= place < len(parts) else None
    return part.text if isinstance(part, Literal) else b""
