"""Reads lines of JSON whose keys come as they came before, each by one expression.

Where nothing is compiled, a match and a value for each member are most of what a line costs. A program writes the same
keys in the same order again and again, so an expression is made of them: what it takes is read as `scan_object` reads
it, since each of its members is one of those that are taken there. All else is left: nests, and strings with escapes.
"""

import re
from dataclasses import dataclass
from typing import Final

from mirrorcheck_parsers.exact.match import Match, is_stamp
from mirrorcheck_parsers.formats.fields import Field
from mirrorcheck_parsers.formats.format import Format
from mirrorcheck_parsers.formats.values import BARE, GAP, NULL

_MOST: Final = 8  # orders of keys that are tried, since each costs as much as a hundred lines
_VALUE: Final = rb'(?:"[^"\\]*+"|' + BARE + rb")"
_QUOTE: Final = ord('"')


@dataclass(frozen=True, slots=True)
class _Order:
    """Keys in the order in which lines have them. groups: by column of the format, 0 where no such key is among them.

    clocks: the columns that must be times.
    """

    pattern: re.Pattern[bytes]
    groups: tuple[int, ...]
    clocks: tuple[tuple[int, Field], ...]

    @classmethod
    def of(cls, format: Format, keys: tuple[bytes, ...]) -> "_Order":
        wanted = [key for key in keys if key in format.keys]
        members = (
            GAP + b'"' + re.escape(key) + b'"' + GAP + b":" + GAP + (b"(%b)" if key in wanted else b"%b") % _VALUE + GAP
            for key in keys
        )
        pattern = re.compile(GAP + rb"\{" + b",".join(members) + rb"\}" + GAP, re.DOTALL)
        groups = tuple(wanted.index(path) + 1 if path in wanted else 0 for path in format.keys)
        clock = format.clock_column.name if format.clock_column else ""
        clocks = ((column, field) for column, field in enumerate(format.keys.values()) if field.name == clock)
        return cls(pattern, groups, tuple(clocks))

    def match(self, text: bytes, start: int, stop: int) -> Match | None:
        """Give the record that a line is; None where that is left to others."""
        found = self.pattern.fullmatch(text, start, stop)
        if found is None:
            return None
        places = found.regs
        bounds: list[int] = []
        for group in self.groups:
            begin, end = places[group] if group else (start, start)
            if begin == end:
                bounds += begin, begin
            elif text[begin] == _QUOTE:
                bounds += begin + 1, end - 1
            else:
                bounds += begin, begin if text[begin:end] == NULL else end
        for column, field in self.clocks:
            if not is_stamp(field, text[bounds[2 * column] : bounds[2 * column + 1]]):
                return None
        return Match(bounds, [])


class UsualObjects:
    """The orders of keys that lines of one stream have had."""

    def __init__(self, format: Format) -> None:
        self._format = format
        self._orders: list[_Order] = []
        self._tried: set[tuple[bytes, ...]] = set()
        self._last: tuple[bytes, ...] = ()

    def match(self, text: bytes, start: int, stop: int) -> Match | None:
        """Give the record that a line is, if its keys are in an order that is known."""
        for order in self._orders:
            found = order.match(text, start, stop)
            if found is not None:
                return found
        return None

    def learn(self, text: bytes, start: int, stop: int, found: Match) -> None:
        """Hear of a line that was read key by key, and whose keys show nothing new; two in a row make an order."""
        keys = tuple(found.values or ())
        if keys == self._last and keys not in self._tried and len(self._tried) < _MOST:
            self._tried.add(keys)
            order = _Order.of(self._format, keys)
            again = order.match(text, start, stop)
            if again is not None and again.bounds == found.bounds:
                self._orders.append(order)
        self._last = keys
