"""Reads a time format in strftime's words: where each number stands in a stamp, or what cannot be read."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from mirrorcheck_parsers.errors import FormatError

MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

_SHORT: Final = {"%F": "%Y-%m-%d", "%T": "%H:%M:%S", "%R": "%H:%M", "%E3S": "%S.%3f", "%E6S": "%S.%6f", "%Ez": "%:z"}
_PIECE: Final = re.compile(r"%(?::z|[1-9]f|E[a-zA-Z0-9]|.)|.", re.DOTALL)
_FRACTION: Final = re.compile(r"%[1-9]f")
_WIDTH: Final = {"%Y": 4, "%m": 2, "%d": 2, "%H": 2, "%M": 2, "%S": 2, "%b": 3, "%z": 5, "%:z": 6}
_SHAPE: Final = {
    "%Y": rb"(?!0000)[0-9]{4}",
    "%m": rb"(?:0[1-9]|1[0-2])",
    "%d": rb"(?:0[1-9]|[12][0-9]|3[01])",
    "%H": rb"(?:[01][0-9]|2[0-3])",
    "%M": rb"[0-5][0-9]",
    "%S": rb"[0-5][0-9]",
    "%b": b"(?:" + "|".join(MONTHS).encode() + b")",
    "%z": rb"[+-][01][0-9][0-5][0-9]",
    "%:z": rb"[+-][01][0-9]:[0-5][0-9]",
}
_WIDEST: Final = 64  # bytes that are gathered at once
_NEEDED: Final = ("%Y", "%d", "%H", "%M", "%S")
_LEAP_YEAR: Final = rb"(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:0[48]|[2468][048]|[13579][26])00)"


@dataclass(frozen=True, slots=True)
class Layout:
    """A stamp of one width: `at` is where each of strftime's specifiers begins, `literals` what stands in between.

    fraction: (begin, digits) of the decimals of a second, (0, 0) where there are none. shape: the regular expression,
    without groups, of such a stamp; one of a day that does not exist is no match, so what matches always has a time.
    """

    width: int
    at: Mapping[str, int]
    literals: Mapping[int, str]
    fraction: tuple[int, int]
    shape: bytes

    @property
    def resolution_us(self) -> int:
        """How fine the stamps are, in microseconds."""
        return int(10 ** max(0, 6 - self.fraction[1]))


@lru_cache(maxsize=64)
def make_layout(text: str) -> Layout:
    """Lay out a time format of strftime's %Y %m %b %d %H %M %S %z %F %T, of %:z (or Envoy's %Ez) and its %3f, %E3S.

    Raises FormatError for a specifier of no fixed width (%e, %s beside others) or a format that leaves a date open.
    """
    for short, long in _SHORT.items():
        text = text.replace(short, long)
    at: dict[str, int] = {}
    literals: dict[int, str] = {}
    fraction = (0, 0)
    width, shape = 0, b""
    for piece in _PIECE.findall(text):
        if piece in _WIDTH and piece not in at:
            at[piece] = width
            literals |= {width + 3: ":"} if piece == "%:z" else {}
        elif _FRACTION.fullmatch(piece):
            fraction = (width, int(piece[1]))
        elif len(piece) > 1 and piece != "%%":
            raise FormatError(
                f"`{piece}` in the time format `{text[:40]}` cannot be read: use %Y %m %d %H %M %S %3f %z"
            )
        else:
            literals[width] = piece[-1]
        width, shape = width + _WIDTH.get(piece, fraction[1] if fraction[0] == width else 1), shape + _shape(piece)
    if width > _WIDEST or not all(name in at for name in _NEEDED) or not ("%m" in at or "%b" in at):
        raise FormatError(
            f"the time format `{text[:40]}` leaves the moment open or is too long: give a date and a time"
        )
    return Layout(width, at, literals, fraction, _real_day(at) + shape)


def _shape(piece: str) -> bytes:
    if _FRACTION.fullmatch(piece):
        return b"[0-9]{%d}" % int(piece[1])
    return _SHAPE.get(piece) or re.escape(piece[-1].encode())


def _real_day(at: Mapping[str, int]) -> bytes:
    """Give the lookaheads that refuse a day which its month lacks, wherever the three numbers stand."""
    if "%b" in at:
        month, short, february = at["%b"], b"(?:Apr|Jun|Sep|Nov)", b"Feb"
    else:
        month, short, february = at["%m"], b"(?:04|06|09|11)", b"02"
    in_month, on_day, in_year = b"(?=.{%d}" % month, b"(?=.{%d}" % at["%d"], b"(?!.{%d}" % at["%Y"]
    return (
        b"(?!" + in_month + short + b")" + on_day + b"31))"
        b"(?!" + in_month + february + b")" + on_day + b"3[01]))"
        b"(?!" + in_month + february + b")" + on_day + b"29)" + in_year + _LEAP_YEAR + b"))"
    )
