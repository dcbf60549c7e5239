"""Takes off what regular expressions find in front of lines, or in lines above them, and keeps what it says."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

import numpy as np

from mirrorcheck_parsers.columnwise.words import PADDING, Mask, Positions, Spans, window
from mirrorcheck_parsers.compiled.stamps import NO_STAMP, read_stamps
from mirrorcheck_parsers.layers.model import NAMES_IN_LABELS, OUTER_FIELDS, Pattern
from mirrorcheck_parsers.wrappers.rows import Rows, innermost, merge_spans, scatter

_LONGEST_HEADING: Final = 1 << 16  # bytes

Said = dict[str, bytes]


@lru_cache(maxsize=64)
def _compiled(expressions: tuple[bytes, ...]) -> tuple[re.Pattern[bytes], ...]:
    return tuple(re.compile(expression, re.DOTALL) for expression in expressions)


@dataclass(frozen=True, slots=True, eq=False)
class Cut:
    """What was found in front of n rows: where the rest starts, which have it, what it says, and when, NO_STAMP if not.

    A row that has it not, or a stamp that is none, starts where it did.
    """

    start: Positions
    wrapped: Mask
    spans: dict[str, Spans]
    stamps: Positions | None = None

    def with_others(self, others: "Cut") -> "Cut":
        """Give what was found on these rows and on others."""
        names = self.spans.keys() | others.spans.keys()
        nothing = np.zeros(len(self.start), np.int64)
        spans = {}
        for name in names:
            pairs = zip(
                others.spans.get(name, (nothing, nothing)), self.spans.get(name, (nothing, nothing)), strict=True
            )
            first, last = (np.where(others.wrapped, other, own) for other, own in pairs)
            spans[name] = first, last
        stamps = self.stamps
        if stamps is not None and others.stamps is not None:
            stamps = np.where(others.wrapped, others.stamps, stamps)
        start = np.where(others.wrapped, others.start, self.start)
        return Cut(start, self.wrapped | others.wrapped, spans, stamps)


def cut_forms(rows: Rows, forms: Sequence[re.Pattern[bytes]], among: Mask) -> Cut:
    """Find in front of rows what one of the forms matches; of those that do, the one that did last comes first."""
    found: dict[re.Pattern[bytes], list[tuple[int, re.Match[bytes]]]] = {form: [] for form in forms}
    order, text = list(forms), rows.text
    start, stop = rows.start.tolist(), rows.stop.tolist()
    for row in np.flatnonzero(among).tolist():
        for place, form in enumerate(order):
            match = form.match(text, start[row], stop[row])
            if match:
                found[form].append((row, match))
                if place:  # the next line is likely to be of the same form
                    order.insert(0, order.pop(place))
                break
    return _read_stamps(rows, _gather(rows, found))


def _gather(rows: Rows, found: Mapping[re.Pattern[bytes], Sequence[tuple[int, re.Match[bytes]]]]) -> Cut:
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
            spans[name] = scatter(len(start), np.array(numbers), (found_here[:, 0], found_here[:, 1]), spans.get(name))
    return Cut(start, wrapped, spans)


def say(rows: Rows, cut: Cut) -> Rows:
    """Give rows without what was found in front of them; those that have it not are bare from now on."""
    spans = {name: span for name, span in cut.spans.items() if name in OUTER_FIELDS}
    stamp_us = rows.stamp_us if cut.stamps is None else innermost(rows.stamp_us, cut.stamps)
    spans = merge_spans(rows.spans, spans)
    return replace(rows, start=cut.start, wrapped=cut.wrapped, spans=spans, stamp_us=stamp_us)


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
        rows = say(rows, cut_forms(rows, self._forms, rows.wrapped)) if self._forms else rows
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


def _read_stamps(rows: Rows, cut: Cut) -> Cut:
    """Read the stamps; a row with one of a date that does not exist has no such text in front of it."""
    if "stamp" not in cut.spans:
        return cut
    first, last = cut.spans["stamp"]
    dated = cut.wrapped & (last > first)
    stamps = read_stamps(window(rows.text), (first, last), dated)
    wrapped = cut.wrapped & ~(dated & (stamps == NO_STAMP))
    return replace(cut, start=np.where(wrapped, cut.start, rows.start), wrapped=wrapped, stamps=stamps)
