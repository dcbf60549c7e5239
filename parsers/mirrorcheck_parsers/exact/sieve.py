"""Takes lines that are to be tried in many formats; gives those that may match one, by how many quotes they hold.

Nothing is lost by it: a line that is left out cannot match.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from mirrorcheck_parsers.formats.fields import Field, Kind
from mirrorcheck_parsers.formats.format import Format
from mirrorcheck_parsers.formats.template import Literal


class Sieve:
    """Lines by the number of their quotes; those with a backslash may hold some that are none."""

    def __init__(self, lines: Sequence[bytes]) -> None:
        self._lines = lines
        self._escaped = [line for line in lines if b"\\" in line]
        self._by_quotes: defaultdict[int, list[bytes]] = defaultdict(list)
        for line in lines:
            if b"\\" not in line:
                self._by_quotes[line.count(b'"')].append(line)

    def lines(self, format: Format) -> Iterator[bytes]:
        """Give the lines that may match a format, in no order."""
        if format.keys:
            yield from self._lines
            return
        quotes, exactly = _quotes(format)
        for count, lines in self._by_quotes.items():
            if count == quotes or (count > quotes and not exactly):
                yield from lines
        yield from self._escaped


def _quotes(format: Format) -> tuple[int, bool]:
    """Count the quotes that a line without backslashes must hold; whether it may hold no others."""
    anything = (Kind.FREE, Kind.TEXT) if format.escape == "none" else (Kind.FREE,)
    fields = [part for part in format.parts if isinstance(part, Field)]
    literals = sum(part.text.count(b'"') for part in format.parts if isinstance(part, Literal))
    quotes = literals + sum(field.layout.count('"') for field in fields)
    return quotes, not any(field.kind in anything for field in fields)
