"""Opens the logs that are named: a recording, or sources."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mirrorcheck.sources.files import Inputs


@dataclass(frozen=True, slots=True, eq=False)
class Logs:
    """The folder that `watch --save` wrote, or else sources."""

    recording: Path | None
    inputs: Inputs


def open_logs(files: Sequence[str], primary: Sequence[str], shadow: Sequence[str]) -> Logs:
    """Open what is named; UsageError where the three lists do not fit together, InputError for unreadable files."""
    if len(files) == 1 and not primary and not shadow:
        from mirrorcheck.sources.recording import is_recording

        if is_recording(Path(files[0])):
            return Logs(Path(files[0]), Inputs((), (), ()))
    return Logs(None, Inputs.open(files, primary, shadow))
