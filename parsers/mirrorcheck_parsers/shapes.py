"""Takes a template's parts; gives the regular expression that says exactly which lines match it, and how."""

import re
from collections.abc import Sequence

from mirrorcheck_parsers.kinds import Field, Kind
from mirrorcheck_parsers.template import Literal

Part = Literal | Field

_LEAP_YEAR = rb"(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:0[48]|[2468][048]|[13579][26])00)"
_YEAR = rb"(?!0000)[0-9]{4}"
_CLOCK = rb"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
# Dates that do not exist are no match, so that a stamp which matches always has a time.
_DATE_LOCAL = (
    rb"(?:(?:0[1-9]|1[0-9]|2[0-8])/(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)/"
    + _YEAR
    + rb"|(?:29|30)/(?:Jan|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)/"
    + _YEAR
    + rb"|31/(?:Jan|Mar|May|Jul|Aug|Oct|Dec)/"
    + _YEAR
    + rb"|29/Feb/"
    + _LEAP_YEAR
    + rb")"
)
_DATE_ISO = (
    rb"(?:" + _YEAR + rb"-(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)"
    rb"|(?:0[13578]|1[02])-31)|" + _LEAP_YEAR + rb"-02-29)"
)
_ZONE = rb"[+-][01][0-9]:[0-5][0-9]"
_STAMPS = {
    Kind.TIME_LOCAL: _DATE_LOCAL + rb":" + _CLOCK + rb" [+-][01][0-9][0-5][0-9]",
    Kind.TIME_ISO: _DATE_ISO + rb"T" + _CLOCK + _ZONE,
    Kind.STAMP: _DATE_ISO + rb"T" + _CLOCK + rb"(?:\.[0-9]{1,9})?(?:Z|" + _ZONE + rb")",
    Kind.MSEC: rb"[0-9]{1,12}\.[0-9]{3}",
    Kind.STATUS: rb"[0-9]{3}",
}
_NUMBERS = {Kind.INTEGER: rb"[0-9]+", Kind.DECIMAL: rb"[0-9]+(?:\.[0-9]+)?"}
NUMBER_BYTES = b"0123456789.-"


def exact_pattern(parts: Sequence[Part], escape: str) -> re.Pattern[bytes]:
    r"""Compile the pattern a line (without its line break) must match in full; group i is the i-th field.

    A TEXT field ends at the first place where all that follows it, up to the next TEXT field, matches: an atomic
    group holds the two together, so a line of a mebibyte costs no more than one pass per field. Between quotes,
    with escape=default or json, TEXT is `(?:[^"\\]|\\.)*`: it ends at the first quote that is not escaped.
    """
    pieces: list[bytes] = []
    open_group = False
    for place, part in enumerate(parts):
        if isinstance(part, Field) and part.kind is Kind.TEXT:
            pieces.append(b")" * open_group + b"(?>")
            open_group = True
        if isinstance(part, Literal):
            pieces.append(re.escape(part.text))
        else:
            pieces.append(field_shape(part.kind, follower(parts, place), escape, quoted=is_quoted(parts, place)))
    pieces.append(rb"\Z" + b")" * open_group)
    return re.compile(b"".join(pieces), re.DOTALL)


def field_shape(kind: Kind, following: bytes, escape: str, *, quoted: bool) -> bytes:
    """Give the capturing group for a field of this kind, `following` being the literal byte after it, if any."""
    if kind is Kind.TEXT:
        return _text_shape(escape, quoted=quoted)
    if kind in _STAMPS:
        return rb"(" + _STAMPS[kind] + rb")"
    # A missing value is "-" with escape=default, nothing at all with the others (ngx_http_log_module, nginx 1.22).
    may_be_empty = escape != "default"
    if kind in _NUMBERS:
        return rb"((?:" + _NUMBERS[kind] + rb"|-)" + b"?" * may_be_empty + rb")"
    times = b"*" if may_be_empty else b"+"
    if kind is Kind.NAME:
        return rb'([^ "' + re.escape(following) + rb"]" + times + b"+" * bool(following) + rb")"
    sealed = b"+" if following in (b" ", b'"') else b""
    return rb'([^ "]' + times + sealed + rb")"


def follower(parts: Sequence[Part], place: int) -> bytes:
    """Give the literal byte after a field, or nothing at the end of the line and before another field."""
    after = parts[place + 1] if place + 1 < len(parts) else None
    return after.text[:1] if isinstance(after, Literal) else b""


def is_quoted(parts: Sequence[Part], place: int) -> bool:
    """Tell whether a field stands alone between two quotes."""
    before = parts[place - 1] if place else None
    return isinstance(before, Literal) and before.text.endswith(b'"') and follower(parts, place) == b'"'


def _text_shape(escape: str, *, quoted: bool) -> bytes:
    if escape == "none":
        return rb"(.*?)"
    if quoted:
        return rb'([^"\\]*+(?:\\.[^"\\]*+)*+)'
    return rb'((?:[^"\\]|\\.)*?)'
