"""Takes a log_format and a wrapper; gives a Format: the two compiled into data that the parser runs on."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from mirrorcheck_parsers import envoy
from mirrorcheck_parsers.catalogue import CATALOGUE
from mirrorcheck_parsers.clock import CLOCKS, resolution_of
from mirrorcheck_parsers.errors import FormatError
from mirrorcheck_parsers.kinds import Field, Kind, payload_fields, wrapper_fields
from mirrorcheck_parsers.objects import NoObject, scan_object
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
# Behind a wrapper's prefix a JSON object is the rest of the line.
OBJECT = Field("object", Kind.FREE, "object", duplicate=True)
ADDRESS = "downstream_remote_address"  # Envoy's, with a port behind it
START = "start_time"  # Envoy's, the start of the request
_MILLISECOND = 1_000
_REQUEST = ({"request"}, {"method", "target"}, {"target"})


@dataclass(frozen=True, slots=True)
class Format:
    """A log format with its wrapper, compiled; it holds no state.

    `fields` are the canonical names of the spans a record has; `clock` says whether a record's time is the "start"
    or the "end" of the request, `resolution_us` how fine it is, in microseconds. `keys` are the paths of a JSON
    object's values, each with its field, and empty for lines of text; `needed` are those of them without which an
    object is no record. `pattern` is what a line must match, of JSON the wrapper's part.
    """

    name: str
    template: str
    escape: str
    fields: frozenset[str]
    clock: str
    resolution_us: int
    wrapper: Wrapper | None
    clock_field: str
    columns: tuple[Field, ...] = field(repr=False)  # in the order of the pattern's groups, then of the keys
    parts: tuple[Part, ...] = field(repr=False)
    pattern: re.Pattern[bytes] = field(repr=False)
    plan: Plan | None = field(repr=False)
    keys: Mapping[bytes, Field] = field(repr=False, default_factory=dict)
    needed: frozenset[bytes] = frozenset()

    @property
    def clock_column(self) -> Field:
        """The field that dates a record."""
        return next(column for column in self.columns if column.name == self.clock_field)

    @property
    def logs_millis(self) -> bool:
        """Whether `request_time` counts milliseconds, as Envoy's DURATION does, and not seconds."""
        return any(column.kind is Kind.MILLIS for column in self.columns if column.name == "request_time")


@lru_cache(maxsize=512)
def compile_format(log_format: str, *, name: str = "--log-format", wrapper: Wrapper | None = None) -> Format:
    """Compile nginx's own syntax (a template, with or without `escape=...`, or the whole directive), or Envoy's.

    A JSON object, of nginx's with escape=json, whose every value is one variable or operator is read by its keys, in
    any order. Every variable is allowed; one without a canonical name is carried along under its own. Raises
    FormatError with the token and its column for a template that nginx or Envoy would refuse, and for one by which no
    line could be dated.
    """
    if envoy.is_envoy(log_format):
        template = log_format.strip()
        keys = _keys_of(template)
        if keys:
            return compile_keys(keys, name=name, template=template, wrapper=wrapper)
        return _compile_parts(envoy.envoy_parts(template), "none", name, template, wrapper)
    escape, template = read_log_format(log_format)
    keys = _keys_of(template) if escape == "json" else {}
    if keys:
        return compile_keys(keys, name=name, template=template, wrapper=wrapper)
    return _compile_parts(_parts_of_payload(template), escape, name, template, wrapper)


def compile_keys(
    keys: Mapping[bytes, Field], *, name: str, template: str, escape: str = "json", wrapper: Wrapper | None = None
) -> Format:
    """Compile a format of JSON objects from the field of each of their keys; raises FormatError as compile_format."""
    prefix = prefix_parts(wrapper)
    parts: tuple[Part, ...] = (*prefix, OBJECT)
    columns = (*(part for part in prefix if isinstance(part, Field)), *keys.values())
    clock_field, clock, resolution_us = _best_clock(columns, template)
    names = {column.name for column in columns}
    request = next((needed for needed in _REQUEST if needed <= names), set())
    return Format(
        name=_named(name, wrapper),
        template=template,
        escape=escape,
        fields=_fields(names),
        clock=clock,
        resolution_us=resolution_us,
        wrapper=wrapper,
        clock_field=clock_field,
        columns=columns,
        parts=parts,
        pattern=exact_pattern(parts, "none"),
        plan=None,
        keys=keys,
        needed=frozenset(path for path, key in keys.items() if key.name in request | {clock_field}),
    )


