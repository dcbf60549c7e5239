"""Long logs are read by processes of their own, and nothing but the time tells."""

import gzip
import json
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import pytest

from mirrorcheck.errors import InputError
from mirrorcheck.reading import constants, readers, workers
from mirrorcheck.reading.detection import Formats
from mirrorcheck.reading.observe import Filter
from mirrorcheck.reading.readers import read_streams
from mirrorcheck.reading.stream import Stream
from mirrorcheck.reading.stream_reader import Job
from mirrorcheck.reading.workers import start_workers
from mirrorcheck.sources.files import Progress, open_sources
from tests.logs import requests, write

NOTHING = Filter(None, None)


@pytest.fixture
def logs(tmp_path: Path) -> list[Path]:
    """Logs of four pods: two plain, one packed, one with nothing but chatter; a line in each plain one is none."""
    plain = [write(tmp_path / f"{name}.log", requests(500 * number)) for number, name in enumerate("ab", start=1)]
    for path in plain:
        path.write_bytes(path.read_bytes() + b"nonsense\n")
    packed, chatter = tmp_path / "c.log.gz", tmp_path / "d.log"
    packed.write_bytes(gzip.compress(plain[0].read_bytes()))
    chatter.write_bytes(b"/docker-entrypoint.sh: Launching\n")
    return [*plain, packed, chatter]


def read(paths: Sequence[Path]) -> list[Stream]:
    """Read the logs."""
    sources = open_sources([str(path) for path in paths])
    with start_workers(sources) as started:
        return read_streams(sources, Formats(), NOTHING, workers=started)


def with_processes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Have three processes read beside this one; returns the names of what is read here, as it is read."""
    read_here: list[str] = []
    here = readers._here  # noqa: SLF001  # who reads what is to be seen nowhere else

    def noted(job: Job, meter: Progress) -> Stream:
        read_here.append(Path(job.source.name).name)
        return here(job, meter)

    monkeypatch.setattr(workers, "PROCESS_BYTES", 0)
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0, 1, 2})
    monkeypatch.setattr(readers, "_here", noted)
    return read_here


def same(streams: Sequence[Stream], others: Sequence[Stream]) -> bool:
    """Whether two readings found the same."""
    return all(
        one.source == other.source
        and (one.format, one.counts, one.samples) == (other.format, other.counts, other.samples)
        and one.table.equals(other.table)
        and one.table.schema == other.table.schema
        for one, other in zip(streams, others, strict=True)
    )


def test_processes_read_what_is_read_here(logs: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """Format, counts, samples and tables are the same, in the order of the sources."""
    here = read(logs)
    read_here = with_processes(monkeypatch)
    assert same(read(logs), here)
    assert not read_here


def test_this_process_reads_where_processors_are_left(logs: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """Only long texts are worth a process; the short ones are read here meanwhile."""
    here = read(logs)
    read_here = with_processes(monkeypatch)
    monkeypatch.setattr(workers, "PROCESS_BYTES", logs[1].stat().st_size)
    assert same(read(logs), here)
    assert "b.log" not in read_here
    assert read_here


def test_processes_read_again_what_has_late_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where later lines have more keys than the first ones, the workers are asked a second time."""
    monkeypatch.setattr(constants, "FORMAT_SAMPLE", 400)
    values = {"time": "2026-11-22T18:00:00Z", "method": "GET", "path": "/a", "status": 200}
    lines = [json.dumps(values | ({"request_id": f"id-{number}"} if number > 20 else {})) for number in range(60)]
    path = tmp_path / "v1.log"
    path.write_text("".join(f"{line}\n" for line in lines))
    here = read([path])
    read_here = with_processes(monkeypatch)
    [again] = streams = read([path])
    assert same(streams, here)
    assert again.table["request_id"].n_unique() == 40
    assert not read_here


def test_a_file_beside_the_logs_is_no_module(logs: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """A process does not run what the user keeps under the name of a library."""
    folder = logs[0].parent
    (folder / "polars.py").write_text("import pathlib; pathlib.Path('ran').touch(); raise SystemExit(1)")
    monkeypatch.chdir(folder)
    read_here = with_processes(monkeypatch)
    read(logs)
    assert not (folder / "ran").exists()
    assert not read_here


@pytest.mark.parametrize("interpreter", ["/bin/false", "/nonexistent", ""])
def test_without_a_process_all_is_read_here(
    logs: list[Path], monkeypatch: pytest.MonkeyPatch, interpreter: str
) -> None:
    """Processes that end early, cannot be started or are not to be had cost nothing but time."""
    here = read(logs)
    read_here = with_processes(monkeypatch)
    monkeypatch.setattr(sys, "executable", interpreter)
    assert same(read(logs), here)
    assert sorted(read_here) == ["a.log", "b.log", "c.log.gz", "d.log"]


def test_damage_that_a_process_meets(logs: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """What is wrong with a log is told as if it had been read here."""
    cut = logs[0].parent / "cut.log.gz"
    cut.write_bytes(gzip.compress(logs[1].read_bytes())[:-2_000])
    read_here = with_processes(monkeypatch)
    with pytest.raises(InputError, match=r"cut\.log\.gz: the compressed data is damaged or cut short"):
        read([*logs, cut])
    assert "cut.log.gz" not in read_here


def test_progress_of_processes_adds_up(logs: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """The bytes told are those stored, whoever reads them."""
    with_processes(monkeypatch)
    told: list[int] = []
    sources = open_sources([str(path) for path in logs])
    with start_workers(sources) as started:
        read_streams(sources, Formats(), NOTHING, told.append, started)
    assert sum(told) == sum(path.stat().st_size for path in logs)


_ENDLESS = """
import polars, sys
from mirrorcheck.reading.detection import Formats
from mirrorcheck.reading.stream_reader import Job
from mirrorcheck.sources.files import Progress
from mirrorcheck.reading.observe import Filter
from mirrorcheck.reading.readers import read_streams
from mirrorcheck.sources.files import Source, open_sources

def endless(source, progress=None):
    line = open(source.path, "rb").readline()
    while True:
        yield line
        progress(1)
        print(flush=True)

Source.chunks = endless
polars.DataFrame({"a": [1]}).lazy().group_by("a").len().collect()
try:
    read_streams(open_sources(sys.argv[1:]), Formats(), Filter(None, None))
except KeyboardInterrupt:
    sys.exit(130)
"""


def test_ctrl_c_ends_the_reading(logs: list[Path]) -> None:
    """Ctrl-C is heard while threads read, though polars has its own hand on it."""
    command = [sys.executable, "-c", _ENDLESS, *map(str, logs[:2])]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:  # noqa: S603  # our own words
        assert process.stdout
        process.stdout.readline()  # reading has begun
        # Who does not hear it reads on for ever. On a busy machine one may get lost on its way through polars.
        for _ in range(6):
            process.send_signal(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                process.communicate(timeout=10)
                break
    assert process.returncode == 130
