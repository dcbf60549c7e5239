"""Sorts lines into records, foreign and unparsed ones by the format's rules, one line at a time.

A request whose quote is left open is held until the next line: if that closes it and the two joined match, they are one
record, as when a web page or a terminal broke the line. A foreign line is never held: it must not swallow a request.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from mirrorcheck_parsers.exact.foreign import ForeignLines
from mirrorcheck_parsers.exact.late import LateKeys
from mirrorcheck_parsers.exact.match import Match, is_of_no_request, match_line
from mirrorcheck_parsers.exact.requestlike import RequestLike
from mirrorcheck_parsers.exact.usual import UsualObjects
from mirrorcheck_parsers.formats.format import Format

_ESCAPED = re.compile(rb"\\.", re.DOTALL)


@dataclass(slots=True)
class ParsedLines:
    """What became of the lines: `rows` are those with records, `bounds` the start and stop of each of their columns.

    `foreign` are those that are no requests. Joined lines and decoded values are appended to the text as `extra`;
    `joined` are the rows at which lines that were joined begin. `held` is an open last line that is still undecided.
    """

    rows: list[int] = field(default_factory=list)
    bounds: list[int] = field(default_factory=list)  # flat: tuples would keep the collector busy
    joined: list[int] = field(default_factory=list)
    extra: bytearray = field(default_factory=bytearray)
    foreign: list[int] = field(default_factory=list)
    unparsed: list[int] = field(default_factory=list)
    held: int | None = None


@dataclass(frozen=True, slots=True)
class ExactParser:
    """Decides lines of one text: line `row` is `text[start[row]:stop[row]]` and has the number first_line + row.

    wrapped: whether a line has the layers that are around records, None where there are none. Only a line without them
    can be the second half of another. late: is shown the keys of JSON records. usual: reads those whose keys are known.
    """

    format: Format
    foreign: ForeignLines
    requests: RequestLike
    text: bytes
    start: Sequence[int]
    stop: Sequence[int]
    first_line: int
    wrapped: Sequence[bool] | None = None
    late: LateKeys | None = None
    usual: UsualObjects | None = None

    def parse(self, rows: Sequence[int]) -> ParsedLines:
        """Decide the given rows, in ascending order; the last one of the text may be left `held`."""
        parsed = ParsedLines()
        for row in rows:
            bare = self.wrapped is not None and not self.wrapped[row]
            found = None if bare else self._match(self.start[row], self.stop[row])
            if found is None and self._join(parsed, row):
                continue
            if parsed.held is not None:
                parsed.unparsed.append(parsed.held)
                parsed.held = None
            if found is not None:
                self._record(parsed, row, found, self.text, 0)
            else:
                self._set_aside(parsed, row)
        if parsed.held is not None and parsed.held != len(self.start) - 1:
            parsed.unparsed.append(parsed.held)
            parsed.held = None
        return parsed

    def line(self, row: int) -> bytes:
        """Give the text of a line."""
        return self.text[self.start[row] : self.stop[row]]

    def _match(self, start: int, stop: int) -> Match | None:
        """Match a line, at once where its keys are the usual ones."""
        if self.usual is None:
            return match_line(self.format, self.text, start, stop)
        found = self.usual.match(self.text, start, stop)
        if found is None:
            found = match_line(self.format, self.text, start, stop)
            if found is not None and found.values and not (self.late and self.late.wanted(found.values)):
                self.usual.learn(self.text, start, stop, found)
        return found

    def _join(self, parsed: ParsedLines, row: int) -> bool:
        if parsed.held is None or parsed.held != row - 1 or not self._is_open(row):
            return False
        if self.wrapped is not None and (self.wrapped[row] or not self.wrapped[parsed.held]):
            return False
        joined = self.line(parsed.held) + self.line(row)
        found = match_line(self.format, joined, 0, len(joined))
        if found is None:
            return False
        shift = len(self.text) + len(parsed.extra)
        parsed.extra += joined
        parsed.joined.append(parsed.held)
        self._record(parsed, parsed.held, found, joined, shift)
        parsed.held = None
        return True

    def _record(self, parsed: ParsedLines, row: int, found: Match, text: bytes, shift: int) -> None:
        """Add a record that was found in `text`, `shift` further on in all; what was decoded goes behind that."""
        if self.late and found.values:
            self.late.see_record(row, text, found.values)
        parsed.rows.append(row)
        bounds = [place + shift for place in found.bounds] if shift else found.bounds
        for column, decoded in found.decoded:
            begin = len(self.text) + len(parsed.extra)
            bounds[2 * column : 2 * column + 2] = begin, begin + len(decoded)
            parsed.extra += decoded
        parsed.bounds.extend(bounds)

    def _set_aside(self, parsed: ParsedLines, row: int) -> None:
        line = self.line(row)
        known = self.foreign.includes(self.first_line + row, line) or self._is_of_no_request(row)
        if known or not self.requests.includes(line):
            parsed.foreign.append(row)
        elif self._is_open(row):
            parsed.held = row
        else:
            parsed.unparsed.append(row)

    def _is_of_no_request(self, row: int) -> bool:
        bare = self.wrapped is not None and not self.wrapped[row]
        return not bare and is_of_no_request(self.format, self.text, self.start[row], self.stop[row])

    def _is_open(self, row: int) -> bool:
        """Whether a line has an odd number of quotes, not counting escaped ones."""
        line = self.line(row)
        if self.format.escape != "none" and b"\\" in line:
            line = _ESCAPED.sub(b"", line)
        return line.count(b'"') % 2 == 1
