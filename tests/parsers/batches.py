"""Formats inside layers, and the batches that lines of them give, for the tests beside this module."""

from collections.abc import Sequence

from mirrorcheck_parsers import LAYERS, Format, Parser, RecordBatch, compile_format, wrap


def inside(*names: str, said: Sequence[str], payload: Format) -> Format:
    """Give a format inside the layers of these names, which say these fields."""
    layers = [next(layer for layer in LAYERS if layer.name == name) for name in names]
    return wrap(payload, layers, said, stamp_resolution_us=1)


def batch_of(format: Format | str, *lines: str | bytes) -> RecordBatch:
    """Parse lines that must all be records."""
    parser = Parser(compile_format(format) if isinstance(format, str) else format)
    batch = parser.feed(b"".join((line.encode() if isinstance(line, str) else line) + b"\n" for line in lines))
    assert batch.parsed == len(lines), batch.samples
    return batch
