"""The names by which people know the requests of some rows, and where their lines lie."""

from dataclasses import dataclass

import numpy as np

from mirrorcheck.engine.snapshot import LineLocation
from mirrorcheck.outcomes.settle import Ints
from mirrorcheck.outcomes.sides.model import Part, SideLines
from mirrorcheck.reading.fetch import fetch

_FIELDS = ("target", "xff", "remote_addr", "request_id", "pod")
_LONGEST = 200  # characters of a name; clients choose some of them


@dataclass(frozen=True, slots=True)
class RequestInfo:
    """What a line says of its request. client: the first address of X-Forwarded-For, else the one that it came from."""

    target: str
    client: str
    request_id: str
    pod: str
    place: LineLocation | None


def request_info(side: SideLines, rows: Ints) -> list[RequestInfo]:
    """What is known of some rows of a side, in their order; texts are empty where nothing is logged."""
    found: dict[int, RequestInfo] = {}
    numbers = side.table["line"].to_numpy()
    for number, part in enumerate(side.parts):
        own = np.unique(rows[side.part[rows] == number])
        own = own[np.argsort(numbers[own])]
        if not len(own):
            continue
        texts = fetch(part.stream, numbers[own], _FIELDS)
        lines = zip(*(texts[name] for name in _FIELDS), strict=True)
        for row, line in zip(own.tolist(), lines, strict=True):
            found[row] = _known(side, part, row, [each.decode("utf-8", "backslashreplace") for each in line])
    return [found[row] for row in rows.tolist()]


def _known(side: SideLines, part: Part, row: int, line: list[str]) -> RequestInfo:
    target, chain, remote, request_id, pod = line
    client = _logged(chain.partition(",")[0].strip()) or _logged(remote)
    named = part.pods[0] if len(part.pods) == 1 else pod
    path, offset, length = part.stream.source.path, side.table["offset"][row], side.table["length"][row]
    place = None if path is None else LineLocation(path, offset, length)
    return RequestInfo(target, client, _logged(request_id), named[:_LONGEST], place)


def _logged(text: str) -> str:
    return "" if text == "-" else text[:_LONGEST]
