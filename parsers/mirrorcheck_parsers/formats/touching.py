"""Takes a template's parts; gives them so that those which touch can be told apart, or says which cannot."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from mirrorcheck_parsers.errors import FormatError
from mirrorcheck_parsers.formats.fields import BEGINS, Field, Kind
from mirrorcheck_parsers.formats.shapes import Part
from mirrorcheck_parsers.formats.template import Literal, Token, Variable

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


def tell_apart(parts: Sequence[Part], spelled: Sequence[str], columns: Sequence[int]) -> tuple[Part, ...]:
    """Fit the kind of each field that another one touches, so that it is sure where the first of them ends.

    spelled, columns: each part as the template has it, and where. Raises FormatError where nothing tells.
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
        f"`{both}` at column {columns[place]}: nothing tells where the first of the two ends, "
        "log them with a space between"
    )
