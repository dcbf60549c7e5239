"""Takes the lines of a text and a skeleton; gives where its texts and holes lie on the lines that surely have it.

From the start of a line, text and hole follow each other: a text must stand where the hole before it ended, a string
ends at the next quote, and a bare value behind its digits. So a line that ends with the last text is a JSON object
whose values these are, and can be read in no other way: there is no backslash in any of the lines.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from mirrorcheck_parsers.bits import Bits
from mirrorcheck_parsers.objects import NULL
from mirrorcheck_parsers.skeleton import Fixed, Form, Skeleton
from mirrorcheck_parsers.words import (
    Mask,
    Positions,
    Window,
    blocks,
    equals,
    find_byte,
    leading_digits,
    number,
    stands_everywhere,
)

QUOTE: Final = ord('"')
_POINT, _ZERO = b".0"
_WORDS = (b"true", b"false")

Span = tuple[Positions, Positions]


@dataclass(frozen=True, slots=True, eq=False)
class Links:
    """Of n lines: where the texts of a skeleton begin, the holes' spans without quotes, and which lines have it."""

    texts: list[Positions]
    holes: list[Span]
    valid: Mask

    def fixed(self, value: Fixed) -> Span:
        """Give the span of a value that begins and ends in texts; on all lines that of the first where it is the same.

        So it is fetched once and stays in the processor's cache.
        """
        (first, offset), (last, end) = value.start, value.stop
        if first != last:  # there are holes in it
            return self.texts[first] + offset, self.texts[last] + end
        begin = int(self.texts[first][0])
        return np.full(len(self.valid), begin + offset), np.full(len(self.valid), begin + end)

    def keep(self) -> "Links":
        """Give the lines that have the skeleton."""
        if self.valid.all():
            return self
        kept = np.flatnonzero(self.valid)
        holes = [(start[kept], stop[kept]) for start, stop in self.holes]
        return Links([text[kept] for text in self.texts], holes, self.valid[kept])


def follow(view: Window, quotes: Bits, start: Positions, stop: Positions, skeleton: Skeleton) -> Links | None:
    """Follow the skeleton through lines between start and stop, int64[n], none of which holds a backslash.

    None where no line has it.
    """
    chain = _Chain(view, quotes, start, stop)
    for text, following, form in zip(skeleton.texts[:-1], skeleton.texts[1:], skeleton.forms, strict=True):
        if not chain.take_text(text):
            return None
        chain.take_value(form, following[0])
    return chain.links() if chain.take_text(skeleton.texts[-1]) else None


class _Chain:
    """`at` is where each of n lines has got to, at most its stop; `valid` loses the lines on which a step fails.

    A line that is lost goes on from the place of one that is not. So all lines have the same text as a rule, which one
    comparison tells.
    """

    def __init__(self, view: Window, quotes: Bits, start: Positions, stop: Positions) -> None:
        self._view = view
        self._quotes = quotes
        self._at = start
        self._stop = stop
        self._reach = int(stop.max(initial=0))
        self._valid: Mask = np.ones(len(start), np.bool_)
        self._ends_here: Mask = np.zeros(len(start), np.bool_)
        self._texts: list[Positions] = []
        self._holes: list[Span] = []

    def take_text(self, text: bytes) -> bool:
        """Take a text that must stand here; False where it does on no line."""
        self._texts.append(self._at)
        width = len(text)
        last = len(self._view.octets) - width
        if last < 0:
            return False
        # So near to the end of all there is no line has room for the text, whatever is compared.
        at = self._at if self._reach <= last else np.minimum(self._at, last)
        if not stands_everywhere(self._view, at, text) and not self._lose(~_have(self._view, at, text)):
            return False
        end = self._at + width
        self._ends_here = end == self._stop
        self._at = np.minimum(end, self._stop)
        return True

    def take_value(self, form: Form, following: int) -> None:
        """Take a value of this form, behind which the byte `following` stands."""
        if form in (Form.BARE, Form.NUMBER):
            stop, end = self._bare(np.arange(len(self._at)), following, strict=form is Form.NUMBER)
            self._holes.append((self._at, stop))
        elif form is Form.STRING:
            end = self._quotes.next(self._at)
            self._holes.append((self._at, end))
        else:
            end = self._either(following)
        self._at = np.minimum(end, self._stop)

    def links(self) -> Links:
        """Give what was found, on lines that end behind the text taken last."""
        return Links(self._texts, self._holes, self._valid & self._ends_here)

    def _lose(self, lost: Mask) -> bool:
        """Lose some lines; False where none is left."""
        self._valid &= ~lost
        if not self._valid.any():
            return False
        sound = int(np.argmax(self._valid))
        self._at = np.where(lost, self._at[sound], self._at)
        self._stop = np.where(lost, self._stop[sound], self._stop)
        return True

    def _either(self, following: int) -> Positions:
        """Take values of which some are strings, and give where they end."""
        string = self._view.octets[self._at] == QUOTE
        start = self._at + string
        stop = self._quotes.next(start)
        end: Positions = stop + string
        bare = np.flatnonzero(~string)
        if len(bare):
            stop[bare], end[bare] = self._bare(bare, following, strict=False)
        self._holes.append((start, stop))
        return end

    def _bare(self, rows: Positions, following: int, *, strict: bool) -> Span:
        """Give where the bare values that begin here on some lines stop, nothing being left of a null, and end.

        strict: they must be numbers as JSON has them.
        """
        start = self._at[rows]
        digits = leading_digits(self._view, start)
        end = start + digits
        usual = (digits > 0) & (self._view.octets[end] == following)
        if strict:
            usual &= (digits == 1) | (self._view.octets[start] != _ZERO)
        odd = np.flatnonzero(~usual)
        if not len(odd):
            return end, end
        stop = end.copy()
        begin = start[odd]
        end[odd] = find_byte(self._view, begin, following)
        stop[odd] = end[odd]
        null, word, number_ = _judge_bare(self._view, begin, end[odd])
        stop[odd[null]] = begin[null]
        regular = number_ & ~_has_leading_zero(self._view, begin) if strict else number_ | null | word
        self._valid[rows[odd[~regular]]] = False
        return stop, end


def _have(view: Window, at: Positions, text: bytes) -> Mask:
    """Tell where the text stands, which does not end with a zero byte."""
    have: Mask = blocks(view, len(text))[at].view(f"S{len(text)}") == text
    return have


def _judge_bare(view: Window, start: Positions, stop: Positions) -> tuple[Mask, Mask, Mask]:
    """Tell which bare values are null, which are true or false, and which are a number without sign and exponent."""
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


def _has_leading_zero(view: Window, start: Positions) -> Mask:
    """Tell where a zero stands in front of a digit."""
    zero: Mask = (view.octets[start] == _ZERO) & (leading_digits(view, start) > 1)
    return zero


def _is_word(view: Window, start: Positions, stop: Positions, word: bytes) -> Mask:
    is_word: Mask = (stop - start == len(word)) & equals(view, start, word)
    return is_word
