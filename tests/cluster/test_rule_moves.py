"""A rule that is changed while it is watched: who is followed, whose lines are of which side, and what is said."""

import threading
import time
from pathlib import Path
from typing import Any

import pytest

from mirrorcheck.checks.evaluate import evaluate
from mirrorcheck.checks.expectations import CheckOptions, complete_checks
from mirrorcheck.checks.verdicts import CheckResult
from mirrorcheck.cluster import live_source
from mirrorcheck.cluster.api.client import Client
from mirrorcheck.cluster.discover import discovery
from mirrorcheck.cluster.discover.target import Target
from mirrorcheck.engine.watch.loop import now_us
from mirrorcheck.report.model import Report
from mirrorcheck.sources.feed import RuleKnown
from tests.cluster.manifests import destination_rule, virtual_service
from tests.cluster.moves import AROUND_US, Watch, watching
from tests.cluster.traffic import V1, V2, line
from tests.kube.cluster import Cluster
from tests.kube.workloads import deploy, service
from tests.sample import sampled

OTHER = "target-shadow"
LONG_AGO = 60_000_000_000  # ns


@pytest.fixture(autouse=True)
def mesh(cluster: Cluster) -> None:
    """A rule that mirrors all, and a line of each pod, by which its container is found."""
    cluster.apply(destination_rule())
    cluster.apply(virtual_service())
    for pod in (*V1, V2):
        cluster.log(pod, "nginx", line("/before", "-"), at=time.time_ns() - LONG_AGO)


def deployed(cluster: Cluster, name: str, namespace: str = "default", **labels: str) -> str:
    """A pod that has logged a line."""
    [pod] = deploy(cluster, name, labels, namespace=namespace)
    cluster.log(pod, "nginx", line("/before", "-"), at=time.time_ns() - LONG_AGO, namespace=namespace)
    return pod


def mirrored_to(host: str) -> dict[str, Any]:
    """The rule with a mirror to another service."""
    rule = virtual_service()
    rule["spec"]["http"][0]["mirror"] = {"host": host}
    return rule


def promoted(primary: str, shadow: str) -> dict[str, Any]:
    """The rule from one version to another."""
    rule = virtual_service(mirror=shadow)
    rule["spec"]["http"][0]["route"][0]["destination"]["subset"] = primary
    return rule


def alarms(watch: Watch) -> list[str]:
    """All that called somebody so far, but for copies that had stopped."""
    kinds = {"missed", "orphan", "duplicate"}
    return [f"{each.kind} {each.target}" for each in watch.states[-1].events if each.kind in kinds]


def classes(report: Report) -> tuple[int, int, int, int]:
    """Originals paired, missed and unobserved, and copies without original."""
    return report.originals.paired, report.originals.missed, report.originals.unobserved, report.shadow.orphan


@pytest.mark.parametrize("namespace", sampled(["lab", "default"], 1))
def test_a_shadow_in_another_service_is_followed_from_the_change_on(
    namespace: str, cluster: Cluster, client: Client, tmp_path: Path
) -> None:
    """Its pods carry other labels, or lie in another namespace: none of their copies is missed.

    Then the rule is deleted, which moves no pod: what was copied stays so, and nothing is an alarm.
    """
    other = deployed(cluster, OTHER, namespace, app=OTHER)
    cluster.apply(service(OTHER, {"app": OTHER}, namespace=namespace))
    host = f"{OTHER}.{namespace}.svc.cluster.local"
    with watching(cluster, client, tmp_path) as watch:
        watch.where[other] = namespace
        watch.send(V1[0], V2)
        seen = watch.changed(lambda: cluster.apply(mirrored_to(host)), OTHER)
        watch.send(V1[0], V2, after_us=seen.at_us)  # proxies have not taken it over yet
        watch.send(V1[0], other, count=40)
        watch.decide()
        watch.changed(lambda: cluster.remove(virtual_service()), "removed")
        watch.send(V1[0], None)
        state = watch.decide()
        report = watch.end()
    assert alarms(watch) == []
    assert state.silence is None
    assert (classes(report), report.gaps, report.offset and report.offset.max_ms) == ((80, 19, 1, 0), (), 1.0)
    assert report.gaps == ()
    assert [(rule.shadow, rule.mirrors) for rule in report.rules] == [("v2", True), (OTHER, True), (OTHER, False)]
    assert report.shadow_side.pods == (V2, other)


