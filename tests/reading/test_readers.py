"""Logs are read side by side, each in two threads, and nothing but the time tells."""

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
from mirrorcheck.reading import constants
from mirrorcheck.reading.detection import Formats
from mirrorcheck.reading.observe import Filter
from mirrorcheck.reading.readers import read_streams
from mirrorcheck.reading.stream import Stream
from mirrorcheck.sources import files
from mirrorcheck.sources.files import open_sources
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
    return read_streams(open_sources([str(path) for path in paths]), Formats(), NOTHING)


def same(streams: Sequence[Stream], others: Sequence[Stream]) -> bool:
    """Whether two readings found the same."""
    return all(
        one.source == other.source
        and (one.format, one.counts, one.samples) == (other.format, other.counts, other.samples)
        and one.table.equals(other.table)
        and one.table.schema == other.table.schema
        for one, other in zip(streams, others, strict=True)
    )


@pytest.mark.unmeasured
@pytest.mark.parametrize("chunk", [100, 5_000])
def test_logs_are_read_side_by_side_as_each_alone(
    logs: list[Path], monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    """Format, counts, samples and tables are the same, in the order of the sources, however many chunks there are."""
    alone = [stream for path in logs for stream in read([path])]
    monkeypatch.setattr(files, "CHUNK", chunk)
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0, 1, 2})
    together = read(logs)
    assert same(together, alone)
    assert [stream.counts.read - stream.counts.parsed for stream in together] == [1, 1, 1, 1]


def test_late_keys_are_read_in_a_second_pass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where later lines have more keys than the first ones, the whole log is read again with them."""
    monkeypatch.setattr(constants, "FORMAT_SAMPLE", 400)
    values = {"time": "2026-11-22T18:00:00Z", "method": "GET", "path": "/a", "status": 200}
    lines = [json.dumps(values | ({"request_id": f"id-{number}"} if number > 20 else {})) for number in range(60)]
    path = tmp_path / "v1.log"
    path.write_text("".join(f"{line}\n" for line in lines))
    [again] = read([path])
    assert again.table["request_id"].n_unique() == 40


def test_damage_in_one_of_several(logs: list[Path]) -> None:
    """What is wrong with a log is told though it is read in threads of its own, and ends the others."""
    cut = logs[0].parent / "cut.log.gz"
    cut.write_bytes(gzip.compress(logs[1].read_bytes())[:-2_000])
    with pytest.raises(InputError, match=r"cut\.log\.gz: the compressed data is damaged or cut short"):
        read([*logs, cut])


def test_progress_adds_up(logs: list[Path]) -> None:
    """The bytes told are those stored."""
    told: list[int] = []
    read_streams(open_sources([str(path) for path in logs]), Formats(), NOTHING, told.append)
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
