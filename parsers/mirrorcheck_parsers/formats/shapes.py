"""Makes the regular expression that says exactly which lines match a template."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from mirrorcheck_parsers.errors import FormatError
from mirrorcheck_parsers.formats.fields import BEGINS, Field, Kind
from mirrorcheck_parsers.formats.stamps import CLOCKS, stamp_shape
from mirrorcheck_parsers.formats.template import Literal, Token, Variable

Part = Literal | Field

# HAProxy and AWS write -1 for none, and HAProxy a plus in front of what may still grow (option logasap).
_NUMBERS = {
    Kind.INTEGER: rb"[+-]?[0-9]+",
    Kind.MICROS: rb"[+-]?[0-9]+",
    Kind.MILLIS: rb"[+-]?[0-9]+(?:\.[0-9]+)?",
    Kind.DECIMAL: rb"[+-]?[0-9]+(?:\.[0-9]+)?",
}
_WHOLE = {
    Kind.STATUS: rb"([0-9]{3})",
    Kind.LIST: rb'([^ ,"]*+(?:(?:, | : )[^ ,"]++)*+)',
    Kind.PHRASE: rb'([^"]*?)',
    Kind.PLAIN: rb'([^"]*+)',
    Kind.FREE: rb"(.*)",
}


@dataclass(slots=True)
class ExactPattern:
    """The pattern of a template's parts, compiled when the first line asks for it: most known formats are never met."""

    parts: tuple[Part, ...]
    escape: str
    _compiled: re.Pattern[bytes] | None = field(default=None, init=False, repr=False, compare=False)

    def fullmatch(self, text: bytes, start: int, stop: int) -> re.Match[bytes] | None:
        """Match text[start:stop] in full; group i is the i-th field."""
        if self._compiled is None:
            self._compiled = exact_pattern(self.parts, self.escape)
        return self._compiled.fullmatch(text, start, stop)


def exact_pattern(parts: Sequence[Part], escape: str) -> re.Pattern[bytes]:
    r"""Compile the pattern a line (without its line break) must match in full; group i is the i-th field.

    A TEXT field ends at the first place where all that follows it, up to the next TEXT field, matches: an atomic
    group holds the two together, so a line of a mebibyte costs no more than one pass per field. A FREE field ends at
    the last place where all that follows it matches. Between quotes, with escape=default or json, TEXT is
    `(?:[^"\\]|\\.)*`: it ends at the first quote that is not escaped.
    """
    return head_pattern(parts, len(parts), escape, rb"\Z")


def head_pattern(parts: Sequence[Part], stop: int, escape: str, end: bytes) -> re.Pattern[bytes]:
    """Compile the pattern of what the first parts, up to `stop`, make of a line's beginning, and `end` behind them."""
    pieces: list[bytes] = []
    open_group = False
    for place, part in enumerate(parts[:stop]):
        if isinstance(part, Field) and part.kind in (Kind.TEXT, Kind.FREE):
            pieces.append(b")" * open_group + b"(?>" * (part.kind is Kind.TEXT))
            open_group = part.kind is Kind.TEXT
        if isinstance(part, Literal):
            pieces.append(re.escape(part.text))
        else:
            pieces.append(field_shape(part, follower(parts, place), escape, quoted=is_quoted(parts, place)))
    pieces.append(end + b")" * open_group)
    return re.compile(b"".join(pieces), re.DOTALL)


