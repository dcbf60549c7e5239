"""Keeps the events of a live source in a folder, and reads them from there.

`STREAM.log` holds the text of one stream as it came: lines as `kubectl logs --timestamps` gives them. `events.jsonl`
holds everything else, one JSON object a line in the order of the events: first the schema, then each event under the
name of its type. A recording that a crash cut short can be read up to there. Of several shadows there is a folder with
a recording for each, and `shadows.json` beside them has their names.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from threading import Lock
from typing import Any, BinaryIO, Literal, TextIO, get_args

from msgspec import ValidationError, convert

from mirrorcheck import __version__
from mirrorcheck.errors import InputError, UsageError
from mirrorcheck.settings import Options
from mirrorcheck.sources.feed import Closed, Decided, KeptEvent, Opened, SideChange, Text

Entry = dict[str, Any]

Schema = Literal["mirrorcheck.recording/1"]
SCHEMA: Schema = "mirrorcheck.recording/1"
EVENTS = "events.jsonl"
_KINDS: dict[str, type[KeptEvent]] = {kind.__name__: kind for kind in get_args(KeptEvent) if kind is not Text}
_DECIDED = f'{{"{Decided.__name__}":'
_CHUNK = 1 << 22
_ENDLESS = 1 << 62
_USUAL = Options()


SeveralSchema = Literal["mirrorcheck.recordings/1"]
SEVERAL_SCHEMA: SeveralSchema = "mirrorcheck.recordings/1"
SHADOWS = "shadows.json"


@dataclass(frozen=True, slots=True)
class _Shadows:
    """What lies in a folder of recordings: one in a folder of its own for each shadow."""

    schema: SeveralSchema
    shadows: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Head:
    """The first line of the events, as far as it is read again."""

    schema: Schema
    options: Options = _USUAL


def is_recording(folder: Path) -> bool:
    """True if a recorder wrote the folder."""
    return (folder / EVENTS).is_file()


def is_several(folder: Path) -> bool:
    """True if the folder holds a recording for each of several shadows."""
    return (folder / SHADOWS).is_file()


def keep_several(folder: Path, names: Sequence[str]) -> dict[str, Path]:
    """Make a folder of the recordings of several shadows, and name that of each.

    UsageError where it is not empty, or a shadow has a name that no folder can have; InputError where it cannot be
    written.
    """
    for name in names:
        _refuse_name(folder, name)
    try:
        _make_empty(folder)
        (folder / SHADOWS).write_text(
            json.dumps(asdict(_Shadows(SEVERAL_SCHEMA, tuple(names)))) + "\n", encoding="utf-8"
        )
    except OSError as error:
        raise _unwritable(folder, error) from error
    return {name: folder / name for name in names}


def recordings_in(folder: Path) -> dict[str, Path]:
    """The folder of each shadow's recording, by its name; InputError where that is damaged."""
    try:
        named = convert(json.loads((folder / SHADOWS).read_text(encoding="utf-8")), _Shadows)
    except (ValueError, OSError) as error:
        raise InputError(f"{folder / SHADOWS} does not name the shadows of a recording. Copy it again.") from error
    for name in named.shadows:
        _refuse_name(folder, name)
    return {name: folder / name for name in named.shadows}


def _refuse_name(folder: Path, name: str) -> None:
    if Path(name).name != name:
        raise InputError(f"{folder}: the shadow {name!r} has no name for a folder. Watch it alone, with --shadow.")


