"""Opens the logs that are named: a recording, or sources and the processes that will read the long ones.

Nothing here imports what reads: these processes start up while this one does.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mirrorcheck.reading.workers import Worker, start_workers
from mirrorcheck.sources.files import Inputs


@dataclass(frozen=True, slots=True, eq=False)
class Logs:
    """The folder that `watch --save` wrote, or else sources, and workers to read them by."""

    recording: Path | None
    inputs: Inputs
    workers: Sequence[Worker]


@contextmanager
def open_logs(files: Sequence[str], primary: Sequence[str], shadow: Sequence[str]) -> Iterator[Logs]:
    """Open what is named; UsageError where the three lists do not fit together, InputError for unreadable files."""
    if len(files) == 1 and not primary and not shadow:
        from mirrorcheck.sources.recording import is_recording

        if is_recording(Path(files[0])):
            yield Logs(Path(files[0]), Inputs((), (), ()), ())
            return
    inputs = Inputs.open(files, primary, shadow)
    with start_workers(inputs.sources) as workers:
        yield Logs(None, inputs, workers)
