"""`mirrorcheck assert` and `sample-size`: verdicts on recordings with known truth, and exit statuses."""

import io
import json
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

import mirrorcheck
from mirrorcheck.checks.evaluate import evaluate
from mirrorcheck.checks.expectations import CheckOptions, complete_checks
from mirrorcheck.checks.verdicts import CheckResult
from mirrorcheck.report.dump import dump
from tests import recordings
from tests.program import Ran, call
from tests.recordings import NAMES, RECORDINGS, TESTDATA, side_options, sides
from tests.sample import sampled

PROGRAM = Path(sys.executable).with_name("mirrorcheck")


def piped(folder: Path, stdin: bytes, *arguments: str) -> Ran:
    """Run the installed program in a folder, with something on its standard input."""
    ran = subprocess.run([PROGRAM, *arguments], cwd=folder, input=stdin, capture_output=True, check=False)  # noqa: S603  # the program is this project's own
    return Ran(ran.returncode, ran.stdout.decode(), ran.stderr.decode())


@cache
def saved(name: str) -> bytes:
    """The report of a recording."""
    logs, stream = sides(name), io.StringIO()
    dump(mirrorcheck.analyze(primary=logs["primary"], shadow=logs["shadow"]), stream)
    return stream.getvalue().encode()


def verdict(name: str, *checks: str) -> str:
    """What is said of the saved report of a recording, by options as the command takes them."""
    pairs = zip(checks[::2], checks[1::2], strict=True)
    options = {option.removeprefix("--").replace("-", "_"): value for option, value in pairs}
    wanted = complete_checks(CheckOptions(**options))  # type: ignore[arg-type]  # by their names
    return evaluate(json.loads(saved(name)), wanted).verdict.value


def truth(name: str) -> tuple[int, int]:
    """How many requests of a recording were up for mirroring, and how many of them were copied."""
    true = recordings.truth(name)
    return len(true.requests), len(true.copied)


AT_100 = ["all-copied-busy", "gateway-behind-sidecars", "primary-retried", "shadow-slow"]
AT_50 = [
    "sampled-50", "direct-behind-gateway", "retried-50", "client-retries-50", "pods-50", "two-gateways-50",
    "client-xff-gateway-50", "two-policies",
]  # fmt: skip


@pytest.mark.unmeasured
@pytest.mark.parametrize("name", sampled(AT_100, 2))
def test_recordings_at_100_pass(name: str) -> None:
    """Everything was copied, on more than 299 requests: 100 % passes, and every smaller percentage fails."""
    originals, copied = truth(name)
    assert originals == copied >= 299
    assert verdict(name, "--expect", "100") == "pass"
    assert verdict(name, "--expect", "100", "--min-requests", str(originals + 1)) == "inconclusive"
    for expect in ("0", "10", "50"):
        assert verdict(name, "--expect", expect, *([] if expect == "0" else ["--within", "5"])) == "fail"
    assert verdict(name, "--min-ratio", "99") == "pass"


@pytest.mark.unmeasured
@pytest.mark.parametrize("name", ["shadow-frozen", "primary-refusing"])
def test_short_recordings_at_100_are_never_failed(name: str) -> None:
    """Everything was copied, on fewer requests: what is not enough cannot be told, and with fewer asked for passes."""
    originals, copied = truth(name)
    assert originals == copied < 299
    assert verdict(name, "--expect", "100") == "inconclusive"
    assert verdict(name, "--expect", "100", "--min-requests", "150") == "pass"


@pytest.mark.unmeasured
@pytest.mark.parametrize("name", sampled(AT_50, 3))
def test_recordings_at_50_are_never_judged_wrongly(name: str) -> None:
    """Half was copied: 100 %, 0 % and 20 % fail, 50 % never does, and passes with a tolerance that is wide enough."""
    for wrong in (["100"], ["0"], ["20", "--within", "5"], ["80", "--within", "5"]):
        assert verdict(name, "--expect", *wrong) == "fail"
    for within in ("1", "2", "5", "8"):
        assert verdict(name, "--expect", "50", "--within", within) != "fail"
    assert verdict(name, "--expect", "50", "--within", "20") == "pass"


@pytest.mark.unmeasured
def test_recording_at_10_is_never_judged_wrongly() -> None:
    """A tenth was copied: what is far from it fails, 10 % never does, and 20 % is not let through by its tolerance."""
    for wrong in (["100"], ["0"], ["50", "--within", "10"], ["20", "--within", "5"], ["3", "--within", "2"]):
        assert verdict("sampled-10-slow", "--expect", *wrong) == "fail"
    for within in ("1", "2", "3", "5"):
        assert verdict("sampled-10-slow", "--expect", "10", "--within", within) != "fail"
    assert verdict("sampled-10-slow", "--expect", "10", "--within", "5") == "pass"
    assert verdict("sampled-10-slow", "--min-ratio", "20") == "fail"


