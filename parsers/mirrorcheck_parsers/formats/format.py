"""Compiles a log_format, and what is around its lines, into the Format that a parser runs on."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from mirrorcheck_parsers.errors import FormatError
from mirrorcheck_parsers.formats import envoy
from mirrorcheck_parsers.formats.fields import ADDRESS, STAMP, START, Field, Kind, payload_fields, read_how
from mirrorcheck_parsers.formats.shapes import JOINED, ExactPattern, Part, join_query, separate_fields
from mirrorcheck_parsers.formats.stamps import CLOCKS, has_zone, layout_text, resolution_of
from mirrorcheck_parsers.formats.template import Literal, Token, Variable, read_log_format, tokenize
from mirrorcheck_parsers.formats.values import PAIRS, NoObject, Value, scan_object, scan_pairs
from mirrorcheck_parsers.layers.model import Layer, stack_name

OBJECT = Field("object", Kind.FREE, "object", duplicate=True)  # the whole of a line that is JSON
_LACKING = {
    "method": "no method is logged, so a GET and a POST of one target are the same: add $request_method",
    "status": "no status is logged, so failures and changed responses are unknown: add $status",
}
_MILLISECOND = 1_000
_NO_ZONE = " says no zone: taken for UTC"
_UNITS = {Kind.MILLIS: "ms", Kind.MICROS: "us"}
_REQUEST = ({"request"}, {"method", "target"}, {"target"})
_NO_CLOCK = 1 << 62  # microseconds: any stamp is finer


@dataclass(frozen=True, slots=True)
class Format:
    """A log format with the layers around its lines, compiled; it holds no state.

    `fields` are the canonical names of the spans a record has; `clock` says whether a record's time is the "start"
    or the "end" of the request, `resolution_us` how fine it is, in microseconds; `clock_field` is the field that dates
    a line, STAMP or `clock_column`, the best of the payload's own. `keys` are the paths of a JSON object's values, each
    with its field, and empty for lines of text; `needed` are those of them without which an object is no record.
    `layers` are what other programs put around each line, outermost first. `extensible`: the keys are those of
    the first lines, and others may come; `late` are those of the keys that did. `notes` say what was taken for granted:
    the unit of a duration, the zone of a time.
    """

    name: str
    template: str
    escape: str
    fields: frozenset[str]
    clock: str
    resolution_us: int
    clock_field: str
    columns: tuple[Field, ...] = field(repr=False)  # in the order of the pattern's groups, then of the keys
    parts: tuple[Part, ...] = field(repr=False)
    pattern: ExactPattern = field(repr=False)
    clock_column: Field | None = field(repr=False, default=None)
    keys: Mapping[bytes, Field] = field(repr=False, default_factory=dict)
    needed: frozenset[bytes] = frozenset()
    layers: tuple[Layer, ...] = ()
    extensible: bool = False
    late: Mapping[bytes, Field] = field(repr=False, default_factory=dict)
    notes: tuple[str, ...] = ()
    late_notes: tuple[str, ...] = field(repr=False, default=())  # those of the notes that are about late keys

    def scan(self, text: bytes, start: int, stop: int) -> list[Value] | NoObject:
        """Read text[start:stop], a line of keys, as JSON or as pairs."""
        return (scan_pairs if self.escape == PAIRS else scan_object)(text, start, stop)

    @property
    def unit(self) -> str:
        """What `request_time` counts: seconds but for Envoy's DURATION, Apache's %D, what a format says, and JSON's."""
        took = next((column for column in self.columns if column.name == "request_time"), None)
        if took is not None and took.kind is Kind.DURATION:
            return took.unit
        return _UNITS.get(took.kind, "s") if took is not None else "s"

    @property
    def lacks(self) -> tuple[str, ...]:
        """What of a request and its answer the format does not log, of method, target and status."""
        return tuple(name for name in ("method", "target", "status") if name not in self.fields)


