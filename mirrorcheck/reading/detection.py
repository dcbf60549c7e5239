"""A source in, the format of its lines out; where there is none, one line on how near the known ones came."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice

from mirrorcheck.errors import InputError, UsageError
from mirrorcheck.sources.files import Source
from mirrorcheck_parsers import Detection, FormatError, detect

_SAMPLE = 1 << 18  # bytes in which a format is looked for first
_PIECES = 16  # of a later chunk that are looked at: what they cost, a file of no known format costs
_PIECE = 1 << 12  # bytes of each
_LONGEST = 1 << 22  # bytes of a line that is looked for a format
_MOST_NAMES, _MOST_COLUMNS = 4, 4  # of formats that were tried, in a message
_ADVICE = (
    (b'{"events":', "all of CloudWatch's events are in one line. Unfold them first: jq -c '.events[]' FILE."),
    (b'{"results":', "all results of a query are in one line. Unfold them first: jq . FILE."),
    (b"[{", "a list of several objects is in one line. Unfold it first: jq -c '.[]' FILE."),
    (b"EVENTS\t", "CloudWatch's events as text leave out what is whose. Export them with --output json."),
)
_SHOWN = 40  # characters of a line in an error message


@dataclass(frozen=True, slots=True)
class Formats:
    """The formats that a user gave: the one of all lines, or names and templates that are tried besides the known."""

    log_format: str | None = None
    given: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Recognized:
    """What a text was recognised as; it is a piece of a source, after `lines_before` others."""

    detection: Detection
    text: bytes
    lines_before: int


def recognize(source: Source, formats: Formats, watch: Callable[[int], None] | None = None) -> Recognized | None:
    """Recognise the first lines of a source that are in a known format, None if all of it is foreign.

    They may come late: behind the start-up of all pods, or behind another container's whole log. `watch` is told the
    places reached. Raises InputError if no line that was looked at is in a known format, UsageError for a bad
    log_format.
    """
    rest, lines_before = b"", 0
    unknown: Recognized | None = None
    for chunk in source.chunks(watch):
        text = rest + chunk if rest else chunk
        detection = detect_in(text if unknown is None else _thinned(text), formats)
        found = Recognized(detection, text, lines_before)
        if detection.format:
            return found
        if detection.first_line[0]:
            unknown = unknown or found
        whole = text.rfind(b"\n") + 1
        lines_before += text.count(b"\n")
        rest = text[whole:] if len(text) - whole < _LONGEST else b""
    if unknown:
        raise InputError(unknown_format(source.name, unknown.text, unknown.detection, formats))
    return None


def _thinned(text: bytes) -> bytes:
    """Some whole lines of each part of a long text: a container's log is longer than what is left out."""
    if len(text) <= _PIECES * _PIECE:
        return text
    pieces = (text[place : place + _PIECE] for place in range(0, len(text), len(text) // _PIECES))
    return b"".join(piece[piece.find(b"\n") + 1 : piece.rfind(b"\n") + 1] for piece in pieces)


def detect_in(text: bytes, formats: Formats) -> Detection:
    """Detect the format of a text, by its first lines if these tell it; raises UsageError for a bad log_format."""
    detection = _try_formats(text[:_SAMPLE], formats)
    return _try_formats(text, formats) if detection.format is None and len(text) > _SAMPLE else detection


def _try_formats(text: bytes, formats: Formats) -> Detection:
    try:
        return detect(text, log_format=formats.log_format, given=formats.given)
    except FormatError as error:
        message = f"--log-format: {error}. Give it as the configuration of nginx or Envoy has it."
        raise UsageError(message) from error


def unknown_format(name: str, text: bytes, detection: Detection, formats: Formats) -> str:
    """One line on a text in no known format: its first line, how near the formats came, and the way out."""
    number, line = detection.first_line
    nearest = detection.attempts[0]
    lines = text.count(b"\n") + (not text.endswith(b"\n"))
    none = "its only line is not" if lines == 1 else f"none of its first {lines:,} lines is"
    known = "in the given format" if formats.log_format else "in a known format"
    stuck = f"column {nearest.column} (expected {nearest.expected}, found {nearest.found or 'its end'})"
    advice = next((advice for begins, advice in _ADVICE if line.lstrip().startswith(begins)), "")
    if advice and not formats.log_format:
        return f"{name}: {advice}"
    way_out = (
        "Correct --log-format."
        if formats.log_format
        else f"Tried: {_tried(detection)}. Give the format with --log-format."
    )
    return (
        f"{name}: {none} {known}. Line {number}, {shown(line)}, is nearest to {nearest.format.name}, up to "
        f"{stuck}. {way_out}"
    )


def _tried(detection: Detection) -> str:
    """Names of the formats that got anywhere by the column that each got to, nearest first."""
    by_column: dict[int, list[str]] = {}
    got_anywhere = [attempt for attempt in detection.attempts if attempt.column > 1]
    for attempt in got_anywhere or detection.attempts:
        by_column.setdefault(attempt.column, []).append(attempt.format.name)
    told = (f"{_some(list(dict.fromkeys(names)))} to column {column}" for column, names in by_column.items())
    return "; ".join(islice(told, _MOST_COLUMNS))


def _some(names: list[str]) -> str:
    more = len(names) - _MOST_NAMES
    # One left over would take no more room than saying so.
    return ", ".join(names) if more <= 1 else f"{', '.join(names[:_MOST_NAMES])} and {more} more"


def shown(text: bytes) -> str:
    """Hostile bytes as one short printable literal."""
    visible = text[:_SHOWN].decode("utf-8", "backslashreplace")
    safe = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in visible)
    return f'"{safe}{"..." if len(text) > _SHOWN else ""}"'
