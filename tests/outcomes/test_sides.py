"""Whose lines are originals and whose are copies."""

from dataclasses import replace
from pathlib import Path

import pytest

import mirrorcheck
from tests.logs import Request, requests, write

ORIGINALS = requests(6)
COPIES = [request.copy() for request in ORIGINALS]


def capture(path: Path, pods: dict[str, list[Request]]) -> Path:
    """Write a merged capture: each line behind the name of its pod."""
    path.write_text("".join(f"[{pod}] {request.line()}\n" for pod, sent in pods.items() for request in sent))
    return path


def codes(report: mirrorcheck.Report) -> set[str]:
    """The codes of the report's warnings."""
    return {warning.code for warning in report.warnings}


def test_two_files_in_either_order(tmp_path: Path) -> None:
    """The log whose lines have one more X-Forwarded-For hop is the shadow's."""
    v1, v2 = write(tmp_path / "v1.log", ORIGINALS), write(tmp_path / "v2.log", COPIES)
    for files in ((v1, v2), (v2, v1)):
        report = mirrorcheck.analyze(*files)
        assert report.primary.files[0].name == str(v1)
        assert "6 of 6 lines" in report.sides_determined_by


def test_two_files_one_empty(tmp_path: Path) -> None:
    """An empty log beside one that is not all copies is a shadow that logged nothing."""
    v1, v2 = write(tmp_path / "v1.log", ORIGINALS), write(tmp_path / "v2.log", [])
    report = mirrorcheck.analyze(v2, v1)
    assert report.verdict.word == "NOT MIRRORING"
    assert report.primary.files[0].name == str(v1)


def test_two_files_that_cannot_be_told(tmp_path: Path) -> None:
    """Without a marker, or with an empty log beside copies, the user must say which is which."""
    v1, other = write(tmp_path / "v1.log", ORIGINALS), write(tmp_path / "other.log", ORIGINALS[:3])
    with pytest.raises(mirrorcheck.UsageError, match="cannot tell which of"):
        mirrorcheck.analyze(v1, other)
    v2, empty = write(tmp_path / "v2.log", COPIES), write(tmp_path / "empty.log", [])
    with pytest.raises(mirrorcheck.UsageError, match="cannot tell whether"):
        mirrorcheck.analyze(v2, empty)


def test_one_file_without_pods(tmp_path: Path) -> None:
    """One log whose lines name no pod has no sides."""
    with pytest.raises(mirrorcheck.UsageError, match="carry no pod names"):
        mirrorcheck.analyze(write(tmp_path / "v1.log", ORIGINALS))


def test_pods(tmp_path: Path) -> None:
    """Lines go to the side whose glob their pod matches, others are counted and named."""
    path = capture(tmp_path / "all.log", {"t-v1-a": ORIGINALS, "t-v2-b": COPIES, "db-0": ORIGINALS[:2]})
    report = mirrorcheck.analyze(path)
    assert (report.originals.paired, report.originals.total) == (6, 6)
    assert report.other_lines is not None
    assert report.other_lines.parsed == 2
    assert "other_pods" in codes(report)


def test_pods_of_a_silent_shadow(tmp_path: Path) -> None:
    """A capture in which no pod of the shadow logged anything is a finding, not an error."""
    report = mirrorcheck.analyze(capture(tmp_path / "all.log", {"t-v1-a": ORIGINALS}))
    assert report.verdict.word == "NOT MIRRORING"
    assert "no_pods" in codes(report)


def test_pods_that_cannot_be_told(tmp_path: Path) -> None:
    """Pods that match neither side while one is empty, or both sides, are an error that names them."""
    path = capture(tmp_path / "all.log", {"t-v1-a": ORIGINALS, "t-canary-b": COPIES})
    with pytest.raises(mirrorcheck.InputError, match="t-canary-b"):
        mirrorcheck.analyze(path)
    with pytest.raises(mirrorcheck.UsageError, match="matches both sides"):
        mirrorcheck.analyze(path, primary_pods="t-*", shadow_pods=["*-canary-*"])


