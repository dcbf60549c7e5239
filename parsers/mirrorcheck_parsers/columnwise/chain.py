"""Finds where the texts and holes of a skeleton lie on the lines that surely have it.

From the start of a line, text and hole follow each other: a text must stand where the hole before it ended, a string
ends at the next quote, and a bare value behind its digits. So a line that ends with the last text is a JSON object
whose values these are, and can be read in no other way: there is no backslash in any of the lines.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from mirrorcheck_parsers.columnwise.bits import Bits
from mirrorcheck_parsers.columnwise.skeleton import Fixed, Skeleton, ValueForm
from mirrorcheck_parsers.columnwise.words import (
    Mask,
    Octets,
    Positions,
    Window,
    blocks,
    equals,
    find_byte,
    first_everywhere,
    leading_number,
    number,
    stands_everywhere,
)
from mirrorcheck_parsers.formats.values import NULL

QUOTE: Final = ord('"')
_BLANK: Final = ord(" ")

Span = tuple[Positions, Positions]


@dataclass(frozen=True, slots=True, eq=False)
class Links:
    """Of n lines: where the texts of a skeleton end, the holes' spans without quotes, and which lines have it.

    numbers: hole -> what is in it, int64[n], where that is a whole number on all lines.
    """

    ends: list[Positions]
    widths: list[int]  # of the texts
    holes: list[Span]
    numbers: dict[int, Positions]
    valid: Mask

    def fixed(self, value: Fixed) -> Span:
        """Give the span of a value that begins and ends in texts; one for all lines where they have the same there."""
        (first, behind_first), (last, behind_last) = value.start, value.stop
        begin, end = self.ends[first], self.ends[last]
        if first == last:  # so there is no hole in it
            begin = end = first_everywhere(end)
        return begin + (behind_first - self.widths[first]), end + (behind_last - self.widths[last])

    def keep(self) -> "Links":
        """Give the lines that have the skeleton."""
        if self.valid.all():
            return self
        kept = np.flatnonzero(self.valid)
        holes = [(start[kept], stop[kept]) for start, stop in self.holes]
        numbers = {hole: values[kept] for hole, values in self.numbers.items()}
        return Links([end[kept] for end in self.ends], self.widths, holes, numbers, self.valid[kept])


@dataclass(slots=True)
class Ends:
    """Where strings end in a text, and, once that is asked for, where words do."""

    octets: Octets
    quotes: Bits
    _blanks: Bits | None = None

    @property
    def blanks(self) -> Bits:
        """Where the text has blanks."""
        if self._blanks is None:
            self._blanks = Bits(self.octets, _BLANK)
        return self._blanks


def follow(view: Window, ends: Ends, start: Positions, stop: Positions, skeleton: Skeleton) -> Links | None:
    """Follow the skeleton through lines between start and stop, int64[n], none of which holds a backslash.

    None where no line has it.
    """
    chain = _Chain(view, ends, start, stop)
    for text, following, form in zip(skeleton.texts[:-1], skeleton.texts[1:], skeleton.forms, strict=True):
        if not chain.take_text(text):
            return None
        chain.take_value(form, following[:1])
    return chain.links() if chain.take_text(skeleton.texts[-1]) else None


class _Chain:
    """`at` is where each of n lines has got to, at most its stop; `valid` loses the lines on which a step fails.

    A line that is lost goes on from the place of one that is not. So all lines have the same text as a rule, which one
    comparison shows.
    """

    def __init__(self, view: Window, ends_: Ends, start: Positions, stop: Positions) -> None:
        self._view = view
        self._marks = ends_
        self._quotes = ends_.quotes
        self._at = start
        self._stop = stop
        self._reach = int(stop.max(initial=0))
        self._valid: Mask = np.ones(len(start), np.bool_)
        self._ends_here: Mask = np.zeros(len(start), np.bool_)
        self._ends: list[Positions] = []
        self._widths: list[int] = []
        self._holes: list[Span] = []
        self._numbers: dict[int, Positions] = {}

    def take_text(self, text: bytes) -> bool:
        """Take a text that must stand here; False where it does on no line."""
        width = len(text)
        last = len(self._view.octets) - width
        if last < 0:
            return False
        # So near to the end of all there is no line has room for the text, whatever is compared.
        at = self._at if self._reach <= last else np.minimum(self._at, last)
        # Behind a word with which a line ends there is no text.
        if text and not stands_everywhere(self._view, at, text) and not self._lose(~_have(self._view, at, text)):
            return False
        end = self._at + width
        self._ends_here = end == self._stop
        self._at = np.minimum(end, self._stop)
        self._ends.append(self._at)
        self._widths.append(width)
        return True

    def take_value(self, form: ValueForm, following: bytes) -> None:
        """Take a value of this form, behind which the byte `following` stands, or nothing."""
        if form in (ValueForm.BARE, ValueForm.NUMBER):
            end = self._bare(form, following[0])
        elif form is ValueForm.STRING:
            end = self._quotes.next(self._at)
            self._holes.append((self._at, end))
        elif form is ValueForm.EITHER:
            end = self._either(following[0])
        else:
            end = self._word(strings=form is ValueForm.WORD_OR_STRING)
        self._at = np.minimum(end, self._stop)

    def links(self) -> Links:
        """Give what was found, on lines that end behind the text taken last."""
        return Links(self._ends, self._widths, self._holes, self._numbers, self._valid & self._ends_here)

    def _lose(self, lost: Mask) -> bool:
        """Lose some lines; False where none is left."""
        self._valid &= ~lost
        if not self._valid.any():
            return False
        sound = int(np.argmax(self._valid))
        self._at = np.where(lost, self._at[sound], self._at)
        self._stop = np.where(lost, self._stop[sound], self._stop)
        return True

    def _bare(self, form: ValueForm, following: int) -> Positions:
        """Take bare values, and give where they end."""
        bare = read_bare(self._view, self._at, following, strict=form is ValueForm.NUMBER)
        self._valid[bare.irregular] = False
        self._holes.append((self._at, bare.stop))
        if bare.numbers is not None:
            self._numbers[len(self._holes) - 1] = bare.numbers
        return bare.end

    def _word(self, *, strings: bool) -> Positions:
        """Take words, of which some may be `strings`, and give where they end; a quote in a word is irregular."""
        string = (self._view.octets[self._at] == QUOTE) & strings & (self._at < self._stop)
        start = self._at + string
        blank, quote = np.minimum(self._marks.blanks.next(start), self._stop), self._quotes.next(start)
        self._valid &= np.where(string, quote < self._stop, quote >= blank)
        stop = np.where(string, quote, blank)
        self._holes.append((start, stop))
        end: Positions = stop + string
        return end

    def _either(self, following: int) -> Positions:
        """Take values of which some are strings, and give where they end."""
        string = self._view.octets[self._at] == QUOTE
        start = self._at + string
        stop = self._quotes.next(start)
        end: Positions = stop + string
        rows = np.flatnonzero(~string)
        if len(rows):
            bare = read_bare(self._view, self._at[rows], following, strict=False)
            stop[rows], end[rows] = bare.stop, bare.end
            self._valid[rows[bare.irregular]] = False
        self._holes.append((start, stop))
        return end


def _have(view: Window, at: Positions, text: bytes) -> Mask:
    """Where the text stands, which does not end with a zero byte."""
    have: Mask = blocks(view, len(text))[at].view(f"S{len(text)}") == text
    return have


_POINT: Final = ord(".")
_WORDS = (b"true", b"false")


@dataclass(frozen=True, slots=True, eq=False)
class Bare:
    """Of n values: where they stop, nothing being left of a null, and end, and the places of those that are none.

    numbers: what they are worth, int64[n], where all of them are digits, at most eight.
    """

    stop: Positions
    end: Positions
    irregular: Positions
    numbers: Positions | None


def read_bare(view: Window, start: Positions, following: int, *, strict: bool) -> Bare:
    """Read the values that begin at start, int64[n], and end before the byte `following`.

    strict: they must be numbers.
    """
    numbers, digits = leading_number(view, start)
    end = start + digits
    usual = (digits > 0) & (view.octets[end] == following)
    odd = np.flatnonzero(~usual)
    if not len(odd):
        return Bare(end, end, odd, numbers)
    stop = end.copy()
    begin = start[odd]
    end[odd] = find_byte(view, begin, following)
    stop[odd] = end[odd]
    null, word, number_ = _judge(view, begin, end[odd])
    stop[odd[null]] = begin[null]
    regular = number_ if strict else number_ | null | word
    return Bare(stop, end, odd[~regular], None)


def _judge(view: Window, start: Positions, stop: Positions) -> tuple[Mask, Mask, Mask]:
    """Which bare values are null, which are true or false, and which are a number without sign and exponent."""
    null = _is_word(view, start, stop, NULL)
    word = np.logical_or.reduce([_is_word(view, start, stop, each) for each in _WORDS])
    numbers = number(view, start, stop)[1]
    odd = np.flatnonzero(~(null | word | numbers))
    if len(odd):
        begin, end = start[odd], stop[odd]
        point = np.minimum(find_byte(view, begin, _POINT), end - 1)
        numbers[odd] = number(view, begin, point)[1] & number(view, point + 1, end)[1]
        numbers[odd] &= view.octets[point] == _POINT
    return null, word, numbers


def _is_word(view: Window, start: Positions, stop: Positions, word: bytes) -> Mask:
    is_word: Mask = (stop - start == len(word)) & equals(view, start, word)
    return is_word
