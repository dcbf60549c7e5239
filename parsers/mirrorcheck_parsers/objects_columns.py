r"""Takes the lines of a text that should be JSON objects; gives the values of those that surely are, as columns.

Lines of one writer repeat one skeleton of keys. Where a line has as many `":` as the skeleton, each literal text of it
stands where these say, and no quote is left over, the values lie in between and can be nothing else. Skeletons are
learnt from the exact way, which also decides all other lines, so that what is learnt changes no result.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from mirrorcheck_parsers.clock import read_column, width_of
from mirrorcheck_parsers.columns import Columns, Lines, merge
from mirrorcheck_parsers.formats import Format
from mirrorcheck_parsers.objects import NoObject, scan_object
from mirrorcheck_parsers.skeleton import Skeleton, make_skeleton
from mirrorcheck_parsers.words import (
    Mask,
    Octets,
    Positions,
    Window,
    equals,
    find_all,
    find_byte,
    number,
    window,
)

_TILE = 1 << 17  # bytes
_QUOTE, _COLON, _BACKSLASH = b'":\\'
_MOST_SKELETONS = 16
_MOST_LESSONS = 8  # of one text
_FEWEST_ROWS = 256
_FEWEST_LINES = 16  # below that, learning costs more than reading one by one
_NULL = b"null"
_NULL_WORD = np.uint64(int.from_bytes(_NULL, "little"))
_FOUR_BYTES = np.uint64(0xFFFFFFFF)
_BLOCK_BYTES = 1 << 20  # of text whose rows are cut at a time, so that it stays in the processor's cache


@dataclass(frozen=True, slots=True, eq=False)
class _Marks:
    """Of m lines: the positions of all `":` in order, each line's first in them and their number, and its quotes."""

    place: Positions
    first: Positions
    count: Positions
    quotes: Positions