def _make_empty(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise UsageError(f"--save {folder}: the folder is not empty. Name a new one.")


def _unwritable(folder: Path, error: OSError) -> InputError:
    return InputError(f"--save {folder} cannot be written: {error.strerror}. Name another folder.")


class Recorder:
    """Writes events into a folder; what `take` was given is in the files when it returns. For several threads."""

    def __init__(self, folder: Path, options: Options) -> None:
        """options: of the watching. UsageError where the folder is not empty, InputError where it cannot be written."""
        self._folder = folder
        self._logs: dict[str, BinaryIO] = {}
        self._lock = Lock()
        try:
            _make_empty(folder)
            self._events: TextIO = (folder / EVENTS).open("w", encoding="utf-8")
            self._write({"schema": SCHEMA, "mirrorcheck": __version__, "options": asdict(options)})
        except OSError as error:
            raise _unwritable(folder, error) from error

    def path(self, stream: str) -> Path:
        """The file of a stream's text."""
        return self._folder / f"{stream}.log"

    def take(self, event: KeptEvent) -> None:
        """Keep one event. Raises InputError where that is not possible any more.

        What is of a stream that never opened is passed over, as who reads it would.
        """
        if isinstance(event, Text | Closed | SideChange) and event.stream not in self._logs:
            return
        with self._lock:
            self._keep(event)

    def _keep(self, event: KeptEvent) -> None:
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
        with suppress(ValidationError):
            _, head = next(self._entries(lambda _: True), (0, {}))
            self._options = convert(head, _Head).options
            return
        raise InputError(f"{folder / EVENTS} does not begin with {SCHEMA}. Read it with the version that wrote it.")

    def options(self, given: Options) -> Options:
        """The options of the watching, and over them those that are given now and are not the default."""
        named = {field.name: getattr(given, field.name) for field in fields(Options)}
        return replace(
            self._options, **{name: value for name, value in named.items() if value != getattr(_USUAL, name)}
        )

    def path(self, stream: str) -> Path:
        """The file of a stream's text; InputError for a name that leads out of the folder."""
        if Path(stream).name != stream:
            raise InputError(f"{self._folder / EVENTS} names a stream {stream!r}, which no recorder does.")
        return self._folder / f"{stream}.log"

    def events(self) -> Iterator[KeptEvent]:
        """The events in their order, and the texts; InputError if damaged.

        What was read of the texts by the time that lines were decided comes right before that, the rest at the end.
        """
        read: dict[str, int] = {}  # bytes of each stream that opened
        all_decided = self._all_decided()
        decided = next(all_decided, None)
        for before, event in enumerate(self._others()):
            while decided and decided.events <= before:
                yield from self._texts(read, dict(decided.read))
                yield decided
                decided = next(all_decided, None)
            yield event
            if isinstance(event, Opened):
                read[event.stream] = 0
        for each in (decided, *all_decided) if decided else ():
            yield from self._texts(read, dict(each.read))
            yield each
        yield from self._texts(read, dict.fromkeys(read, _ENDLESS))

    def _all_decided(self) -> Iterator[Decided]:
        """What was decided in the course of the watching; written somewhat after the events that it is based on."""
        entries = self._entries(lambda line: line.startswith(_DECIDED))
        return (event for number, entry in entries if isinstance(event := self._event(number, entry), Decided))

    def _others(self) -> Iterator[KeptEvent]:
        entries = self._entries(lambda line: not line.startswith(_DECIDED))
        next(entries)
        return (self._event(number, entry) for number, entry in entries)

    def _texts(self, read: dict[str, int], until: Mapping[str, int]) -> Iterator[Text]:
        """The texts of all streams up to these bytes, whole lines; `read` is brought up to there."""
        for stream, start in read.items():
            end = until.get(stream, start)
            with self.path(stream).open("rb") as log:
                log.seek(start)
                rest, left = b"", end - start
                while left > 0 and (chunk := log.read(min(left, _CHUNK))):
                    left -= len(chunk)
                    lines, newline, rest = (rest + chunk).rpartition(b"\n")
                    if newline:
                        yield Text(stream, lines + newline)
            read[stream] = end

    def _event(self, number: int, entry: Entry) -> KeptEvent:
        try:
            [(kind, fields)] = entry.items()
            return convert(fields, _KINDS[kind])
        except (AttributeError, KeyError, ValueError) as error:
            raise InputError(
                f"{self._folder / EVENTS}, line {number}, is no event that this version knows. Was it written by a "
                "newer one?"
            ) from error

    def _entries(self, wanted: Callable[[str], bool]) -> Iterator[tuple[int, Entry]]:
        """The lines of the events that are wanted, and their numbers from 1."""
        with (self._folder / EVENTS).open(encoding="utf-8") as file:
            for number, line in enumerate(file, start=1):
                if not line.endswith("\n"):
                    return  # the recorder was killed in the middle of it
                if not wanted(line):
                    continue
                try:
                    yield number, json.loads(line)
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
