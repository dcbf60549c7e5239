"""`mirrorcheck watch` where the rule copies to several shadows, on a cluster whose truth is known."""

import json
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import mirrorcheck
from mirrorcheck import Reports
from mirrorcheck.sources.recording import SHADOWS
from tests.cluster.manifests import destination_rule, http_route, virtual_service
from tests.cluster.process import interrupted, read_until, run, start
from tests.cluster.test_watch import watch_pipe
from tests.cluster.traffic import V1, V2, line
from tests.kube.cluster import Cluster
from tests.kube.server import Server
from tests.kube.workloads import deploy, service
from tests.program import call

QUICK = ("--horizon", "2s", "--interval", "1s")
LONG_AGO = 600 * 10**9  # ns: before any watching of a test
V3_SHARE = 0.8


def two_mirrors() -> dict[str, Any]:
    """Everything to subset v1, and copies to v2 and v3."""
    rule = virtual_service(mirror=None)
    host = rule["spec"]["hosts"][0]
    rule["spec"]["http"][0]["mirrors"] = [
        {"destination": {"host": host, "subset": subset}, "percentage": {"value": percent}}
        for subset, percent in (("v2", 100), ("v3", 100 * V3_SHARE))
    ]
    return rule


@pytest.fixture(autouse=True)
def v3(cluster: Cluster) -> str:
    """A rule that mirrors to v2 and v3, and the pod of v3; a line of each pod, by which its container is found."""
    [pod] = deploy(cluster, "target-v3", {"app": "target", "version": "v3"})
    rule = destination_rule()
    rule["spec"]["subsets"].append({"name": "v3", "labels": {"version": "v3"}})
    cluster.apply(rule)
    cluster.apply(two_mirrors())
    for each in (*V1, V2, pod):
        cluster.log(each, "nginx", line("/before", "-"), at=time.time_ns() - LONG_AGO)
    return pod


@contextmanager
def copied_twice(cluster: Cluster, v3: str) -> Iterator[list[str]]:
    """Requests to v1, each copied to v2 and most to v3; what v3 missed."""
    stopped, missed, chance = threading.Event(), list[str](), random.Random(7)

    def send() -> None:
        number = 0
        while not stopped.wait(0.01):
            path, number = f"/page/{number}", number + 1
            cluster.log(chance.choice(V1), "nginx", line(path, "-"))
            cluster.log(V2, "nginx", line(path, "192.0.2.2"))
            if chance.random() < V3_SHARE:
                cluster.log(v3, "nginx", line(path, "192.0.2.2"))
            else:
                missed.append(path)

    thread = threading.Thread(target=send)
    thread.start()
    try:
        yield missed
    finally:
        stopped.set()
        thread.join()


def test_both_are_watched_and_a_recording_tells_the_same(
    cluster: Cluster, server: Server, v3: str, tmp_path: Path
) -> None:
    """Each with the pods and the percentage that are its own, every event with its name, and the reports as kept."""
    kept = tmp_path / "kept"
    with copied_twice(cluster, v3) as missed:
        out, err = run(server, tmp_path, *QUICK, "--jsonl", "--count", "200", "--save", str(kept), status=0)
    assert "another mirror" not in err
    told = [json.loads(each) for each in out.splitlines()]
    assert {each["shadow_name"] for each in told} == {"v2", "v3"}
    uncopied = [each["target"] for each in told if each["type"] == "uncopied"]
    assert uncopied
    assert set(uncopied) <= set(missed)
    assert {each["shadow_name"] for each in told if each["type"] in {"uncopied", "missed"}} == {"v3"}
    reports = {each["shadow_name"]: each["report"] for each in told[-2:]}
    assert [reports[name]["expected"]["percent"] for name in ("v2", "v3")] == [100, 100 * V3_SHARE]
    assert [reports[name]["sides"]["shadow"]["pods"] for name in ("v2", "v3")] == [[V2], [v3]]
    assert reports["v2"]["originals"]["missed"] == 0
    assert reports["v3"]["originals"]["missed"] > 10
    assert all(report["shadow"]["orphan"] == 0 for report in reports.values())
    assert all(report["originals"]["paired"] + report["originals"]["missed"] >= 200 for report in reports.values())
    again = json.loads(call(tmp_path, "analyze", str(kept), "--json").out)
    assert {each.pop("name"): each for each in again["shadows"]} == reports
    alone = json.loads(call(tmp_path, "analyze", str(kept / "v3"), "--json").out)
    assert alone["sides"]["shadow"].pop("label") == "shadow (v2)"
    assert alone["sides"]["shadow"].items() <= reports["v3"]["sides"]["shadow"].items()
    assert {**alone, "sides": None} == {**reports["v3"], "sides": None}
    found = mirrorcheck.analyze(kept)
    assert isinstance(found, Reports)
    assert found.sentence.startswith("v2 MIRRORING, v3 PARTIAL: ")
    judged = call(tmp_path, "assert", str(kept), "--min-ratio", "95", "--shadow-name", "v2")
    assert (judged.status, "PASS  v2: minimum mirror ratio" in judged.out) == (0, True)
    assert call(tmp_path, "assert", str(kept), "--min-ratio", "95").status == 1


