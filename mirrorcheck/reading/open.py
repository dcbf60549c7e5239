"""Opens the logs that are named: a recording, or sources."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mirrorcheck.settings import grouped, named
from mirrorcheck.sources.files import Inputs, is_there


@dataclass(frozen=True, slots=True, eq=False)
class Logs:
    """The folder that `watch --save` wrote, or the one of each of several shadows; else sources."""

    recording: Path | None
    inputs: Inputs
    recordings: Mapping[str, Path] = field(default_factory=dict)


def logs_by_shadow(words: Sequence[str]) -> Sequence[str] | Mapping[str, Sequence[str]]:
    """The logs of the only shadow, of FILE each, or those of several by their names, of NAME=FILE.

    What names a file, or a glob that matches some, is no name of a shadow, whatever it looks like. Raises UsageError
    where some logs have names and some have none.
    """
    logs = grouped((("", word) if is_there(word) else named(word) for word in words), "--shadow")
    return words if "" in logs or not logs else logs


def open_logs(
    files: Sequence[str], primary: Sequence[str], shadow: Sequence[str] | Mapping[str, Sequence[str]]
) -> Logs:
    """Open what is named; shadow: logs of the only one, or by the name of each.

    Raises UsageError where the three do not fit together, InputError for unreadable files.
    """
    if len(files) == 1 and not primary and not shadow:
        from mirrorcheck.sources.recording import is_recording, is_several, recordings_in

        folder = Path(files[0])
        if is_several(folder):
            return Logs(None, Inputs((), (), ()), recordings_in(folder))
        if is_recording(folder):
            return Logs(folder, Inputs((), (), ()))
    if isinstance(shadow, Mapping):
        return Logs(None, Inputs.open_each(files, primary, shadow))
    return Logs(None, Inputs.open(files, primary, shadow))
