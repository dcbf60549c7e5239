"""From when on the log of a pod is read that a changed rule chooses."""

import pytest

from mirrorcheck.cluster.logs.constants import FollowPace
from mirrorcheck.cluster.logs.container_runs import container_runs
from mirrorcheck.cluster.logs.joining import Joining, RuleChange
from mirrorcheck.cluster.logs.stamps import SECOND
from mirrorcheck.totals import rule_absent
from tests.cluster.traffic import V2
from tests.kube.cluster import Cluster

SEEN_LATE = FollowPace().seen_late


def read_from_s(cluster: Cluster, seen_late: float) -> float:
    """The second from which a pod is read that a rule chose, which was seen at 1,000 and not yet at 998."""
    joining = Joining(0, None, FollowPace(seen_late=seen_late))
    change = RuleChange(1000 * SECOND, 998 * SECOND)
    pod = cluster.pods["default", V2].manifest()
    pod["status"]["containerStatuses"][0]["state"]["running"]["startedAt"] = "1970-01-01T00:00:10Z"
    [run] = container_runs(pod, ("nginx",), "shadow")
    joining.rule_changed(change)
    joining.note(pod, change=change, known=990 * SECOND, listed=True)
    return joining.start_of(run) / SECOND


@pytest.mark.parametrize(("at_s", "factor", "read"), [(992, 0.5, True), (985, 2, False)])
def test_how_late_a_change_is_seen_is_neither_half_nor_double(
    cluster: Cluster, at_s: float, factor: float, *, read: bool
) -> None:
    """A line of 8 s before the change was seen may be of the new side, one of 15 s before it is not."""
    assert (read_from_s(cluster, SEEN_LATE) <= at_s) is read
    assert (read_from_s(cluster, SEEN_LATE * factor) <= at_s) is not read


def test_reading_and_judging_agree_on_how_late_a_change_is_seen() -> None:
    """What is read of before a change is what the report takes for doubtful."""
    assert SEEN_LATE * 1e6 == rule_absent.SEEN_LATE_US
