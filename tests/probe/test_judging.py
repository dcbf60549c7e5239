"""What `--probe` makes of logs: exact keys, the counts of a run, and real traffic beside it."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import mirrorcheck
from mirrorcheck.probe.agent import agent, find_agents
from mirrorcheck.probe.codes import run_code, run_name
from mirrorcheck.report.model import ProbeRun
from tests.logs import Request, requests, write

RUN, OTHER = "k3f9a2", "000000"


def probes(count: int, run: str = RUN) -> list[Request]:
    """Probes of one path, ten a second."""
    return [Request(second=number // 10, agent=agent(run, number)) for number in range(1, count + 1)]


def analyzed(
    folder: Path, primary: Sequence[Request], shadow: Sequence[Request], **options: object
) -> mirrorcheck.Report:
    """The report of two logs."""
    v1, v2 = write(folder / "v1.log", [*primary]), write(folder / "v2.log", [*shadow])
    return mirrorcheck.analyze(primary=v1, shadow=v2, **options)


def the_run(report: mirrorcheck.Report) -> ProbeRun:
    """The only run of a report."""
    [run] = report.probes
    return run


def test_identical_requests_have_exact_partners(tmp_path: Path) -> None:
    """Copies in any order, within one second and of one URL, are paired by their numbers."""
    sent = probes(20)
    copied = [request.copy() for request in reversed(sent) if request.agent != agent(RUN, 7)]
    report = analyzed(tmp_path, sent, copied, probe=RUN)
    pairs = report.table.filter(side="primary").select("line", "pair_line").rows()
    assert pairs == [(n, None if n == 7 else 21 - n if n > 7 else 20 - n) for n in range(1, 21)]
    assert [line.candidates for line in report.missed_examples] == [1]
    assert the_run(report) == ProbeRun(RUN, True, 20, 19, 20, None, 20, 19, 0, 1, 0, 0)  # noqa: FBT003  # a noun


def test_further_attempts_and_copies_are_certain(tmp_path: Path) -> None:
    """A number that comes twice is a retry on the primary and a duplicate on the shadow, whatever was answered."""
    sent = probes(5)
    report = analyzed(
        tmp_path, [*sent, sent[-1]], [*(each.copy() for each in sent), sent[2].copy(), sent[2].copy()], probe=RUN
    )
    assert (report.originals.paired, report.originals.retry, report.shadow.duplicate) == (5, 1, 2)
    assert report.retries.evidence == "certain"
    assert (the_run(report).copied_once, the_run(report).copied_more_than_once) == (4, 1)


def test_everything_else_is_excluded(tmp_path: Path) -> None:
    """Real traffic and other runs stay in the partition, and out of all else."""
    real = requests(10)
    primary = [*real, *probes(8), *probes(3, OTHER)]
    shadow = [*(each.copy() for each in probes(8)), *(each.copy() for each in real[:5])]
    report = analyzed(tmp_path, primary, shadow, probe=RUN)
    assert (report.originals.total, report.originals.paired, report.originals.excluded) == (21, 8, 13)
    assert (report.shadow.total, report.shadow.paired, report.shadow.excluded) == (13, 8, 5)
    assert (report.ratio.paired, report.ratio.missed) == (8, 0)
    judged, other = report.probes
    assert (judged.run, judged.judged, judged.seen) == (RUN, True, 8)
    assert other == ProbeRun(OTHER, False, 3, 0, 3)  # noqa: FBT003  # a noun


def test_probes_beside_real_traffic(tmp_path: Path) -> None:
    """Without --probe they are counted and excluded: the ratio is that of real traffic."""
    real = requests(10)
    report = analyzed(tmp_path, [*real, *probes(30)], [each.copy() for each in real])
    assert (report.originals.paired, report.originals.excluded, report.ratio.value) == (10, 30, 1.0)
    assert the_run(report) == ProbeRun(RUN, False, 30, 0, 30)  # noqa: FBT003  # a noun


def test_nothing_but_probes(tmp_path: Path) -> None:
    """Without --probe they are judged where the primary logged nothing else but what is excluded anyway."""
    health = Request(agent="kube-probe/1.31", target="/healthz")
    sent = [*probes(6), *probes(6, OTHER)]
    report = analyzed(tmp_path, [health, *sent], [each.copy() for each in sent])
    assert (report.originals.paired, report.originals.excluded) == (12, 1)
    assert [(run.run, run.judged, run.copied_once) for run in report.probes] == [(OTHER, True, 6), (RUN, True, 6)]


def test_a_copy_without_marker_is_direct(tmp_path: Path) -> None:
    """A probe that the shadow served itself is no copy of one that the primary served."""
    sent = probes(10)
    shadow = [*(each.copy() for each in sent[:8]), replace(sent[8])]
    report = analyzed(tmp_path, [*sent[:8], sent[9]], shadow, probe=RUN)
    assert (report.originals.paired, report.shadow.direct, report.shadow.orphan) == (8, 1, 0)


def test_unseen_numbers_are_counted(tmp_path: Path) -> None:
    """Numbers that the primary never logged are named, by the highest one or by the saved run."""
    sent = probes(10)
    primary, shadow = sent[:3] + sent[5:9], [each.copy() for each in sent[:3] + sent[5:10]]
    report = analyzed(tmp_path, primary, shadow, probe=RUN)
    run = the_run(report)
    assert (run.sent, run.seen, run.highest, run.without_original) == (None, 7, 10, 1)
    assert [each.text for each in report.warnings if each.code == "probes_unseen"] == [
        "3 of 10 probes were not logged by the primary: they failed, or its log is not complete."
    ]
    saved = tmp_path / "run.json"
    saved.write_text(json.dumps({"schema": "mirrorcheck.probe/1", "run": RUN, "sent": 12}))
    report = analyzed(tmp_path, primary, shadow, probe=saved)
    assert the_run(report).sent == 12
    assert any("5 of 12 probes were not logged" in each.text for each in report.warnings)


def test_a_run_that_is_not_there(tmp_path: Path) -> None:
    """No data is no pass, and the report names the runs that are there."""
    report = analyzed(tmp_path, probes(3), [each.copy() for each in probes(3)], probe="zzzzzz")
    assert report.verdict.word == "NO DATA"
    assert report.probes[0] == ProbeRun("zzzzzz", True, 0, 0, 0, None, 0, 0, 0, 0, 0, 0)  # noqa: FBT003  # a noun
    assert any("no probe of run zzzzzz" in each.text and RUN in each.text for each in report.warnings)


@pytest.mark.parametrize(
    "name",
    [
        "mirrorcheck-probe/1 (k3f9a2; 0)",
        "mirrorcheck-probe/1 (K3F9A2; 1)",
        "x mirrorcheck-probe/1 (k3f9a2; 1)",
        "mirrorcheck-probe/1 (k3f9a2; 1) x",
    ],
)
def test_what_is_no_probe(tmp_path: Path, name: str) -> None:
    """A user agent that is nearly that of a probe is real traffic."""
    report = analyzed(tmp_path, [Request(agent=name)], [Request(agent=name).copy()])
    assert report.probes == ()
    assert report.originals.paired == 1


@pytest.mark.parametrize("given", ["k3f9a", "K3F9A2", "no/such.json"])
def test_neither_run_nor_file(tmp_path: Path, given: str) -> None:
    """What names no run is a wrong use of the option."""
    with pytest.raises(mirrorcheck.UsageError, match="neither a run nor a file"):
        analyzed(tmp_path, [], [], probe=given)


@pytest.mark.parametrize("text", ["", "[]", '{"schema": "mirrorcheck.probe/2", "run": "k3f9a2", "sent": 1}'])
def test_a_file_without_a_run(tmp_path: Path, text: str) -> None:
    """A file that was not saved by a probe is refused by its name."""
    path = tmp_path / "other.json"
    path.write_text(text)
    with pytest.raises(mirrorcheck.InputError, match=r"other\.json holds no run"):
        analyzed(tmp_path, [], [], probe=path)


@given(st.text("0123456789abcdefghijklmnopqrstuvwxyz", min_size=6, max_size=6), st.integers(1, 999_999_999))
def test_what_is_sent_is_found(run: str, number: int) -> None:
    """The user agent gives its run and number back, and the run's code its name."""
    assert find_agents(f"...{agent(run, number)}...".encode()) == [(run, number)]
    assert run_name(run_code(run)) == run
