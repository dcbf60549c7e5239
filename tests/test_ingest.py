"""Streams of any shape become tables; text can be fetched again while the log stays what it was."""

from pathlib import Path

import numpy as np
import pytest

from mirrorcheck.errors import InputError, UsageError
from mirrorcheck.ingest import Formats, Stream, fetch, read_streams, shown
from mirrorcheck.observe import Filter
from mirrorcheck.sources import files
from tests.logs import requests, write

NOTHING = Filter(None, None)
CHATTER = b"/docker-entrypoint.sh: Launching\n"


def read(path: Path, log_format: str | None = None) -> Stream:
    """Read one log."""
    (stream,) = read_streams(files.open_sources([str(path)]), Formats(log_format), NOTHING)
    return stream


def test_chatter_longer_than_a_chunk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines after any length of start-up chatter are found."""
    monkeypatch.setattr(files, "CHUNK", 50)
    path = write(tmp_path / "v1.log", requests(3))
    path.write_bytes(CHATTER * 20 + path.read_bytes())
    counts = read(path).counts
    assert (counts.read, counts.parsed, counts.foreign) == (23, 3, 20)


def test_nothing_but_chatter(tmp_path: Path) -> None:
    """Chatter alone is foreign, the last line without a line break too."""
    (tmp_path / "v1.log").write_bytes(CHATTER * 2 + CHATTER.strip())
    counts = read(tmp_path / "v1.log").counts
    assert (counts.read, counts.foreign) == (3, 3)


def test_fetch(tmp_path: Path) -> None:
    """Texts come back in the order of their lines, empty for a field that is not logged."""
    stream = read(write(tmp_path / "v1.log", requests(9)))
    texts = fetch(stream, np.array([2, 5]), ["target", "host"])
    assert texts == {"target": [b"/page/1", b"/page/4"], "host": [b"", b""]}
    assert fetch(stream, np.array([], np.int64), ["target"]) == {"target": []}


def test_fetch_from_a_changed_log(tmp_path: Path) -> None:
    """A log that was cut after it was read is an error, not a wrong text."""
    path = write(tmp_path / "v1.log", requests(9))
    stream = read(path)
    path.write_bytes(b"")
    with pytest.raises(InputError, match="changed while it was read"):
        fetch(stream, np.array([2, 5]), ["target"])


def test_unknown_format(tmp_path: Path) -> None:
    """The message shows the line, how far each format got, and the way out."""
    (tmp_path / "v1.log").write_bytes(b"hello\x1b world\n")
    with pytest.raises(InputError, match=r"Tried: nginx main, .* to column \d+\. Give the format with --log-format\."):
        read(tmp_path / "v1.log")
    with pytest.raises(InputError, match=r"in the given format.*Correct --log-format\."):
        read(tmp_path / "v1.log", "$remote_addr [$time_local]")
    with pytest.raises(UsageError, match="has no time"):
        read(tmp_path / "v1.log", "$request")


def test_one_bad_source_stops_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error of one source is the one that is told, while another is read."""
    monkeypatch.setattr(files, "CHUNK", 100)
    good, bad = write(tmp_path / "a.log", requests(2000)), tmp_path / "b.log"
    bad.write_bytes(b"hello\n")
    with pytest.raises(InputError, match=r"b\.log"):
        read_streams(files.open_sources([str(bad), str(good)]), Formats(), NOTHING)


def test_progress_adds_up(tmp_path: Path) -> None:
    """The bytes told are those stored."""
    path = write(tmp_path / "v1.log", requests(9))
    told: list[int] = []
    read_streams(files.open_sources([str(path)]), Formats(), NOTHING, told.append)
    assert sum(told) == path.stat().st_size


def test_shown() -> None:
    """Hostile bytes become one short printable literal."""
    assert shown(b"\x1b[31m\xff" + b"x" * 99) == r'"\x1b[31m\xff' + "x" * 34 + '..."'
