"""Takes places where bare values of JSON begin; gives where they end, what they are worth, and which are none."""

from dataclasses import dataclass

import numpy as np

from mirrorcheck_parsers.columnwise.words import (
    Mask,
    Positions,
    Window,
    equals,
    find_byte,
    leading_digits,
    leading_number,
    number,
)
from mirrorcheck_parsers.formats.objects import NULL

_POINT, _ZERO = b".0"
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

    strict: they must be numbers as JSON has them.
    """
    numbers, digits = leading_number(view, start)
    end = start + digits
    usual = (digits > 0) & (view.octets[end] == following)
    if strict:
        usual &= (digits == 1) | (view.octets[start] != _ZERO)
    odd = np.flatnonzero(~usual)
    if not len(odd):
        return Bare(end, end, odd, numbers)
    stop = end.copy()
    begin = start[odd]
    end[odd] = find_byte(view, begin, following)
    stop[odd] = end[odd]
    null, word, number_ = _judge(view, begin, end[odd])
    stop[odd[null]] = begin[null]
    regular = number_ & ~_has_leading_zero(view, begin) if strict else number_ | null | word
    return Bare(stop, end, odd[~regular], None)


def _judge(view: Window, start: Positions, stop: Positions) -> tuple[Mask, Mask, Mask]:
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