def test_one_of_them_is_watched_by_its_name(cluster: Cluster, server: Server, v3: str, tmp_path: Path) -> None:
    """--shadow names one: it is watched alone, the other is told of, and nothing has a shadow's name."""
    with copied_twice(cluster, v3):
        out, err = run(server, tmp_path, *QUICK, "--jsonl", "--count", "50", "--shadow", "v3", status=0)
    assert "another mirror, not watched: VirtualService target: 100 % of v1 -> v2" in " ".join(err.split())
    told = [json.loads(each) for each in out.splitlines()]
    assert not any("shadow_name" in each for each in told)
    assert told[-1]["report"]["sides"]["shadow"]["pods"] == [v3]


def test_each_is_judged_and_told_in_lines(cluster: Cluster, server: Server, v3: str, tmp_path: Path) -> None:
    """The lines name the shadow behind their first word, the checks before theirs; the status is that of the worst."""
    with copied_twice(cluster, v3):
        out, _ = run(
            server, tmp_path, *QUICK, "--plain", "--timeout", "5m", "--min-ratio", "95", "--outcomes",
            str(tmp_path / "lines.csv"), status=1,
        )  # fmt: skip
    states = [each for each in out.splitlines() if "  STATUS     " in each]
    assert {each.split()[2] for each in states} == {"v2", "v3"}
    assert "PASS  v2: minimum mirror ratio" in out
    assert "FAIL  v3: minimum mirror ratio" in out
    assert out.count("sure after") == 2
    rows = (tmp_path / "lines.csv").read_text().splitlines()
    assert rows[0].startswith("shadow_name,side,file,line,outcome")
    assert {row.split(",")[0] for row in rows[1:]} == {"v2", "v3"}


def test_check_rule_tells_of_both(server: Server, cluster: Cluster, tmp_path: Path) -> None:
    """A report on each; what is wrong with the rule makes the status."""
    out, _ = run(server, tmp_path, "--check-rule", status=0)
    assert "OK              VirtualService target: 100 % of v1 -> v2" in out
    assert "OK              VirtualService target: 80 % of v1 -> v3" in out
    assert "another mirror" not in out
    cluster.apply(destination_rule())  # without v3
    out, _ = run(server, tmp_path, "--check-rule", status=1)
    assert "NOT OK          VirtualService target: 80 % of v1 -> v3" in out


def test_what_another_rule_copies_to_is_not_followed(server: Server, cluster: Cluster, tmp_path: Path) -> None:
    """Only the shadows of the object that is watched are; the other one is told of."""
    cluster.apply(virtual_service())
    for version in ("v1", "v3"):
        cluster.apply(service(f"target-{version}", {"app": "target", "version": version}))
    route = http_route()
    route["spec"]["rules"][0]["filters"][0]["requestMirror"]["backendRef"]["name"] = "target-v3"
    cluster.apply(route)
    out, _ = run(server, tmp_path, "--check-rule", status=0)
    assert out.count("service       target") == 1
    assert "another mirror, not watched: HTTPRoute target: 25 % of target-v1 -> target-v3" in " ".join(out.split())


