"""Takes spans of escaped fields in a text; gives both with what the client sent appended where it differs."""

from collections.abc import Collection, Mapping
from typing import Final

import numpy as np

from mirrorcheck_parsers.columnwise.bits import Ranks
from mirrorcheck_parsers.columnwise.request import Spans
from mirrorcheck_parsers.columnwise.words import Octets
from mirrorcheck_parsers.formats.escape import unescape

_BACKSLASH: Final = ord("\\")


def decode_spans(
    data: bytes, octets: Octets, spans: Mapping[str, Spans], escape: str, padding: bytes
) -> tuple[bytes, dict[str, Spans]]:
    """Undo the escapes of `spans`, int64[n] each, which lie in padded `data`; without a backslash in them, as they are.

    octets: those of data. Only the texts that hold a backslash are looked at one by one, each distinct one once.
    """
    if b"\\" not in data:
        return data, dict(spans)
    front = min((int(start.min(initial=len(data))) for start, _ in spans.values()), default=0)
    back = max((int(stop.max(initial=0)) for _, stop in spans.values()), default=0)
    if data.find(b"\\", front, back) < 0:
        return data, dict(spans)
    backslashes = Ranks(octets[:back], _BACKSLASH)
    extra = bytearray()
    known: dict[bytes, tuple[int, int]] = {}
    decoded: dict[str, Spans] = {}
    for name, (start, stop) in spans.items():
        rows = np.flatnonzero(backslashes.differ(start, stop)).tolist()
        decoded[name] = (start.copy(), stop.copy()) if rows else (start, stop)
        for row in rows:
            text = data[int(start[row]) : int(stop[row])]
            if text not in known:
                begin = len(data) + len(extra)
                extra += unescape(text, escape)
                known[text] = begin, len(data) + len(extra)
            decoded[name][0][row], decoded[name][1][row] = known[text]
    return data + extra + padding, decoded


def escaped_fields(spans: Mapping[str, Spans], columns: Collection[str]) -> dict[str, Spans]:
    """Choose the spans of the fields that the log escapes: those of its columns, and what is cut out of them."""
    return {name: span for name, span in spans.items() if name in columns or name in ("method", "target")}