def _compile_parts(payload: tuple[Part, ...], escape: str, name: str, template: str, wrapper: Wrapper | None) -> Format:
    prefix = prefix_parts(wrapper)
    parts = _join_literals((*prefix, *payload))
    columns = tuple(part for part in parts if isinstance(part, Field))
    clock_field, clock, resolution_us = _best_clock(columns, template)
    return Format(
        name=_named(name, wrapper),
        template=template,
        escape=escape,
        fields=_fields({column.name for column in columns}),
        clock=clock,
        resolution_us=resolution_us,
        wrapper=wrapper,
        clock_field=clock_field,
        columns=columns,
        parts=parts,
        pattern=exact_pattern(parts, escape),
        plan=make_plan(parts),
    )


def _named(name: str, wrapper: Wrapper | None) -> str:
    return f"{wrapper.name}, {name}" if wrapper else name


def _fields(names: set[str]) -> frozenset[str]:
    """Add what is cut out of other fields."""
    derived = {"method", "target"} if "request" in names else set()
    if ADDRESS in names:
        derived.add("remote_addr")
    return frozenset(names | derived)


def _keys_of(template: str) -> dict[bytes, Field]:
    """Give the field of each key of a JSON template, nothing where it is none, or a value is not one variable."""
    text = template.encode("utf-8", "surrogateescape")
    values = scan_object(text, 0, len(text))
    if isinstance(values, NoObject):
        return {}
    written = [text[value.start : value.stop].decode("utf-8", "surrogateescape") for value in values]
    tokenizer = envoy.tokenize if envoy.is_envoy(template) else tokenize
    tokens = [tokenizer(value) for value in written]
    if not all(len(each) == 1 and not isinstance(each[0], Literal) for each in tokens):
        return {}
    singles = [each[0] for each in tokens]
    operators = [single for single in singles if isinstance(single, envoy.Operator)]
    variables = [single.name for single in singles if isinstance(single, Variable)]
    fields = envoy.name_operators(operators) if operators else payload_fields(variables)
    return {value.path: field for value, field in zip(values, fields, strict=True)}


def _parts_of_payload(template: str) -> tuple[Part, ...]:
    tokens = tokenize(template)
    fields = iter(payload_fields(token.name for token in tokens if isinstance(token, Variable)))
    return tuple(token if isinstance(token, Literal) else next(fields) for token in tokens)


def prefix_parts(wrapper: Wrapper | None) -> tuple[Part, ...]:
    """Give the literals and fields of a wrapper's prefix alone, nothing for no wrapper."""
    tokens = tokenize(wrapper.prefix) if wrapper else ()
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


def _best_clock(columns: tuple[Field, ...], template: str) -> tuple[str, str, int]:
    """Choose the best clock a line offers: (field, "start" | "end", resolution in microseconds)."""
    clocks = {column.name: resolution_of(column) for column in columns if column.kind in CLOCKS}
    if START in clocks:
        return START, "start", clocks[START]
    own = {name: resolution_us for name, resolution_us in clocks.items() if name != "stamp"}
    finest = min(own, key=lambda name: own[name], default="")
    if finest and own[finest] <= _MILLISECOND and any(column.name == "request_time" for column in columns):
        return finest, "start", own[finest]
    finest = min(clocks, key=lambda name: clocks[name], default="")
    if finest:
        return finest, "end", clocks[finest]
    message = f"log_format `{template[:40]}` has no time (column {len(template) + 1}): add $time_local or $msec"
    raise FormatError(message)


KNOWN: tuple[Format, ...] = tuple(compile_format(template, name=name) for name, template in CATALOGUE)
