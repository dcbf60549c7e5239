"""What is to be read in, a stream out: read by a process of its own, which tells its observations as it goes.

Two threads of one interpreter read two logs in little less time than one after the other. A process costs half a second
before it reads, and then reads at full speed.
"""

import os
import pickle
import subprocess
import sys
from contextlib import suppress
from typing import BinaryIO, cast

from mirrorcheck.errors import InputError
from mirrorcheck.ingest import Job, Progress, read_logged
from mirrorcheck.observe import Columns, Store
from mirrorcheck.stream import Stream, observed

# What is freed is kept for the next chunk: giving it back costs a page fault for every 4 KiB, each time. For glibc.
_MEMORY = {"MALLOC_MMAP_THRESHOLD_": str(1 << 25), "MALLOC_TRIM_THRESHOLD_": str(1 << 28)}
_PIPE = 1 << 20  # bytes; the usual 64 KiB make the two wait for each other


class GoneError(Exception):
    """The process ended before it had read what it was to read."""


class ReadingProcess:
    """A process that reads one source after the other."""

    def __init__(self) -> None:
        """Raises OSError where no process can be had."""
        # -P: a file of the user's beside the logs must not be taken for a module.
        command = [sys.executable, "-P", "-c", "from mirrorcheck.reading_process import serve; serve()"]
        self._process = subprocess.Popen(  # noqa: S603  # our own interpreter with our own words
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            pipesize=_PIPE,
            env={**os.environ, **_MEMORY},
        )
        self._asked = cast("BinaryIO", self._process.stdin)
        self._told = cast("BinaryIO", self._process.stdout)

    def read(self, job: Job, meter: Progress) -> Stream:
        """Have a source read; raises what reading it here would raise, or GoneError."""
        store = Store()
        try:
            pickle.dump(job, self._asked)
            self._asked.flush()
            while not isinstance(told := pickle.load(self._told), Stream | InputError):  # noqa: S301  # our own process
                if isinstance(told, int):
                    meter(told)
                else:
                    store.append(told)
        except (EOFError, OSError, pickle.UnpicklingError) as error:
            raise GoneError from error
        if isinstance(told, InputError):
            raise told
        return observed(told, store.columns())

    def end(self) -> None:
        """End the process, whatever it is doing."""
        self._process.kill()
        with suppress(OSError), self._process:  # what it was still to be told cannot be told any more
            pass


def serve() -> None:
    """Read what standard input asks for, one source after the other, until it ends."""
    answers = sys.stdout.buffer

    def tell(answer: int | Columns | Stream | InputError) -> None:
        pickle.dump(answer, answers, protocol=pickle.HIGHEST_PROTOCOL)
        answers.flush()

    with suppress(EOFError):
        while True:
            job = pickle.load(sys.stdin.buffer)  # noqa: S301  # from the process that started this one
            try:
                tell(read_logged(job, tell, tell))
            except InputError as error:
                tell(error)
