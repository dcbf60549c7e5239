"""Decides whether a line that does not match a format may be a request all the same.

A request that did not parse must never pass for a foreign line, whatever a client put into it: the places that a
client cannot reach (the head that the log's own lines have, the quote in front of the method) decide, and what is
unclear counts as a request.
"""

import re
from functools import cached_property
from typing import Final

from mirrorcheck_parsers.catalogue.names import NAMES, name_of_key
from mirrorcheck_parsers.formats.fields import ADDRESS, Field
from mirrorcheck_parsers.formats.format import Format
from mirrorcheck_parsers.formats.shapes import head_pattern
from mirrorcheck_parsers.formats.template import Literal
from mirrorcheck_parsers.formats.values import NoObject, ValueType, scan_object

# Those of RFC 9110, PATCH (RFC 5789), WebDAV and its kin (RFC 4918, 3253, 5323), and what caches and players send.
METHODS: Final = (
    rb"(?:GET|HEAD|POST|PUT|DELETE|CONNECT|OPTIONS|TRACE|PATCH|PROPFIND|PROPPATCH|MKCOL|COPY|MOVE|LOCK|UNLOCK|REPORT"
    rb"|SEARCH|MERGE|PURGE|BAN|QUERY|CHECKOUT|MKACTIVITY|NOTIFY|SUBSCRIBE|UNSUBSCRIBE|DESCRIBE)"
)
_TARGET: Final = rb"(?:[/*]|[A-Za-z][A-Za-z0-9+.-]{0,15}://|[A-Za-z0-9.-]{1,255}:[0-9])"
_STATUS: Final = rb"(?<![0-9A-Za-z.:/_-])[1-5][0-9]{2}(?![0-9A-Za-z.:/_-])"
_ADDRESS: Final = rb"(?:[0-9]{1,3}\.){3}[0-9]{1,3}"

_SURE: Final = re.compile(
    rb"[\"'`]" + METHODS + rb" +" + _TARGET + rb"| HTTP/[0-9](?:\.[0-9])?[\\\"']"
    # What is called a method and is one: logfmt, slog, JSON, also inside a string of JSON.
    rb"|(?i:method|verb)\\?[\"']?[ \t]*[=:][ \t]*\\?[\"']?" + METHODS + rb"(?![A-Za-z0-9])"
    # The time as only access logs write it, with and without its zone.
    rb"|(?<![0-9])[0-3][0-9]/[A-Z][a-z]{2}/[0-9]{4}[: ][0-2][0-9]:[0-5][0-9]:[0-5][0-9]"
    # What is left of a line whose beginning is lost: the end of a quoted request, status and size.
    rb"|[\"'] [1-5][0-9]{2} (?:[0-9]+|-)(?: |\Z)"
)
_PROTOCOL: Final = re.compile(rb" HTTP/[0-9]")
_LEVELS: Final = rb"(?:TRACE|DEBUG|INFO|WARN|ERROR|FATAL|NOTICE|CRIT|SEVERE)"
_METHOD_WORD: Final = re.compile(rb"(?!" + _LEVELS + rb")[\"'`\[(|]?[A-Z][A-Z_-]{1,30}")
_PLAIN: Final = re.compile(rb"(?<![A-Za-z0-9_./-])" + METHODS + rb"[ \t]+[\"']?" + _TARGET)
_ANSWERED: Final = re.compile(_STATUS + rb"|(?<![0-9.])" + _ADDRESS + rb"(?![0-9.])")
_ADDRESS_6: Final = rb"(?:[0-9A-Fa-f]{1,4}:){7}[0-9A-Fa-f]{1,4}|[0-9A-Fa-f:]{0,39}::[0-9A-Fa-f:.]{0,39}"
_PEER: Final = re.compile(
    rb"(?:" + _ADDRESS + rb"|" + _ADDRESS_6 + rb")(?:[:, ]|\Z)"
    rb"|[0-9]{1,3}(?:\.[0-9]{0,3}){1,3}\Z"  # cut short
)
_CUT_STAMP: Final = rb"[0-9][0-9A-Za-z:.+/-]*"
_KEY: Final = re.compile(rb'"([^"\\]{1,64})"[ \t]*:')
_METHOD: Final = re.compile(METHODS)
_VARIABLE_OF: Final = {name: variable for variable, names in NAMES.items() for name in names}
ENOUGH_KEYS: Final = 3  # of JSON that mean something of a request: a line of another kind has one or two by chance
_MOST_PROTOCOLS: Final = 8


