"""Processes that read long sources; they may start before this process has imported what reads.

Two threads of one interpreter read two logs in little less time than one after the other. A process costs half a second
before it reads, and then reads at full speed.
"""

import os
import pickle
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import BinaryIO, cast

from mirrorcheck.concurrency import processors
from mirrorcheck.reading.constants import PIPE_BYTES, PROCESS_BYTES
from mirrorcheck.sources.files import Source

# What is freed is kept for the next chunk: giving it back costs a page fault for every 4 KiB, each time. For glibc.
_MEMORY = {"MALLOC_MMAP_THRESHOLD_": str(1 << 25), "MALLOC_TRIM_THRESHOLD_": str(1 << 28)}


class GoneError(Exception):
    """The process ended before it had answered."""


class Worker:
    """A process that is asked for one source after the other, and answers in any number of objects."""

    def __init__(self) -> None:
        """Raises OSError where no process can be had."""
        # -P: a file of the user's beside the logs must not be taken for a module.
        command = [sys.executable, "-P", "-c", "from mirrorcheck.reading.process import serve; serve()"]
        self._process = subprocess.Popen(  # noqa: S603  # our own interpreter with our own words
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            pipesize=PIPE_BYTES,
            env={**os.environ, **_MEMORY},
        )
        self._asked = cast("BinaryIO", self._process.stdin)
        self._answers = cast("BinaryIO", self._process.stdout)

    def ask(self, question: object) -> Iterator[object]:
        """Ask, and give the answers as they come; raises GoneError. Who asks knows which one is the last."""
        try:
            pickle.dump(question, self._asked)
            self._asked.flush()
            while True:
                yield pickle.load(self._answers)  # noqa: S301  # our own process
        except (EOFError, OSError, pickle.UnpicklingError) as error:
            raise GoneError from error

    def end(self) -> None:
        """End the process, whatever it is doing, unless it has ended."""
        self._process.kill()
        with suppress(OSError), self._process:  # what was still to be sent to it cannot be sent any more
            pass


@contextmanager
def start_workers(sources: Sequence[Source]) -> Iterator[list[Worker]]:
    """Start a process for each long text that another process can open too, as long as there are processors."""
    workers: list[Worker] = []
    try:
        with suppress(OSError):  # no room for another process: fewer will do
            workers.extend(Worker() for _ in range(_worthwhile(sources)))
        yield workers
    finally:
        for worker in workers:
            worker.end()


def _worthwhile(sources: Sequence[Source]) -> int:
    """How many processes are worth their start."""
    if processors() <= 1 or not sys.executable or any(source.path is None for source in sources):
        return 0
    return min(processors(), sum(source.size() >= PROCESS_BYTES for source in sources))
