"""The last moments of a log: late copies are no misses, and a mirror that stopped is not taken for a slow one."""

import pytest

from tests.ends import BIMODAL, BURSTS, HALFWAY, LOGNORMAL, STALLS, UNIFORM, WELL, played

_HARDLY = 0.05


@pytest.mark.parametrize(
    ("delays", "ratio"),
    [(BIMODAL, 1.0), (BIMODAL, 0.5), (BURSTS, 1.0), (BURSTS, 0.5), (STALLS, 1.0), (UNIFORM, 1.0)],
)
def test_copies_under_way_are_not_missed(delays: str, ratio: float) -> None:
    """Whether they are late one by one or together."""
    found = played((delays, ratio, WELL), 2)
    assert (found.late > 0, found.invented) == (True, 0)


@pytest.mark.parametrize(("delays", "ratio"), [(BIMODAL, 1.0), (BIMODAL, 0.5)])
def test_late_copies_hide_no_end_of_mirroring(delays: str, ratio: float) -> None:
    """Though every tenth comes so late that it would lie behind the ends of the logs."""
    found = played((delays, ratio, HALFWAY), 2)
    assert found.hidden <= _HARDLY * found.stopped


def test_the_tail_of_the_delays() -> None:
    """Of copies that take longer than nearly all others, one may be called missed."""
    found = played((LOGNORMAL, 1.0, WELL), 2)
    assert found.invented <= _HARDLY * max(found.late, 20)
