"""Takes off what regular expressions find in front of lines, or in lines above them, and keeps what it says."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

import numpy as np

from mirrorcheck_parsers.columnwise.stamps import NO_STAMP, read_stamps
from mirrorcheck_parsers.columnwise.words import PADDING, Mask, Positions, Spans, window
from mirrorcheck_parsers.layers.model import NAMES_IN_LABELS, OUTER_FIELDS, Pattern
from mirrorcheck_parsers.wrappers.rows import Rows, innermost, merge_spans, scatter

_LONGEST_HEADING: Final = 1 << 16  # bytes

Said = dict[str, bytes]


@lru_cache(maxsize=64)
def _compiled(expressions: tuple[bytes, ...]) -> tuple[re.Pattern[bytes], ...]:
    return tuple(re.compile(expression, re.DOTALL) for expression in expressions)


@dataclass(frozen=True, slots=True, eq=False)
class _Cut:
    """What forms found in front of n rows: where the rest starts, which have one, and what they say."""

    start: Positions
    wrapped: Mask
    spans: dict[str, Spans]

    @classmethod
    def of(cls, rows: Rows, found: Mapping[re.Pattern[bytes], Sequence[tuple[int, re.Match[bytes]]]]) -> "_Cut":
        """Put what each form found on some rows together."""
        start, wrapped = rows.start.copy(), np.zeros(len(rows.start), np.bool_)
        spans: dict[str, Spans] = {}
        for form, matches in found.items():
            if not matches:
                continue
            numbers = [row for row, _ in matches]
            bounds = np.array([match.regs for _, match in matches], np.int64).reshape(len(numbers), -1, 2)
            start[numbers], wrapped[numbers] = bounds[:, 0, 1], True
            for name, group in form.groupindex.items():
                found_here = np.maximum(bounds[:, group], 0)
                spans[name] = scatter(
                    len(start), np.array(numbers), (found_here[:, 0], found_here[:, 1]), spans.get(name)
                )
        return cls(start, wrapped, spans)


class PatternStripper:
    """Takes one pattern off the lines of one stream; it remembers the last line that said whose those below it are."""

    def __init__(self, pattern: Pattern) -> None:
        self._forms = _compiled(pattern.forms)
        self._headings = _compiled(pattern.headings)
        self._begins = np.frombuffer(pattern.headings_begin, np.uint8)
        self._said: Said | None = None  # by the last heading in front of the next row
        self._found: list[tuple[int, Said | None]] = []  # in the rows seen last: what is said from each of them on

    def strip(self, rows: Rows) -> Rows:
        """Take the text off all rows that have it; others are bare from now on, and headings are empty besides."""
        headings = dict(self._find_headings(rows)) if self._headings else {}
        stop, wrapped = rows.stop, rows.wrapped.copy()
        numbers = list(headings)
        wrapped[numbers] = False
        if numbers:
            stop = stop.copy()
            stop[numbers] = rows.start[numbers]
        rows = replace(rows, stop=stop, wrapped=wrapped)
        rows = self._strip_forms(rows) if self._forms else rows
        return self._say(rows, headings)

    def settle(self, decided: int) -> None:
        """Hear how many of the rows seen last are decided: the others come again."""
        self._said = next((said for row, said in reversed(self._found) if row < decided), self._said)
        self._found = []

    def _find_headings(self, rows: Rows) -> Iterable[tuple[int, Said | None]]:
        """Give the rows that are headings and what each says; None where it says nothing of the lines below it."""
        octets = window(rows.text).octets
        candidates = rows.wrapped & (rows.stop > rows.start) & np.isin(octets[rows.start], self._begins)
        candidates &= rows.stop - rows.start <= _LONGEST_HEADING
        for row in np.flatnonzero(candidates).tolist():
            line = rows.line(row)
            found = next((each for each in (form.fullmatch(line) for form in self._headings) if each), None)
            if found:
                yield row, _said_by(found)

    def _strip_forms(self, rows: Rows) -> Rows:
        found: dict[re.Pattern[bytes], list[tuple[int, re.Match[bytes]]]] = {form: [] for form in self._forms}
        forms, text = list(self._forms), rows.text
        start, stop = rows.start.tolist(), rows.stop.tolist()
        for row in np.flatnonzero(rows.wrapped).tolist():
            for place, form in enumerate(forms):
                match = form.match(text, start[row], stop[row])
                if match:
                    found[form].append((row, match))
                    if place:  # the next line is likely to be of the same form
                        forms.insert(0, forms.pop(place))
                    break
        cut = _Cut.of(rows, found)
        stamp_us = _read_stamps(rows, cut) if "stamp" in cut.spans else rows.stamp_us
        spans = {name: span for name, span in cut.spans.items() if name in OUTER_FIELDS}
        first = np.where(cut.wrapped, cut.start, rows.start)
        return replace(rows, start=first, wrapped=cut.wrapped, spans=merge_spans(rows.spans, spans), stamp_us=stamp_us)

    def _say(self, rows: Rows, headings: dict[int, Said | None]) -> Rows:
        """Put what the headings say beside the rows below each; of themselves and of blank lines they say nothing."""
        self._found = [(row, said) for row, said in headings.items() if said is not None]
        if not self._headings:
            return rows
        said = [self._said, *(said for _, said in self._found)]
        places = np.array([row for row, _ in self._found], np.int64)
        which = np.searchsorted(places, np.arange(len(rows.start)), "right")  # of those who said something
        if not self._forms:
            known = np.array([each is not None for each in said])
            rows = replace(rows, wrapped=rows.wrapped & known[which])
        names = {name for each in said for name in each or ()}
        if not names:
            return rows
        place = len(rows.text)
        texts: list[bytes] = []
        spans: dict[str, Spans] = {}
        blank = rows.start == rows.stop
        for name in sorted(names):
            own = [(each or {}).get(name, b"") for each in said]
            stop = place + np.cumsum([len(text) for text in own])
            start = stop - np.array([len(text) for text in own])
            spans[name] = (start[which], np.where(blank, start[which], stop[which]))
            texts += own
            place = int(stop[-1])
        text = b"".join((rows.text, *texts, bytes(PADDING)))
        return replace(rows, text=text, spans=merge_spans(spans, rows.spans))


def names_in_labels(labels: bytes) -> Said:
    """Give the names that stand among the labels of a JSON object."""
    found = ((name, pattern.search(labels)) for name, pattern in NAMES_IN_LABELS.items())
    return {name: each[1] for name, each in found if each}


def _said_by(found: re.Match[bytes]) -> Said | None:
    said = {name: text for name, text in found.groupdict().items() if text}
    said = names_in_labels(said.get("labels", b"")) | said
    return {name: text.replace(b"\n", b" ") for name, text in said.items()} or None


def _read_stamps(rows: Rows, cut: _Cut) -> Positions:
    """Read the stamps; a row with one of a date that does not exist has no such text in front of it."""
    first, last = cut.spans["stamp"]
    dated = cut.wrapped & (last > first)
    stamps = read_stamps(window(rows.text), (first, last), dated)
    cut.wrapped[dated & (stamps == NO_STAMP)] = False
    return innermost(rows.stamp_us, stamps)