@lru_cache(maxsize=512)
def compile_format(log_format: str, *, name: str = "--log-format", stamped: bool = False) -> Format:
    """Compile nginx's own syntax (a template, with or without `escape=...`, or the whole directive), or Envoy's.

    A JSON object, of nginx's with escape=json, whose every value is one variable or operator is read by its keys, in
    any order. Every variable is allowed; one without a canonical name is carried along under its own. Raises
    FormatError with the token and its column for a template that nginx or Envoy would refuse, and for one by which no
    line could be dated, unless the lines are `stamped` by a layer around them.
    """
    if envoy.is_envoy(log_format):
        template = log_format.strip()
        keys = _keys_of(template)
        if keys:
            return _with_notes(compile_keys(keys, name=name, template=template, stamped=stamped))
        return _compile_parts(envoy.envoy_parts(template), "none", name, template, stamped=stamped)
    escape, template = read_log_format(log_format)
    keys = _keys_of(template) if escape == "json" else {}
    if keys:
        return _with_notes(compile_keys(keys, name=name, template=template, stamped=stamped))
    return _compile_parts(_parts_of_payload(template), escape, name, template, stamped=stamped)


def check_target(format: Format) -> None:
    """Raise FormatError for a format by which nothing can be paired, as it does not say what was asked for."""
    if "target" in format.lacks:
        raise FormatError(
            f"log_format `{format.template[:40]}` holds neither $request nor $request_uri or $uri, so its lines do not "
            f'say what was asked for: add "$request"'
        )


def compile_keys(
    keys: Mapping[bytes, Field], *, name: str, template: str, escape: str = "json", stamped: bool = False
) -> Format:
    """Compile a format of JSON objects, or PAIRS, from the field of each of their keys; raises as compile_format."""
    columns = tuple(keys.values())
    own_clock, clock, resolution_us = _best_clock(columns, template, stamped=stamped)
    clock_field = own_clock.name if own_clock else STAMP
    names = {column.name for column in columns}
    request = next((needed for needed in _REQUEST if needed <= names), set())
    return Format(
        name=name,
        template=template,
        escape=escape,
        fields=_fields(names),
        clock=clock,
        resolution_us=resolution_us,
        clock_field=clock_field,
        columns=columns,
        parts=(OBJECT,),
        pattern=ExactPattern((OBJECT,), "none"),
        clock_column=own_clock,
        keys=keys,
        needed=frozenset(path for path, key in keys.items() if key.name in request | {clock_field}),
    )


def add_late(format: Format, late: Mapping[bytes, Field], notes: tuple[str, ...] = ()) -> Format:
    """Give a format of JSON objects with these keys besides those of its first lines; records stay the same lines.

    notes: what must be said of these keys.
    """
    first = {path: key for path, key in format.keys.items() if path not in format.late}
    keys = {**first, **late}
    around = format.fields - _fields({key.name for key in format.keys.values()})
    fields = around | _fields({key.name for key in keys.values()})
    # What was said of late keys before is said anew: more of their values may have been seen.
    said = tuple(dict.fromkeys((*(note for note in format.notes if note not in format.late_notes), *notes)))
    return replace(
        format, keys=keys, columns=tuple(keys.values()), fields=fields, late=late, notes=said, late_notes=notes
    )


def _compile_parts(parts: tuple[Part, ...], escape: str, name: str, template: str, *, stamped: bool) -> Format:
    columns = tuple(part for part in parts if isinstance(part, Field))
    own_clock, clock, resolution_us = _best_clock(columns, template, stamped=stamped)
    format = Format(
        name=name,
        template=template,
        escape=escape,
        fields=_fields({column.name for column in columns}),
        clock=clock,
        resolution_us=resolution_us,
        clock_field=own_clock.name if own_clock else STAMP,
        columns=columns,
        parts=parts,
        pattern=ExactPattern(parts, escape),
        clock_column=own_clock,
        notes=(f"{own_clock.name}{_NO_ZONE}",) if own_clock and not has_zone(own_clock) else (),
    )
    return _with_notes(format)


