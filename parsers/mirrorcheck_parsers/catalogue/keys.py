"""Names the keys of JSON or key=value lines as fields, by their names and some values of each."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from mirrorcheck_parsers.catalogue.names import STARTS, TIMES, choose_variables, lookups, name_of_key
from mirrorcheck_parsers.catalogue.units import Unit, infer_unit
from mirrorcheck_parsers.catalogue.writers import Writer, find_writer
from mirrorcheck_parsers.formats.fields import ADDRESS, MISSING, QUERY, START, Field, Kind, payload_fields
from mirrorcheck_parsers.formats.stamps import MILLI_US, is_likely, read_instant, usual_layout

_LEAST: Final = frozenset({"request_uri", "request"})  # without a target there is nothing to pair
_WITH_PORT: Final = re.compile(rb"(?:[0-9.]+|\[[0-9A-Fa-f:.%a-z]*\]|[^ :]+):[0-9]{1,5}")


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of lines: path -> its field; the name of what writes such lines.

    notes: what must be said of how they are read. unzoned: the names of times that do not say their zone.
    """

    fields: Mapping[bytes, Field]
    name: str
    notes: tuple[str, ...] = ()
    unzoned: frozenset[str] = frozenset()

    @property
    def template(self) -> str:
        """The keys and the variables they stand for, as nginx's log_format would have them."""
        pairs = (f'"{path.decode("utf-8", "backslashreplace")}":"${key.variable}"' for path, key in self.fields.items())
        return "{" + ",".join(pairs) + "}"


def name_keys(samples: Mapping[bytes, Sequence[bytes]], *, stamped: bool = False, syntax: str = "JSON") -> Keys | None:
    """Name the keys of lines by values of each; None where they hold no time or no target.

    Lines that are `stamped` by a layer around them need no time of their own.
    """
    plain = {path: name_of_key(path) for path in samples}
    seen = {path: [value for value in values if value not in MISSING] for path, values in samples.items()}
    writer = find_writer(set(plain.values()))
    clocks = _clocks(plain, seen, writer)
    rest = {path: name for path, name in plain.items() if path not in clocks}
    variables, units, notes = name_variables(rest, seen, writer)
    if not (clocks or stamped) or not _LEAST & set(variables.values()):
        return None
    named = iter(payload_fields(variables.values()))
    fields = {path: clocks[path] if path in clocks else typed(next(named), path, seen[path], units) for path in plain}
    unzoned = {clock.name for path, clock in clocks.items() if not all(map(_is_zoned, seen[path]))}
    return Keys(fields, f"{writer.name} {syntax}".strip(), notes, frozenset(unzoned))


def name_variables(
    plain: Mapping[bytes, str], seen: Mapping[bytes, Sequence[bytes]], writer: Writer
) -> tuple[dict[bytes, str], dict[bytes, Unit], tuple[str, ...]]:
    """Give each path its variable, the units of the durations among them, and what must be said of these.

    A duration whose unit is unknown is none: the next best takes its place.
    """
    units: dict[bytes, Unit] = {}
    while True:
        unclear = [path for path, unit in units.items() if not unit.unit]
        variables = choose_variables(plain, seen, timeless=unclear, unlike=writer.unlike)
        path = next((path for path, variable in variables.items() if variable == "request_time"), None)
        if path is None or path in units:
            break
        units[path] = infer_unit(plain[path], _documented(path, writer), seen[path])
    notes = tuple(f"{_shown(path)} {unit.note}" for path, unit in units.items() if seen.get(path))
    variables |= {each: f"other_{plain[each]}" for each in unclear if variables[each] == "request_time"}
    variables = {each: f"other_{QUERY}" if variable == QUERY else variable for each, variable in variables.items()}
    query = next((each for each, variable in variables.items() if variable == "args"), None)
    if query is not None and "request_uri" not in variables.values():
        variables[query] = plain[query]
    elif query is not None:
        variables[query] = QUERY  # a target that holds it already stays as it is
    return variables, units, notes


def _documented(path: bytes, writer: Writer) -> tuple[str, str] | None:
    unit = next((writer.units[name] for name, _ in lookups(path) if name in writer.units), None)
    return (unit, writer.name or "nginx") if unit else None


def typed(field: Field, path: bytes, seen: Sequence[bytes], units: Mapping[bytes, Unit]) -> Field:
    """Give a field the kind that its values need: texts but for durations, whose `units` are known by path."""
    if field.name == "request_time":
        return replace(field, kind=Kind.DURATION, unit=units[path].unit)
    if field.name == "remote_addr" and seen and all(map(_WITH_PORT.fullmatch, seen)):
        return replace(field, name=ADDRESS, kind=Kind.TEXT)
    return replace(field, kind=Kind.TEXT)


def _clocks(plain: Mapping[bytes, str], seen: Mapping[bytes, Sequence[bytes]], writer: Writer) -> dict[bytes, Field]:
    """Give the fields of the times, by their names and values; the request's start has a name of its own.

    What has a time on less than half as many lines as another key has, dates no line.
    A start that is coarser than a millisecond is like the others where one of these is finer.
    """
    times = {path: _times(path, seen[path]) for path in plain}
    most = max(map(len, times.values()), default=0)
    clocks = {path: _time_field(plain[path], each) for path, each in times.items() if 2 * len(each) >= most > 0}
    rank = {name: place for place, name in enumerate((*sorted(writer.starts), *STARTS))}
    starts = {
        path: min(rank[name] for name, _ in lookups(path) if name in rank)
        for path in clocks
        if any(name in rank for name, _ in lookups(path))
    }
    finest = min((clock.fine_us for clock in clocks.values()), default=0)
    usable = [path for path in starts if clocks[path].fine_us <= max(finest, MILLI_US)]
    for path in starts:
        # Under this name it would be the start.
        clocks[path] = replace(clocks[path], name=f"other_{START}" if plain[path] == START else plain[path])
    if usable:
        best = min(usable, key=lambda path: (clocks[path].fine_us > MILLI_US, starts[path]))
        clocks[best] = replace(clocks[best], name=START)
    return clocks


def _times(path: bytes, seen: Sequence[bytes]) -> list[bytes]:
    """Give the values of a key that are times, none where it is not called like one."""
    names = {name for name, _ in lookups(path)}
    if names.isdisjoint(TIMES) and names.isdisjoint(STARTS):
        return []
    if "request_time" in names and names.isdisjoint(TIMES):
        seen = [value for value in seen if not value.replace(b".", b"").isdigit()]  # else it is a duration
    return [value for value in seen if is_likely(value)]


def _time_field(name: str, times: Sequence[bytes]) -> Field:
    """Give the field of a time that is as fine as the finest of its values, in the layout that most of them have."""
    fine_us = min(moment.fine_us for value in times if (moment := read_instant(value)))
    [(layout, _)] = Counter(map(usual_layout, times)).most_common(1)
    return Field(name, Kind.INSTANT, name, layout=layout, fine_us=fine_us)


def _is_zoned(value: bytes) -> bool:
    moment = read_instant(value)
    return moment is None or moment.zoned


def _shown(path: bytes) -> str:
    return path.decode("utf-8", "backslashreplace")