def test_thousand_requests_at_50_pass_within_5() -> None:
    """492 of 1,000: within 5 points for sure, within 1 it cannot be told, and 40 % +-5 it is not."""
    assert verdict("sampled-50", "--expect", "50", "--within", "5") == "pass"
    assert verdict("sampled-50", "--expect", "50", "--within", "1") == "inconclusive"
    assert verdict("sampled-50", "--expect", "40", "--within", "5") == "fail"


@pytest.mark.parametrize("name", ["shadow-restarted", "switched-down"])
def test_outage_and_change_fail(name: str) -> None:
    """What was mirrored for a part of the time fails 100 %, with and without --while-on."""
    for expect in (["--expect", "100"], ["--min-ratio", "90"]):
        assert verdict(name, *expect) == "fail"
    while_on = complete_checks(CheckOptions(expect="100", while_on=True))
    assert evaluate(json.loads(saved(name)), while_on).verdict == CheckResult.FAIL


@pytest.mark.unmeasured
@pytest.mark.parametrize("name", sampled(reversed(NAMES), 6))
def test_every_recording_is_judged_by_its_truth(name: str) -> None:
    """Counts: as many misses as there were are allowed or cannot be told, and a tenth of them fails."""
    originals, copied = truth(name)
    assert verdict(name, "--max-missed", str(originals - copied)) != "fail"
    if originals > copied:
        assert verdict(name, "--max-missed", str((originals - copied) // 10)) == "fail"


@pytest.mark.unmeasured
def test_logs_and_their_saved_report_are_judged_alike(tmp_path: Path) -> None:
    """From logs, from a file, from standard input, and with the keys in another order."""
    checks = ["--expect", "50", "--within", "5", "--max-orphans", "0", "--json"]
    (tmp_path / "report.json").write_bytes(saved("sampled-50"))
    (tmp_path / "sorted.json").write_text(json.dumps(json.loads(saved("sampled-50")), sort_keys=True))
    found = [
        call(tmp_path, "assert", *side_options("sampled-50"), *checks),
        call(tmp_path, "assert", "report.json", *checks),
        call(tmp_path, "assert", "sorted.json", *checks),
        piped(tmp_path, saved("sampled-50"), "assert", "-", *checks),
    ]
    assert len({ran.out for ran in found}) == 1
    assert {ran.status for ran in found} == {0}


@pytest.mark.unmeasured
def test_logs_are_still_logs(tmp_path: Path) -> None:
    """A capture on standard input is none the worse for being looked at first, whatever its file is called."""
    capture = (TESTDATA / "article.log").read_bytes()
    (tmp_path / "capture.json").write_bytes(capture)
    for ran in (
        piped(tmp_path, capture, "assert", "-", "--expect", "100", "--while-on", "--min-requests", "2"),
        call(tmp_path, "assert", "capture.json", "--expect", "100", "--while-on", "--min-requests", "2"),
    ):
        assert ran.status == 0, ran.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["report.json"], "nothing to check"),
        (["report.json", "--expect", "100", "--since", "18:00:00"], "--since cannot change a saved report"),
        (["report.json", "--expect", "100", "--only", "/a"], "--only cannot change a saved report"),
        (["report.json", "--expect", "100", "--no-presumed-retries"], "--no-presumed-retries cannot change"),
        (["report.json", "--expect", "100", "--outcomes", "a.csv"], "--outcomes cannot change"),
        (["report.json", "--expect", "100", "--inconclusive", "maybe"], "Give fail or pass"),
        (["report.json", "--expect", "100", "--junit", "none/a.xml"], "Create it first"),
        (["report.json", "--expect", "100", "--markdown", "."], "it is a directory"),
        (["cut.json", "--expect", "100"], "no complete JSON document"),
        (["other.json", "--expect", "100"], "its schema is"),
    ],
)
def test_wrong_usage(tmp_path: Path, arguments: list[str], message: str) -> None:
    """One line on standard error and status 2, before anything is judged."""
    (tmp_path / "report.json").write_bytes(saved("sampled-50"))
    (tmp_path / "cut.json").write_bytes(saved("sampled-50")[:500])
    (tmp_path / "other.json").write_text('{"schema": "mirrorcheck.verdicts/1"}')
    ran = call(tmp_path, "assert", *arguments)
    assert (ran.status, ran.out) == (2, "")
    assert message in ran.err
    assert ran.err.count("\n") == 1


