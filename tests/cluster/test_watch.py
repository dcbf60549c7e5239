"""`mirrorcheck watch` as the process that users start, on a cluster whose truth is known."""

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import mirrorcheck
from mirrorcheck.checks.evaluate import evaluate
from mirrorcheck.checks.expectations import CheckOptions, complete_checks
from mirrorcheck.report.dump import to_document
from tests.cluster.hurried import SEEN_LATE, TAKEN_OVER, hurried
from tests.cluster.manifests import destination_rule, virtual_service
from tests.cluster.process import HURRIED, environment, finish, interrupted, read_until, report_of, run, start
from tests.cluster.traffic import V1, V2, line, traffic
from tests.kube.cluster import Cluster
from tests.kube.faults import FOLLOWING, Cut
from tests.kube.server import Server
from tests.measured import measured
from tests.program import call
from tests.sample import sampled

QUICK = ("--horizon", "2s", "--interval", "1s")
LONG_AGO = 600 * 10**9  # ns: before any watching of a test


@pytest.fixture(autouse=True)
def mesh(cluster: Cluster) -> None:
    """A rule that mirrors half, and a line of each pod, by which its container is found."""
    cluster.apply(destination_rule())
    cluster.apply(virtual_service(percent=90))
    for pod in (*V1, V2):
        cluster.log(pod, "nginx", line("/before", "-"), at=time.time_ns() - LONG_AGO)


def events(out: str) -> list[dict[str, Any]]:
    """The events of --jsonl."""
    return [json.loads(each) for each in out.splitlines()]


def moment(text: str) -> datetime:
    """The instant of an event or of a report."""
    return datetime.fromisoformat(text)


def decided_after(text: str, by: timedelta) -> Callable[[dict[str, Any]], bool]:
    """Whether an event is a state in which all is decided for so long after an instant."""
    return lambda told: told["type"] == "status" and moment(told["decided_to"]) > moment(text) + by


def test_misses_are_told_live_and_a_recording_tells_the_same(cluster: Cluster, server: Server, tmp_path: Path) -> None:
    """Each miss by its name while it is watched, all in the report, and the same report from what was kept.

    The connections are cut in the middle of a line meanwhile, and nothing is lost by it.
    """
    kept = tmp_path / "kept"
    for lines in (40, 90, 20):
        server.faults.plan(FOLLOWING, Cut(lines=lines, octets=9))
    with traffic(cluster) as requests:
        out, _ = run(server, tmp_path, *QUICK, "--jsonl", "--count", "300", "--save", str(kept), status=0)
    told = events(out)
    assert not any(each["type"] == "missed" for each in told)  # at 90 % none of them is an alarm
    missed = [each["target"] for each in told if each["type"] == "uncopied"]
    assert len(missed) > 10
    assert len(set(missed)) == len(missed)
    assert set(missed) <= set(requests.missed)
    assert sum(each["reconnects"] for each in told[-2]["streams"]) >= 3
    report = told[-1]["report"]
    assert report["rules"][0]["text"] == "VirtualService target: 90 % of v1 -> v2"
    assert report["expected"]["percent"] == 90
    assert [gap["reason"] for gap in report["gaps"]] == []
    assert report["shadow"]["orphan"] == 0
    named = {each["target"] for each in report["missed_examples"]}
    assert named <= set(requests.missed)
    total = report["originals"]
    assert total["paired"] + total["missed"] + total["unobserved"] + total["excluded"] == total["total"]
    assert json.loads(call(tmp_path, "analyze", str(kept), "--json").out) == report


@pytest.mark.unmeasured
def test_checks_give_the_status(cluster: Cluster, server: Server, tmp_path: Path) -> None:
    """A mirror that copies a part fails what expects all of it, after the report."""
    with traffic(cluster):
        out, _ = run(server, tmp_path, *QUICK, "--count", "100", "--expect", "100", status=1)
    assert "FAIL" in out
    assert out.index("requests were copied") < out.index("FAIL")


def test_a_dead_mirror_is_known_within_few_requests(cluster: Cluster, server: Server, tmp_path: Path) -> None:
    """With a timeout the watching ends as soon as it is sure, long before; where it never is, it cannot tell."""
    with traffic(cluster, 0.0):
        out, _ = run(server, tmp_path, *QUICK, "--timeout", "5m", "--expect", "100", status=1)
    assert re.search(r"sure after [\d,]+ requests in the order of their time", out)
    assert "not sure" not in out
    out, _ = run(server, tmp_path, *QUICK, "--timeout", "1s", "--expect", "50", "--within", "5", status=3)
    assert "not sure yet after 0 requests" in out


