"""Several shadows of one primary: what is said of each is what is said of it alone, and what all say together."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

import mirrorcheck
from mirrorcheck import Report, Reports
from mirrorcheck.report.dump import to_document
from mirrorcheck.report.load import read_reports
from mirrorcheck.report.several import MissedBetween
from tests.logs import Request, requests, write
from tests.program import call
from tests.recordings import NAMES, sides
from tests.sample import sampled


def thinned(logs: list[Path], folder: Path) -> list[Path]:
    """The logs of a shadow that got all but each seventh of these lines."""
    folder.mkdir()
    for log in logs:
        lines = log.read_bytes().splitlines(keepends=True)
        (folder / log.name).write_bytes(b"".join(line for number, line in enumerate(lines) if number % 7))
    return [folder / log.name for log in logs]


def alone(report: Report, name: str) -> dict[str, object]:
    """The document of the report on a shadow without a name, as it is called where it has this one."""
    return to_document(replace(report, shadow_side=replace(report.shadow_side, label=f"shadow ({name})")))


@pytest.mark.parametrize("name", sampled(NAMES, 4))
def test_each_is_what_it_is_alone(name: str, tmp_path: Path) -> None:
    """In the report and the table of lines, whoever is beside it and comes first."""
    logs = sides(name)
    shadows = {"v3": thinned(logs["shadow"], tmp_path / "v3"), "v2": logs["shadow"]}
    found = mirrorcheck.analyze(primary=logs["primary"], shadow=shadows)
    assert list(found) == ["v3", "v2"]
    for shadow, own in shadows.items():
        single = mirrorcheck.analyze(primary=logs["primary"], shadow=own)
        assert to_document(found[shadow]) == alone(single, shadow)
        assert found[shadow].table.equals(single.table)


def test_each_is_what_it_is_alone_whatever_the_other_one_logs(tmp_path: Path) -> None:
    """Agents tell requests apart beside a shadow that logs them, and are no use beside one that does not."""
    originals = [Request(second=n // 4, target=f"/page/{n // 2}", agent=f"agent/{n % 2}") for n in range(80)]
    primary = write(tmp_path / "v1.log", originals)
    shadows = {"v2": write(tmp_path / "v2.log", [each.copy() for each in originals if each.agent == "agent/0"])}
    shadows["v3"] = tmp_path / "v3.log"  # in Apache's common format
    shadows["v3"].write_text("".join(each.line().partition(' "-" ')[0] + "\n" for each in originals))
    for given in (shadows, dict(reversed(shadows.items()))):
        found = mirrorcheck.analyze(primary=primary, shadow=given)
        for name, log in given.items():
            assert to_document(found[name]) == alone(mirrorcheck.analyze(primary=primary, shadow=log), name)


def test_each_of_a_capture_is_what_it_is_alone(tmp_path: Path) -> None:
    """By pods and by labels; only that the others' lines are of neither side is no news any more."""
    originals = requests(40)
    lines = {
        "v1": originals,
        "v2": [each.copy() for each in originals[3:]],
        "v3": [each.copy() for each in originals[:9]],
    }
    capture = tmp_path / "capture.log"
    text = [f"[web-{pod}-7f78d974c-mfhzz] {each.line()}\n" for pod, own in lines.items() for each in own]
    capture.write_text("".join(text))
    found = mirrorcheck.analyze(capture, shadow_pods={"v2": "*-v2-*", "v3": ["*-v3-*"]})
    for name in ("v2", "v3"):
        single = mirrorcheck.analyze(capture, shadow_pods=f"*-{name}-*")
        [warning] = [each for each in single.warnings if each.code == "other_pods"]
        expected = replace(single, warnings=tuple(each for each in single.warnings if each != warning))
        assert to_document(found[name]) == alone(expected, name)
    assert found.missed_by_all == MissedBetween(0, 0)
    only = mirrorcheck.analyze(capture, shadow_pods={"v3": "*-v3-*"})
    assert isinstance(only, Reports)
    assert "other_pods" in [each.code for each in only["v3"].warnings]  # v2 is nobody's


def test_misses_of_several_are_of_the_same_originals(tmp_path: Path) -> None:
    """Which originals all missed, and which any did, is counted by original."""
    originals = requests(100)
    primary = write(tmp_path / "v1.log", originals)
    missing = {"v2": {10, 20, 30}, "v3": {20, 30, 40, 50}, "v4": {30, 60}}
    shadows = {
        name: write(
            tmp_path / f"{name}.log", [each.copy() for number, each in enumerate(originals) if number not in of]
        )
        for name, of in missing.items()
    }
    found = mirrorcheck.analyze(primary=primary, shadow=shadows)
    assert found.missed_by_all == MissedBetween(1, 1)
    assert found.missed_by_any == MissedBetween(6, 6)
    assert found.sentence == (
        "v2 INCOMPLETE, v3 INCOMPLETE, v4 INCOMPLETE: 3 of 100 missed by v2, 4 of 100 missed by v3, "
        "2 of 100 missed by v4; 1 by all"
    )