def _with_notes(format: Format) -> Format:
    """Note what stays unknown without the method or the status, where a template of requests has none."""
    lacking = [said for name, said in _LACKING.items() if name in format.lacks and "target" not in format.lacks]
    return replace(format, notes=(*format.notes, *lacking)) if lacking else format


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
    if envoy.is_envoy(template):
        tokens: list[tuple[envoy.Token | Token, ...]] = [envoy.tokenize(value) for value in written]
    else:
        tokens = [join_query(tokenize(value)) for value in written]
    if not all(len(each) == 1 and not isinstance(each[0], Literal) for each in tokens):
        return {}
    singles = [each[0] for each in tokens]
    operators = [single for single in singles if isinstance(single, envoy.Operator)]
    variables = [single for single in singles if isinstance(single, Variable)]
    fields = envoy.name_operators(operators) if operators else _fields_of(variables)
    return {value.path: _any_spelling(field) for value, field in zip(values, fields, strict=True)}


def _any_spelling(field: Field) -> Field:
    """Let a time of JSON be spelled in any way: what passes logs on writes a number without its trailing zeros."""
    if field.kind not in CLOCKS or field.kind is Kind.CUSTOM:
        return field
    return replace(field, kind=Kind.INSTANT, layout=layout_text(field), fine_us=resolution_of(field))


def _parts_of_payload(template: str) -> tuple[Part, ...]:
    tokens = join_query(tokenize(template))
    fields = iter(_fields_of([token for token in tokens if isinstance(token, Variable)]))
    parts = [token if isinstance(token, Literal) else next(fields) for token in tokens]
    spelled = [JOINED.get(token.name, f"${token.name}") if isinstance(token, Variable) else "" for token in tokens]
    columns = [token.column if isinstance(token, Variable) else 0 for token in tokens]
    return separate_fields(parts, spelled, columns)


def _fields_of(variables: Sequence[Variable]) -> list[Field]:
    named = payload_fields(variable.name for variable in variables)
    each = zip(named, variables, strict=True)
    return [read_how(field, variable.how, variable.column) for field, variable in each]


def wrap(
    format: Format, layers: Sequence[Layer], said: Iterable[str], *, stamp_resolution_us: int, extensible: bool = False
) -> Format:
    """Give a format with layers around its lines that say these fields of the first of them, and others perhaps later.

    extensible: keys may come that the format lacks. A runtime's stamp is the better clock where it is finer than the
    line's own, unless that is the request's start and as fine as a millisecond.
    """
    good_start = format.clock == "start" and format.resolution_us <= _MILLISECOND
    stamped = "stamp" in said and not good_start and stamp_resolution_us < format.resolution_us
    around = stack_name(layers)
    return replace(
        format,
        name=f"{around}, {format.name}" if around else format.name,
        fields=format.fields.union(said, *(layer.fields for layer in layers)),
        layers=tuple(layers),
        extensible=extensible and bool(format.keys),
        clock="end" if stamped else format.clock,
        clock_field=STAMP if stamped else format.clock_field,
        resolution_us=stamp_resolution_us if stamped else format.resolution_us,
        notes=tuple(note for note in format.notes if not (stamped and note.endswith(_NO_ZONE))),
    )


def _best_clock(columns: tuple[Field, ...], template: str, *, stamped: bool) -> tuple[Field | None, str, int]:
    """Choose the best clock a line itself offers: (field, "start" | "end", resolution in microseconds)."""
    clocks = [column for column in columns if column.kind in CLOCKS and not column.duplicate]
    for start in (clock for clock in clocks if clock.name == START):
        return start, "start", resolution_of(start)
    if clocks:
        finest = min(clocks, key=resolution_of)
        resolution_us = resolution_of(finest)
        from_start = resolution_us <= _MILLISECOND and any(column.name == "request_time" for column in columns)
        return finest, "start" if from_start else "end", resolution_us
    if stamped:
        return None, "end", _NO_CLOCK
    message = f"log_format `{template[:40]}` has no time (column {len(template) + 1}): add $time_local or $msec"
    raise FormatError(message)