@pytest.mark.parametrize(("taken", "status"), [("fail", 1), ("pass", 0)])
def test_what_cannot_be_told_is_taken(tmp_path: Path, taken: str, status: int) -> None:
    """--inconclusive turns status 3, and only that."""
    (tmp_path / "report.json").write_bytes(saved("sampled-50"))
    open_, bad = ["--expect", "50", "--within", "1"], ["--expect", "100"]
    ran = call(tmp_path, "assert", "report.json", *open_, "--inconclusive", taken)
    assert ran.status == status
    assert f"taken as {taken}" in ran.out
    assert call(tmp_path, "assert", "report.json", *bad, "--inconclusive", taken).status == 1


def test_files_and_summary(tmp_path: Path) -> None:
    """JUnit, Markdown, annotations and the summary of the step come from one run."""
    (tmp_path / "mirrorcheck.toml").write_text("[checks]\nexpect = 100\nmax-new-5xx = 0\n")
    (tmp_path / "report.json").write_bytes(saved("shadow-restarted"))
    files = ["--junit", "a.xml", "--markdown", "a.md"]
    on = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md")}
    ran = call(tmp_path, "assert", "report.json", *files, **on)
    lines = ran.out.splitlines()
    assert ran.status == 1
    assert lines[0].startswith("::stop-commands::")
    assert lines[-1].startswith("::error title=mirrorcheck%3A mirror ratio fail::expected 100 %25, found 69.60 %25,")
    assert (tmp_path / "a.md").read_text() == (tmp_path / "summary.md").read_text()
    assert "<failure " in (tmp_path / "a.xml").read_text()
    off = call(tmp_path, "assert", "report.json", "--no-github", **on)
    assert "::" not in off.out
    document = call(tmp_path, "assert", "report.json", "--json", **on)
    assert json.loads(document.out)["verdict"] == "fail"
    assert document.err.startswith("::error ")


@pytest.mark.unmeasured
def test_only_and_ignore(tmp_path: Path) -> None:
    """Paths are looked at or passed over, by option or by table, and a report that says so may be judged with them."""
    for log in ("v1.log", "v2.log"):
        shutil.copy(RECORDINGS / "sampled-50" / log, tmp_path / log)
    logs = ["--primary", "v1.log", "--shadow", "v2.log"]
    totals = []
    for given in (["--only", "/api/cart*"], ["--ignore", "/api/cart*"], []):
        ran = call(tmp_path, "assert", *logs, *given, "--expect", "50", "--within", "25", "--json")
        totals.append(json.loads(ran.out)["checks"][0]["total"])
    assert totals[0] + totals[1] == totals[2] == 1000
    (tmp_path / "mirrorcheck.toml").write_text('[checks]\nexpect = 50\nwithin = 25\nonly = ["/api/cart*"]\n')
    ran = call(tmp_path, "assert", *logs, "--json")
    assert json.loads(ran.out)["checks"][0]["total"] == totals[0]


def test_reader_that_leaves_does_not_open_the_gate(tmp_path: Path) -> None:
    """Whoever reads only the first line leaves the status as it is."""
    (tmp_path / "report.json").write_bytes(saved("shadow-restarted"))
    script = f'set -o pipefail; "{PROGRAM}" assert report.json --expect 100 | true'
    ran = subprocess.run(["/bin/bash", "-c", script], cwd=tmp_path, capture_output=True, check=False)  # noqa: S603
    assert (ran.returncode, ran.stderr) == (1, b"")


@pytest.mark.parametrize(
    ("arguments", "lines"),
    [
        (["--expect", "100"], ["100 % at 95 % confidence", "299 requests without one", "to fail      1, if nothing"]),
        (["--expect", "50", "--within", "5"], ["all at once  1,332 requests", "one by one", "to fail      9, if"]),
    ],
)
def test_sample_size(tmp_path: Path, arguments: list[str], lines: list[str]) -> None:
    """It says how many requests are needed all at once, one by one, and to find out a dead mirror."""
    ran = call(tmp_path, "sample-size", *arguments)
    assert ran.status == 0
    for line in lines:
        assert line in ran.out
    document = json.loads(call(tmp_path, "sample-size", *arguments, "--json").out)
    assert f"{document['fixed']:,} requests" in ran.out
    assert re.search(r"\d", str(document["dead"]))
