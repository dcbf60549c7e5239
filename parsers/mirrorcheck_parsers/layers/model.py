"""The kinds of layers that other programs put around a line, as frozen rows of data can describe them."""

import re
from dataclasses import dataclass
from typing import Final

from mirrorcheck_parsers.formats.fields import OUTER_FIELDS


@dataclass(frozen=True, slots=True)
class Prefix:
    """Text in front of each line: templates of $pod, $container, $namespace, $index, $stamp, $stream, $tag, $labels.

    $gap is a run of spaces, or none. Of several templates the first that fits a line counts, and they exclude each
    other. strict: a pod's and a container's name must look like one (RFC 1123), as nothing else sets the prefix apart.
    newest_first: the program may write its lines in that order. labels_option: labels that all lines share are left out
    unless this option is given.
    """

    name: str
    templates: tuple[str, ...]
    strict: bool = False
    newest_first: bool = False
    labels_option: str = ""

    @property
    def fields(self) -> frozenset[str]:
        """What it may say of a line."""
        named = {name for name in OUTER_FIELDS for template in self.templates if f"${name}" in template}
        return frozenset(named | {"pod", "container", "namespace"} if "labels" in named else named)


@dataclass(frozen=True, slots=True)
class Pattern:
    """Text in front of each line that regular expressions tell, or lines above others that say whose these are.

    forms: what may be in front of a line, with groups pod, container, namespace, labels, stamp; of several the one that
    fits counts, and they exclude each other. Without forms all lines below a heading have the layer. headings: whole
    lines, with such groups where they say something of all lines below them up to the next one; headings_begin: the
    bytes of which one begins each.
    """

    name: str
    forms: tuple[bytes, ...] = ()
    headings: tuple[bytes, ...] = ()
    headings_begin: bytes = b""
    newest_first: bool = False
    labels_option: str = ""

    @property
    def fields(self) -> frozenset[str]:
        """What it may say of a line."""
        groups = {name for text in (*self.forms, *self.headings) for name in re.compile(text).groupindex}
        return frozenset(groups | ({"pod", "container", "namespace"} if "labels" in groups else set()))


@dataclass(frozen=True, slots=True)
class Envelope:
    """A JSON object around each line: for every field the paths it may stand at, best first, keys joined by dots.

    needs: the paths by which the program is told. A message that is no string is given as it stands; without a path
    for one, the object itself is the line. parts_from: bytes from which on a message without a line break at its end
    goes on in the next line of its stream; 0 where a tag says so.
    """

    name: str
    needs: tuple[str, ...]
    message: tuple[str, ...] = ()
    pod: tuple[str, ...] = ()
    container: tuple[str, ...] = ()
    namespace: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    stamp: tuple[str, ...] = ()
    stream: tuple[str, ...] = ("stream",)
    tag: tuple[str, ...] = ("logtag",)
    parts_from: int = 0
    newest_first: bool = False
    labels_option: str = ""

    @property
    def fields(self) -> frozenset[str]:
        """What it may say of a line."""
        return frozenset(name for name in OUTER_FIELDS if getattr(self, name))

    def paths(self) -> dict[str, tuple[str, ...]]:
        """Give the paths of each field."""
        return {name: getattr(self, name) for name in ENVELOPE_FIELDS}


@dataclass(frozen=True, slots=True)
class Elements:
    """JSON objects laid out over several lines, most of them in an array; it can only be the outermost layer."""

    name: str = "JSON in several lines"
    newest_first: bool = False
    labels_option: str = ""
    fields: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of a CSV table; whatever stands in other columns than those named here is dropped.

    header: the line that names the columns, without its line break; b"" where there is none and the first two are the
    stamp and the message. columns: pairs of what it says, "message" or a field, and the place of its column from 0 on;
    labels: pairs of a label's name and its column. in_utc: what stamps without a zone mean; of another table they may
    mean the zone of whoever exported it. A table with a header can only be the outermost layer.
    """

    name: str
    delimiter: bytes = b","
    header: bytes = b""
    columns: tuple[tuple[str, int], ...] = (("stamp", 0), ("message", 1))
    labels: tuple[tuple[str, int], ...] = ()
    in_utc: bool = True
    newest_first: bool = False
    labels_option: str = ""

    @property
    def fields(self) -> frozenset[str]:
        """What it may say of a line."""
        named = {name for name, _ in self.columns if name != "message"} | ({"labels"} if self.labels else set())
        return frozenset(named | {"pod", "container", "namespace"} if "labels" in named else named)


Layer = Prefix | Pattern | Envelope | Elements | Table

ENVELOPE_FIELDS: Final = ("message", "pod", "container", "namespace", "labels", "stamp", "stream", "tag")
