"""Where lines stamped in whole seconds are placed within their second."""

import numpy as np
import pytest

from mirrorcheck.pairing import place
from tests.pairing.sides import SECOND_US


def placed(*lines_by_second: int, resolution_us: int = SECOND_US) -> list[list[float]]:
    """The places within each second, in seconds, of a stream with so many lines in each of successive seconds."""
    logged = np.repeat(np.arange(len(lines_by_second)), lines_by_second) * SECOND_US
    stream, resolution = np.zeros(len(logged), np.int64), np.full(len(logged), resolution_us, np.int64)
    within = (place(logged, stream, resolution) - logged) / SECOND_US
    return [part.tolist() for part in np.split(within, np.cumsum(lines_by_second)[:-1])]


def test_evenly() -> None:
    """The lines of a second are spread evenly over it, in their order."""
    assert placed(1, 4, 2) == [[0.5], [0.125, 0.375, 0.625, 0.875], [0.25, 0.75]]


def test_finer_stamps_stay() -> None:
    """Stamps finer than a second are left alone."""
    assert placed(1, 4, resolution_us=1_000) == [[0.0], [0.0] * 4]


def test_begin_and_end() -> None:
    """Lines that begin or cease beside busy seconds fill as much of their second as they would at that rate."""
    assert placed(2, 10, 0, 10, 4)[0] == [0.85, 0.95]
    assert placed(2, 10, 0, 10, 4)[-1] == [0.05, 0.15, 0.25, 0.35]


@pytest.mark.parametrize("lines", [(1, 7), (0, 1, 7), (7, 1)])
def test_quiet_seconds(lines: tuple[int, ...]) -> None:
    """Where few lines come, a silent second beside them is chance: nothing begins or ends."""
    assert [0.5] in placed(*lines)


def test_lines_out_of_order() -> None:
    """Rank counts within the second also where lines of other seconds stand between."""
    logged = np.array([0, 1, 0, 1], np.int64) * SECOND_US
    within = place(logged, np.zeros(4, np.int64), np.full(4, SECOND_US, np.int64)) - logged
    assert within.tolist() == [SECOND_US // 4, SECOND_US // 4, 3 * SECOND_US // 4, 3 * SECOND_US // 4]


def test_streams_apart() -> None:
    """Each stream has its own ranks."""
    logged, stream = np.zeros(3, np.int64), np.array([0, 1, 1], np.int64)
    assert place(logged, stream, np.full(3, SECOND_US, np.int64)).tolist() == [
        SECOND_US // 2,
        SECOND_US // 4,
        3 * SECOND_US // 4,
    ]