def field_shape(field: Field, following: bytes, escape: str, *, quoted: bool) -> bytes:
    """Give the capturing group for a field, `following` being the literal byte after it, if any."""
    kind = field.kind
    if kind is Kind.TEXT:
        return _text_shape(escape, quoted=quoted)
    if kind in CLOCKS and kind is not Kind.INSTANT:
        return rb"(" + stamp_shape(field) + rb")"
    if kind in _WHOLE:
        return _WHOLE[kind]
    # A missing value is "-" with escape=default, nothing at all with the others (ngx_http_log_module, nginx 1.22).
    may_be_empty = escape != "default"
    if kind in _NUMBERS:
        return rb"((?:" + _NUMBERS[kind] + rb"|-)" + b"?" * may_be_empty + rb")"
    times = b"*" if may_be_empty or kind in (Kind.LABEL, Kind.UNTIL) else b"+"
    if kind in (Kind.NAME, Kind.LABEL, Kind.UNTIL):
        space = b" " * (kind is not Kind.UNTIL)
        return rb"([^" + space + rb'"' + re.escape(following) + rb"]" + times + b"+" * bool(following) + rb")"
    sealed = b"+" if following in (b" ", b'"') else b""
    return rb'([^ "]' + times + sealed + rb")"


def follower(parts: Sequence[Part], place: int) -> bytes:
    """Give the byte that surely stands behind a field; nothing at the line's end and before what may begin anyhow."""
    after = parts[place + 1] if place + 1 < len(parts) else None
    if isinstance(after, Field):
        return BEGINS.get(after.variable, b"")
    return after.text[:1] if after else b""


def is_quoted(parts: Sequence[Part], place: int) -> bool:
    """Whether a field stands alone between two quotes."""
    before = parts[place - 1] if place else None
    return isinstance(before, Literal) and before.text.endswith(b'"') and follower(parts, place) == b'"'


def _text_shape(escape: str, *, quoted: bool) -> bytes:
    if escape == "none":
        return rb"(.*?)"
    if quoted:
        return rb'([^"\\]*+(?:\\.[^"\\]*+)*+)'
    return rb'((?:[^"\\]|\\.)*?)'


_URI: Final = ("uri", "document_uri")
_QUERY: Final = ("args", "query_string")
# What the variables that join_query makes stand for.
JOINED: Final = {"uri_with_query": "$uri$is_args$args", "uri_then_query": "$uri?$args"}
# Their text shows by itself where it ends.
_ENDING: Final = frozenset({Kind.TIME_LOCAL, Kind.TIME_ISO, Kind.STAMP, Kind.CUSTOM, Kind.MSEC, Kind.STATUS})


def join_query(tokens: Sequence[Token]) -> tuple[Token, ...]:
    """Take `$uri$is_args$args` and `$uri?$args`, which are one target, for one variable."""
    joined: list[Token] = []
    at = 0
    while at < len(tokens):
        name = _joined_name(tokens[at : at + 3])
        first = tokens[at]
        joined.append(replace(first, name=name) if name and isinstance(first, Variable) else first)
        at += 3 if name else 1
    return tuple(joined)


def _joined_name(tokens: Sequence[Token]) -> str:
    names = [token.name if isinstance(token, Variable) else "" for token in tokens]
    if len(tokens) < len(("uri", "?", "args")) or names[0] not in _URI or names[2] not in _QUERY:
        return ""
    if names[1] == "is_args":
        return "uri_with_query"
    return "uri_then_query" if tokens[1] == Literal(b"?") else ""


def separate_fields(parts: Sequence[Part], spelled: Sequence[str], columns: Sequence[int]) -> tuple[Part, ...]:
    """Fit the kind of each field that another one touches, so that it is sure where the first of them ends.

    spelled, columns: each part as the template has it, and where. Raises FormatError where that is not sure.
    """
    return tuple(_fitted(parts, place, spelled, columns) for place in range(len(parts)))


def _fitted(parts: Sequence[Part], place: int, spelled: Sequence[str], columns: Sequence[int]) -> Part:
    part, after = parts[place], parts[place + 1] if place + 1 < len(parts) else None
    if not isinstance(part, Field) or not isinstance(after, Field) or part.kind in _ENDING:
        return part
    if after.variable in BEGINS and part.variable not in BEGINS:
        return replace(part, kind=Kind.NAME)
    both = spelled[place] + spelled[place + 1]
    raise FormatError(
        f"`{both}` at column {columns[place]}: nothing marks where the first of the two ends, "
        "log them with a space between"
    )
