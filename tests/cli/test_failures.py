"""What nobody foresaw is one line that asks for a report, and a reader that leaves changes no verdict."""

import subprocess
import sys
from pathlib import Path

import pytest

from mirrorcheck.cli import analyze_run
from mirrorcheck.cli import main as cli
from tests.logs import requests, write
from tests.sample import sampled


def run(words: list[str], monkeypatch: pytest.MonkeyPatch) -> int:
    """Run a command in this process; its exit status."""
    monkeypatch.setattr(sys, "argv", ["mirrorcheck", *words])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert isinstance(ended.value.code, int)
    return ended.value.code


class Panic(BaseException):  # as polars calls it
    """What a library of another language raises."""


@pytest.mark.parametrize("error", [KeyError("it\x1b[31m\nhurts"), RecursionError("deep"), Panic("rust"), MemoryError()])
@pytest.mark.parametrize("words", [[], ["--traceback"]])
def test_no_input_ends_in_a_traceback(
    error: BaseException,
    words: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The line names the version and the way out, and is harmless; the traceback is there if it is wanted."""

    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(analyze_run, "analyzed", fail)
    monkeypatch.setattr(cli, "write_no_more", lambda: None)  # the tests want their standard output back
    log = str(write(tmp_path / "v1.log", requests(1)))
    assert run(["analyze", log, *words], monkeypatch) == 70
    told = capsys.readouterr().err.splitlines()
    assert told[-1].startswith("error: mirrorcheck 0.")
    assert "\x1b" not in told[-1]
    assert ("out of memory" in told[-1]) == isinstance(error, MemoryError)
    assert ("Please report this" in told[-1]) != isinstance(error, MemoryError)
    assert (len(told) == 1) != bool(words)
    assert ("Traceback (most recent call last):" in told) == bool(words)


def test_errors_that_were_foreseen_stay_what_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Wrong usage and unreadable input end with 2, wherever --traceback stands."""
    for words in (["analyze", str(tmp_path / "no.log")], ["--traceback", "analyze"], ["analyze", "--bogus"]):
        assert run(words, monkeypatch) == 2
        assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.unmeasured
@pytest.mark.parametrize(("every", "status"), sampled([(2, 1), (1, 0), (0, 3)], 1))
def test_a_reader_that_leaves_changes_no_verdict(every: int, status: int, tmp_path: Path) -> None:
    """The exit status of a judgement is the same whether anybody reads it or not."""
    log = requests(400 if every else 30)
    v1 = write(tmp_path / "v1.log", log)
    v2 = write(tmp_path / "v2.log", [each.copy() for each in log[:: every or 1]])
    command = [sys.executable, "-m", "mirrorcheck", "assert", "--primary", str(v1), "--shadow", str(v2)]
    judged = subprocess.Popen(  # noqa: S603  # this project's own
        [*command, "--expect", "100"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert judged.stdout
    judged.stdout.close()
    _, errors = judged.communicate()
    assert (judged.returncode, errors) == (status, b"")
