"""Logs in any order are given in order of time, in any budget."""

import resource
import tempfile
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mirrorcheck.errors import InputError
from mirrorcheck.reading import constants
from mirrorcheck.reading.readers import find_jobs
from mirrorcheck.reading.sorted_log import SortingRoom, sorted_logs
from mirrorcheck.reading.stepped_log import ENDLESS_US, SteppedLog, log_in_turn
from mirrorcheck.settings import Options, complete
from mirrorcheck.sources.files import Inputs
from tests.logs import Request, write
from tests.sample import examples

ALL = 1 << 30  # bytes, of which no test needs so many


def requests(seconds: list[int]) -> list[Request]:
    """Requests for pages of their own in these seconds."""
    return [Request(second=second, target=f"/{number}", size=number) for number, second in enumerate(seconds)]


def opened(path: Path, room: SortingRoom | None, bytes_at_once: int) -> SteppedLog:
    """A log, sorted if there is room for it."""
    inputs = Inputs.open((), (str(path),), (str(_other(path)),))
    jobs, meters = find_jobs(inputs, complete(Options()))
    if room is None:
        return log_in_turn(jobs[0], meters[0], bytes_at_once)
    return sorted_logs([(jobs[0], meters[0])], room, bytes_at_once)[0]


def _other(path: Path) -> Path:
    return path.with_suffix(".log" if path.suffix == ".other" else ".other")


def read(log: SteppedLog) -> pl.DataFrame:
    """All lines of a log, which come in order of time unless it is read in turn."""
    last_us = -ENDLESS_US
    while not log.ended:
        log.read_on()
        assert log.read_us >= last_us
        last_us = log.read_us
    return log.take(ENDLESS_US, -ENDLESS_US).table


@given(
    seconds=st.lists(st.integers(0, 30), min_size=1, max_size=300),
    bytes_at_once=st.integers(90, 4_000),
    size=st.integers(1, 30_000),
    merged=st.integers(2, 6),
    piece=st.integers(1, 50),
)
@example([5] * 100, 500, 4_000, 6, 5)
@examples(200)
def test_any_log_in_any_budget(seconds: list[int], bytes_at_once: int, size: int, merged: int, piece: int) -> None:
    """The same lines in order of time, those of one second as in the log, however many runs are laid aside."""
    with TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        folder = Path(name)
        patch.setattr(constants, "MERGED_RUNS", merged)
        patch.setattr(constants, "LEAST_PIECE", piece)
        patch.setattr(tempfile, "tempdir", name)
        path = write(folder / "v1.log", requests(seconds))
        write(folder / "v1.other", requests(seconds))
        in_turn = read(opened(path, None, bytes_at_once))
        with SortingRoom(size) as room:
            found = read(opened(path, room, bytes_at_once))
        assert found.equals(in_turn.sort("time_us", maintain_order=True))
        assert [each.name for each in folder.iterdir() if each.is_dir()] == []


@pytest.mark.parametrize("runs", [1, 2, 50])
def test_runs_are_laid_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, runs: int) -> None:
    """One that fits is not; of the others nothing is left in the folder once they were given."""
    seconds = [7 * number % 1_009 for number in range(1_000)]
    path = write(tmp_path / "v1.log", requests(seconds))
    write(tmp_path / "v1.other", requests(seconds))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    in_turn = read(opened(path, None, 500))
    row_bytes = int(in_turn.estimated_size()) // in_turn.height
    with SortingRoom(ALL if runs == 1 else row_bytes * 1_000 // runs) as room:
        log = opened(path, room, 500)
        laid = [*tmp_path.glob("mirrorcheck-*/*")]
        assert bool(laid) == (runs > 1)
        assert read(log).equals(in_turn.sort("time_us", maintain_order=True))
        assert not [*tmp_path.glob("mirrorcheck-*/*")]
    assert not [*tmp_path.glob("mirrorcheck-*")]


def test_logs_share_the_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A log that would fit is laid aside where others are held already."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    path = write(tmp_path / "v1.log", requests([*range(300)]))
    other = write(tmp_path / "v1.other", requests([*range(300)]))
    with SortingRoom(60_000) as room:
        first = opened(path, room, 500)
        assert not [*tmp_path.glob("mirrorcheck-*")]
        second = opened(other, room, 500)
        assert [*tmp_path.glob("mirrorcheck-*/*")]
        assert read(first).equals(read(second))


def test_lines_of_one_time(tmp_path: Path) -> None:
    """A log of one second is given whole, in the order of the log."""
    path = write(tmp_path / "v1.log", requests([5] * 400))
    write(tmp_path / "v1.other", requests([5]))
    with SortingRoom(4_000) as room:
        assert read(opened(path, room, 500))["line"].to_list() == list(range(1, 401))


@pytest.mark.parametrize("size", [ALL, 4_000])
def test_exports_are_turned(tmp_path: Path, size: int) -> None:
    """Where a program writes the newest first, the later one of two lines of one time stands first."""
    for ending, order in ((".log", -1), (".other", 1)):
        lines = [
            f'2026-11-22T18:00:{each.second:02d}.000Z {{app="web", pod="v1"}} {each.line()}'
            for each in requests([n // 3 for n in range(90)])
        ]
        (tmp_path / f"v1{ending}").write_text("\n".join([*lines[::order], ""]))
    with SortingRoom(size) as room:
        log = opened(tmp_path / "v1.log", room, 500)
        assert read(log)["line"].to_list() == list(range(90, 0, -1))
    with SortingRoom(size) as room:
        log = opened(tmp_path / "v1.other", room, 500)
        assert read(log)["line"].to_list() == list(range(1, 91))


def test_no_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is missed only where it is needed, and then in one line with the way out."""
    path = write(tmp_path / "v1.log", requests([*range(200, 0, -1)]))
    write(tmp_path / "v1.other", requests([5]))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "none"))
    with SortingRoom(ALL) as room:
        assert read(opened(path, room, 500)).height == 200
    with SortingRoom(4_000) as room, pytest.raises(InputError, match=r"not in order of time.*TMPDIR"):
        opened(path, room, 500)


def test_no_room_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line says where there is none and what to do, and what was written is gone."""
    path = write(tmp_path / "v1.log", requests([*range(2_000, 0, -1)]))
    write(tmp_path / "v1.other", requests([5]))
    (tmp_path / "scratch").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "scratch"))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4_096, hard))  # of a file: as good as a full disk
    try:
        with (
            SortingRoom(100_000) as room,
            pytest.raises(InputError, match=r"mirrorcheck-.* cannot be written: .*TMPDIR"),
        ):
            opened(path, room, 500)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert not [*(tmp_path / "scratch").iterdir()]
