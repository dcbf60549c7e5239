"""Takes formats that all match the same lines; gives the one whose unit the numbers of the durations look like."""

from collections.abc import Sequence
from statistics import median_low
from typing import Final

from mirrorcheck_parsers.exact.match import match_line
from mirrorcheck_parsers.formats.fields import Kind
from mirrorcheck_parsers.formats.format import Format

_SEEN: Final = 1000  # lines
# Nobody serves in less than 100 microseconds, and most answers take less than a second. What lies between may be
# milliseconds, or a slow service's seconds: taken for either, one side might be read otherwise than the other.
_LEAST_MICROS: Final = 100


def likeliest(formats: Sequence[Format], lines: Sequence[bytes]) -> Format:
    """Choose among formats that differ in what the last number of a line is; the first where nothing tells."""
    by_kind = {format.columns[-1].kind: format for format in reversed(formats)}
    micros, decimal, number = (by_kind.get(kind) for kind in (Kind.MICROS, Kind.DECIMAL, Kind.INTEGER))
    if micros is None or decimal is None or number is None:
        return formats[0]
    values = [value for line in lines[:_SEEN] if (value := _last_number(number, line)) >= 0]
    usual = median_low(values) if values else _LEAST_MICROS
    if usual >= _LEAST_MICROS:
        return micros
    return number if usual else decimal


def _last_number(format: Format, line: bytes) -> int:
    """Give the number at the end of a line, -1 where it is not in the format or has none."""
    found = match_line(format, line, 0, len(line))
    text = line[found.bounds[-2] : found.bounds[-1]] if found else b""
    return int(text) if text.isdigit() and len(text) < len(str(1 << 63)) else -1
