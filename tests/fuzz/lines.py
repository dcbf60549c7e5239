"""Damages lines of every format and layer, and has the kernel read them where nothing stands behind the last one."""

import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from mirrorcheck_parsers import KNOWN, LAYERS, Format, detect, scanning
from mirrorcheck_parsers.catalogue.known import SAMPLES, WITHOUT_TIME
from mirrorcheck_parsers.columnwise.columns import LineIndex
from mirrorcheck_parsers.compiled.layers import EnvelopeOpener, TemplateOpener
from mirrorcheck_parsers.compiled.scanners import object_scanner, text_scanner
from mirrorcheck_parsers.compiled.table import INSTANTS
from mirrorcheck_parsers.exact.late import LateKeys
from mirrorcheck_parsers.formats.template import tokenize
from mirrorcheck_parsers.layers.model import Envelope, Prefix

FORMATS = Path(__file__).parents[2] / "testdata" / "formats"
BATCH = 256  # lines that are read at once
ALONE = 16  # of them, this many besides by themselves
PIECES = (
    *(b'"', b"\\", b'\\"', b"\\u", b"\\u00e9", b"\\ud83d", b"\\ud83d\\ude00", b"\\x22", b" ", b"-", b"- ", b"+", b"."),
    *(b", ", b" : ", b":", b"[", b"]", b"{", b"}", b'{"a":', b'":"', b"=", b"null", b"0" * 20, b"Z", b"+01:00", b"\0"),
    *(
        b"\xff",
        b"\x1b[",
        b"\x1b(",
        b"\r\n",
        b"\t",
        b"/",
        b"T",
        b"Feb",
        b"2026-11-22T10:00:00.",
        b"[" * 70,
        b'{"a":' * 70,
        b"a" * 600,
    ),
)
Read = Callable[[bytes, LineIndex], int]


def damage(line: bytes, chance: random.Random) -> bytes:
    """Cut, repeat, replace and put in a few bytes of a line."""
    for _ in range(chance.randint(0, 4)):
        begin = chance.randint(0, len(line))
        end = min(len(line), begin + chance.choice((0, 0, 1, 2, 8, 40)))
        piece = chance.choice((chance.choice(PIECES), line[begin:end] * 2, chance.randbytes(2), b""))
        line = line[:begin] + piece + line[end:]
    return line[: chance.randint(0, len(line))] if chance.random() < 0.3 else line


def joined(lines: Sequence[bytes]) -> tuple[bytes, LineIndex]:
    """Put lines one directly behind the other."""
    stop = np.cumsum([len(line) for line in lines], dtype=np.int64)
    start = stop - np.array([len(line) for line in lines], np.int64)
    return b"".join(lines), LineIndex(start, stop, np.ones(len(lines), np.bool_))


def read_as(format: Format) -> Read:
    """Give what reads lines of a format, and counts those that it takes."""
    scanner = object_scanner(format, LateKeys(format, ())) if format.keys else text_scanner(format)

    def read(text: bytes, lines: LineIndex) -> int:
        if scanner is None:
            return 0
        data, columns = scanner.cut(text, lines)
        for start, stop in columns.spans.values():
            if len(start) and not (start.min() >= 0 and (start <= stop).all() and stop.max() <= len(data)):
                raise AssertionError(f"a span outside of the text: {text!r}")
        return len(columns.row)

    return read


def open_as(layer: Envelope | Prefix) -> Read:
    """Give what takes a layer off rows, and counts those that have it."""
    if isinstance(layer, Envelope):
        opener: EnvelopeOpener | TemplateOpener = EnvelopeOpener(layer)
    else:
        opener = TemplateOpener([tokenize(template) for template in layer.templates], b" ]/[")
    return lambda text, lines: int(opener.open(text, lines.start, lines.stop, lines.among).wrapped.sum())


def ask(text: bytes, lines: LineIndex) -> int:
    """Ask of lines what is asked of columns of texts."""
    kernel, spans, count = scanning.kernel, (lines.start, lines.stop), len(lines.start)
    numbers, flags = np.zeros((4, count), np.int64), np.zeros(count, np.bool_)
    kernel.strip_colours(text)
    kernel.find_lines(text, len(text), numbers[0], numbers[1])
    kernel.hash_texts(text, *spans, 1 << 10, bytes(range(16)), numbers[0].view(np.uint64))
    hashes = [each.view(np.uint64) for each in numbers]
    kernel.hash_beginnings(text, *spans, ord("?"), 1 << 10, bytes(range(16)), hashes[0], numbers[1], hashes[2])
    kernel.hash_lists(text, *spans, 64, 1 << 10, bytes(range(16)), hashes[0], hashes[1], hashes[2])
    kernel.begin_like(text, *spans, hashes[1][:3], hashes[2][:3], flags)
    kernel.first_words(text, *spans, numbers[0].view(np.uint64))
    kernel.begin_with(text, *spans, b"GET ", flags)
    kernel.check_requests(text, *spans, *spans, flags)
    kernel.find_first(text, *spans, ord("?"), numbers[0])
    kernel.find_last(text, *spans, ord(":"), numbers[0])
    kernel.read_integers(text, *spans, numbers[0])
    kernel.read_seconds(text, *spans, numbers[0])
    kernel.read_times(text, *spans, INSTANTS, numbers[0])
    kernel.split_requests(text, *spans, numbers[1], numbers[2], numbers[3], flags)
    return int(flags.sum())


def subjects() -> Iterator[tuple[str, list[bytes], Read]]:
    """Give every format and layer by its name, with lines of it, and what reads them."""
    formats = [(known, [SAMPLES[known.name].encode()]) for known in (*KNOWN, *WITHOUT_TIME)]
    for path in sorted(FORMATS.glob("*/sample.log")):
        sample = path.read_bytes()
        found = detect(sample).format
        if found and found not in (known for known, _ in formats):
            formats.append((found, sample.splitlines()))
    yield from ((format.name, lines, read_as(format)) for format, lines in formats)
    wrapped = [line for path in sorted(FORMATS.glob("wrappers/*/log")) for line in path.read_bytes().splitlines()]
    layers = [layer for layer in LAYERS if isinstance(layer, Envelope | Prefix)]
    for layer in layers:
        opened = open_as(layer)
        yield layer.name, [line for line in wrapped if opened(*joined([line]))] or wrapped, opened
    texts = [b"GET /a?b HTTP/1.1", b"2026-11-22T10:00:00.123Z", b"1795341600.123", b"0.013", b"10.0.0.1:80"]
    yield "columns", texts, ask


def feed_all(lines: int, seed: int) -> Iterator[tuple[str, int]]:
    """Feed damaged lines of each; gives its name, and how many were as it should be all the same."""
    for name, samples, read in subjects():
        chance = random.Random(f"{name} {seed}")
        taken = 0
        for first in range(0, lines, BATCH):
            drawn = [damage(chance.choice(samples), chance) for _ in range(min(BATCH, lines - first))]
            taken += read(*joined(drawn))
            for line in drawn[:ALONE]:
                read(*joined([line]))
        yield name, taken
