"""What is to be read in, a stream out: read by a process of its own, which leaves its columns in a file.

Two threads of one interpreter read two logs in little less time than one after the other. A process costs half a second
before it reads, and then reads at full speed.
"""

import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Literal, cast

import numpy as np
from numpy.typing import NDArray

from mirrorcheck.errors import InputError
from mirrorcheck.ingest import Job, Progress, read_logged
from mirrorcheck.observe import Columns
from mirrorcheck.stream import Stream, observed

_PAGE = 1 << 16  # bytes, at least as many as a page of any system has


class GoneError(Exception):
    """The process ended before it had read what it was to read: killed, or with no room for its columns."""


class ReadingProcess:
    """A process that reads one source after the other."""

    def __init__(self, shelf: Path) -> None:
        """shelf: where it leaves its columns. Raises OSError where no process can be had."""
        # -P: a file of the user's beside the logs must not be taken for a module.
        command = [sys.executable, "-P", "-c", "from mirrorcheck.reading_process import serve; serve()"]
        self._process = subprocess.Popen(  # noqa: S603  # our own interpreter with our own words
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self._asked = cast("BinaryIO", self._process.stdin)
        self._told = cast("BinaryIO", self._process.stdout)
        self._shelf = shelf

    def read(self, job: Job, meter: Progress) -> Stream:
        """Have a source read; raises what reading it here would raise, or GoneError."""
        try:
            pickle.dump((job, self._shelf), self._asked)
            self._asked.flush()
            while isinstance(told := pickle.load(self._told), int):  # noqa: S301  # from our own process
                meter(told)
        except (EOFError, OSError, pickle.UnpicklingError) as error:
            raise GoneError from error
        if isinstance(told, InputError):
            raise told
        return observed(told.stream, told.columns(self._shelf))

    def end(self) -> None:
        """End the process, whatever it is doing."""
        self._process.kill()
        with suppress(OSError), self._process:  # what it was still to be told cannot be told any more
            pass


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a column lies in a file: `length` values of a kind from byte `start` on."""

    name: str
    kind: np.dtype[np.generic]
    start: int
    length: int

    def mapped(self, path: Path, mode: Literal["r", "r+"]) -> NDArray[np.generic]:
        """The column; its memory is the file's, which is kept until nobody uses it any more."""
        return np.memmap(path, self.kind, mode, self.start, self.length)


@dataclass(slots=True)
class _Shelf:
    """A file in which columns are laid out one behind the other."""

    path: Path
    places: list[_Place] = field(default_factory=list)
    _size: int = 0

    def room(self, name: str, length: int, kind: np.dtype[np.generic]) -> NDArray[np.generic]:
        """Memory for one more column."""
        place = _Place(name, kind, self._size, length)
        self.places.append(place)
        self._size += -(-length * kind.itemsize // _PAGE) * _PAGE
        os.truncate(self.path, self._size)
        return place.mapped(self.path, "r+")


@dataclass(frozen=True, slots=True, eq=False)
class _Left:
    """What a process has read: the stream without its observations, and where the columns of these lie."""

    stream: Stream
    places: tuple[_Place, ...]

    def columns(self, path: Path) -> Columns:
        """The columns, whose file nobody else will use."""
        columns = {place.name: place.mapped(path, "r") for place in self.places}
        path.unlink()
        return columns


def serve() -> None:
    """Read what standard input asks for, one source after the other, until it ends."""
    answers = sys.stdout.buffer

    def tell(answer: int | InputError | _Left) -> None:
        pickle.dump(answer, answers)
        answers.flush()

    with suppress(EOFError):
        while True:
            job, path = pickle.load(sys.stdin.buffer)  # noqa: S301  # from the process that started this one
            _answer(job, path, tell)


def _answer(job: Job, path: Path, tell: Callable[[int | InputError | _Left], None]) -> None:
    path.touch()
    shelf = _Shelf(path)
    try:
        stream, _ = read_logged(job, tell, shelf.room)
    except InputError as error:
        tell(error)
    else:
        tell(_Left(stream, tuple(shelf.places)))
