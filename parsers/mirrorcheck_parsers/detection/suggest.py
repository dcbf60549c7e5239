"""Proposes a log_format for a line in no known format, from what its parts look like."""

import re
from dataclasses import dataclass, field
from typing import Final

from mirrorcheck_parsers.detection.line_parts import LinePart, split_line
from mirrorcheck_parsers.errors import FormatError
from mirrorcheck_parsers.exact.requestlike import METHODS
from mirrorcheck_parsers.formats.format import compile_format
from mirrorcheck_parsers.formats.stamps import usual_layout
from mirrorcheck_parsers.parser import Parser

_LONGEST: Final = 4096  # bytes of a line
_MOST: Final = 60  # parts
_CLOCKS: Final = ("clf", "iso", "epoch")
_WRITTEN: Final = re.compile(rb"[\t -~]*")  # what can be given in a shell as it stands
_BETWEEN: Final = re.compile(rb"(?:[ \t\[\](){}|,;:<>#&/*-]|[A-Za-z_][A-Za-z0-9_.-]{0,30}=)*")
_KEY: Final = re.compile(rb"[A-Za-z_][A-Za-z0-9_.-]{0,30}")
_PARTS: Final = re.compile(METHODS + rb" [^ ]+( HTTP/[0-9.]+)?")
_AGENT: Final = re.compile(rb"[A-Za-z][A-Za-z0-9 ._+-]{0,40}/v?[0-9].*", re.DOTALL)
_CHAIN: Final = re.compile(rb"[0-9A-Fa-f.:]{7,39}(?:, ?[0-9A-Fa-f.:]{7,39})*")
_ID: Final = re.compile(rb"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_ISO: Final = re.compile(rb"[0-9-]{10}T[0-9:]{8}(?:\.[0-9]{1,9})?(?:Z|[+-][0-9]{2}:[0-9]{2})")

# What a role is called by nginx, and by Envoy, whose operators know more ways to write a time.
_NGINX: Final = {
    "address": "$remote_addr",
    "user": "$remote_user",
    "request": "$request",
    "method": "$request_method",
    "target": "$request_uri",
    "protocol": "$server_protocol",
    "status": "$status",
    "bytes": "$body_bytes_sent",
    "seconds": "$request_time",
    "referer": "$http_referer",
    "agent": "$http_user_agent",
    "chain": "$http_x_forwarded_for",
    "id": "$http_x_request_id",
    "other": "$field_{}",
}
_ENVOY: Final = {
    "address": "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%",
    "user": "%REQ(X-USER)%",
    "request": "%REQ(:METHOD)% %REQ(:PATH)% %PROTOCOL%",
    "method": "%REQ(:METHOD)%",
    "target": "%REQ(:PATH)%",
    "protocol": "%PROTOCOL%",
    "status": "%RESPONSE_CODE%",
    "bytes": "%BYTES_SENT%",
    "referer": "%REQ(REFERER)%",
    "agent": "%REQ(USER-AGENT)%",
    "chain": "%REQ(X-FORWARDED-FOR)%",
    "id": "%REQ(X-REQUEST-ID)%",
    "other": "%REQ(X-FIELD-{})%",
}


def suggest_format(line: bytes) -> str | None:
    """Give a log_format of nginx, or a format string of Envoy, by which the line was parsed, None where there is none.

    A line without a time or without a request has none, nor has one whose parts cannot be separated.
    """
    if len(line) > _LONGEST or not _WRITTEN.fullmatch(line):
        return None
    parts = split_line(line)
    if len(parts) > _MOST or not {"request"} <= {part.kind for part in parts}:
        return None
    for clock in (part for part in parts if part.kind in _CLOCKS):
        written = _clock(clock, line[clock.start : clock.stop])
        template = _template(line, parts, clock, written) if written else None
        if template and _reads(template, line):
            return template
    return None


def has_time(line: bytes) -> bool:
    """Whether something in a line looks like a time."""
    return any(part.kind in _CLOCKS for part in split_line(line[:_LONGEST]))


def _reads(template: str, line: bytes) -> bool:
    """Whether the line, parsed by the template, is one well-formed request."""
    try:
        batch = Parser(compile_format(template)).feed(line + b"\n")
    except FormatError:
        return False
    return batch.parsed == 1 and bool(batch.well_formed.all())


def _clock(part: LinePart, text: bytes) -> str:
    """Give the variable or operator that logs such a time, "" where there is none."""
    if part.kind == "clf":
        return "$time_local"
    if part.kind == "epoch":
        return "$msec" if re.fullmatch(rb"[0-9]{10}\.[0-9]{3}", text) else _epoch(text)
    if _ISO.fullmatch(text):
        return "%START_TIME%"
    layout = usual_layout(text)
    return f"%START_TIME({layout})%" if layout else ""


def _epoch(text: bytes) -> str:
    if b"." in text:
        return "%START_TIME(%s.%6f)%" if len(text.partition(b".")[2]) == 6 else ""  # noqa: PLR2004 - digits
    return "%START_TIME(%s)%" if len(text) == 10 else "%START_TIME(%s%3f)%"  # noqa: PLR2004 - digits


@dataclass(slots=True)
class _Writer:
    """Names the parts of a line one after the other; each role but `other` is given once."""

    names: dict[str, str]
    given: set[str] = field(default_factory=set)
    others: int = 0

    def name(self, *roles: str) -> str:
        """Give the name of the first role that is still to be had."""
        for role in roles:
            if role in self.names and role != "other" and role not in self.given:
                self.given.add(role)
                return self.names[role]
        self.others += 1
        return self.names["other"].format(self.others)


def _template(line: bytes, parts: list[LinePart], clock: LinePart, written: str) -> str | None:
    writer = _Writer(_ENVOY if written.startswith("%") else _NGINX)
    pieces: list[str] = []
    at = 0
    for part in parts:
        text = line[part.start : part.stop]
        between = line[at : part.start]
        at = part.stop
        if not _BETWEEN.fullmatch(between):
            return None
        pieces.append(between.decode("ascii"))
        if line[at : at + 1] == b"=" and _KEY.fullmatch(text):
            at = part.start  # the name of a value: it is the same on every line
            continue
        if part.kind == "word" and _is_mark(line, part, text, writer):
            pieces.append(text.decode("ascii"))
            continue
        pieces.append(written if part is clock else _named(writer, part, text))
    pieces.append(line[at:].decode("ascii"))
    return "".join(pieces) if _BETWEEN.fullmatch(line[at:]) else None


def _is_mark(line: bytes, part: LinePart, text: bytes, writer: _Writer) -> bool:
    """Whether a word is none: punctuation, or the dash behind the address for a name that nobody asks for."""
    if any(chr(octet).isalnum() for octet in text):
        return False
    alone = line[part.start - 1 : part.start].strip() == line[part.stop : part.stop + 1].strip() == b""
    if text != b"-" or not alone:
        return True
    behind = line[: part.start].rstrip().endswith(b"-")
    return "address" in writer.given and "user" not in writer.given and not behind and "status" not in writer.given


def _named(writer: _Writer, part: LinePart, text: bytes) -> str:
    """Write one part of a line as what it looks like, quotes and all."""
    match part.kind:
        case "address":
            address, _, port = text.rpartition(b":") if b"." in text and b":" in text else (text, b"", b"")
            return writer.name("address") + (":" + writer.name("other") if port and address else "")
        case "request":
            return _request(writer, text)
        case "status":
            return writer.name("status")
        case "number":
            answered = "status" in writer.given
            whole = "bytes" if answered else "other"
            return writer.name("seconds" if b"." in text and answered else whole)
        case "quoted":
            return f'"{writer.name(*_roles(text[1:-1], writer))}"'
    asked = not writer.given.isdisjoint(("request", "method"))
    return writer.name("user" if "address" in writer.given and not asked and not writer.others else "other")


def _request(writer: _Writer, text: bytes) -> str:
    if text.startswith(b'"'):
        return f'"{writer.name("request")}"'
    parts = _PARTS.fullmatch(text)
    written = f"{writer.name('method')} {writer.name('target')}"
    return f"{written} {writer.name('protocol')}" if parts and parts[1] else written


def _roles(text: bytes, writer: _Writer) -> tuple[str, ...]:
    """Give what a quoted text may be, by its looks; nothing that says "-" in front of the agent is the referer."""
    if text.startswith((b"http://", b"https://")) or (text == b"-" and "agent" not in writer.given):
        return ("referer",) if "status" in writer.given else ("other",)
    if _AGENT.fullmatch(text):
        return ("agent",)
    if _ID.fullmatch(text):
        return ("id",)
    return ("chain",) if _CHAIN.fullmatch(text) else ("other",)
