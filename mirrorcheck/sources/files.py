"""Opens the files that are named and reads them in chunks: globs, standard input, gzip, zstd, bzip2 and xz."""

import bz2
import glob
import gzip
import lzma
import os
import shutil
import sys
import tempfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import BinaryIO, Self, cast

import zstandard

from mirrorcheck.errors import InputError, UsageError

CHUNK = 1 << 22  # bytes: some 24,000 lines; more would not fit a processor's cache, fewer are not worth a call each
STDIN = "-"
Progress = Callable[[int], None]  # called with a number of bytes
_LONG = 16  # logs of more than this part of the memory have a million lines a GiB, if a line has 64 bytes
_COMPRESSED = 8  # times as long as what is stored, about
_SPOOL = 1 << 26  # bytes of standard input kept in memory; what is beyond goes to a temporary file
_DAMAGED = (EOFError, OSError, zlib.error, lzma.LZMAError, zstandard.ZstdError)


@dataclass(frozen=True, slots=True)
class Source:
    """One stream of log lines: its name for people, and a way to read it from the start, as often as needed."""

    name: str
    path: Path | None  # None: standard input, spooled
    spooled: BinaryIO | None = field(default=None, repr=False, compare=False)
    opener: Callable[[BinaryIO], object] | None = field(default=None, repr=False, compare=False)

    @property
    def plain(self) -> bool:
        """True if bytes of the stream can be fetched by their place in it."""
        return self.opener is None

    def size(self) -> int:
        """Bytes to read, compressed as they are."""
        with self.raw() as stream:
            return stream.seek(0, os.SEEK_END)

    @contextmanager
    def raw(self) -> Iterator[BinaryIO]:
        """The bytes as stored, at their start."""
        if self.spooled is not None:
            self.spooled.seek(0)
            yield self.spooled
            return
        with cast("Path", self.path).open("rb") as stream:
            yield stream

    def chunks(self, progress: Progress | None = None) -> Iterator[bytes]:
        """The text in chunks; `progress` gets the place reached in the stored bytes.

        JSON documents with several elements in a line come with a line for each, at its place in the bytes. Raises
        InputError where compressed data is damaged or cut short.
        """
        from mirrorcheck_parsers.wrappers.splitter import DocumentSplitter

        unfolder = DocumentSplitter()
        for chunk in self._stored(progress):
            text = unfolder.feed(chunk)
            if text:
                yield text
        rest = unfolder.flush()
        if rest:
            yield rest

    def _stored(self, progress: Progress | None) -> Iterator[bytes]:
        """The text as it is stored."""
        with self.raw() as raw:
            text = cast("BinaryIO", self.opener(raw)) if self.opener else raw
            while True:
                try:
                    chunk = text.read(CHUNK)
                except _DAMAGED as error:
                    raise InputError(self._damaged(error)) from error
                if not chunk:
                    return
                if progress:
                    progress(raw.tell())
                yield chunk

    def _damaged(self, error: Exception) -> str:
        reason = " ".join(str(error).split()).rstrip(".") or type(error).__name__
        if self.opener is None:
            return f"{self.name} cannot be read to its end: {reason}. Copy it somewhere safe first."
        return (
            f"{self.name}: the compressed data is damaged or cut short ({reason}). Fetch the file again, or unpack "
            "what is readable and give that."
        )


def is_long(sources: Sequence[Source], memory: int) -> bool:
    """Whether logs may have more than a million lines for each GiB of the memory, bytes."""
    return sum(source.size() * (1 if source.plain else _COMPRESSED) for source in sources) > memory // _LONG


@dataclass(frozen=True, slots=True)
class Inputs:
    """The sources of an analysis: those of either side, or `mixed`, whose sides are determined later.

    named: those of `shadow` by the name of their shadow, where they are of several, or of one that has a name.
    """

    primary: tuple[Source, ...]
    shadow: tuple[Source, ...]
    mixed: tuple[Source, ...]
    named: Mapping[str, tuple[Source, ...]] = field(default_factory=dict)

    @classmethod
    def open(cls, files: Sequence[str], primary: Sequence[str], shadow: Sequence[str]) -> Self:
        """Open all files; UsageError where the three lists do not fit together, InputError for unreadable files."""
        _refuse_misfit(files, primary, shadow)
        inputs = cls(open_sources(primary), open_sources(shadow), open_sources(files))
        refuse_shared(inputs.primary, inputs.shadow)
        return inputs

    @classmethod
    def open_each(cls, files: Sequence[str], primary: Sequence[str], shadows: Mapping[str, Sequence[str]]) -> Self:
        """Open the logs of several shadows, by their names, and of their primary; raises as `open` does."""
        _refuse_misfit(files, primary, [word for words in shadows.values() for word in words])
        by_name = {name: open_sources(words) for name, words in shadows.items()}
        every = tuple(chain.from_iterable(by_name.values()))
        _refuse_twice(every)
        inputs = cls(open_sources(primary), every, (), by_name)
        refuse_shared(inputs.primary, every)
        return inputs

    def alone(self, name: str) -> Self:
        """The inputs of one of several shadows, as if there were no other."""
        return type(self)(self.primary, self.named[name], self.mixed)

    @property
    def sources(self) -> tuple[Source, ...]:
        """All of them, the primary's first."""
        return self.primary + self.shadow + self.mixed


