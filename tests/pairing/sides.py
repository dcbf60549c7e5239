"""Makes the `RequestLines` of a side from moments in seconds, stamped in whole seconds as the tool does."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mirrorcheck.pairing import RequestLines, place

SECOND_US = 1_000_000


@dataclass(frozen=True, slots=True)
class Logged:
    """One line: when it was logged, its key, status, the number of its stream, and the request it belongs to."""

    second: float
    key: int = 1
    status: int = 200
    stream: int = 0
    request: int = 0


def in_order(lines: Sequence[Logged]) -> list[Logged]:
    """The lines as they lie in their files."""
    return sorted(lines, key=lambda line: (line.stream, line.second))


def side(lines: Sequence[Logged], *, resolution_us: int = SECOND_US, exact: bool = False) -> RequestLines:
    """Columns of lines that are in order of their files."""
    exactly = np.array([round(line.second * SECOND_US) for line in lines], np.int64)
    logged = exactly - exactly % resolution_us
    stream = np.array([line.stream for line in lines], np.int64)
    status = np.array([line.status for line in lines], np.int64)
    return RequestLines(
        key=np.array([line.key for line in lines], np.uint64),
        logged_us=logged,
        placed_us=place(logged, stream, np.full(len(lines), resolution_us, np.int64)),
        stream=stream,
        failed=(status >= 500) | (status == 499),
        has_id=np.ones(len(logged), np.bool_) if exact else None,
    )
