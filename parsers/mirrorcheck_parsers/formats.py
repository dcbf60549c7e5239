"""Takes a log_format and what is around its lines; gives a Format: both compiled into data that the parser runs on."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from mirrorcheck_parsers.errors import FormatError
from mirrorcheck_parsers.kinds import Field, payload_fields
from mirrorcheck_parsers.plan import Plan, make_plan
from mirrorcheck_parsers.shapes import Part, exact_pattern
from mirrorcheck_parsers.template import Literal, Variable, read_log_format, tokenize
from mirrorcheck_parsers.wrappers.layers import Layer, stack_name

COMBINED = (
    '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent"'
)
MAIN = f'{COMBINED} "$http_x_forwarded_for"'
RECOMMENDED = (
    f'{MAIN} host="$http_host" rid="$http_x_request_id" tp="$http_traceparent" '
    'att="$http_x_envoy_attempt_count" rt=$request_time t=$msec len=$request_length'
)


STAMP = "stamp"  # the field by which lines are dated that a layer around them stamps
_NO_CLOCK = 1 << 62  # microseconds: any stamp is finer


@dataclass(frozen=True, slots=True)
class Format:
    """A log format with the layers around its lines, compiled; it holds no state.

    `fields` are the canonical names of the spans a record has; `clock` says whether a record's time is the "start"
    or the "end" of the request, `resolution_us` how fine it is, in microseconds. `layers` are what other programs put
    around each line, outermost first.
    """

    name: str
    template: str
    escape: str
    fields: frozenset[str]
    clock: str
    resolution_us: int
    clock_field: str
    columns: tuple[Field, ...] = field(repr=False)  # in the order of the pattern's groups
    parts: tuple[Part, ...] = field(repr=False)
    pattern: re.Pattern[bytes] = field(repr=False)
    plan: Plan | None = field(repr=False)
    layers: tuple[Layer, ...] = ()


@lru_cache(maxsize=256)
def compile_format(log_format: str, *, name: str = "--log-format", stamped: bool = False) -> Format:
    """Compile nginx's own syntax: a template, with or without `escape=...`, or the whole `log_format` directive.

    Every variable is allowed; one without a canonical name is carried along under its own. Raises FormatError with
    the token and its column for a template nginx would refuse, and for one by which no line could be dated, unless
    the lines are `stamped` by a layer around them.
    """
    escape, template = read_log_format(log_format)
    parts = _parts_of_payload(template)
    columns = tuple(part for part in parts if isinstance(part, Field))
    names = {column.name for column in columns}
    clock_field, clock, resolution_us = _best_clock(names, template, stamped=stamped)
    derived = {"method", "target"} if "request" in names else set()
    return Format(
        name=name,
        template=template,
        escape=escape,
        fields=frozenset(names | derived),
        clock=clock,
        resolution_us=resolution_us,
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


def wrap(format: Format, layers: Sequence[Layer], said: Iterable[str], *, stamp_resolution_us: int) -> Format:
    """Give a format with layers around its lines that say these fields of them.

    A runtime's stamp is the better clock where it is finer than the line's own, unless that is the request's start.
    """
    stamped = "stamp" in said and format.clock == "end" and stamp_resolution_us < format.resolution_us
    return replace(
        format,
        name=f"{stack_name(layers)}, {format.name}" if layers else format.name,
        fields=format.fields | frozenset(said),
        layers=tuple(layers),
        clock_field=STAMP if stamped else format.clock_field,
        resolution_us=stamp_resolution_us if stamped else format.resolution_us,
    )


def _best_clock(names: set[str], template: str, *, stamped: bool) -> tuple[str, str, int]:
    """Choose the best clock a line offers: (field, "start" | "end", resolution in microseconds)."""
    if {"msec", "request_time"} <= names:
        return "msec", "start", 1_000
    for name, resolution_us in (("msec", 1_000), ("time_iso8601", 1_000_000), ("time_local", 1_000_000)):
        if name in names:
            return name, "end", resolution_us
    if stamped:
        return STAMP, "end", _NO_CLOCK
    message = f"log_format `{template[:40]}` has no time (column {len(template) + 1}): add $time_local or $msec"
    raise FormatError(message)


KNOWN: tuple[Format, ...] = (
    compile_format(MAIN, name="nginx main"),
    compile_format(COMBINED, name="nginx combined"),
    compile_format(RECOMMENDED, name="nginx recommended"),
)
