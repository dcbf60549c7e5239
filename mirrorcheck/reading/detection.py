"""Detects the format of a source, or explains how near the known formats came."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import islice

from mirrorcheck.errors import InputError, UsageError
from mirrorcheck.reading import constants
from mirrorcheck.sources.files import Source
from mirrorcheck_parsers import Attempt, Detection, FormatError, detect, is_of_server

_MOST_NAMES, _MOST_COLUMNS = 4, 4  # of formats that were tried, in a message
_ADVICE = ((b"EVENTS\t", "CloudWatch's events as text leave out what is whose. Export them with --output json."),)
_NOTHING = Detection(None, (), (0, b""))
_SHOWN = 40  # characters of a line in an error message
_LETTERS = bytes(byte for byte in range(128) if chr(byte).isalnum())
_DIGITS = b"0123456789"

_Shape = bytes


@dataclass(frozen=True, slots=True)
class Formats:
    """The formats that a user gave: the one of all lines, or names and templates that are tried besides the known.

    containers: where lines name their container, only those of these count. explained: every format is tried, to say
    why a line is in none of the others.
    """

    log_format: str | None = None
    given: tuple[tuple[str, str], ...] = ()
    containers: tuple[str, ...] = ()
    explained: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Recognized:
    """What a piece of a source was recognised as; it begins after `lines_before` lines."""

    detection: Detection
    text: bytes
    lines_before: int


def recognize(source: Source, formats: Formats, watch: Callable[[int], None] | None = None) -> Recognized | None:
    """Recognise the first lines of a source that are in a known format, None if all of it is foreign.

    They may come late: behind the start-up of all pods, or behind another container's whole log; no bound on that would
    be right. So a source in no known format is searched to its end, except for lines that are like earlier ones.
    `watch` gets the places reached. Raises InputError if no line is in a known format, UsageError where log_format
    is wrong.
    """
    search = _Search(source.name, formats)
    for chunk in source.chunks(watch):
        found = search.feed(chunk)
        if found:
            return found
    if formats.containers and not search.asks:
        # None of them logs a request: what the others log is read, so that they can be named.
        return recognize(source, replace(formats, containers=()), watch)
    if not search.is_idle:
        search.refuse()
    return None


class _Search:
    """The search for a format, chunk by chunk, while none is found."""

    def __init__(self, name: str, formats: Formats) -> None:
        self._name, self._formats = name, formats
        self._unlike: _Unlike | None = None  # None before the first chunk
        self._unknown: Recognized | None = None  # the first text with lines that are neither foreign nor in a format
        self._rest, self._lines = b"", 0

    @property
    def asks(self) -> bool:
        """Whether a line may be a request in a format that is not known."""
        return self._unknown is not None and self._unknown.detection.asks

    @property
    def is_idle(self) -> bool:
        """Whether the log is that of a server that has logged no request: its own messages, and its settings."""
        if self._unknown is None or self.asks:
            return False
        lines = [line for line in self._unknown.text[: constants.FORMAT_SAMPLE].split(b"\n") if line.strip()]
        return sum(map(is_of_server, lines)) >= constants.SERVER_MESSAGES * len(lines)

    def feed(self, chunk: bytes) -> Recognized | None:
        """Search the text that follows; None if nothing of it is in a known format."""
        text = self._rest + chunk if self._rest else chunk
        found = Recognized(self._detect(text), text, self._lines)
        if found.detection.format:
            return found
        if found.detection.first_line[0] and (self._unknown is None or (found.detection.asks and not self.asks)):
            self._unknown = found
        whole = text.rfind(b"\n") + 1
        self._lines += text.count(b"\n")
        self._rest = text[whole:] if len(text) - whole < constants.LONGEST_LINE else b""
        return None

    def refuse(self) -> None:
        """Raise InputError if some lines are in no known format, where none is."""
        if self._unknown:
            unknown, lines = self._unknown, self._lines + bool(self._rest)
            raise InputError(unknown_format(self._name, unknown, lines, self._formats))

    def _detect(self, text: bytes) -> Detection:
        """Detect the format of a text by its first lines or, failing that, by lines unlike those before."""
        by_first = _NOTHING
        # While all is foreign, it may be of a pod that served little: its few requests must not be overlooked.
        most = constants.MOST_PIECES if self._unknown else None
        if self._unlike is None:
            self._unlike = _Unlike()
            by_first = _try_formats(text[: constants.FORMAT_SAMPLE], self._formats)
            if by_first.format or len(text) <= constants.FORMAT_SAMPLE:
                return by_first
            self._unlike.learn(text[: constants.FORMAT_SAMPLE])
        pieces = self._unlike.pieces(text, most)
        if not pieces:
            return by_first
        by_pieces = _try_formats(pieces, self._formats)
        if by_pieces.format:
            return _try_formats(text, self._formats)
        line = by_pieces.first_line[1]
        if not line or by_first.first_line[0] or self._unknown:
            return by_first
        # The lines before it say which line of the text it is: the same words may stand in another one.
        before = _try_formats(text[: text.find(b"\n", text.find(line)) + 1], self._formats)
        return before if before.first_line[0] else _try_formats(text, self._formats)


def detect_in(text: bytes, formats: Formats) -> Detection:
    """Detect the format of a text, by its first lines if they suffice; raises UsageError for a bad log_format."""
    detection = _try_formats(text[: constants.FORMAT_SAMPLE], formats)
    found = detection.format is not None or len(text) <= constants.FORMAT_SAMPLE
    return detection if found else _try_formats(text, formats)


def _try_formats(text: bytes, formats: Formats) -> Detection:
    try:
        containers = [name.encode("utf-8", "surrogateescape") for name in formats.containers]
        return detect(
            text,
            log_format=formats.log_format,
            given=formats.given,
            containers=containers,
            explained=formats.explained,
        )
    except FormatError as error:
        raise UsageError(f"--log-format: {error}. Give it as the configuration of nginx or Envoy has it.") from error


def unknown_format(name: str, unknown: Recognized, lines: int, formats: Formats) -> str:
    """One line on a text of so many lines in no known format: the first line, how near the formats came, the way out.

    unknown: the piece of it that has this line.
    """
    from mirrorcheck.reading.way_out import own_format, way_out

    detection = unknown.detection
    if detection.undated:
        return _undated(name, detection.undated)
    number, line = detection.first_line
    number += unknown.lines_before
    nearest = detection.attempts[0]
    none = "its only line is not" if lines == 1 else f"none of its {lines:,} lines is"
    known = "in the given format" if formats.log_format else "in a known format"
    advice = next((advice for begins, advice in _ADVICE if line.lstrip().startswith(begins)), "")
    if advice and not formats.log_format:
        return f"{name}: {advice}"
    helps = way_out(line, detection)
    if formats.log_format:
        written = own_format(line)
        helps = f"Correct --log-format. By this one the line is read: {written}" if written else "Correct --log-format."
    helps = helps or f"Tried: {_tried(detection)}. Give the format with --log-format."
    return f"{name}: {none} {known}. Line {number:,}, {shown(line)}, is {_likeness(nearest)}. {helps}"


def _likeness(nearest: Attempt) -> str:
    """What a line is nearest to, and where it stops being that, if it has something that only requests have."""
    return "like none of them" if nearest.alike < constants.LEAST_ALIKE else nearest_to(nearest)


def nearest_to(attempt: Attempt) -> str:
    """The format that was tried, and where a line stops being in it."""
    stuck = f"column {attempt.column} (expected {attempt.expected}, found {attempt.found or 'its end'})"
    return f"nearest to {attempt.format.name}, up to {stuck}"


def _undated(name: str, attempt: Attempt) -> str:
    """One line on a text in a format that has no time: what around its lines may have one."""
    match = "line matches" if attempt.matched == 1 else "lines match"
    return (
        f"{name}: {attempt.matched:,} {match} {attempt.format.name}, which logs no time. Get the log with the times at "
        "which its lines came: kubectl logs --timestamps, docker logs --timestamps or journalctl -o short-iso."
    )


def _tried(detection: Detection) -> str:
    """Names of the formats that got anywhere by the column that each got to, nearest first."""
    by_column: dict[int, list[str]] = {}
    got_anywhere = [attempt for attempt in detection.attempts if attempt.column > 1]
    for attempt in got_anywhere or detection.attempts:
        by_column.setdefault(attempt.column, []).append(attempt.format.name)
    columns = (f"{_some(list(dict.fromkeys(names)))} to column {column}" for column, names in by_column.items())
    return "; ".join(islice(columns, _MOST_COLUMNS))


def _some(names: list[str]) -> str:
    more = len(names) - _MOST_NAMES
    # One left over would take no more room than saying so.
    return ", ".join(names) if more <= 1 else f"{', '.join(names[:_MOST_NAMES])} and {more} more"


def shown(text: bytes) -> str:
    """Hostile bytes as one short printable literal."""
    visible = text[:_SHOWN].decode("utf-8", "backslashreplace")
    safe = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in visible)
    return f'"{safe}{"..." if len(text) > _SHOWN else ""}"'


class _Unlike:
    """Remembers lines that are in no known format, without their digits and, behind their beginning, their letters.

    Lines of one program with the same marks between words and numbers are all in one format, or in none.
    """

    def __init__(self) -> None:
        self._tried: Counter[_Shape] = Counter()

    def learn(self, text: bytes) -> None:
        """Remember the whole lines of a text, which were all tried in vain."""
        self._remember(_shapes(text))

    def pieces(self, text: bytes, most: int | None) -> bytes:
        """Give lines unlike those remembered, each with some that follow it; at most so many pieces, and remember them.

        most: None for all of them.
        """
        shapes = _shapes(text)
        unlike = {shape for shape in set(shapes) if self._tried[shape] < constants.SHAPE_TRIES}
        if not unlike:
            return b""
        lines = text.split(b"\n")[: len(shapes)]
        places = [place for place, shape in enumerate(shapes) if shape in unlike]
        chosen: list[int] = []
        for place in places if most is None else places[:: 1 + len(places) // most]:
            if (not chosen or place > chosen[-1]) and self._tried[shapes[place]] < constants.SHAPE_TRIES:
                piece = _piece(lines, place)
                chosen += piece
                self._remember(shapes[piece.start : piece.stop])
        return b"".join(lines[place] + b"\n" for place in chosen)

    def _remember(self, shapes: list[_Shape]) -> None:
        if len(self._tried) < constants.MOST_SHAPES:
            self._tried.update(shapes)


def _shapes(text: bytes) -> list[_Shape]:
    """Give the shape of each whole line; a line that continues in the next text comes with that."""
    marks = text.translate(None, _LETTERS).split(b"\n")[:-1]
    heads = text.translate(None, _DIGITS).split(b"\n")[:-1]
    return [head[: constants.SHAPE_HEAD] + mark for head, mark in zip(heads, marks, strict=True)]


def _piece(lines: list[bytes], first: int) -> range:
    """Give the places of the lines of a piece; a single line may be longer."""
    size, place = 0, first
    while place < len(lines) and (size + len(lines[place]) < constants.PIECE_BYTES or place == first):
        size += len(lines[place]) + 1
        place += 1
    return range(first, place)