@pytest.mark.unmeasured
def test_a_promotion_is_told_apart_by_time(cluster: Cluster, client: Client, tmp_path: Path) -> None:
    """The shadow becomes the primary and is mirrored to the next version: no orphan, and no miss but the one there is.

    What was sent around the change is in a gap that names the pods.
    """
    rule = destination_rule()
    rule["spec"]["subsets"].append({"name": "v3", "labels": {"version": "v3"}})
    cluster.apply(rule)
    v3 = deployed(cluster, "target-v3", app="target", version="v3")
    with watching(cluster, client, tmp_path) as watch:
        watch.send(V1[0], V2)
        seen = watch.changed(lambda: cluster.apply(promoted("v2", "v3")), "v2 -> v3")
        watch.send(V1[0], V2, after_us=seen.at_us)
        watch.send(V2, v3, after_us=seen.at_us)
        watch.send(V2, v3, count=10, after_us=seen.at_us + AROUND_US + 1_200_000)  # a gap hides a second beside it, too
        watch.send(V2, None, count=1)
        watch.send(V2, v3, count=10)
        watch.decide()
        report = watch.end()
    assert set(alarms(watch)) <= {"missed /71"}
    assert [each.target for each in report.missed_examples] == ["/71"]
    assert report.originals.paired == 40
    assert (report.shadow.orphan, report.shadow.duplicate) == (0, 0)
    assert (set(report.primary.pods), report.shadow_side.pods) == ({V1[0], V1[1], V2}, (V2, v3))
    assert {(gap.pod, gap.reason) for gap in report.gaps} == {
        (V1[0], "was left by the rule as primary"),
        (V1[1], "was left by the rule as primary"),
        (V2, "became the primary's"),
    }


@pytest.mark.unmeasured
@pytest.mark.long
def test_a_rule_that_was_promoted_and_removed_between_two_readings(
    cluster: Cluster, client: Client, tmp_path: Path
) -> None:
    """The sides are those that the rule had at its end: who was asked then is the primary, though nobody read it."""
    rule = destination_rule()
    rule["spec"]["subsets"].append({"name": "v3", "labels": {"version": "v3"}})
    cluster.apply(rule)
    deployed(cluster, "target-v3", app="target", version="v3")

    def promote_and_remove() -> None:
        with cluster.lock:  # nobody reads it meanwhile
            cluster.apply(promoted("v2", "v3"))
            cluster.remove(virtual_service())

    with watching(cluster, client, tmp_path) as watch:
        watch.send(V1[0], V2)
        seen = watch.changed(promote_and_remove, "removed")
        watch.send(V2, None, after_us=seen.at_us + AROUND_US + 1_200_000)
        watch.decide()
        report = watch.end()
    assert (seen.primary, seen.shadow, seen.rewritten) == ("v2", "v3", True)
    assert alarms(watch) == []
    assert classes(report) == (20, 19, 1, 0)  # beyond the end of the logs nobody knows


