"""Streams in, the same out with their lines in order of time, where a program wrote the newest first."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from mirrorcheck.reading.stream import Stream


def oldest_first(streams: Sequence[Stream]) -> list[Stream]:
    """Turn the lines of an export round where its stamps go down more often than up; lines of one stamp, too."""
    return [_turned(stream) for stream in streams]


def _turned(stream: Stream) -> Stream:
    if stream.format is None or not any(layer.newest_first for layer in stream.format.layers):
        return stream
    steps = np.sign(np.diff(stream.table["time_us"].to_numpy()))
    return replace(stream, table=stream.table.reverse()) if steps.sum() < 0 else stream
