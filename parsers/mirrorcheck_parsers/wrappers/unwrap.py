"""Takes all layers off the lines of a stream."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from mirrorcheck_parsers.columnwise.columns import LineIndex, find_lines
from mirrorcheck_parsers.columnwise.words import PADDING
from mirrorcheck_parsers.compiled.stamps import NO_STAMP
from mirrorcheck_parsers.layers.model import COLOURS_ONLY, Elements, Envelope, Layer, Pattern, Prefix, Table
from mirrorcheck_parsers.wrappers.colours import strip_colours
from mirrorcheck_parsers.wrappers.elements import join_elements
from mirrorcheck_parsers.wrappers.envelopes import EnvelopeStripper
from mirrorcheck_parsers.wrappers.parts import Joined, drop_inner_stamps, join_parts
from mirrorcheck_parsers.wrappers.patterns import PatternStripper
from mirrorcheck_parsers.wrappers.prefix import PrefixStripper
from mirrorcheck_parsers.wrappers.rows import Rows
from mirrorcheck_parsers.wrappers.tables import join_records, strip_table


class Unwrapper:
    """Takes the layers off the lines of one stream; it keeps what headings said.

    needs_stamp: a line without one has not all its layers. exact: as Parser's.
    """

    def __init__(self, layers: Sequence[Layer], *, needs_stamp: bool = False, exact: bool = False) -> None:
        self._layers = layers
        self._strippers = {layer: stripper for layer in layers if (stripper := _stripper(layer, exact=exact))}
        self._needs_stamp = needs_stamp

    def unwrap(self, text: bytes, lines: LineIndex, *, final: bool) -> tuple[Joined, LineIndex]:
        """Unwrap the lines of a padded text, and give where the decided ones are in the text of the rows.

        `final` where nothing comes after them.
        """
        if b"\x1b" in text:
            text = strip_colours(text)
            lines = find_lines(text, len(text) - PADDING)
        rows = Rows(text, lines.start, lines.stop, np.ones(len(lines.start), np.bool_), {})
        elements = join_lines(self._layers[0], rows, final=final)
        rows = elements.rows if elements else rows
        for layer in self._layers:
            rows = _strip(layer, self._strippers.get(layer), rows)
        if self._needs_stamp and rows.stamp_us is not None:
            rows = replace(rows, wrapped=rows.wrapped & (rows.stamp_us != NO_STAMP))
        joined = replace(elements, rows=rows) if elements else join_parts(rows, final=final)
        return joined, _inner_lines(joined)

    def settle(self, decided: int) -> None:
        """Hear how many of the lines unwrapped last are decided: the others come again."""
        for stripper in self._strippers.values():
            if isinstance(stripper, PatternStripper):
                stripper.settle(decided)


def join_lines(outermost: Layer, rows: Rows, *, final: bool) -> Joined | None:
    """Join the lines of what goes over several of them in the outermost layer; None where nothing there does."""
    if isinstance(outermost, Elements):
        return join_elements(rows, final=final)
    return join_records(outermost, rows, final=final) if isinstance(outermost, Table) and outermost.header else None


def _inner_lines(joined: Joined) -> LineIndex:
    rows, decided = joined.rows, slice(joined.decided)
    among = rows.wrapped[decided] & ~joined.swallowed[decided]
    return LineIndex(rows.start[decided], rows.stop[decided], among)


def strip_layer(layer: Layer, rows: Rows) -> Rows:
    """Take one layer off all rows that have it."""
    return _strip(layer, _stripper(layer, exact=False), rows)


def _stripper(layer: Layer, *, exact: bool) -> EnvelopeStripper | PatternStripper | PrefixStripper | None:
    """Give what takes a layer off the lines of one stream, where it keeps something for it."""
    if isinstance(layer, Envelope):
        return EnvelopeStripper(layer, exact=exact)
    if isinstance(layer, Pattern):
        return PatternStripper(layer)
    return PrefixStripper(layer, exact=exact) if isinstance(layer, Prefix) and layer is not COLOURS_ONLY else None


def _strip(layer: Layer, stripper: EnvelopeStripper | PatternStripper | PrefixStripper | None, rows: Rows) -> Rows:
    if isinstance(layer, Table):
        return strip_table(layer, rows)
    if stripper is None:
        return rows
    stripped = stripper.strip(rows)
    return drop_inner_stamps(stripped) if layer.name == "--timestamps" else stripped