def test_two_filters_of_a_route_are_two_shadows(server: Server, cluster: Cluster, tmp_path: Path) -> None:
    """The Gateway API has a RequestMirror filter for each."""
    cluster.remove(two_mirrors())
    for version in ("v1", "v2", "v3"):
        cluster.apply(service(f"target-{version}", {"app": "target", "version": version}))
    route = http_route()
    filters = route["spec"]["rules"][0]["filters"]
    second = {"backendRef": {"name": "target-v3", "port": 80}, "percent": 50}
    filters.append({"type": "RequestMirror", "requestMirror": second})
    cluster.apply(route)
    out, _ = run(server, tmp_path, "--check-rule", status=0)
    assert "25 % of target-v1 -> target-v2" in out
    assert "50 % of target-v1 -> target-v3" in out


def test_a_mirror_that_is_taken_away_is_one_that_mirrors_nothing(
    cluster: Cluster, server: Server, v3: str, tmp_path: Path
) -> None:
    """Where v3 is taken out of the rule, that is told of v3 alone; v2 stays what it is."""
    process = start(server, tmp_path, *QUICK, "--jsonl")
    with copied_twice(cluster, v3):
        read_until(process, lambda told: told["type"] == "status" and told["totals"]["paired"] > 20)
        cluster.apply(virtual_service())
        changed = read_until(process, lambda told: told["type"] == "rule" and "no such mirror" in told["text"])
        out, _ = interrupted(process, 130)
    assert changed["shadow_name"] == "v3"
    told = [json.loads(each) for each in out.splitlines()]
    reports = {each["shadow_name"]: each["report"] for each in told if each["type"] == "report"}
    assert [each["mirrors"] for each in reports["v3"]["rules"]] == [True, False]
    assert [each["mirrors"] for each in reports["v2"]["rules"]] == [True]


def test_a_pipe_with_pods_of_several_is_watched(tmp_path: Path) -> None:
    """Each shadow's pods are named by an option; the capture ends, and what was kept tells the same."""
    capture = "".join(
        f"[target-v{version}-a] {line(f'/{number}', '-' if version == 1 else '192.0.2.2').decode()}\n"
        for number in range(50)
        for version in (1, 2, 3)
        if version < 3 or number % 10
    )
    pods = ("--shadow-pods", "v2=*-v2-*", "--shadow-pods", "v3=*-v3-*")
    ran = watch_pipe(capture, tmp_path, *pods, "--save", "kept", "--max-missed", "3")
    assert ran.returncode == 1
    assert "v2 MIRRORING, v3 INCOMPLETE: 5 of 50 missed by v3" in " ".join(ran.stdout.split())
    assert "PASS  v2: missed requests" in ran.stdout
    assert "FAIL  v3: missed requests" in ran.stdout
    again = call(tmp_path, "assert", "kept", "--max-missed", "3", COLUMNS="80")
    assert again.status == 1
    assert ran.stdout.endswith(again.out)


def test_pods_of_several_are_of_captures(server: Server, tmp_path: Path) -> None:
    """In a cluster the rule says who they are."""
    _, err = run(server, tmp_path, *QUICK, "--shadow-pods", "v2=*-v2-*", "--duration", "1s", status=2)
    assert err.splitlines()[-1].startswith("error: NAME= names one of several shadows, which cannot be judged here.")


def test_a_folder_that_names_no_shadows_is_refused(tmp_path: Path) -> None:
    """In one line, as any recording that is damaged."""
    for text in ("{}", '{"schema": "mirrorcheck.recordings/1", "shadows": ["../v2"]}'):
        (tmp_path / SHADOWS).write_text(text)
        ran = call(tmp_path, "analyze", str(tmp_path))
        assert (ran.status, ran.err.count("\n")) == (2, 1)
        assert ran.err.startswith("error: ")
