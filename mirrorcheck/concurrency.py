"""Runs work in threads, which numpy and polars let run at once."""

import ctypes
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from importlib import import_module
from threading import Thread
from typing import TypeVar

_Part = TypeVar("_Part")
_Made = TypeVar("_Made")
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8
_WAKE_S = 0.1  # polars handles Ctrl-C itself and leaves a thread that waits without an end asleep


def keep_freed_memory() -> None:
    """Have glibc keep what is freed for the next chunk, in one heap for all threads; nothing where it is another's.

    Else each chunk's columns are given back and touched anew, a page fault for every 4 KiB: half of the processor time
    of a long log on a busy machine. To be called before threads start. Numbers: mallopt(3) of glibc 2.36.
    """
    mallopt = _of_glibc("mallopt")
    for option, value in ((_ARENA_MAX, 1), (_MMAP_THRESHOLD, 1 << 25), (_TRIM_THRESHOLD, 1 << 28)):
        mallopt(option, value)


def give_back_freed_memory() -> None:
    """Have glibc give back all that is free, where what follows needs memory of another kind: malloc_trim(3)."""
    _of_glibc("malloc_trim")(0)


def _of_glibc(name: str) -> Callable[..., object]:
    """A function of glibc; one that does nothing where it is another's."""
    found = getattr(ctypes.CDLL(None), name, None) if sys.platform == "linux" else None
    return found or (lambda *_: None)


def import_meanwhile(module: str) -> None:
    """Import a module in a thread of its own, so that its import later takes less time.

    The interpreter waits for this thread at its end: one that is cut off inside a foreign library may take it down.
    """
    Thread(target=import_module, args=(module,)).start()


def side_by_side(work: Callable[[_Part], _Made], parts: Iterable[_Part]) -> list[_Made]:
    """Do the same to every part, on as many threads as there are processors; return the results in order."""
    waiting = list(parts)
    threads = min(len(waiting), processors())
    if threads <= 1:
        return [work(part) for part in waiting]
    with ThreadPoolExecutor(threads) as pool:
        return outcomes([pool.submit(work, part) for part in waiting])


def made_ahead(parts: Iterator[_Part]) -> Iterator[_Part]:
    """The same parts, each of which is made in another thread while the one before is used."""
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(_next, parts)
        while made := coming.result():
            coming = pool.submit(_next, parts)
            yield made[0]


def _next(parts: Iterator[_Part]) -> tuple[_Part] | None:
    for part in parts:
        return (part,)
    return None


def outcomes(works: Sequence[Future[_Made]]) -> list[_Made]:
    """The results in order; raises what the first work to fail raised, and does not sleep on Ctrl-C."""
    pending = set(works)
    while pending:
        done, pending = wait(pending, _WAKE_S, FIRST_EXCEPTION)
        for work in done:
            work.result()
    return [work.result() for work in works]


def processors() -> int:
    """The processors that this process may use, which may be fewer than the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