def test_a_timeout_needs_something_to_be_sure_of(server: Server, tmp_path: Path) -> None:
    """One line that says which checks it waits for."""
    _, err = run(server, tmp_path, *QUICK, "--timeout", "5m", "--max-orphans", "0", status=2)
    assert err.splitlines()[-1].startswith("error: --timeout waits for a check of the ratio")


@pytest.mark.parametrize("number", sampled([signal.SIGINT, signal.SIGTERM], 1))
def test_whoever_interrupts_gets_the_report_so_far(
    number: int, cluster: Cluster, server: Server, tmp_path: Path
) -> None:
    """Ctrl-C and the end of a pod give the report, and status 130."""
    with traffic(cluster):
        process = start(server, tmp_path, *QUICK, "--plain")
        assert process.stdout
        seen = [process.stdout.readline()]
        while "paired" not in seen[-1] or " 0 paired" in seen[-1]:
            seen.append(process.stdout.readline())
        out, _ = interrupted(process, 130, number)
    assert "originals" in out
    assert "horizon" in out


@pytest.mark.unmeasured
def test_a_restart_is_followed_and_a_rule_that_changes_is_told(
    cluster: Cluster, server: Server, tmp_path: Path
) -> None:
    """The shadow's container restarts, and the rule asks for less: both are seen, and no line is lost."""
    with traffic(cluster, 1.0) as requests:
        process = start(server, tmp_path, *QUICK, "--jsonl")
        read_until(process, lambda told: told["type"] == "status" and told["totals"]["paired"] > 50)
        cluster.restart(V2, "nginx")
        read_until(process, lambda told: told["type"] == "status" and len(told["streams"]) == 4)
        cluster.apply(virtual_service(percent=80))
        read_until(process, lambda told: told["type"] == "rule" and "80 %" in told["text"])
        report = report_of(interrupted(process, 130)[0])
    assert [rule["percent"] for rule in report["rules"]] == [90, 80]
    assert requests.missed == []
    assert report["originals"]["missed"] == 0
    assert report["originals"]["paired"] > 50
    assert report["gaps"] == []
    assert report["sides"]["shadow"]["pods"] == [V2]
    assert [file["name"] for file in report["sides"]["shadow"]["files"]] == [V2, f"{V2} (2)"]


def assert_explained(report: dict[str, Any], misses: int, path: str) -> None:
    """The report names the time without the rule, with so many misses in it, and beside it the one of this path."""
    [off], rules = report["rule_off"], report["rules"]
    assert [(rule["percent"], rule["mirrors"]) for rule in rules] == [(100, True), (100, False), (100, True)]
    assert moment(rules[1]["from"]) - moment(off["from"]) >= SEEN_LATE  # more where the rule was read late
    assert moment(off["to"]) - moment(rules[2]["from"]) == TAKEN_OVER
    before = [each for each in report["phases"] if each["to"] < off["from"]]
    inside = [each for each in report["phases"] if off["from"] <= each["from"] and each["to"] <= off["to"]]
    after = [each for each in report["phases"] if off["to"] < each["from"]]
    assert before + inside + after == report["phases"]
    assert sum(each["missed_rule_off"] for each in inside) == misses > 20
    assert not any(each["paired_rule_off"] + each["missed_rule_off"] for each in before + after)
    assert [sum(each["missed"] for each in part) for part in (before, after)] == [1, 0]
    assert all(sum(each["paired"] for each in part) > 20 for part in (before, after))
    assert report["missed_examples"][0]["target"] == path


@pytest.mark.unmeasured
def test_a_rule_that_is_removed_and_put_back_explains_its_misses(
    cluster: Cluster, server: Server, tmp_path: Path
) -> None:
    """While the mirror is out of the VirtualService nothing is copied: those misses are the rule's, and no others.

    One request before is not copied either: it is told from them while it is watched, and in what was kept.
    """
    kept, checks = str(tmp_path / "kept"), ("--expect", "100", "--while-on")
    more = ("--horizon", "1s", "--duration", "10m")  # which it never takes, unless the rule is not told
    cluster.apply(virtual_service())
    with traffic(cluster, 1.0) as requests:
        process = start(server, tmp_path, *QUICK, "--jsonl", "--save", kept, *checks, *more, program=HURRIED)
        read_until(process, lambda told: told["type"] == "status" and told["totals"]["paired"] > 0)
        path = requests.leave_out()
        missed = read_until(process, lambda told: told["type"] == "missed")
        assert missed["target"] == path
        assert (missed["pod"], missed["client"], missed["shadow_pods"]) == (V1[0], "127.0.0.6", [V2])
        read_until(process, decided_after(missed["at"], 2 * SEEN_LATE))
        cluster.apply(virtual_service(mirror=None))
        requests.share = 0.0
        read_until(process, lambda told: told["type"] == "rule" and "no mirror" in told["text"])
        read_until(process, lambda _: len(requests.missed) > 40)  # of which a busy machine sends few in a second
        cluster.apply(virtual_service())
        requests.share = 1.0
        back = read_until(process, lambda told: told["type"] == "rule")
        after = read_until(process, decided_after(back["at"], 1.5 * TAKEN_OVER))["totals"]["paired"]
        read_until(process, lambda told: told["type"] == "status" and told["totals"]["paired"] > after + 30)
        document, _, verdict = interrupted(process, 1)[0].rpartition("}\n")
    report = json.loads(document.splitlines()[-1] + "}")["report"]
    assert_explained(report, len(requests.missed) - 1, path)
    assert re.search(r" 1 of [\d,]+ missed", verdict)
    assert f"GET {path} 200" in verdict
    with hurried():
        again = mirrorcheck.analyze(kept)
    assert json.loads(json.dumps(to_document(again))) == report
    [check] = evaluate(again, complete_checks(CheckOptions(expect=100, while_on=True))).checks
    assert all("".join(note.split()) in "".join(verdict.split()) for note in (*check.notes, check.evidence))


