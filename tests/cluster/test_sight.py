"""What `watch` concludes of what it could not see, as a process and by a few seeds of `tests.cluster.blindness`."""

import json
import resource
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import mirrorcheck
from mirrorcheck.cluster.logs.descriptors import make_room
from mirrorcheck.errors import UsageError
from mirrorcheck.report.dump import to_document
from tests.cluster import blindness, process
from tests.cluster.manifests import destination_rule, virtual_service
from tests.cluster.process import finish, interrupted, read_until, report_of, run
from tests.cluster.traffic import V1, V2, line, traffic
from tests.kube.cluster import Cluster
from tests.kube.faults import Answer, Where
from tests.kube.server import Server
from tests.sample import sampled

SEEDS = (0, 9, 11, 12, 34)  # server, rights, a node and the shadow are lost for good, the list of pods for 300 s
QUICK = ("--horizon", "1s", "--interval", "60s")
start = partial(process.start, program=process.HURRIED)


@pytest.fixture
def mesh(cluster: Cluster) -> None:
    """A rule that mirrors all, and a line of each pod, by which its container is found."""
    cluster.apply(destination_rule())
    cluster.apply(virtual_service())
    for pod in (*V1, V2):
        cluster.log(pod, "nginx", line("/before", "-"), at=1_763_805_600_000_000_001)


def half_blind(told: dict[str, Any]) -> bool:
    """Whether an event says that nothing was seen for half of the time."""
    if told["type"] != "status" or not told["no_sight"]:
        return False
    instants = (told["at"], told["started"], told["no_sight"]["since"])
    now, begun, since = map(datetime.fromisoformat, instants)
    return now - since > (now - begun) / 2


@pytest.mark.unmeasured
@pytest.mark.usefixtures("mesh")
def test_a_server_that_is_gone_for_good(cluster: Cluster, server: Server, tmp_path: Path) -> None:
    """All streams are said to be out of sight, with the reason; each has a gap, and nothing passes."""
    kept = tmp_path / "kept"
    with traffic(cluster, 1.0):
        watching = start(
            server, tmp_path, *QUICK, "--jsonl", "--interval", "1s", "--expect", "100", "--save", str(kept)
        )
        read_until(watching, lambda told: told["type"] == "status" and told["totals"]["paired"] > 0)
        server.crash()
        # One stream finds out after another.
        blind = read_until(watching, lambda told: half_blind(told) and told["no_sight"]["streams"] == 3)["no_sight"]
        out, _ = interrupted(watching, 3)
    server.recover()
    assert blind["of"] == 3
    assert "refused" in blind["troubles"][0]["why"]
    report = report_of(out)
    gaps = {gap["pod"]: gap["reason"] for gap in report["gaps"]}
    assert set(gaps) >= {*V1, V2}
    assert "refused" in gaps[V2]
    sight = report["sight"]
    assert sight["primary_unread_s"] / sight["primary_s"] > 0.3
    assert report["verdict"]["word"] != "MIRRORING"
    assert "INCONCLUSIVE" in out
    assert "PASS" not in out
    assert "of the watching unread" in out
    assert json.loads(json.dumps(to_document(mirrorcheck.analyze(kept)))) == report


@pytest.mark.unmeasured
@pytest.mark.usefixtures("mesh")
def test_one_pod_of_several_that_cannot_be_read(cluster: Cluster, server: Server, tmp_path: Path) -> None:
    """Its gap is in the report, with what the server says of it; without a check, a third unread is no success."""
    where = Where(resource="pods/log", name=V1[1])
    server.faults.plan(where, Answer(502, "dial tcp 10.0.0.7:10250: no route to host"), times=1 << 30)
    with traffic(cluster, 1.0):
        out, err = finish(start(server, tmp_path, *QUICK, "--plain", "--duration", "12s"), 3)
    server.faults.clear()
    assert "NO SIGHT of 1 of 3 streams since " in out
    assert "no route to host" in out
    assert "not seen" in out
    assert err.splitlines()[-1].startswith("INCONCLUSIVE: ")
    assert "NOTE" not in out


@pytest.mark.usefixtures("mesh")
def test_without_the_right_to_read_logs(server: Server, tmp_path: Path) -> None:
    """It ends at once, with what is missing and the way round it."""
    server.access.deny("get", "pods/log")
    out, err = run(server, tmp_path, *QUICK, "--plain", status=2)
    assert not out
    assert err.splitlines()[-1].startswith("error: logs of the primary's pods may not be read: needs get on pods/log")


@pytest.mark.usefixtures("mesh")
def test_nothing_seen_is_no_success(server: Server, tmp_path: Path) -> None:
    """Not one request came: without any check it cannot be told either."""
    _, err = run(server, tmp_path, *QUICK, "--plain", "--duration", "1s", status=3)
    assert err.splitlines()[-1] == "INCONCLUSIVE: no original request was found, so there is nothing to judge"


@pytest.mark.usefixtures("mesh")
def test_more_streams_than_files(cluster: Cluster, server: Server, tmp_path: Path) -> None:
    """Where the hard limit is too low, it is said how many fit and how to allow more."""
    for number in range(47):
        cluster.add_pod(f"target-v1-more-{number}", {"app": "target", "version": "v1"})
    out, err = finish(start(server, tmp_path, *QUICK, "--plain", limit="ulimit -n 128"), 2)
    assert not out
    told = "error: 50 containers are to be followed, and the files that this process may have open are enough for 32. "
    assert err.splitlines()[-1].startswith(f"{told}Allow more with `ulimit -n 164`")


def test_a_soft_limit_of_files_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    """As far as the streams take it, and no farther than the hard one."""
    limits = [128, 600]
    monkeypatch.setattr(resource, "getrlimit", lambda _: tuple(limits))
    monkeypatch.setattr(resource, "setrlimit", lambda _, wanted: limits.__setitem__(slice(None), wanted))
    make_room(100)
    assert limits == [264, 600]
    with pytest.raises(UsageError, match=r"300 containers .* enough for 268\. Allow more with `ulimit -n 664`"):
        make_room(300)
    assert limits == [600, 600]


@pytest.mark.usefixtures("mesh")
def test_a_disk_that_is_full(cluster: Cluster, server: Server, tmp_path: Path) -> None:
    """What was seen until nothing could be kept any more is reported; what was not is a gap."""
    # Of any file no more than that can be written, which is as if the folder were full. Compiled modules would be
    # cut off as well, and break whatever imports them next.
    limit = "export PYTHONDONTWRITEBYTECODE=1; ulimit -f 60"
    watching = start(server, tmp_path, *QUICK, "--jsonl", "--expect", "100", limit=limit)
    read_until(watching, lambda told: told["type"] == "status")  # what comes before fills the folder at once
    with traffic(cluster, 1.0):
        out, err = finish(watching, 2)
    report = report_of(out)
    assert report["originals"]["paired"] > 0
    assert {gap["pod"] for gap in report["gaps"]} >= {*V1, V2}
    assert "cannot be kept any more" in report["gaps"][0]["reason"]
    assert "PASS" not in out
    assert err.splitlines()[-1].endswith("Make room, or give --save a folder elsewhere.")


@pytest.mark.parametrize("seed", sampled(SEEDS, 1))
def test_every_request_is_judged_or_in_a_gap(seed: int) -> None:
    """No verdict passes on less than is allowed, no miss is told that is none, and no alarm is raised."""
    assert blindness.play(seed).problems == ()
