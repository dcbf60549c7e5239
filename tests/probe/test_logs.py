"""Logs that are read while they are written: what counts, and when the waiting is over."""

from pathlib import Path
from threading import Timer

import pytest

from mirrorcheck import UsageError
from mirrorcheck.probe.agent import agent
from mirrorcheck.sources.files import Inputs
from mirrorcheck.sources.probe_logs import ProbeLogs

RUN = "k3f9a2"


def logs(folder: Path) -> tuple[Path, Path, ProbeLogs]:
    """Two logs with a line each, and what reads them from here on."""
    v1, v2 = folder / "v1.log", folder / "v2.log"
    for log in (v1, v2):
        log.write_text(f"{agent(RUN, 9)}\n")
    return v1, v2, ProbeLogs(Inputs.open((), (str(v1),), (str(v2),)), RUN)


def seen(reading: ProbeLogs, *wanted: int) -> tuple[int, int]:
    """How many of these numbers were logged, by one look."""
    told: list[tuple[int, int]] = []
    reading.wait({*wanted}, 0.0, lambda originals, copies: told.append((originals, copies)))
    return told[-1]


def append(log: Path, text: str) -> None:
    """Write what a server appends."""
    with log.open("a") as file:
        file.write(text)


def test_only_what_is_appended_counts(tmp_path: Path) -> None:
    """Lines from before, of other runs and without an end are not counted; a line that comes in pieces is."""
    v1, v2, reading = logs(tmp_path)
    append(v1, f"{agent(RUN, 1)}\n{agent('000000', 2)}\n{agent(RUN, 3)[:20]}")
    append(v2, f"{agent(RUN, 1)}")
    assert seen(reading, 1, 2, 3, 9) == (1, 0)
    append(v1, f"{agent(RUN, 3)[20:]} more\n")
    append(v2, "\n")
    assert seen(reading, 1, 2, 3, 9) == (2, 1)


@pytest.mark.parametrize("way", ["renamed", "missed while renamed", "emptied"])
def test_a_rotated_log(tmp_path: Path, way: str) -> None:
    """A new file of the name is read from its beginning, and so is one that was emptied."""
    v1, _, reading = logs(tmp_path)
    append(v1, f"{agent(RUN, 1)}\n")
    assert seen(reading, 1, 2) == (1, 0)
    longer = ""
    if way != "emptied":
        v1.rename(tmp_path / "v1.log.1")
        longer = "another line\n" * 100
    if way == "missed while renamed":
        assert seen(reading, 1, 2) == (1, 0)
    v1.write_text(f"{agent(RUN, 2)}\n{longer}")
    assert seen(reading, 1, 2) == (2, 0)


def test_over_when_all_are_there(tmp_path: Path) -> None:
    """The last copy ends the waiting, long before its time is over."""
    v1, v2, reading = logs(tmp_path)
    append(v1, f"{agent(RUN, 1)}\n")
    writing = Timer(0.3, append, (v2, f"{agent(RUN, 1)}\n"))
    writing.start()
    reading.wait({1}, 3600.0, lambda *_: None)
    writing.join()


def test_packed_logs(tmp_path: Path) -> None:
    """A packed log is not one that is being written."""
    v1, v2 = tmp_path / "v1.log.gz", tmp_path / "v2.log"
    v1.write_bytes(b"\x1f\x8b\x08")
    v2.touch()
    with pytest.raises(UsageError, match="cannot be read while it is written"):
        ProbeLogs(Inputs.open((), (str(v1),), (str(v2),)), RUN)
