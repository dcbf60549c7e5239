"""Takes a log_format and a wrapper; gives a Format: the two compiled into data that the parser runs on."""

import re
from dataclasses import dataclass, field
from functools import lru_cache

from mirrorcheck_parsers.errors import FormatError
from mirrorcheck_parsers.kinds import Field, payload_fields, wrapper_fields
from mirrorcheck_parsers.plan import Plan, make_plan
from mirrorcheck_parsers.shapes import Part, exact_pattern
from mirrorcheck_parsers.template import Literal, Variable, read_log_format, tokenize


@dataclass(frozen=True, slots=True)
class Wrapper:
    """What another program puts in front of each line: a template of $pod, $container, $index and $stamp."""

    name: str
    prefix: str


# One row a wrapper; the first of two that match equally many lines with as many fields wins.
WRAPPERS: tuple[Wrapper, ...] = (
    Wrapper("kubetail", "[$pod] "),
    Wrapper("kubetail", "[$pod $container] "),
    Wrapper("kubetail", "[$index:$pod] "),
    Wrapper("kubetail", "[$index:$pod $container] "),
    Wrapper("kubectl --timestamps", "$stamp "),
    Wrapper("kubetail, kubectl --timestamps", "[$pod] $stamp "),
    Wrapper("kubetail, kubectl --timestamps", "[$pod $container] $stamp "),
    Wrapper("kubetail, kubectl --timestamps", "[$index:$pod] $stamp "),
    Wrapper("kubetail, kubectl --timestamps", "[$index:$pod $container] $stamp "),
    Wrapper("kubectl --prefix", "[pod/$pod/$container] "),
    Wrapper("kubectl --prefix --timestamps", "[pod/$pod/$container] $stamp "),
    Wrapper("kubetail without prefix", ""),  # colours around the line are all it adds
)

COMBINED = (
    '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent"'
)
MAIN = f'{COMBINED} "$http_x_forwarded_for"'
RECOMMENDED = (
    f'{MAIN} host="$http_host" rid="$http_x_request_id" tp="$http_traceparent" '
    'att="$http_x_envoy_attempt_count" rt=$request_time t=$msec len=$request_length'
)


@dataclass(frozen=True, slots=True)
class Format:
    """A log format with its wrapper, compiled; it holds no state.

    `fields` are the canonical names of the spans a record has; `clock` says whether a record's time is the "start"
    or the "end" of the request, `resolution_us` how fine it is, in microseconds.
    """

    name: str
    template: str
    escape: str
    fields: frozenset[str]
    clock: str
    resolution_us: int
    wrapper: Wrapper | None
    clock_field: str
    columns: tuple[Field, ...] = field(repr=False)  # in the order of the pattern's groups
    parts: tuple[Part, ...] = field(repr=False)
    pattern: re.Pattern[bytes] = field(repr=False)
    plan: Plan | None = field(repr=False)


@lru_cache(maxsize=256)
def compile_format(log_format: str, *, name: str = "--log-format", wrapper: Wrapper | None = None) -> Format:
    """Compile nginx's own syntax: a template, with or without `escape=...`, or the whole `log_format` directive.

    Every variable is allowed; one without a canonical name is carried along under its own. Raises FormatError with
    the token and its column for a template nginx would refuse, and for one by which no line could be dated.
    """
    escape, template = read_log_format(log_format)
    prefix = prefix_parts(wrapper) if wrapper else ()
    parts = _join_literals((*prefix, *_parts_of_payload(template)))
    columns = tuple(part for part in parts if isinstance(part, Field))
    clock_field, clock, resolution_us = _best_clock({column.name for column in columns}, template)
    derived = {"method", "target"} if "request" in {column.name for column in columns} else set()
    return Format(
        name=f"{wrapper.name}, {name}" if wrapper else name,
        template=template,
        escape=escape,
        fields=frozenset({column.name for column in columns} | derived),
        clock=clock,
        resolution_us=resolution_us,
        wrapper=wrapper,
        clock_field=clock_field,
        columns=columns,
        parts=parts,
        pattern=exact_pattern(parts, escape),
        plan=make_plan(parts),
    )


def _parts_of_payload(template: str) -> tuple[Part, ...]:
    tokens = tokenize(template)
    fields = iter(payload_fields(token.name for token in tokens if isinstance(token, Variable)))
    return tuple(token if isinstance(token, Literal) else next(fields) for token in tokens)


def prefix_parts(wrapper: Wrapper) -> tuple[Part, ...]:
    """Give the literals and fields of a wrapper's prefix alone."""
    tokens = tokenize(wrapper.prefix)
    fields = iter(wrapper_fields(token.name for token in tokens if isinstance(token, Variable)))
    return tuple(token if isinstance(token, Literal) else next(fields) for token in tokens)


def _join_literals(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    joined: list[Part] = []
    for part in parts:
        if joined and isinstance(part, Literal) and isinstance(joined[-1], Literal):
            joined[-1] = Literal(joined[-1].text + part.text)
        else:
            joined.append(part)
    return tuple(joined)


def _best_clock(names: set[str], template: str) -> tuple[str, str, int]:
    """Choose the best clock a line offers: (field, "start" | "end", resolution in microseconds)."""
    if {"msec", "request_time"} <= names:
        return "msec", "start", 1_000
    for name, resolution_us in (("stamp", 1), ("msec", 1_000), ("time_iso8601", 1_000_000), ("time_local", 1_000_000)):
        if name in names:
            return name, "end", resolution_us
    message = f"log_format `{template[:40]}` has no time (column {len(template) + 1}): add $time_local or $msec"
    raise FormatError(message)


KNOWN: tuple[Format, ...] = (
    compile_format(MAIN, name="nginx main"),
    compile_format(COMBINED, name="nginx combined"),
    compile_format(RECOMMENDED, name="nginx recommended"),
)
