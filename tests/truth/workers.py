"""Kinds of logs and seeds in, what was said of the logs of each kind out, by processes that take a core each."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat
from multiprocessing import get_context
from multiprocessing.queues import Queue
from typing import TypeVar

Kind = TypeVar("Kind")
Log = TypeVar("Log")


def judged(
    judge_all: Callable[[Kind, range], list[Log]], kinds: Sequence[Kind], seeds: range, workers: int
) -> Iterator[list[Log]]:
    """What was said of the logs of each kind, in order."""
    os.environ["POLARS_MAX_THREADS"] = "1"  # small logs: threads cost more than they save
    processes, cores = get_context("spawn"), sorted(os.sched_getaffinity(0))
    free = processes.Queue()
    for place in range(workers):
        free.put(cores[place % len(cores)])
    with ProcessPoolExecutor(workers, processes, _keep_to_one, (free,)) as pool:
        yield from pool.map(judge_all, kinds, repeat(seeds))


def _keep_to_one(free: "Queue[int]") -> None:
    """Keep this process to one core, so that mirrorcheck starts no threads in it."""
    os.sched_setaffinity(0, {free.get()})