def test_which_of_like_requests_all_missed_is_a_range(tmp_path: Path) -> None:
    """Each shadow missed one of three identical requests, which may be the same one and may be another."""
    pages = [Request(second=number // 20, target=f"/page/{number}") for number in range(400)]
    originals = [*pages[:150], pages[150], pages[150], *pages[150:]]
    primary = write(tmp_path / "v1.log", originals)
    shadows = {
        name: write(tmp_path / f"{name}.log", [each.copy() for number, each in enumerate(originals) if number != at])
        for name, at in (("v2", 150), ("v3", 151))
    }
    found = mirrorcheck.analyze(primary=primary, shadow=shadows)
    assert found.missed_by_all == MissedBetween(0, 1)
    assert found.missed_by_any is not None
    assert (found.missed_by_any.low, found.missed_by_any.high) == (1, 2)
    assert "; 0 to 1 by both" in found.sentence


def test_long_logs_say_that_this_is_not_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What became of single originals is not kept of them; all else is as it is alone."""
    monkeypatch.setattr("mirrorcheck.engine.shadows.is_long", lambda *_: True)
    originals = requests(100)
    primary = write(tmp_path / "v1.log", originals)
    shadows = {
        name: write(tmp_path / f"{name}.log", [each.copy() for each in originals[first:]])
        for name, first in (("v2", 3), ("v3", 5))
    }
    found = mirrorcheck.analyze(primary=primary, shadow=shadows)
    assert (found.missed_by_all, found.missed_by_any) == (None, None)
    assert found.sentence.endswith("3 of 100 missed by v2, 5 of 100 missed by v3; how many by both is not known")
    for name, log in shadows.items():
        assert to_document(found[name]) == alone(mirrorcheck.analyze(primary=primary, shadow=log), name)


def test_the_document_is_read_back(tmp_path: Path) -> None:
    """What is saved is judged as what is analyzed."""
    originals = requests(400)
    write(tmp_path / "v1.log", originals)
    write(tmp_path / "v2.log", [each.copy() for each in originals])
    write(tmp_path / "v3.log", [each.copy() for each in originals[2:]])
    logs = ["--primary", "v1.log", "--shadow", "v2=v2.log", "--shadow", "v3=v3.log"]
    saved = call(tmp_path, "analyze", *logs, "--json").out
    (tmp_path / "report.json").write_text(saved)
    found = read_reports(json.loads(saved))
    assert isinstance(found, Reports)
    assert found == replace(mirrorcheck_of(tmp_path), shadows=found.shadows)
    checks = ["--expect", "100", "--json"]
    assert call(tmp_path, "assert", "report.json", *checks) == call(tmp_path, "assert", *logs, *checks)
    one = call(tmp_path, "assert", "report.json", *checks, "--shadow-name", "v2")
    assert (one.status, call(tmp_path, "assert", "report.json", *checks).status) == (0, 1)
    assert call(tmp_path, "assert", *logs, *checks, "--shadow-name", "v2") == one


def mirrorcheck_of(folder: Path) -> Reports:
    """The reports on v2 and v3, from Python."""
    return mirrorcheck.analyze(
        primary=folder / "v1.log", shadow={name: folder / f"{name}.log" for name in ("v2", "v3")}
    )


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
def test_the_table_has_each_original_once_for_each_shadow(ending: str, tmp_path: Path) -> None:
    """One shadow after the other, its name in the first column; the columns behind are those of one."""
    originals = requests(30)
    write(tmp_path / "v1.log", originals)
    write(tmp_path / "v2.log", [each.copy() for each in originals])
    write(tmp_path / "v3.log", [each.copy() for each in originals[2:]])
    logs = ["--primary", "v1.log", "--shadow", "v2=v2.log", "--shadow", "v3=v3.log"]
    assert call(tmp_path, "analyze", *logs, "--outcomes", f"lines.{ending}").status == 0
    read: dict[str, Callable[[Path], pl.DataFrame]] = {
        "csv": pl.read_csv,
        "jsonl": pl.read_ndjson,
        "parquet": pl.read_parquet,
    }
    table = read[ending](tmp_path / f"lines.{ending}")
    assert table.columns[:2] == ["shadow_name", "side"]
    counts = table.filter(pl.col("side") == "primary").group_by("shadow_name", "outcome").len()
    assert set(counts.iter_rows()) == {("v2", "paired", 30), ("v3", "paired", 28), ("v3", "missed", 2)}
    assert table["shadow_name"].to_list() == ["v2"] * 60 + ["v3"] * 58
    frame = mirrorcheck_of(tmp_path).outcomes
    assert list(frame.columns) == table.columns
    assert len(frame) == table.height


@pytest.mark.parametrize("name", ["", "v 2", "v=2", "a/b"])
def test_a_name_that_no_command_could_give_is_refused(name: str, tmp_path: Path) -> None:
    """Names are plain words."""
    log = write(tmp_path / "v1.log", requests(1))
    with pytest.raises(mirrorcheck.UsageError, match="is no name of a shadow"):
        mirrorcheck.analyze(primary=log, shadow={name: log})
    with pytest.raises(mirrorcheck.UsageError, match="is no name of a shadow"):
        mirrorcheck.analyze(log, shadow_pods={name: "*-v2-*"})


def test_a_mapping_names_one_at_least(tmp_path: Path) -> None:
    """Without one there is nothing to report on."""
    log = write(tmp_path / "v1.log", requests(1))
    with pytest.raises(mirrorcheck.UsageError, match="no --shadow is given"):
        mirrorcheck.analyze(primary=log, shadow={})
    with pytest.raises(mirrorcheck.UsageError, match="no shadow has a name"):
        mirrorcheck.analyze(log, shadow_pods={})
    with pytest.raises(mirrorcheck.UsageError, match="no shadow has a name"):
        mirrorcheck.analyze(log, shadow_label={"v2": []})


def test_words_with_names_are_of_the_command_line(tmp_path: Path) -> None:
    """From Python a mapping names shadows, so that the type of the result is known."""
    log = write(tmp_path / "v1.log", requests(1))
    with pytest.raises(mirrorcheck.UsageError, match="NAME= names one of several shadows"):
        mirrorcheck.analyze(log, shadow_pods=["v2=*-v2-*"])
