"""Files of all kinds come in as the same chunks; what cannot be read says why."""

import bz2
import gzip
import io
import lzma
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from mirrorcheck.errors import InputError, UsageError
from mirrorcheck.sources.files import open_sources

TEXT = b"".join(b"line %d of a log\n" % number for number in range(5000))
PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": zstandard.ZstdCompressor().compress,
}


def read(name: str) -> bytes:
    """The text of one file."""
    (source,) = open_sources([name])
    text = b"".join(source.chunks())
    if source.spooled:
        source.spooled.close()
    return text


@pytest.mark.parametrize("kind", PACKERS)
def test_compressed(tmp_path: Path, kind: str) -> None:
    """Compressed files, several members in a row among them, are unpacked by content, whatever their name."""
    path = tmp_path / "v1.log"
    path.write_bytes(PACKERS[kind](TEXT) + PACKERS[kind](TEXT))
    assert read(str(path)) == TEXT + TEXT


@pytest.mark.parametrize("kind", PACKERS)
@pytest.mark.parametrize("left", [0.2, 0.9])
def test_cut_short(tmp_path: Path, kind: str, left: float) -> None:
    """Compressed data that ends too early is an error, never a shorter log."""
    packed = PACKERS[kind](TEXT)
    (tmp_path / "v1").write_bytes(packed[: int(len(packed) * left)])
    with pytest.raises(InputError, match="damaged or cut short"):
        read(str(tmp_path / "v1"))


def test_globs(tmp_path: Path) -> None:
    """A glob stands for its files in order; a name that exists is taken as it is."""
    for name in ("b.log", "a.log", "[c].log"):
        (tmp_path / name).write_bytes(TEXT)
    found = [Path(source.name).name for source in open_sources([str(tmp_path / "?.log")])]
    assert found == ["a.log", "b.log"]
    assert read(str(tmp_path / "[c].log")) == TEXT
    with pytest.raises(InputError, match="no file matches"):
        open_sources([str(tmp_path / "*.txt")])


def test_named_twice(tmp_path: Path) -> None:
    """A file named twice, once by a link, is an error."""
    (tmp_path / "a.log").write_bytes(TEXT)
    (tmp_path / "link.log").symlink_to("a.log")
    with pytest.raises(UsageError, match="given twice"):
        open_sources([str(tmp_path / "*.log")])


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    """Standard input can be read again and again; where it is closed that is said."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(gzip.compress(TEXT))))
    (source,) = open_sources(["-"])
    assert b"".join(source.chunks()) == b"".join(source.chunks()) == TEXT
    assert source.spooled is not None
    source.spooled.close()
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(InputError, match="is closed"):
        open_sources(["-"])


def test_pipe(tmp_path: Path) -> None:
    """A named pipe, as the shell's <(...) gives, is kept and read like a file."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    if not os.fork():
        pipe.write_bytes(b"x\n")
        os._exit(0)
    assert read(str(pipe)) == b"x\n"
    os.wait()


def test_progress(tmp_path: Path) -> None:
    """The place reached in the stored bytes is told."""
    (tmp_path / "a.log").write_bytes(TEXT)
    (source,) = open_sources([str(tmp_path / "a.log")])
    places: list[int] = []
    list(source.chunks(places.append))
    assert places[-1] == source.size() == len(TEXT)
