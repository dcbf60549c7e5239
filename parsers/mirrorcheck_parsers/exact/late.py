"""Watches for keys of JSON that the first lines lack, and gives the format with them.

A late key never takes a field from one of the first lines, nor is it the request or the time: what makes a line a
record does not change, so that a log can be read again with more fields and the same lines.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from mirrorcheck_parsers.catalogue.keys import name_variables, typed
from mirrorcheck_parsers.catalogue.names import NAMES, lookups, name_of_key
from mirrorcheck_parsers.catalogue.writers import find_writer
from mirrorcheck_parsers.formats.fields import ADDRESS, MISSING, Field, find_field, meant_by, payload_fields
from mirrorcheck_parsers.formats.format import Format, add_late
from mirrorcheck_parsers.formats.values import Value

_SETTLED: Final = ("request", "request_method", "request_uri", "args")  # variables that make a record, and its key
VALUES_SEEN: Final = 20  # of a key, to see what it is; so many are read of the first lines, too
_MOST_SETTLED: Final = 256  # paths, as keys may be made of what clients send


class LateKeys:
    """What one stream's records show of the keys that are awaited.

    The first values of a key, in the order of the lines, show what it is, so that nothing depends on how the text was
    cut. Of two spellings of one name the first counts. unnamed: some record has a key, awaited or not, that the first
    lines have not. settled: such keys of which nothing more can be learned.
    """

    def __init__(self, format: Format, asked: Collection[str]) -> None:
        """asked: the names of fields that are awaited besides those known by name."""
        self._format = format
        first = add_late(format, {})
        self._first, self._fields = first.keys.keys(), first.fields
        self._awaited = _awaited(self._fields, asked) if format.extensible else frozenset[str]()
        self._seen: dict[str, tuple[bytes, list[bytes]]] = {}  # name -> its path, and the first values
        self._sightings: list[tuple[int, int, bytes, bytes]] = []  # row, place in its line, path, value
        self.unnamed = False
        self.settled: set[bytes] = set()

    def see_record(self, row: int, text: bytes, values: Mapping[bytes, Value]) -> None:
        """Take the values of one record by their paths."""
        for place, path in enumerate(self.wanted(values)):
            self.see(row, place, path, values[path].read(text, self._format.escape))

    def see(self, row: int, place: int, path: bytes, value: bytes) -> None:
        """Take a value; `place` is that of its path in wanted."""
        self._sightings.append((row, place, path, value))

    def end_text(self) -> None:
        """Take in what was seen since the last time, all of it in rows of one text."""
        for _, _, path, value in sorted(self._sightings):
            first_path, values = self._seen.setdefault(name_of_key(path), (path, []))
            if path == first_path and value not in MISSING and len(values) < VALUES_SEEN:
                values.append(value)
        self._sightings.clear()

    def grown(self) -> Format | None:
        """Give the format with the late keys; None where it has just these."""
        late, notes = _name_late(dict(self._seen.values()), self._first, self._fields)
        return add_late(self._format, late, notes) if late != self._format.late else None

    def awaits(self, path: bytes) -> bool:
        """Whether a path may be one of a late key that is of use."""
        return path not in self._first and not self._awaited.isdisjoint(name for name, _ in lookups(path))

    def wanted(self, paths: Mapping[bytes, object]) -> list[bytes]:
        """Give those of a line's paths that can show something new, in the order of the line."""
        if paths.keys() <= self._first:
            return []
        self.unnamed = True
        late = [path for path in paths if path not in self._first]
        wanted = [path for path in late if self._is_wanted(path)]
        if len(self.settled) < _MOST_SETTLED:
            self.settled.update(set(late).difference(wanted))
        return wanted

    def _is_wanted(self, path: bytes) -> bool:
        if not self.awaits(path):
            return False
        first_path, values = self._seen.get(name_of_key(path), (path, ()))
        return path == first_path and len(values) < VALUES_SEEN


def _awaited(fields: frozenset[str], asked: Collection[str]) -> frozenset[str]:
    """Give the names of keys that would be of use to records which have these fields."""
    lacking = (variable for variable in NAMES if payload_fields([variable])[0].name not in fields)
    names = {name for variable in lacking if variable not in _SETTLED for name in NAMES[variable]}
    names |= {name for each in asked if find_field(fields, each) is None for name in meant_by(each)}
    return frozenset(names if "remote_addr" in fields else names | {ADDRESS})


def _name_late(
    samples: Mapping[bytes, Sequence[bytes]], first: Collection[bytes], fields: frozenset[str]
) -> tuple[dict[bytes, Field], tuple[str, ...]]:
    """Name keys by themselves and some values of each, as the `first` ones were, which gave these fields."""
    plain = {path: name_of_key(path) for path in samples}
    writer = find_writer({*map(name_of_key, first), *plain.values()})
    variables, units, notes = name_variables(plain, samples, writer)
    late: dict[bytes, Field] = {}
    taken = set(fields)
    for path, named in zip(variables, payload_fields(variables.values()), strict=True):
        # What has its field already may still be asked for under its own name.
        field = payload_fields([plain[path]])[0] if named.name in fields else named
        if field.name not in taken and (field.name != "request_time" or units[path].unit):
            late[path] = typed(field, path, samples[path], units)
            taken.add(late[path].name)
    return late, notes
