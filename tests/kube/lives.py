"""Log lines of a container come in; the record files its runtime writes of them go out, and the lines as truth."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

_STREAMS = ("stdout", "stderr")


@dataclass(frozen=True, slots=True)
class Record:
    """A line of a CRI log file: `at` in ns, `zone` in minutes; one that is not full (P) continues in the next."""

    at: int
    body: bytes
    stream: str = "stdout"
    full: bool = True
    zone: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """What a container wrote: `at` is the stamp of its first record, `file` the log file it is in, oldest 0."""

    namespace: str
    pod: str
    uid: str
    container: str
    container_id: str
    restarts: int
    file: int
    at: int
    stream: str
    body: bytes


@dataclass(slots=True)
class Life:
    """A container from a start to its end; the kubelet reads the last of its files only, the newest."""

    container_id: str
    restarts: int
    started: int
    ended: int | None = None
    code: int = 0
    files: list[list[Record]] = field(default_factory=lambda: [[]])

    def lines(self, namespace: str, pod: str, uid: str, container: str) -> Iterator[Line]:
        """Yield the whole lines, first of stdout, then of stderr; a head that has no tail yet is no line."""
        for stream in _STREAMS:
            parts: list[Record] = []
            for number, records in enumerate(self.files):
                for record in records:
                    if record.stream != stream:
                        continue
                    parts.append(record)
                    if record.full:
                        place = (namespace, pod, uid, container, self.container_id, self.restarts, number)
                        yield Line(*place, parts[0].at, stream, b"".join(part.body for part in parts))
                        parts = []


def split(body: bytes, parts: Sequence[int], *, at: int, stream: str, zone: int) -> list[Record]:
    """Return a line as records: a partial one up to each of the places in `parts`, then the full rest."""
    edges = [0, *parts, len(body)]
    pieces = [body[start:end] for start, end in itertools.pairwise(edges)]
    return [Record(at, piece, stream, number == len(parts), zone) for number, piece in enumerate(pieces)]