@pytest.mark.parametrize("globs", [("podinfo-primary-*", "podinfo-*"), ((), ())])
def test_pods_of_flagger(tmp_path: Path, globs: tuple[str, str]) -> None:
    """The glob that leaves less choice is meant; and Flagger's names are known without any."""
    pods = {
        "podinfo-primary-7d9c6b8f4d-x2x7k": ORIGINALS,
        "podinfo-6f7b9c4d8-q9zvl": COPIES,
        "redis-podinfo-5c4bb8d9f-abcde": ORIGINALS[:2],
    }
    path = capture(tmp_path / "all.log", pods)
    report = mirrorcheck.analyze(path, primary_pods=globs[0], shadow_pods=globs[1])
    assert report.primary.pods == ("podinfo-primary-7d9c6b8f4d-x2x7k",)
    assert report.shadow_side.pods == ("podinfo-6f7b9c4d8-q9zvl",)
    assert report.originals.paired == len(ORIGINALS)


def test_pods_of_flagger_in_two_captures(tmp_path: Path) -> None:
    """Two logs that each have lines of both sides are told by the names that a tool gives, as one log is."""
    primary, shadow = "podinfo-primary-7d9c6b8f4d-x2x7k", "podinfo-6f7b9c4d8-q9zvl"
    first = capture(tmp_path / "a.log", {primary: ORIGINALS[:2], shadow: COPIES[2:]})
    second = capture(tmp_path / "b.log", {primary: ORIGINALS[2:], shadow: COPIES[:2]})
    report = mirrorcheck.analyze(first, second)
    assert (report.primary.pods, report.shadow_side.pods) == ((primary,), (shadow,))
    assert report.originals.paired == len(ORIGINALS)


def test_the_usual_pods_outrank_those_of_tools(tmp_path: Path) -> None:
    """A v1 and a v2 beside what looks like a pod of Flagger's are what they were taken for before it was known."""
    path = capture(tmp_path / "all.log", {"t-v1-a": ORIGINALS, "t-v2-b": COPIES, "db-primary-5c4bb8d9f-abcde": COPIES})
    assert mirrorcheck.analyze(path).primary.pods == ("t-v1-a",)


def test_pods_beside_a_plain_log(tmp_path: Path) -> None:
    """A log without pod names beside a capture would be dropped silently: it is an error."""
    path = capture(tmp_path / "all.log", {"t-v1-a": ORIGINALS, "t-v2-b": COPIES})
    with pytest.raises(mirrorcheck.UsageError, match=r"plain\.log carry no pod names"):
        mirrorcheck.analyze(path, write(tmp_path / "plain.log", ORIGINALS))


def test_unparsed_lines_of_a_capture_are_shown_once(tmp_path: Path) -> None:
    """A line that names no pod is shown with one side only."""
    path = capture(tmp_path / "all.log", {"t-v1-a": ORIGINALS, "t-v2-b": COPIES})
    path.write_text(path.read_text() + '"GET / of no pod\n')
    report = mirrorcheck.analyze(path)
    assert len(report.primary.unparsed_samples) + len(report.shadow_side.unparsed_samples) == 1


def test_same_lines_on_both_sides(tmp_path: Path) -> None:
    """A copy of the primary's log given as the shadow's is warned of."""
    report = mirrorcheck.analyze(
        primary=write(tmp_path / "v1.log", ORIGINALS), shadow=write(tmp_path / "v1-again.log", ORIGINALS)
    )
    assert "same_lines" in codes(report)


def test_two_logs_of_the_shadow(tmp_path: Path) -> None:
    """The shadow's log twice, under two names, is an error where the sides are not named, else it is warned of."""
    logs = write(tmp_path / "a.log", COPIES), write(tmp_path / "b.log", COPIES)
    with pytest.raises(mirrorcheck.UsageError, match="cannot tell which"):
        mirrorcheck.analyze(*logs)
    assert {"one_side", "same_lines"} <= codes(mirrorcheck.analyze(primary=logs[0], shadow=logs[1]))


def test_a_mirror_that_drops_the_chain_does_not_look_swapped(tmp_path: Path) -> None:
    """Originals whose clients are in X-Forwarded-For and copies that have none: so many addresses are no proxies'."""
    originals = [Request(second=n, target=f"/page/{n}", xff=f"198.51.100.{n}") for n in range(40)]
    copies = [replace(each, xff="-") for each in originals]
    report = mirrorcheck.analyze(
        primary=write(tmp_path / "v1.log", originals), shadow=write(tmp_path / "v2.log", copies)
    )
    assert report.originals.paired == 40
