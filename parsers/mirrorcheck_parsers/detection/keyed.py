"""Reads lines of keys, JSON objects or key=value pairs, and names a format by their keys."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from mirrorcheck_parsers.catalogue.keys import name_keys
from mirrorcheck_parsers.catalogue.known import KNOWN
from mirrorcheck_parsers.detection.stacks import Inner
from mirrorcheck_parsers.exact.match import choose_values, match_line
from mirrorcheck_parsers.formats.format import Format, compile_keys
from mirrorcheck_parsers.formats.values import PAIRS, NoObject, Value, scan_object, scan_pairs

_VALUES_SEEN = 1000  # of a key, to see what it is
_FEWEST_PAIRS = 3  # of a line that is read as key=value pairs
_MOST_SCANS = 2000  # lines that are kept as values, which take ten times their bytes


@dataclass(slots=True)
class Scans:
    """The values of lines of keys, each of which is scanned once for all formats and stacks."""

    known: dict[tuple[bytes, bool], Sequence[Value] | NoObject] = field(default_factory=dict)

    def values(self, text: bytes, escape: str) -> Sequence[Value] | NoObject:
        """Give the values of a line, as JSON or as pairs."""
        line = (text, escape == PAIRS)
        found = self.known.get(line)
        if found is None:
            found = (scan_pairs if escape == PAIRS else scan_object)(text, 0, len(text))
            if len(self.known) < _MOST_SCANS:
                self.known[line] = found
        return found

    def matches(self, format: Format, text: bytes) -> bool:
        """Whether a whole line is in a format."""
        if not format.keys:
            return match_line(format, text, 0, len(text)) is not None
        return not isinstance(choose_values(format, text, self.values(text, format.escape), len(text)), NoObject)


def fields_in(format: Format, seen: Mapping[bytes, object]) -> int:
    """Count the fields of a format; of JSON, only those whose keys were seen, so that no key goes unread."""
    return len(format.keys.keys() & seen.keys()) if format.keys else len(format.fields)


def values_by_key(lines: Sequence[Inner], escape: str, scans: Scans) -> dict[bytes, list[bytes]]:
    """Give some values of each key of those lines that look like JSON objects, or pairs, and can be read as such."""
    seen: dict[bytes, list[bytes]] = {}
    for _, text, wrapped in lines:
        is_object = text.startswith(b"{")
        if not wrapped or is_object != (escape == "json") or not (is_object or text.count(b"=") >= _FEWEST_PAIRS):
            continue
        values = scans.values(text, escape)
        for value in () if isinstance(values, NoObject) else values:
            some = seen.setdefault(value.path, [])
            if len(some) < _VALUES_SEEN:
                some.append(value.read(text, escape))
    return seen


def name_by_keys(seen: Mapping[bytes, Sequence[bytes]], escape: str, *, stamped: bool) -> list[Format]:
    """Give a format for the lines that are JSON objects, or pairs, by the names of their keys, if these say enough."""
    syntax = "key=value" if escape == PAIRS else "JSON"
    keys = name_keys(seen, stamped=stamped, syntax=syntax) if seen else None
    if keys is None:
        return []
    fields = dict(keys.fields)
    names = {field.name for field in fields.values()}
    # Envoy leaves out keys without a value if told to: they may be there later.
    for known in KNOWN:
        if known.keys and known.name == keys.name and known.needed <= fields.keys():
            fields |= {path: key for path, key in known.keys.items() if path not in fields and key.name not in names}
    compiled = compile_keys(fields, name=keys.name, template=keys.template, escape=escape, stamped=stamped)
    if compiled.clock_field not in keys.unzoned:
        return [replace(compiled, notes=keys.notes)]
    zone = f"{compiled.clock_field} says no zone: taken for UTC"
    return [replace(compiled, notes=(*keys.notes, zone))]
