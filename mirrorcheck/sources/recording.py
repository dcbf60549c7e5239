"""The events of a live source come in and are kept in a folder; the same events come out of the folder again.

`STREAM.log` holds the text of one stream as it was told: lines as `kubectl logs --timestamps` gives them.
`events.jsonl` holds everything else, one JSON object a line in the order in which it was told: first the schema, then
each event under the name of its type. What was cut short by a crash can be read up to there.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, fields
from importlib.metadata import version
from pathlib import Path
from typing import Any, BinaryIO, TextIO, get_args

from mirrorcheck.errors import InputError, UsageError
from mirrorcheck.settings import Options
from mirrorcheck.sources.feed import (
    Broken,
    Closed,
    Ended,
    FeedEvent,
    Gap,
    Listing,
    Note,
    Opened,
    Proof,
    RuleKnown,
    RuleSeen,
    SideChange,
    Text,
)

Entry = dict[str, Any]

SCHEMA = "mirrorcheck.recording/1"
EVENTS = "events.jsonl"
_Kept = Opened | Proof | Gap | Broken | Closed | RuleSeen | RuleKnown | SideChange | Listing | Ended | Note
_KINDS: dict[str, type[_Kept]] = {kind.__name__: kind for kind in get_args(_Kept)}
_CHUNK = 1 << 22


def is_recording(folder: Path) -> bool:
    """True if a recorder wrote the folder."""
    return (folder / EVENTS).is_file()


class Recorder:
    """Writes events into a folder; what `take` was given is in the files when it returns."""

    def __init__(self, folder: Path, options: Options) -> None:
        """options: of the watching. UsageError where the folder is not empty, InputError where it cannot be written."""
        self._folder = folder
        self._logs: dict[str, BinaryIO] = {}
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if any(folder.iterdir()):
                raise UsageError(f"--save {folder}: the folder is not empty. Name a new one.")
            self._events: TextIO = (folder / EVENTS).open("w", encoding="utf-8")
            self._write({"schema": SCHEMA, "mirrorcheck": version("mirrorcheck"), "options": asdict(options)})
        except OSError as error:
            raise InputError(f"--save {folder} cannot be written: {error.strerror}. Name another folder.") from error

    def path(self, stream: str) -> Path:
        """The file of a stream's text."""
        return self._folder / f"{stream}.log"

    def take(self, event: FeedEvent) -> None:
        """Keep one event. Raises InputError where that is not possible any more.

        What is of a stream that never opened is passed over, as who reads it would.
        """
        if isinstance(event, Text | Closed | SideChange) and event.stream not in self._logs:
            return
        try:
            if isinstance(event, Text):
                _write_all(self._logs[event.stream], event.data)
                return
            if isinstance(event, Opened):
                self._logs[event.stream] = _open_log(self.path(event.stream))
            self._write({type(event).__name__: asdict(event)})
            if isinstance(event, Closed):
                self._logs[event.stream].close()
        except OSError as error:
            raise InputError(
                f"{self._folder}: {error.strerror}, so what was watched cannot be kept any more. Make room, or give "
                "--save a folder elsewhere."
            ) from error

    def close(self) -> None:
        """Close the files."""
        for log in self._logs.values():
            log.close()
        self._events.close()

    def _write(self, entry: dict[str, object]) -> None:
        self._events.write(json.dumps(entry, separators=(",", ":")) + "\n")
        self._events.flush()


class Recording:
    """A folder that a recorder wrote."""

    def __init__(self, folder: Path) -> None:
        """Raises InputError where the folder is no recording of a schema that is known."""
        self._folder = folder
        head = next(self._entries(), {})
        if head.get("schema") != SCHEMA:
            raise InputError(f"{folder / EVENTS} does not begin with {SCHEMA}. Read it with the version that wrote it.")
        self._options: dict[str, object] = {name: _frozen(value) for name, value in head.get("options", {}).items()}

    def options(self, given: Options) -> Options:
        """The options of the watching, and over them those that are given now and are not the default."""
        default = Options()
        known = {field.name for field in fields(Options)}
        kept = {name: value for name, value in self._options.items() if name in known}
        now = {name: getattr(given, name) for name in known if getattr(given, name) != getattr(default, name)}
        return Options(**{**kept, **now})

    def path(self, stream: str) -> Path:
        """The file of a stream's text; InputError for a name that leads out of the folder."""
        if Path(stream).name != stream:
            raise InputError(f"{self._folder / EVENTS} names a stream {stream!r}, which no recorder does.")
        return self._folder / f"{stream}.log"

    def events(self) -> Iterator[FeedEvent]:
        """The events as they were told, but all the text of a stream behind its beginning; InputError if damaged."""
        entries = self._entries()
        next(entries)
        for number, entry in enumerate(entries, start=2):
            event = self._event(number, entry)
            yield event
            if isinstance(event, Opened):
                yield from self._text(event.stream)

    def _text(self, stream: str) -> Iterator[Text]:
        rest = b""
        with self.path(stream).open("rb") as log:
            while chunk := log.read(_CHUNK):
                lines, newline, rest = (rest + chunk).rpartition(b"\n")
                if newline:
                    yield Text(stream, lines + newline)

    def _event(self, number: int, entry: Entry) -> FeedEvent:
        try:
            [(kind, fields)] = entry.items()
            lists = {name: _frozen(value) for name, value in fields.items() if isinstance(value, list)}
            return _KINDS[kind](**{**fields, **lists})
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise InputError(
                f"{self._folder / EVENTS}, line {number}, is no event that this version knows. Was it written by a "
                "newer one?"
            ) from error

    def _entries(self) -> Iterator[Entry]:
        with (self._folder / EVENTS).open(encoding="utf-8") as file:
            for number, line in enumerate(file, start=1):
                if not line.endswith("\n"):
                    return  # the recorder was killed in the middle of it
                try:
                    yield json.loads(line)
                except ValueError as error:
                    raise InputError(
                        f"{self._folder / EVENTS}, line {number}, is no JSON. Copy the recording again."
                    ) from error


def _open_log(path: Path) -> BinaryIO:
    """Make the file of a stream. Unbuffered: a look reads lines of it again at once."""
    return path.open("wb", buffering=0)


def _write_all(log: BinaryIO, text: bytes) -> None:
    """Write all of a text: an unbuffered file takes a part where the disk is nearly full."""
    rest = memoryview(text)
    while rest:
        rest = rest[log.write(rest) :]


def _frozen(value: object) -> object:
    return tuple(_frozen(each) for each in value) if isinstance(value, list) else value