@pytest.mark.unmeasured
def test_no_alarm_before_the_rule_was_read_again_at_all(
    cluster: Cluster, client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server is slow to answer the first time, and the rule is gone since: what is missed may be meant."""
    answered = threading.Event()

    def reread(client: Client, target: Target, *, wide: bool = False) -> Target | None:
        answered.wait()
        return discovery.reread(client, target, wide=wide)

    monkeypatch.setattr(live_source, "reread", reread)
    try:
        with watching(cluster, client, tmp_path) as watch:
            watch.send(V1[0], V2)
            cluster.remove(virtual_service())
            watch.send(V1[0], None)
            watch.decide()
            early = alarms(watch)
            answered.set()
            watch.until(lambda: len(watch.rules) > 1)
            watch.decide()
            watch.end()
    finally:
        answered.set()
    assert (early, alarms(watch)) == ([], [])


@pytest.mark.unmeasured
@pytest.mark.long
def test_a_change_that_is_read_while_the_watching_ends_is_not_known(
    cluster: Cluster, client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No stream is told to be of another side any more, so what was sent by the new rule is of a time not known."""
    read, ended = threading.Event(), threading.Event()

    def reread(client: Client, target: Target, *, wide: bool = False) -> Target | None:
        if changed := discovery.reread(client, target, wide=wide):
            read.set()
            ended.wait()
        return changed

    with watching(cluster, client, tmp_path) as watch:
        monkeypatch.setattr(live_source, "reread", reread)
        watch.send(V1[0], V2)
        watch.decide()
        cluster.apply(promoted("v2", "v1"))
        made_us = now_us()
        watch.until(read.is_set)
        watch.stop()
        ended.set()
        [thread] = (each for each in threading.enumerate() if each.name == "rule")
        thread.join()
        watch.end()
    assert max(each.through_us for each in watch.events if isinstance(each, RuleKnown)) < made_us


@pytest.mark.unmeasured
@pytest.mark.long
def test_a_rule_without_a_mirror_that_is_removed_leaves_its_sides(
    cluster: Cluster, client: Client, tmp_path: Path
) -> None:
    """It asked another version than the mirror before it: that one stays the primary."""
    with watching(cluster, client, tmp_path) as watch:
        watch.changed(lambda: cluster.apply(promoted("v2", "v1")), "v2 -> v1")
        without = watch.changed(lambda: cluster.apply(virtual_service(mirror=None)), "no mirror")
        gone = watch.changed(lambda: cluster.remove(virtual_service()), "removed")
        watch.end()
    assert (without.primary, gone.primary) == ("v1", "v1")


@pytest.mark.unmeasured
def test_nothing_passes_because_a_rule_went_away(cluster: Cluster, client: Client, tmp_path: Path) -> None:
    """`kubectl delete virtualservice` is no alarm; what it left uncopied counts, unless --while-on is given."""
    with watching(cluster, client, tmp_path, expect=100.0) as watch:
        watch.send(V1[0], V2, count=60)
        seen = watch.changed(lambda: cluster.remove(virtual_service()), "removed")
        watch.send(V1[0], None)
        state = watch.decide()
        report = watch.end()
    assert (alarms(watch), state.silence) == ([], None)
    assert (seen.mirrors, len(watch.rules)) == (False, 2)
    for while_on, verdict in ((False, CheckResult.FAIL), (True, CheckResult.PASS)):
        wanted = complete_checks(CheckOptions(expect=100, while_on=while_on, min_requests=50))
        found = evaluate(report, wanted)
        assert found.verdict == verdict, found


def test_what_is_wrong_with_the_pods_is_a_problem_at_once(cluster: Cluster, client: Client, tmp_path: Path) -> None:
    """A pod without a sidecar comes and goes: a problem each time, and no change of the rule."""
    with watching(cluster, client, tmp_path) as watch:
        missing = "sidecar missing: 1 of 3 pods of the primary has no mesh proxy"
        deed = lambda: cluster.add_pod("bare", {"app": "target", "version": "v1"})  # noqa: E731  # said in a line
        assert watch.changed(deed, missing).problems == (missing,)
        assert missing in watch.look().problems
        watch.changed(lambda: cluster.delete("bare"), "v1 -> v2")
        state = watch.look()
        report = watch.end()
    assert state.problems == ()
    assert [each.text for each in state.events if each.kind == "rule"] == ["VirtualService target: 100 % of v1 -> v2"]
    assert len(report.rules) == 1
