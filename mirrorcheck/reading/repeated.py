"""Leaves out the lines that two streams of one side hold, where a file goes on in the next one."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import permutations
from pathlib import PurePath

import numpy as np
from numpy.typing import NDArray

from mirrorcheck.reading.constants import REPEAT_LINES, REPEAT_REQUESTS, REPEAT_US, SEAM_PROBE, SEAM_STARTS
from mirrorcheck.reading.observe import Hashes, mix
from mirrorcheck.reading.stream import Stream
from mirrorcheck.reading.stream_reader import Counts
from mirrorcheck_parsers import Parser

_CONTENT = ("rest", "chain", "remote", "pod", "container", "own_id", "request_id", "trace_id")  # hashes
_ANSWER = ("status", "bytes", "length")
_IDS = ("own_id", "request_id")
_SECOND_US = 1_000_000
_PACKED = re.compile(r"\.(?:gz|zst|bz2|xz)$")
_ROTATED = re.compile(
    r"[.-](?:[0-9]{8}(?:[-_.]?[0-9]{2,6})?|[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[-_T][0-9-]+)?|old|bak)$|\.[0-9]{1,3}$"
)


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """The records of a stream: hashes of the whole record and of what it asks for, and its time."""

    whole: Hashes
    content: Hashes
    time_us: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Seam:
    """The last `count` records of one stream are the first of another; `row` is the first of them, `start` its byte.

    sure: no two pods could have logged them.
    """

    row: int
    count: int
    start: int
    sure: bool


def hold_repeats(streams: Sequence[Stream]) -> bool:
    """Whether some stream holds the first lines of another one, as far as both were read."""
    rows = [_rows_of(stream) for stream in streams] if len(streams) > 1 else []
    return any(_seam(streams[one], streams[other], rows[one], rows[other]) for one, other in _likely(rows))


def without_repeats(streams: Sequence[Stream]) -> list[Stream]:
    """Leave out the end of a stream that is the beginning of another one, and a stream that is a piece of another.

    That happens where a log is copied and then cut (logrotate's copytruncate) or saved twice. All streams must be of
    one side; their records are in the order of the lines.
    """
    left = list(streams)
    if len(left) <= 1:
        return left
    rows = [_rows_of(stream) for stream in streams]
    cut: set[int] = set()
    for one, other in _likely(rows):
        if one in cut or other in cut:
            continue
        seam = _seam(left[one], left[other], rows[one], rows[other])
        if seam is None:
            continue
        is_piece = seam.row + seam.count < len(rows[one].whole)  # the other one ends inside of this one
        shorter = other if is_piece else one
        cut.add(shorter)
        begin = _Seam(0, len(rows[other].whole), 0, seam.sure) if is_piece else seam
        left[shorter] = _shortened(streams[shorter], begin, left[one if is_piece else other].source.name)
    return left


def _rows_of(stream: Stream) -> _Rows:
    table = stream.table
    content = mix(*(table[name].to_numpy() for name in _CONTENT))
    answer = [table[name].to_numpy().astype(np.int64).astype(np.uint64) for name in _ANSWER]
    time_us = table["time_us"].to_numpy()
    return _Rows(mix(content, *answer, time_us.astype(np.uint64)), content, time_us)


def _likely(rows: Sequence[_Rows]) -> Iterator[tuple[int, int]]:
    """The pairs of streams where the first one holds the first record of the second."""
    firsts = np.array([each.whole[0] if len(each.whole) else 0 for each in rows], np.uint64)
    held = [np.isin(firsts, each.whole) for each in rows]
    for one, other in permutations(range(len(rows)), 2):
        if held[one][other] and len(rows[other].whole):
            yield one, other


def _seam(one: Stream, other: Stream, rows: _Rows, others: _Rows) -> _Seam | None:
    """The run of records where one stream continues in the other, or holds it; None where nothing proves one."""
    for row in np.flatnonzero(rows.whole == others.whole[0])[:SEAM_STARTS].tolist():
        count = min(len(rows.whole) - row, len(others.whole))
        few = min(count, SEAM_PROBE)
        if not np.array_equal(rows.whole[row : row + few], others.whole[:few]):
            continue
        if not np.array_equal(rows.whole[row : row + count], others.whole[:count]):
            continue
        start = int(one.table["offset"][row]) - int(other.table["offset"][0])
        if start >= 0 and _proves(one, other, others, count) and _same_bytes(one, other, start):
            return _Seam(row, count, start, _is_sure(one, other, count))
    return None


def _proves(one: Stream, other: Stream, run: _Rows, count: int) -> bool:
    """Whether an equal run of so many records can only be the same lines twice, and not equal requests.

    Two files may end and begin with equal lines that are lines of their own: one client that asks for one URL, stamps
    of a second, two pods behind one balancer. So the run must have two stamps at least, and more:
    - an id of its own on each line; or else
    - in two parts of one log, as their names or the pod on their lines say, a time that goes back: a run that spans two
      seconds, or five different lines of two stamps. Lines are out of order by less than that;
    - in two files of which nothing says that they are one log, 20 different requests; by stamps of a second they may
      be two pods' all the same, see `_is_sure`.
    """
    if count <= 1 or run.time_us[0] == run.time_us[count - 1]:
        return False
    if _have_ids(other, count):
        return True
    if _is_one_log(one, other):
        long = abs(int(run.time_us[count - 1] - run.time_us[0])) >= REPEAT_US
        return long or len(np.unique(run.whole[:count])) >= REPEAT_LINES
    return len(np.unique(run.content[:count])) >= REPEAT_REQUESTS


def _is_sure(one: Stream, other: Stream, count: int) -> bool:
    """Whether a proved run could not be that of two pods, either.

    Clients that send all requests twice, one after the other, make the logs of two pods behind a balancer that goes
    round the same. They do not meet the same millisecond each time.
    """
    coarse = other.format is None or other.format.resolution_us >= _SECOND_US
    return not coarse or _have_ids(other, count) or _is_one_log(one, other)


def _have_ids(stream: Stream, count: int) -> bool:
    """Whether each of the first records has an id of its own."""
    return any(_are_own(stream.table[name].to_numpy()[:count]) for name in _IDS)


def _are_own(ids: Hashes) -> bool:
    return bool(ids.all()) and len(np.unique(ids)) == len(ids)


def _is_one_log(one: Stream, other: Stream) -> bool:
    """Whether two files are parts of one log: rotated names of one folder, or lines that all name their pod."""
    if one.source.path is not None and other.source.path is not None:
        same = (_unrotated(path.name) for path in (one.source.path, other.source.path))
        if one.source.path.parent == other.source.path.parent and len(set(same)) == 1:
            return True
    return all(stream.logs("pod") and bool((stream.table["pod"] != 0).all()) for stream in (one, other))


def _unrotated(name: str) -> str:
    """The name that a log had before it was rotated: `v1.log` for `v1.log.1.gz`, `v1-20261122.log`, `v1.log.old`."""
    name = _PACKED.sub("", name)
    name = _ROTATED.sub("", name)
    path = PurePath(name)
    return _ROTATED.sub("", path.stem) + path.suffix


def _same_bytes(one: Stream, other: Stream, start: int) -> bool:
    """Whether one stream from a byte on equals the other one, up to the end of either."""
    mine, theirs = _text_from(one, start), _text_from(other, 0)
    left = right = b""
    while True:
        left = left or next(mine, b"")
        right = right or next(theirs, b"")
        size = min(len(left), len(right))
        if not size:
            return True
        if left[:size] != right[:size]:
            return False
        left, right = left[size:], right[size:]


def _text_from(stream: Stream, start: int) -> Iterator[bytes]:
    place = 0
    for chunk in stream.source.chunks():
        if place + len(chunk) > start:
            yield chunk[max(0, start - place) :]
        place += len(chunk)


def _shortened(stream: Stream, seam: _Seam, in_file: str) -> Stream:
    """Leave out all lines of a stream from a seam on; each is counted as repeated, whatever it is."""
    gone, unparsed_of, foreign_of = Counts(), Counter(stream.unparsed_of), Counter(stream.foreign_of)
    parser = Parser(stream.format) if stream.format else None
    if parser is None:
        return stream
    for batch in [*map(parser.feed, _text_from(stream, seam.start)), parser.flush()]:
        gone += Counts(batch.lines, batch.parsed, batch.foreign, batch.unparsed, batch.rejoined)
        unparsed_of -= Counter(batch.unparsed_of)
        foreign_of -= Counter(batch.foreign_of)
    if gone.parsed != stream.table.height - seam.row:
        return stream  # cut off from what was before, the lines are read as others: nothing is sure
    first = _line_at(stream, seam)
    return replace(
        stream,
        table=stream.table.head(seam.row),
        counts=stream.counts + _repeated(gone, unproven=0 if seam.sure else gone.parsed),
        samples=tuple(sample for sample in stream.samples if sample.line < first),
        foreign_samples=tuple(sample for sample in stream.foreign_samples if sample.line < first),
        unparsed_of=dict(unparsed_of),
        foreign_of=dict(foreign_of),
        repeated={**stream.repeated, in_file: gone.read},
    )


def _repeated(gone: Counts, *, unproven: int) -> Counts:
    """What to add to the counts of a stream for lines that count elsewhere."""
    return Counts(0, -gone.parsed, -gone.foreign, -gone.unparsed, -gone.rejoined, repeated=gone.read, unproven=unproven)


def _line_at(stream: Stream, seam: _Seam) -> int:
    """The 1-based number of the line that begins at the seam."""
    number, place = 1, 0
    for chunk in stream.source.chunks():
        if place + len(chunk) >= seam.start:
            return number + chunk.count(b"\n", 0, seam.start - place)
        number, place = number + chunk.count(b"\n"), place + len(chunk)
    return number