class Objects:
    """Cuts JSON lines of one format into columns; it keeps the skeletons it has learnt."""

    def __init__(self, format: Format) -> None:
        self._format = format
        self._skeletons: list[Skeleton] = []

    def cut(self, text: bytes, lines: Lines) -> Columns:
        """Cut the lines of a padded text; those left out may be records all the same."""
        view = window(text)
        among = lines.quotes >= 0
        # Behind them there may be what they were taken from.
        octets = view.octets[: int(lines.stop[among].max(initial=0)) + 1]
        marks = _find_marks(octets, lines)
        pending = np.flatnonzero(among & ~_have_backslashes(text, octets, lines))
        found = [Columns(np.zeros(0, np.int64), _nowhere(self._format, np.zeros(0, np.int64)), {})]
        for skeleton in self._skeletons:
            pending = self._try(view, lines, marks, pending, skeleton, found)
        for _ in range(_MOST_LESSONS):
            if len(pending) < _FEWEST_LINES or len(self._skeletons) == _MOST_SKELETONS:
                break
            learnt = self._learn(text, lines, int(pending[0]))
            # What teaches nothing is left to the exact way.
            pending = pending[1:] if learnt is None else self._try(view, lines, marks, pending, learnt, found)[1:]
        return reduce(merge, found)

    def _learn(self, text: bytes, lines: Lines, row: int) -> Skeleton | None:
        line = text[int(lines.start[row]) : int(lines.stop[row])]
        values = scan_object(line, 0, len(line))
        if isinstance(values, NoObject) or not self._format.needed <= {value.path for value in values}:
            return None
        skeleton = make_skeleton(line, values, self._format.keys)
        if skeleton:
            self._skeletons.append(skeleton)
        return skeleton

    def _try(  # noqa: PLR0913, PLR0917 - the text in its parts, and what is made of it
        self, view: Window, lines: Lines, marks: _Marks, pending: Positions, skeleton: Skeleton, found: list[Columns]
    ) -> Positions:
        """Cut the pending lines that have the skeleton; gives those that have not."""
        alike = marks.count[pending] == skeleton.marks
        rows = pending[alike]
        if not len(rows):
            return pending
        size = max(_FEWEST_ROWS, _BLOCK_BYTES * len(rows) // (1 + int((lines.stop - lines.start)[rows].sum())))
        values = _joined([_cut_values(view, lines, marks, part, skeleton) for part in _parts(rows, size)])
        keep, moments = self._dated(view, values, skeleton)
        cut = rows[keep]
        spans = _nowhere(self._format, lines.start[cut]) | {
            name: (values.start[place][keep], values.stop[place][keep]) for name, place in skeleton.columns.items()
        }
        found.append(Columns(cut, spans, moments))
        left = np.ones(len(rows), np.bool_)
        left[keep] = False
        return np.sort(np.concatenate([pending[~alike], rows[left]]))

    def _dated(self, view: Window, values: "_Values", skeleton: Skeleton) -> tuple[Positions, dict[str, Positions]]:
        """Give which lines have the skeleton and a moment where the format has its clock, and those moments."""
        field = self._format.clock_column
        if field is None:
            return np.flatnonzero(values.valid), {}
        clock = skeleton.columns[field.name]
        start, stop = values.start[clock], values.stop[clock]
        moments, is_moment = read_column(view, field, start, stop)
        keep = np.flatnonzero(values.valid & is_moment & (stop - start == width_of(field)))
        return keep, {field.name: moments[keep]}


@dataclass(frozen=True, slots=True, eq=False)
class _Values:
    """Where the v values of n lines lie, int64[v, n] without quotes, and which lines have the skeleton, bool[n]."""

    start: NDArray[np.int64]
    stop: NDArray[np.int64]
    valid: Mask


def _cut_values(view: Window, lines: Lines, marks: _Marks, rows: Positions, skeleton: Skeleton) -> _Values:
    begin = marks.place[marks.first[rows] + skeleton.mark[:, None]] + skeleton.offset[:, None]  # (v, n)
    text_start = np.maximum(begin - skeleton.lengths[:-1, None], 0)
    tail = np.maximum(lines.stop[rows] - skeleton.lengths[-1], 0)
    end = np.vstack([text_start[1:], tail])
    valid = (text_start[0] == lines.start[rows]) & (end > begin).all(axis=0)
    valid &= _have_texts(view, text_start, tail, skeleton)
    string = (view.octets[begin] == _QUOTE) & (view.octets[end - 1] == _QUOTE) & (end > begin + 1)
    valid &= marks.quotes[rows] == skeleton.quotes + 2 * np.count_nonzero(string, axis=0)
    start, stop = begin + string, end - string
    bare = np.flatnonzero(~string.ravel())
    if len(bare):
        null, regular = _judge_bare(view, begin.ravel()[bare], end.ravel()[bare])
        stop.ravel()[bare[null]] = start.ravel()[bare[null]]
        valid[bare[~regular] % len(rows)] = False
    return _Values(start, stop, valid)


def _parts(rows: Positions, size: int) -> list[Positions]:
    return [rows[begin : begin + size] for begin in range(0, len(rows), size)]


def _joined(parts: Sequence[_Values]) -> _Values:
    if len(parts) == 1:
        return parts[0]
    return _Values(
        np.concatenate([part.start for part in parts], axis=1),
        np.concatenate([part.stop for part in parts], axis=1),
        np.concatenate([part.valid for part in parts]),
    )


def _have_texts(view: Window, text_start: Positions, tail: Positions, skeleton: Skeleton) -> Mask:
    """Tell which lines have all literal texts where the skeleton says."""
    have = np.ones(len(tail), np.bool_)
    for place, text in enumerate(skeleton.texts):
        # Comparing strings of one width beats comparing words: numpy does it without arrays in between.
        texts = np.ndarray((len(view.octets) - len(text) + 1,), f"S{len(text)}", view.octets, 0, (1,))
        have &= texts[text_start[place] if place < len(text_start) else tail] == text
    return have


def _judge_bare(view: Window, start: Positions, stop: Positions) -> tuple[Mask, Mask]:
    """Tell which values without quotes are null, and which are null, true, false or a number without exponent."""
    width = stop - start
    null = (width == len(_NULL)) & (view.words[start] & _FOUR_BYTES == _NULL_WORD)
    regular = number(view, start, stop)[1] | null
    odd = np.flatnonzero(~regular)
    if len(odd):
        begin, long = start[odd], width[odd]
        regular[odd] = (equals(view, begin, b"true") & (long == 4)) | (equals(view, begin, b"false") & (long == 5))  # noqa: PLR2004 - their lengths
        odd = odd[~regular[odd]]
    if len(odd):
        begin, end = start[odd], stop[odd]
        dot = np.minimum(find_byte(view, begin, ord(".")), end - 1)
        regular[odd] = number(view, begin, dot)[1] & number(view, dot + 1, end)[1] & (view.octets[dot] == ord("."))
    return null, regular


def _nowhere(format: Format, at: Positions) -> dict[str, tuple[Positions, Positions]]:
    """Give every field of a format an empty span, for the keys that a line lacks."""
    return dict.fromkeys((column.name for column in format.columns), (at, at))


def _find_marks(octets: Octets, lines: Lines) -> _Marks:
    places = [np.zeros(0, np.int64)]
    quotes = [np.zeros(0, np.uint64)]
    for begin in range(0, len(octets), _TILE):
        tile = octets[begin : begin + _TILE + 1]
        is_quote = tile == _QUOTE
        found = np.flatnonzero(is_quote[:-1] & (tile[1:] == _COLON))
        found += begin
        places.append(found)
        bits = np.packbits(is_quote[:_TILE], bitorder="little")
        quotes.append(np.concatenate([bits, np.zeros(-len(bits) % 8, np.uint8)]).view(np.uint64))
    place, words = np.concatenate(places), np.concatenate(quotes)
    start, stop = np.minimum(lines.start, len(octets) - 1), np.minimum(lines.stop, len(octets) - 1)
    first = np.searchsorted(place, start)
    count = np.searchsorted(place, stop) - first
    before = np.concatenate([np.zeros(1, np.int64), np.cumsum(np.bitwise_count(words), dtype=np.int64)])
    return _Marks(place, first, count, _rank(before, words, stop) - _rank(before, words, start))


def _rank(before: Positions, words: NDArray[np.uint64], at: Positions) -> Positions:
    """Count the bits below each place, `before` being those of whole words."""
    word, bit = at >> 6, (at & 63).astype(np.uint64)
    below = words[word] & ((np.uint64(1) << bit) - np.uint64(1))
    ranks: Positions = before[word] + np.bitwise_count(below)
    return ranks


def _have_backslashes(text: bytes, octets: Octets, lines: Lines) -> Mask:
    if b"\\" not in text:
        return np.zeros(len(lines.start), np.bool_)
    places = find_all(octets, [_BACKSLASH])
    have: Mask = np.searchsorted(places, lines.stop) > np.searchsorted(places, lines.start)
    return have
