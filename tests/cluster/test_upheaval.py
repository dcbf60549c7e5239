"""A few runs of the upheaval; `python -m tests.cluster.upheaval` plays as many as one likes."""

import pytest

from tests.cluster.upheaval import play
from tests.sample import sampled


# The server for good, rights to the rule and the pods, the disk, the server for a while.
@pytest.mark.unmeasured
@pytest.mark.parametrize("seed", sampled([0, 1, 4, 18, 20], 1))
def test_every_request_is_judged_or_in_a_gap(seed: int) -> None:
    """However the rule changes: no copied request is missed, no alarm is raised, nothing passes that was not seen."""
    assert play(seed).problems == ()
