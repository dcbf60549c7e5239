"""A few runs of the chaos; `python -m tests.cluster.chaos` plays as many as one likes."""

import pytest

from tests.cluster.chaos import play
from tests.sample import sampled


@pytest.mark.unmeasured
@pytest.mark.parametrize("seed", sampled(range(1, 9), 1))
def test_every_line_once_or_in_a_gap(seed: int) -> None:
    """Nothing that the API could give is lost or doubled, and what it could not lies in a gap."""
    verdict = play(seed)
    assert verdict.problems == ()
    assert verdict.lines > 100


def test_the_witness_and_the_slack() -> None:
    """Where no look tells anything, a rotation during a break is still known, and stamps that run back lose no line."""
    verdict = play(1, blind=True)
    assert verdict.problems == ()
    assert verdict.in_gaps >= 20
