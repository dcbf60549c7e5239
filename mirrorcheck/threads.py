"""Work and what it is to be done on in, what it makes out: in threads, which numpy and polars let run at once."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from os import cpu_count
from typing import TypeVar

_Part = TypeVar("_Part")
_Made = TypeVar("_Made")


def background() -> ThreadPoolExecutor:
    """Threads for work whose outcome is wanted later."""
    return ThreadPoolExecutor(cpu_count() or 1)


def side_by_side(work: Callable[[_Part], _Made], parts: Iterable[_Part]) -> list[_Made]:
    """Do the same to every part, on as many threads as there are processors; what each made, in order."""
    waiting = list(parts)
    if len(waiting) <= 1:
        return [work(part) for part in waiting]
    with ThreadPoolExecutor(min(len(waiting), cpu_count() or 1)) as pool:
        return list(pool.map(work, waiting))
