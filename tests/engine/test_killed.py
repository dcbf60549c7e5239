"""A watching that is killed: what it had received is analyzed, and the report says that the end is missing."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

import mirrorcheck
from tests.logs import Request, requests

_PROGRAM = Path(sys.executable).with_name("mirrorcheck")
_WAIT_S = 60


def line(pod: str, request: Request) -> bytes:
    """A line of a capture that names its pod, as `kubectl logs --prefix` prints it."""
    return f"[pod/{pod}/app] {request.line()}\n".encode()


def text_in(folder: Path) -> bytes:
    """What was kept so far."""
    return b"".join(path.read_bytes() for path in folder.glob("*.log"))


@pytest.mark.parametrize("torn", [b"", b"[pod/v1-a/app] 10.0.0.1 - - [22/Nov"], ids=["whole", "torn"])
def test_what_was_received_is_reported(tmp_path: Path, torn: bytes) -> None:
    """SIGKILL leaves no time for anything: the recording is whole up to there all the same."""
    sent = requests(300)
    lines = [each for request in sent for each in (line("v1-a", request), line("v2-b", request.copy()))]
    folder = tmp_path / "kept"
    command = [str(_PROGRAM), "watch", "-", "--plain", "--save", str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:  # noqa: S603  # the program is this project's own
        assert process.stdin
        process.stdin.write(b"".join(lines) + torn)
        process.stdin.flush()
        until = time.monotonic() + _WAIT_S
        while text_in(folder).count(b"\n") < len(lines):
            assert time.monotonic() < until, "nothing was kept"
            assert process.poll() is None
            time.sleep(0.02)
        process.kill()
    report = mirrorcheck.analyze(folder)
    assert (report.originals.total, report.originals.paired) == (len(sent), len(sent))
    [warning] = [each for each in report.warnings if each.code == "no_end"]
    assert "the recording has no end" in warning.text


def test_a_watching_that_ends_has_one(tmp_path: Path) -> None:
    """Nothing is said where the end was kept."""
    lines = [each for request in requests(30) for each in (line("v1-a", request), line("v2-b", request.copy()))]
    command = [str(_PROGRAM), "watch", "-", "--plain", "--save", str(tmp_path / "kept")]
    subprocess.run(command, input=b"".join(lines), capture_output=True, check=True)  # noqa: S603  # the program is this project's own
    assert "no_end" not in {each.code for each in mirrorcheck.analyze(tmp_path / "kept").warnings}
