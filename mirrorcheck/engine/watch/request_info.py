"""The names by which people know the requests of some rows, and where their lines lie."""

from collections.abc import Iterable
from dataclasses import dataclass

from mirrorcheck.engine.snapshot import LineLocation
from mirrorcheck.outcomes.settle import Ints
from mirrorcheck.outcomes.sides.model import SideLines

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
    lines = zip(*side.texts(rows, _FIELDS).values(), strict=True)
    return [_known(side, row, line) for row, line in zip(rows.tolist(), lines, strict=True)]


def _known(side: SideLines, row: int, line: Iterable[bytes]) -> RequestInfo:
    target, chain, remote, request_id, pod = (text.decode("utf-8", "backslashreplace") for text in line)
    part = side.parts[side.part[row]]
    client = _logged(chain.partition(",")[0].strip()) or _logged(remote)
    named = part.pods[0] if len(part.pods) == 1 else pod
    path, offset, length = part.stream.source.path, side.table["offset"][row], side.table["length"][row]
    place = None if path is None else LineLocation(path, offset, length)
    return RequestInfo(target, client, _logged(request_id), named[:_LONGEST], place)


def _logged(text: str) -> str:
    return "" if text == "-" else text[:_LONGEST]
