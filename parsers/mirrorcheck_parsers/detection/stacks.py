"""Finds the stacks of layers that may be around the first lines of a stream, with what is inside."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from mirrorcheck_parsers.columnwise.words import PADDING, Mask, window
from mirrorcheck_parsers.compiled.stamps import NO_STAMP, are_whole_seconds
from mirrorcheck_parsers.formats.stamps import SECOND_US
from mirrorcheck_parsers.formats.values import NoObject, scan_object
from mirrorcheck_parsers.layers.known import LAYERS
from mirrorcheck_parsers.layers.model import COLOURS_ONLY, Envelope, Layer, Prefix
from mirrorcheck_parsers.wrappers.elements import join_elements, may_be_elements
from mirrorcheck_parsers.wrappers.parts import join_parts
from mirrorcheck_parsers.wrappers.prefix import are_names
from mirrorcheck_parsers.wrappers.rows import Rows
from mirrorcheck_parsers.wrappers.tables import find_table, join_records
from mirrorcheck_parsers.wrappers.unwrap import strip_layer

_DEEPEST: Final = 4
_HEADER_WITHIN: Final = 100  # lines: a table may stand behind a program's own words
_NO_LABELS: Final = len("{}")
_SAMPLE: Final = 20  # rows by whose names or keys a layer is chosen


Inner = tuple[int, bytes, bool]


@dataclass(frozen=True, slots=True, eq=False)
class Stack:
    """Layers, outermost first, and the rows inside them; said: the fields that the layers have for some row.

    swallowed: bool, rows that went into others before; None where none did.
    """

    layers: tuple[Layer, ...]
    rows: Rows
    said: frozenset[str]
    stamp_resolution_us: int
    swallowed: Mask | None = None

    @property
    def stamped(self) -> bool:
        """Whether the layers date lines."""
        return "stamp" in self.said

    def lines(self, containers: Collection[bytes] = ()) -> Iterator[Inner]:
        """Give the 1-based number of each line, its text, and whether it has all the layers.

        containers: only the lines of these, where the layers name containers, and those without the layers.
        """
        joined = join_parts(self.rows, final=True)
        swallowed = joined.swallowed if self.swallowed is None else joined.swallowed | self.swallowed
        chosen = bool(containers) and "container" in self.said
        for row in np.flatnonzero(~swallowed).tolist():
            if chosen and joined.rows.wrapped[row] and joined.rows.said("container", row) not in containers:
                continue
            yield row + 1, joined.rows.line(row), bool(joined.rows.wrapped[row])


def find_stacks(
    lines: Sequence[bytes], *, coloured: bool, among: Collection[tuple[Layer, ...]] | None = None
) -> list[Stack]:
    """Find the stacks of layers that at least one of the lines has, none first, each beside what it leaves.

    coloured: the lines had colours, which lines without any layer do not. among: only these, and what they are inside.
    """
    begun = None if among is None else {layers[:depth] for layers in among for depth in range(len(layers) + 1)}
    bare = bare_stack(lines)
    found, newest = [replace(bare, layers=(COLOURS_ONLY,)) if coloured else bare], [bare]
    for _ in range(_DEEPEST):
        newest = [each for stack in newest for each in _stripped(stack, begun)]
        found += newest
    return found


def bare_stack(lines: Sequence[bytes]) -> Stack:
    """Give the stack of no layers at all."""
    stop = np.cumsum([len(line) + 1 for line in lines], dtype=np.int64) - 1
    start = stop - np.array([len(line) for line in lines], np.int64)
    text = b"".join(line + b"\n" for line in lines) + bytes(PADDING)
    return _stack((), Rows(text, start, stop, np.ones(len(lines), np.bool_), {}))


def _stack(layers: tuple[Layer, ...], rows: Rows, swallowed: Mask | None = None) -> Stack:
    said = frozenset(
        name
        for name, (start, stop) in rows.spans.items()
        if (stop - start > (_NO_LABELS if name == "labels" else 0))[rows.wrapped].any()
    )
    if rows.stamp_us is None or not (rows.stamp_us != NO_STAMP)[rows.wrapped].any():
        said -= {"stamp"}  # it dates nothing
    whole = False
    if "stamp" in said:
        start, stop = (bound[rows.wrapped] for bound in rows.spans["stamp"])
        whole = are_whole_seconds(window(rows.text), start, stop)
    return Stack(layers, rows, said, SECOND_US if whole else 1, swallowed)


def _stripped(stack: Stack, begun: Collection[tuple[Layer, ...]] | None) -> Iterator[Stack]:
    """Give the stacks with one layer more that is next inside, of those `begun`; of the JSON objects only one."""
    if begun is not None and not any(len(layers) > len(stack.layers) for layers in begun):
        return
    envelope = _envelope_of(stack.rows)
    if not stack.layers:
        yield from _over_several_lines(stack.rows)
    for layer in LAYERS[1:]:
        if layer in stack.layers or (isinstance(layer, Envelope) and layer is not envelope):
            continue
        if begun is not None and (*stack.layers, layer) not in begun:
            continue
        rows = strip_layer(layer, stack.rows)
        if rows.wrapped.any() and (not isinstance(layer, Prefix) or _is_likely(layer, rows)):
            yield _stack((*stack.layers, layer), rows, stack.swallowed)


def _over_several_lines(rows: Rows) -> Iterator[Stack]:
    """Give the stacks of the outermost layers whose objects or rows may go over several lines."""
    elements = join_elements(rows, final=True)
    lines = [rows.line(row) for row in range(len(rows.start))]
    if elements.swallowed.any() or may_be_elements(lines):
        yield _stack((LAYERS[0],), elements.rows, elements.swallowed)
    table = find_table(lines[:_HEADER_WITHIN])
    if table:
        records = join_records(table, rows, final=True)
        yield _stack((table,), strip_layer(table, records.rows), records.swallowed)


def _envelope_of(rows: Rows) -> Envelope | None:
    """Give the envelope that most of the JSON objects have, by some from all over the rows."""
    lines = [rows.line(row) for row in np.flatnonzero(rows.wrapped).tolist()]
    objects = [line for line in lines if line.lstrip()[:1] == b"{"]
    counted = Counter(map(_envelope_of_keys, objects[:: max(1, len(objects) // _SAMPLE)]))
    counted.pop(None, None)
    return counted.most_common(1)[0][0] if counted else None


def _envelope_of_keys(line: bytes) -> Envelope | None:
    """Give the first envelope whose keys are in an object."""
    values = scan_object(line, 0, len(line), nests=True)
    found = () if isinstance(values, NoObject) else values
    paths = {value.path.decode("utf-8", "replace") for value in found}
    envelopes = (layer for layer in LAYERS if isinstance(layer, Envelope))
    return next((envelope for envelope in envelopes if paths.issuperset(envelope.needs)), None)


def _is_likely(prefix: Prefix, rows: Rows) -> bool:
    """Whether some line's names are what Kubernetes would allow, where nothing else sets a prefix apart."""
    if not prefix.strict:
        return True
    first = np.flatnonzero(rows.wrapped)[:_SAMPLE].tolist()
    return any(
        are_names([rows.said(name, row) for name in ("pod", "container", "namespace") if name in rows.spans])
        # A container's name has no dots: an address and a dash are no pod and container.
        and b"." not in rows.said("container", row)
        for row in first
    )
