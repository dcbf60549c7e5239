"""The kinds of layers that programs put around a line, as frozen rows of data describe them."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

# What the layers around a line say of it, and what a format may therefore not use for something else.
OUTER_FIELDS: Final = ("pod", "container", "namespace", "labels", "stream", "stamp")
ENVELOPE_FIELDS: Final = ("message", "pod", "container", "namespace", "labels", "stamp", "stream", "tag")
_IN_LABELS: Final = frozenset({"pod", "container", "namespace"})
# What many expressions of layers are made of.
DATE: Final = rb"[0-9]{4}-[0-9]{2}-[0-9]{2}"
CLOCK: Final = rb"[0-9]{2}:[0-9]{2}:[0-9]{2}"
ISO: Final = DATE + rb"T" + CLOCK + rb"(?:\.[0-9]{1,9})?(?:Z|[+-][0-9]{2}:?[0-9]{2})"


def _with_names(fields: Iterable[str]) -> frozenset[str]:
    """Add what may stand among labels to the fields that a layer has."""
    named = frozenset(fields)
    return named | _IN_LABELS if "labels" in named else named


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
        return _with_names(name for name in OUTER_FIELDS for each in self.templates if f"${name}" in each)


@dataclass(frozen=True, slots=True)
class Pattern:
    """Text in front of each line that regular expressions match, or lines above others that say who wrote these.

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
        return _with_names(name for text in (*self.forms, *self.headings) for name in re.compile(text).groupindex)


@dataclass(frozen=True, slots=True)
class Envelope:
    """A JSON object around each line: for every field the paths it may stand at, best first, keys joined by dots.

    needs: the paths that identify the program. A message that is no string is given as it stands; without a path
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
        named = (name for name, _ in self.columns if name != "message")
        return _with_names((*named, "labels") if self.labels else named)


Layer = Prefix | Pattern | Envelope | Elements | Table
COLOURS_ONLY: Final = Prefix("kubetail without prefix", ("",))  # colours around the line are all it adds

# JSON of exporters, and what logcli puts between braces: `"version":"v1"`, `version="v1"`, `k8s-pod/version: ...`.
_LABEL: Final = re.compile(rb'"?(?:k8s-pod/)?([A-Za-z0-9_./-]+)"?\s*[:=]\s*"((?:[^"\\]|\\.)*)"')
NAMES_IN_LABELS: Final = {
    name: re.compile(rb'[{ "](?:k8s_|kubernetes_)?%b(?:_name)?"?\s*[:=]\s*"([^"\\]*)"' % name.encode())
    for name in ("pod", "container", "namespace")
}


@lru_cache(maxsize=4096)
def read_labels(text: bytes) -> tuple[tuple[str, str], ...]:
    """Read the labels of a line as pairs, from a JSON object or from logcli's braces."""
    return tuple(
        (found[1].decode("ascii"), found[2].decode("utf-8", "backslashreplace")) for found in _LABEL.finditer(text)
    )


def stack_name(layers: Sequence[Layer]) -> str:
    """Name what is around a line, outermost first: `kubectl --prefix --timestamps`, `Fluent Bit, docker json-file`."""
    names: list[str] = []
    for layer in layers:
        if isinstance(layer, Elements) or not layer.name:
            continue
        if not layer.name.startswith("--"):
            names.append(layer.name)
        elif names:
            names[-1] += f" {layer.name}"
        else:
            names.append(f"kubectl {layer.name}")
    return ", ".join(names)