class RequestLike:
    """Tells lines that may be requests from others, for one format: by what any request has, and by its own head."""

    def __init__(self, format: Format) -> None:
        self._format = format
        self._needed = {path for path in format.needed if format.keys[path].name != format.clock_field}

    def includes(self, text: bytes) -> bool:
        """Whether a line that is no record is request-like: one of these is in it.

        - a method and a target behind a quote, a request's protocol, `method=GET`, the time of access logs, or the end
          of a quoted request with its status: what access logs alone have;
        - a method and a target without quotes, and a status or an address somewhere: a list of routes has neither;
        - the head of the format's own lines, up to their time and what follows it, or up to where the line was cut;
        - as JSON: a value that is a method, the keys of the request in this format, three keys that mean something of
          a request, or where it is cut, a key of this format in front.
        Costs time linear in the line's length.
        """
        return (
            _SURE.search(text) is not None
            or _has_protocol(text)
            or (_PLAIN.search(text) is not None and _ANSWERED.search(text) is not None)
            or any(head.match(text) for head in self._heads)
            or (text.lstrip()[:1] == b"{" and self._is_object(text))
        )

    @cached_property
    def _heads(self) -> tuple[re.Pattern[bytes], ...]:
        """The patterns of how this format's lines begin."""
        parts = self._format.parts
        if self._format.keys or not parts:
            return ()
        heads = [_PEER] if isinstance(parts[0], Field) and parts[0].name in ("remote_addr", ADDRESS) else []
        clock = self._format.clock_column
        if clock is None or clock not in parts:
            return tuple(heads)
        return (*heads, *_up_to(self._format, parts.index(clock)))

    def _is_object(self, text: bytes) -> bool:
        values = scan_object(text, 0, len(text))
        if isinstance(values, NoObject):
            named = _KEY.findall(text)
            # It was cut, or something broke it: its first key shows whose it is.
            if named and named[0] in self._format.keys:
                return True
            paths = set(named)
        else:
            paths = {value.path for value in values}
            if any(
                value.type is ValueType.STRING and _METHOD.fullmatch(text, value.start, value.stop) for value in values
            ):
                return True
        return (bool(self._needed) and self._needed <= paths) or len(_variables(paths)) >= ENOUGH_KEYS


def _variables(paths: set[bytes]) -> set[str]:
    """Give what keys mean of a request, by all or the last of the names that lead to them."""
    names = {name for path in paths for name in (name_of_key(path), name_of_key(path.rpartition(b".")[2]))}
    return {_VARIABLE_OF[name] for name in names if name in _VARIABLE_OF}


def _has_protocol(text: bytes) -> bool:
    """Whether a target or a method stands in front of a protocol."""
    for count, found in enumerate(_PROTOCOL.finditer(text)):
        begin = text.rfind(b" ", 0, found.start()) + 1
        target = text[begin : found.start()]
        method = text[text.rfind(b" ", 0, max(begin - 1, 0)) + 1 : max(begin - 1, 0)]
        if target[:1] in (b"/", b"*") or b"://" in target[:16] or _METHOD_WORD.fullmatch(method):
            return True
        if count == _MOST_PROTOCOLS:
            return False
    return False


def _up_to(format: Format, place: int) -> list[re.Pattern[bytes]]:
    """Give the patterns of a line's beginning up to its time, at `place` of the parts, and what follows that.

    A stamp alone proves nothing, since other programs' lines begin with one, too: then a method must follow.
    """
    parts = format.parts
    after = parts[place + 1] if place + 1 < len(parts) else None
    stop = place + 1 + isinstance(after, Literal)
    is_clear = sum(isinstance(part, Field) for part in parts[:stop]) > 1
    is_clear |= isinstance(after, Literal) and b'"' in after.text
    method = b"" if is_clear else rb"[\"']?" + METHODS + rb"(?:[ \"']|\Z)"
    patterns = [head_pattern(parts, stop, format.escape, method)]
    before = parts[0]
    if place == 1 and isinstance(before, Literal) and before.text.strip():
        closing = after.text if isinstance(after, Literal) else b""
        closed = b"|".join(re.escape(closing[:size]) for size in range(len(closing) + 1))
        patterns.append(re.compile(re.escape(before.text) + _CUT_STAMP + rb"(?:" + closed + rb")\Z"))
    return patterns
