"""Takes lines that the column-wise way left over; gives each its fate by the format's rules, one line at a time.

A request whose quote is left open is held until the next line: if that closes it and the two joined match, they are one
record, as when a web page or a terminal broke the line. Mere chatter is never held: it must not swallow a request.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from mirrorcheck_parsers.exact.foreign import Chatter
from mirrorcheck_parsers.exact.late import LateKeys
from mirrorcheck_parsers.exact.match import Match, is_of_no_request, match_line
from mirrorcheck_parsers.exact.requestlike import RequestLike
from mirrorcheck_parsers.formats.format import Format

_ESCAPED = re.compile(rb"\\.", re.DOTALL)


@dataclass(slots=True)
class Fates:
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
class Exact:
    """Decides lines of one text: line `row` is `text[start[row]:stop[row]]` and has the number first_line + row.

    wrapped: whether a line has the layers that are around records, None where there are none. Only a line without them
    can be the second half of another. late: is told the keys of JSON records.
    """

    format: Format
    chatter: Chatter
    requests: RequestLike
    text: bytes
    start: Sequence[int]
    stop: Sequence[int]
    first_line: int
    wrapped: Sequence[bool] | None = None
    late: LateKeys | None = None

    def decide(self, rows: Sequence[int]) -> Fates:
        """Decide the given rows, in ascending order; the last one of the text may be left `held`."""
        fates = Fates()
        for row in rows:
            bare = self.wrapped is not None and not self.wrapped[row]
            found = None if bare else match_line(self.format, self.text, self.start[row], self.stop[row])
            if found is None and self._join(fates, row):
                continue
            if fates.held is not None:
                fates.unparsed.append(fates.held)
                fates.held = None
            if found is not None:
                self._record(fates, row, found, self.text, 0)
            else:
                self._set_aside(fates, row)
        if fates.held is not None and fates.held != len(self.start) - 1:
            fates.unparsed.append(fates.held)
            fates.held = None
        return fates

    def line(self, row: int) -> bytes:
        """Give the text of a line."""
        return self.text[self.start[row] : self.stop[row]]

    def _join(self, fates: Fates, row: int) -> bool:
        if fates.held is None or fates.held != row - 1 or not self._is_open(row):
            return False
        if self.wrapped is not None and (self.wrapped[row] or not self.wrapped[fates.held]):
            return False
        joined = self.line(fates.held) + self.line(row)
        found = match_line(self.format, joined, 0, len(joined))
        if found is None:
            return False
        shift = len(self.text) + len(fates.extra)
        fates.extra += joined
        fates.joined.append(fates.held)
        self._record(fates, fates.held, found, joined, shift)
        fates.held = None
        return True

    def _record(self, fates: Fates, row: int, found: Match, text: bytes, shift: int) -> None:
        """Add a record that was found in `text`, `shift` further on in all; what was decoded goes behind that."""
        if self.late and found.values:
            self.late.see_record(row, text, found.values)
        fates.rows.append(row)
        bounds = [place + shift for place in found.bounds] if shift else found.bounds
        for column, decoded in found.decoded:
            begin = len(self.text) + len(fates.extra)
            bounds[2 * column : 2 * column + 2] = begin, begin + len(decoded)
            fates.extra += decoded
        fates.bounds.extend(bounds)

    def _set_aside(self, fates: Fates, row: int) -> None:
        line = self.line(row)
        known = self.chatter.includes(self.first_line + row, line) or self._is_of_no_request(row)
        if known or not self.requests.includes(line):
            fates.foreign.append(row)
        elif self._is_open(row):
            fates.held = row
        else:
            fates.unparsed.append(row)

    def _is_of_no_request(self, row: int) -> bool:
        bare = self.wrapped is not None and not self.wrapped[row]
        return not bare and is_of_no_request(self.format, self.text, self.start[row], self.stop[row])

    def _is_open(self, row: int) -> bool:
        """Tell whether a line has an odd number of quotes, not counting escaped ones."""
        line = self.line(row)
        if self.format.escape != "none" and b"\\" in line:
            line = _ESCAPED.sub(b"", line)
        return line.count(b'"') % 2 == 1