def test_probes_are_judged_alone(cluster: Cluster, server: Server, tmp_path: Path) -> None:
    """`--probe` looks at the probes of one run, live: the traffic beside them, half of it missed, is left out."""

    def log(pod: str, xff: str, *numbers: int, run: str = "k3f9a2") -> None:
        for number in numbers:
            agent = f"mirrorcheck-probe/1 ({run}; {number})".encode()
            cluster.log(pod, "nginx", line("/", xff).replace(b"curl/8", agent))

    checks = ("--expect", "100", "--max-missed", "2", "--min-requests", "40")
    # On a busy machine nothing may be heard of a stream for a few seconds: with a short horizon that is a gap, in which
    # probes are not judged, and so never forty of them.
    patient = ("--horizon", "6s", "--interval", "1s")
    with traffic(cluster, 0.5):
        process = start(server, tmp_path, *patient, "--jsonl", "--probe", "k3f9a2", "--count", "40", *checks)
        read_until(process, lambda told: told["type"] == "status" and told["totals"]["excluded"] > 20)
        log(V1[0], "-", *range(1, 41))
        log(V1[0], "-", 1, 2, 3, run="aaaaaa")
        log(V2, "192.0.2.2", *(number for number in range(1, 41) if number not in {7, 8}), 9)
        out, _ = finish(process, 0)
    report = report_of(out)
    assert "PASS" in out
    assert report["originals"]["excluded"] > 20
    assert (report["originals"]["paired"], report["originals"]["missed"]) == (38, 2)
    run, other = report["probes"]
    assert (run["run"], run["judged"], run["seen"], run["copied_once"]) == ("k3f9a2", True, 40, 37)
    assert (run["copied_more_than_once"], run["not_copied"], run["without_original"]) == (1, 2, 0)
    assert (other["run"], other["judged"], other["originals"]) == ("aaaaaa", False, 3)


def watch_pipe(capture: str, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Watch what another tool gives, in an empty folder, to its end."""
    return subprocess.run(  # noqa: S603  # it is this project's own
        [sys.executable, "-m", "mirrorcheck", "watch", "-", "--plain", *words, *QUICK],
        env=environment() | measured(),
        input=capture,
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
    )


def test_a_pipe_is_watched(tmp_path: Path) -> None:
    """Whoever may not ask the cluster pipes what another tool gives."""
    capture = "".join(
        f"[target-v1-a] {line(f'/{number}', '-').decode()}\n[target-v2-b] {line(f'/{number}', '192.0.2.2').decode()}\n"
        for number in range(50)
    )
    ran = watch_pipe(capture, tmp_path)
    assert not ran.returncode
    assert "all 50 requests were copied" in ran.stdout


def test_what_no_log_has_is_refused_behind_the_report(tmp_path: Path) -> None:
    """Keys of JSON may come until the end; then the report stands, what lacks is named, and the status is 2."""
    capture = "".join(
        f'[target-v{side}-a] {{"time":"2026-11-22T18:00:{number:02}Z","method":"GET","path":"/{number}"}}\n'
        for number in range(20)
        for side in (1, 2)
    )
    ran = watch_pipe(capture, tmp_path, "--key", "X-Flow", "--max-missed", "0")
    assert ran.returncode == 2
    assert "PROBLEM    --key X-Flow: no log has such a field so far; requests are paired without it." in ran.stdout
    assert "all 20 requests were copied" in ran.stdout
    assert "PASS" not in ran.stdout
    (error,) = ran.stderr.splitlines()
    assert error.startswith("error: --key X-Flow: no log has such a field. Name one that is there (container, method")
