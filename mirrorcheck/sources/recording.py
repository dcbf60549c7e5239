"""The events of a live source come in and are kept in a folder; a folder comes in and they go out again.

A folder holds one `.log` file a stream, the lines exactly as `kubectl logs --timestamps` gives them, and `events.jsonl`
with all else in its order: first a line that names the schema, then an object an event, its name under "event".
Of a recording that ended without warning, all that had been told up to then is there.
"""

import dataclasses
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

from mirrorcheck.errors import InputError, UsageError
from mirrorcheck.sources.feed import Broken, Closed, Event, Gap, Note, Opened, Proof, RuleSeen, Text

SCHEMA = "mirrorcheck.recording/1"
_EVENTS = "events.jsonl"
_KINDS: dict[str, type[Event]] = {kind.__name__: kind for kind in (Opened, Proof, Gap, Broken, Closed, RuleSeen, Note)}


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream of a recording: what it is, and the file of its lines, which may be empty."""

    opened: Opened
    path: Path


@dataclass(frozen=True, slots=True)
class Recording:
    """What a folder holds. events: all but the lines, in the order in which they were told; version: who recorded."""

    streams: tuple[Stream, ...]
    events: tuple[Event, ...]
    version: str

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """The gaps."""
        return tuple(event for event in self.events if isinstance(event, Gap))

    @property
    def proofs(self) -> tuple[Proof, ...]:
        """The proofs of idleness."""
        return tuple(event for event in self.events if isinstance(event, Proof))

    @property
    def rules(self) -> tuple[RuleSeen, ...]:
        """The rules that were in force, oldest first."""
        return tuple(event for event in self.events if isinstance(event, RuleSeen))


class Recorder:
    """Writes events into a folder of its own, each before the next is taken."""

    def __init__(self, folder: Path, version: str = "") -> None:
        """Make the folder; UsageError where it holds something already, or cannot be written."""
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if any(folder.iterdir()):
                raise UsageError(f"{folder} is not empty. Give --save a folder that is new, so that nothing is mixed.")
            self._events = (folder / _EVENTS).open("xb")
        except OSError as error:
            raise UsageError(f"{folder} cannot be written: {error.strerror or error}. Give --save another.") from error
        self._folder = folder
        self._logs: dict[str, BinaryIO] = {}
        self._write({"schema": SCHEMA, "mirrorcheck": version})

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def take(self, event: Event) -> None:
        """Write an event; KeyError for lines of a stream that was not opened."""
        if isinstance(event, Text):
            log = self._logs[event.stream]
            log.write(event.data)
            log.flush()
            return
        told = {"event": type(event).__name__} | dataclasses.asdict(event)
        if isinstance(event, Opened):
            name = f"{len(self._logs):04}-{_plain(event.stream)}.log"
            self._logs[event.stream] = (self._folder / name).open("xb")
            told["file"] = name
        self._write(told)

    def close(self) -> None:
        """Close the files."""
        for file in (self._events, *self._logs.values()):
            file.close()

    def _write(self, told: dict[str, Any]) -> None:
        self._events.write(json.dumps(told).encode() + b"\n")
        self._events.flush()


def is_recording(folder: Path) -> bool:
    """Return whether a folder is one that a Recorder wrote."""
    return (folder / _EVENTS).is_file()


def read_recording(folder: Path) -> Recording:
    """Return what a folder holds; InputError, with the line, where it is damaged."""
    lines = _lines(folder)
    _, head = next(lines, (0, {}))
    if head.get("schema") != SCHEMA:
        raise InputError(
            f"{folder / _EVENTS} does not begin with the schema {SCHEMA}, but with {head.get('schema')!r}. "
            "Read it with the version of mirrorcheck that has saved it."
        )
    streams: list[Stream] = []
    events: list[Event] = []
    for number, told in lines:
        file = told.pop("file", None)
        event = _event(told, f"{folder / _EVENTS}, line {number}")
        events.append(event)
        if isinstance(event, Opened):
            streams.append(Stream(event, _log(folder, file, number)))
    return Recording(tuple(streams), tuple(events), str(head.get("mirrorcheck", "")))


def _lines(folder: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield each whole line's number and object; what was being written when the recorder died is left out."""
    try:
        text = (folder / _EVENTS).read_bytes()
    except FileNotFoundError as error:
        raise InputError(
            f"{folder} is no recording: it has no {_EVENTS}. Name a folder that --save has made."
        ) from error
    except OSError as error:
        raise InputError(f"{folder / _EVENTS} cannot be read: {error.strerror or error}. Check its rights.") from error
    for number, line in enumerate(text.split(b"\n")[:-1], 1):
        try:
            told = json.loads(line)
        except ValueError:
            told = None
        if not isinstance(told, dict):
            raise InputError(f"{folder / _EVENTS}, line {number} is no JSON object. {_COPY}")
        yield number, told


_COPY = "Take the folder from where it was saved once more; a recording is not to be edited."


def _event(told: dict[str, Any], place: str) -> Event:
    kind = _KINDS.get(told.pop("event", ""))
    if kind is None:
        raise InputError(f"{place} tells of no event that is known. {_COPY}")
    wanted = {field.name for field in dataclasses.fields(kind)}
    if wanted != told.keys():
        strange = ", ".join(sorted(wanted ^ told.keys()))
        raise InputError(f"{place}: a {kind.__name__} has other fields ({strange}). {_COPY}")
    return kind(**{name: _frozen(value) for name, value in told.items()})


def _frozen(value: Any) -> Any:  # noqa: ANN401  # JSON is any
    """Return lists as the tuples they were."""
    return tuple(_frozen(each) for each in value) if isinstance(value, list) else value


def _log(folder: Path, file: object, number: int) -> Path:
    """Return the path of a stream's lines, which lies in the folder whatever the events say."""
    if not isinstance(file, str) or Path(file).name != file or not (folder / file).is_file():
        raise InputError(f"{folder / _EVENTS}, line {number} names {file!r}, which is not in the folder. {_COPY}")
    return folder / file


def _plain(stream: str) -> str:
    """Return a stream's name as a file's may be, whoever named the pod."""
    return "".join(letter if letter.isascii() and (letter.isalnum() or letter in "._-") else "~" for letter in stream)[
        :200
    ]
