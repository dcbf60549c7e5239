"""Cuts lines of text that surely match a format into columns.

In most logs some fields are the same on nearly every line: comparing them is faster than cutting and checking them.
Where that fails, the plan is followed as it is, so that what is learned of a stream changes no result.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np

from mirrorcheck_parsers.columnwise.columns import Columns, LineIndex, cut_columns, merge
from mirrorcheck_parsers.columnwise.learning import Learning
from mirrorcheck_parsers.columnwise.plan import Plan, make_plan
from mirrorcheck_parsers.columnwise.words import Positions, Window, window
from mirrorcheck_parsers.formats.fields import Kind
from mirrorcheck_parsers.formats.format import Format
from mirrorcheck_parsers.formats.stamps import CLOCKS

_SAMPLE: Final = 64  # lines
_LONGEST: Final = 64  # bytes of what is compared, fewer than are padded
_SELDOM: Final = 200  # of so many lines, one that differs is no lesson
_UNCHECKED: Final = frozenset({Kind.TEXT, Kind.PLAIN, Kind.FREE, *CLOCKS})  # nothing is saved on these, or they vary


class TextColumns:
    """Cuts lines of text of one format into columns; it keeps what it has learned to be the same on all lines."""

    def __init__(self, format: Format, plan: Plan, learning: Learning) -> None:
        self._learning = learning
        self._format = format
        self._plan = plan
        self._same: Mapping[str, bytes] | None = None
        self._special: Plan | None = None
        self._candidates = [c.name for c in format.columns if c.kind not in _UNCHECKED and not c.duplicate]

    def cut(self, text: bytes, lines: LineIndex) -> Columns:
        """Cut the lines of a padded text; those left out may be records all the same."""
        view = window(text)
        backslashes = self._format.escape != "none" and b"\\" in text
        enough = len(lines.start) >= self._learning.fewest_texts
        if self._same is None and enough and len(self._candidates) >= self._learning.fewest_fields:
            self._learn_shape(view, lines, np.flatnonzero(lines.quotes == self._plan.quotes))
        if self._special is None:
            return cut_columns(view, lines, self._plan, backslashes=backslashes)
        found = cut_columns(view, lines, self._special, backslashes=backslashes)
        left = lines.quotes == self._plan.quotes
        left[found.row] = False
        rows = np.flatnonzero(left)
        if len(rows) <= self._learning.few_left:
            return found
        if len(rows) * _SELDOM > len(left):
            self._learn_shape(view, lines, rows)
        others = cut_columns(view, lines.take(rows), self._plan, backslashes=backslashes)
        return merge(found, Columns(rows[others.row], others.spans, others.moments))

    def _learn_shape(self, view: Window, lines: LineIndex, rows: Positions) -> None:
        """Learn from some of the rows what all lines have, of what was known to be the same before."""
        sample = lines.take(rows[:: 1 + len(rows) // _SAMPLE])
        # Backslashes are allowed for: they matter to no field that is compared.
        columns = cut_columns(view, sample, self._plan, backslashes=True)
        seen = {name: _only(view, *columns.spans[name]) for name in self._candidates}
        known = {name: text for name, text in seen.items() if text and (not self._same or self._same.get(name) == text)}
        self._same = known if self._same is None or self._same else {}
        enough = len(self._same) >= self._learning.fewest_fields
        self._special = make_plan(self._format.parts, self._same) if enough else None


def _only(view: Window, start: Positions, stop: Positions) -> bytes:
    """Give the text that stands at all of these places, b"" where they differ or it is too long."""
    texts = {view.octets[begin:end].tobytes() for begin, end in zip(start.tolist(), stop.tolist(), strict=True)}
    text = texts.pop() if len(texts) == 1 else b""
    return text if len(text) <= _LONGEST else b""
