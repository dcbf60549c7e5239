"""Follows logs that are being written, for the probes of a run that each side has logged so far."""

import time
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from contextlib import suppress
from pathlib import Path

from mirrorcheck.errors import UsageError
from mirrorcheck.probe.agent import find_agents
from mirrorcheck.sources.files import CHUNK, Inputs, Source

_PAUSE_S = 0.2
_LAST_PAUSE_S = 0.5  # a second copy comes right after the first


class _Tail:
    """What is appended to a file, from where it ends now; from its beginning where it is a new one of that name."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._place, self._file = self._end()
        self._rest = b""

    def agents(self) -> list[tuple[str, int]]:
        """The runs and numbers of the probes that were logged since the last time."""
        end, file = self._end()
        if file != self._file or end < self._place:
            self._place, self._file, self._rest = 0, file, b""
        found: list[tuple[str, int]] = []
        with suppress(FileNotFoundError), self._path.open("rb") as log:  # between two files of the name
            log.seek(self._place)
            while chunk := log.read(CHUNK):
                found += self._found(chunk)
        return found

    def _found(self, chunk: bytes) -> list[tuple[str, int]]:
        self._place += len(chunk)
        text = self._rest + chunk
        whole = text.rfind(b"\n") + 1
        # A line without end would be kept, and searched, over and over.
        self._rest = text[max(whole, len(text) - CHUNK) :]
        return find_agents(text[:whole])

    def _end(self) -> tuple[int, int]:
        try:
            found = self._path.stat()
        except FileNotFoundError:
            return 0, 0
        return found.st_size, found.st_ino


class ProbeLogs:
    """The logs of both sides; only what is appended from now on counts."""

    def __init__(self, inputs: Inputs, run: str) -> None:
        """Begin at the ends of the logs; UsageError for what cannot be read while it is written."""
        self._primary, self._shadow = ([_tail(source) for source in side] for side in (inputs.primary, inputs.shadow))
        self._run = run
        self._originals: set[int] = set()
        self._copies: set[int] = set()

    def wait(self, wanted: AbstractSet[int], timeout_s: float, report: Callable[[int, int], None]) -> None:
        """Wait until both sides have logged the probes of these numbers, no longer than `timeout_s`.

        `report` gets how many the primary and the shadow have logged, each time they are read.
        """
        until = time.monotonic() + timeout_s
        while True:
            self._read()
            report(len(self._originals & wanted), len(self._copies & wanted))
            if wanted <= self._originals & self._copies:
                time.sleep(_LAST_PAUSE_S)
                return
            if (left := until - time.monotonic()) <= 0:
                return
            time.sleep(min(_PAUSE_S, left))

    def _read(self) -> None:
        for tails, seen in ((self._primary, self._originals), (self._shadow, self._copies)):
            seen.update(number for tail in tails for run, number in tail.agents() if run == self._run)


def _tail(source: Source) -> _Tail:
    if source.path is None or not source.plain:
        raise UsageError(
            f"{source.name} cannot be read while it is written. Name the log itself, or judge it afterwards with "
            "mirrorcheck assert --probe RUN."
        )
    return _Tail(source.path)