def _refuse_misfit(files: Sequence[str], primary: Sequence[str], shadow: Sequence[str]) -> None:
    if files and (primary or shadow):
        raise UsageError(
            f"unexpected file {files[0]} beside --primary/--shadow. Quote a glob ('v1-*.log'), or repeat the option "
            "for each file."
        )
    if not files and not (primary and shadow):
        missing = "--shadow" if primary else "--primary" if shadow else "input"
        raise UsageError(f"no {missing} is given. Use --primary V1.LOG --shadow V2.LOG, or name the captures: FILE...")
    if [*files, *primary, *shadow].count(STDIN) > 1:
        raise UsageError("standard input (-) can be read once only. Name it once.")


def open_sources(patterns: Sequence[str]) -> tuple[Source, ...]:
    """Open each file that the patterns name; a pattern is a path, a glob or "-" for standard input.

    Raises InputError for what does not exist or cannot be read, UsageError where a file is named twice.
    """
    sources = tuple(_open(name) for pattern in patterns for name in _expand(pattern))
    _refuse_twice(sources)
    return sources


def _refuse_twice(sources: Sequence[Source]) -> None:
    for number, source in enumerate(sources):
        if any(_same(source, other) for other in sources[:number]):
            raise UsageError(f"{source.name} is given twice. Name each file once.")


def refuse_shared(primary: Sequence[Source], shadow: Sequence[Source]) -> None:
    """Raise UsageError if a file stands on both sides."""
    for source in primary:
        if any(_same(source, other) for other in shadow):
            raise UsageError(f"{source.name} is given as primary and as shadow. Give each side its own log.")


def _same(source: Source, other: Source) -> bool:
    if source.path is None or other.path is None:
        return source.path is other.path and source.name == other.name
    return source.path.samefile(other.path)


def is_there(pattern: str) -> bool:
    """Whether a path or a glob names something."""
    return Path(pattern).exists() or (glob.has_magic(pattern) and bool(_matching(pattern)))


def _matching(pattern: str) -> list[str]:
    return sorted(glob.glob(pattern, recursive=True))  # noqa: PTH207  # the pattern may be absolute, which Path.glob refuses


def _expand(pattern: str) -> list[str]:
    if pattern == STDIN or Path(pattern).exists() or not glob.has_magic(pattern):
        return [pattern]
    names = _matching(pattern)
    if not names:
        raise InputError(f"no file matches {pattern}. Check the pattern and the folder.")
    return names


def _open(name: str) -> Source:
    if name == STDIN:
        if sys.stdin is None:
            raise InputError("standard input (-) is closed. Pipe a log into the command, or name a file.")
        return _spool(sys.stdin.buffer)
    path = Path(name)
    try:
        if path.is_dir():
            raise InputError(f"{name} is a directory. Name its files, for example '{name.rstrip('/')}/*.log'.")
        if path.is_fifo() or path.is_char_device():
            with path.open("rb") as stream:
                return _spool(stream, name)
        with path.open("rb") as stream:
            return Source(name, path, opener=_opener(stream))
    except FileNotFoundError as error:
        raise InputError(f"{name} does not exist. Check the name, or quote it if it is a glob.") from error
    except OSError as error:
        raise InputError(f"{name} cannot be read: {error.strerror or error}. Check its permissions.") from error


def _spool(stream: BinaryIO, name: str = STDIN) -> Source:
    """Keep a stream that can be read once where it can be read again."""
    spooled = cast("BinaryIO", tempfile.SpooledTemporaryFile(_SPOOL))  # noqa: SIM115  # lives as long as the source
    shutil.copyfileobj(stream, spooled, CHUNK)
    spooled.seek(0)
    return Source("standard input" if name == STDIN else name, None, spooled, _opener(spooled))


class _Zstd:
    """A zstd stream that says so when it ends inside a frame, which the library takes for an end."""

    def __init__(self, raw: BinaryIO) -> None:
        self._raw = raw
        self._frame = zstandard.ZstdDecompressor(max_window_size=1 << 31).decompressobj()
        self._rest = b""

    def read(self, size: int) -> bytes:
        """Text of about `size` bytes, b"" at the end; raises EOFError inside a frame."""
        while True:
            packed = self._rest or self._raw.read(max(1, size // 8))
            self._rest = b""
            if not packed:
                if self._frame.eof or not self._started():
                    return b""
                raise EOFError("the last frame is not complete")
            if self._frame.eof:
                self._frame = zstandard.ZstdDecompressor(max_window_size=1 << 31).decompressobj()
            text = self._frame.decompress(packed)
            self._rest = self._frame.unused_data if self._frame.eof else b""
            if text:
                return text

    def _started(self) -> bool:
        return self._raw.tell() > 0


# By the first bytes of a file: names lie more often. No lambdas: another process that reads a source must find them.
_OPENERS: tuple[tuple[bytes, Callable[[BinaryIO], object]], ...] = (
    (b"\x1f\x8b", gzip.open),
    (b"BZh", bz2.open),
    (b"\xfd7zXZ\x00", lzma.open),
    (b"\x28\xb5\x2f\xfd", _Zstd),
)


def _opener(start: BinaryIO) -> Callable[[BinaryIO], object] | None:
    """How to unpack a file; None where it is not packed."""
    magic = start.read(6)
    return next((opener for prefix, opener in _OPENERS if magic.startswith(prefix)), None)
