"""A run of probes: its name, how its probes were answered, and its JSON document."""

import json
import re
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from mirrorcheck.errors import InputError, UsageError

Schema = Literal["mirrorcheck.probe/1"]
SCHEMA: Schema = "mirrorcheck.probe/1"
_LETTERS = "0123456789abcdefghijklmnopqrstuvwxyz"
_LENGTH = 6
_RUN = re.compile(r"[0-9a-z]{6}")


@dataclass(slots=True)
class Run:
    """The probes of one run, numbered from 1 to `sent`; at its end, sent = the sums of `answered` and `failed`.

    sender: where they came from, "" for here. url: without a password. count: how many were asked for. answered: status
    -> probes; failed: reason -> probes. first, last: when the first was sent and the last was done, in UTC; None where
    nothing was sent.
    """

    run: str
    url: str
    sender: str
    count: int
    sent: int = 0
    answered: dict[int, int] = field(default_factory=dict)
    failed: dict[str, int] = field(default_factory=dict)
    first: datetime | None = None
    last: datetime | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """The run to judge; sent: the number of its probes, None where it is not known."""

    run: str
    sent: int | None = None


@dataclass(frozen=True, slots=True)
class _Saved:
    """What of the document is read again."""

    schema: Schema
    run: str
    sent: int


def new_run() -> str:
    """A name for a run: six lower-case letters and digits."""
    from secrets import choice

    return "".join(choice(_LETTERS) for _ in range(_LENGTH))


def to_document(run: Run) -> dict[str, object]:
    """The run as plain JSON values; moments are ISO 8601 in UTC with microseconds and Z."""
    moments = {"first": _iso(run.first), "last": _iso(run.last)}
    answered = {str(status): count for status, count in sorted(run.answered.items())}
    return {"schema": SCHEMA, **asdict(run), "answered": answered, **moments}


def _iso(moment: datetime | None) -> str | None:
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def save(run: Run, path: Path) -> None:
    """Write the document; InputError where that cannot be done."""
    try:
        path.write_text(json.dumps(to_document(run), indent=2) + "\n", encoding="ascii")
    except OSError as error:
        raise InputError(f"--save {path} cannot be written: {error.strerror or error}. Name another file.") from error


def wanted(given: str) -> Wanted:
    """The run that --probe names: by its name, or by the file that `mirrorcheck probe --save` wrote.

    Raises UsageError for what is neither, InputError for a file that holds no run.
    """
    if _RUN.fullmatch(given):
        return Wanted(given)
    path = Path(given)
    if not path.is_file():
        raise UsageError(
            f"--probe {given} is neither a run nor a file. A run is six lower-case letters and digits, such as k3f9a2; "
            "`mirrorcheck probe` prints it, and --save writes its file."
        )
    import msgspec

    try:
        saved = msgspec.json.decode(path.read_bytes(), type=_Saved)
        if not _RUN.fullmatch(saved.run) or saved.sent < 0:
            raise ValueError(saved)  # noqa: TRY301  # handled as what is no document at all
    except OSError as error:
        raise InputError(
            f"--probe {given} cannot be read: {error.strerror or error}. Check its permissions."
        ) from error
    except ValueError as error:
        message = f"--probe {given} holds no run of `mirrorcheck probe --save`. Give the name of the run instead."
        raise InputError(message) from error
    return Wanted(saved.run, saved.sent)
