"""Places lines within the second of their stamp, and learns the drifting offsets of the clocks of all streams."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from mirrorcheck.pairing import constants
from mirrorcheck.pairing.model import Bools, Floats, Ints

SECOND_US = 1_000_000
_MOST_KNOTS = 200_000


def place(logged_us: Ints, stream: Ints, resolution_us: Ints) -> Ints:
    """Place lines stamped in whole seconds within their second: the i-th of n lines of a stream at (i + 1/2) / n.

    Where lines begin or cease, they fill only the end or the beginning of the second.
    Rows must be in order of the file within each stream. resolution_us: int64[n]; finer stamps stay as they are.
    """
    coarse = resolution_us == SECOND_US
    if not coarse.any():
        return logged_us
    later, next_stream = np.diff(logged_us), np.diff(stream)
    if ((next_stream > 0) | ((next_stream == 0) & (later >= 0))).all():
        placed_us = logged_us + _within(next_stream, later)
    else:
        order = np.lexsort((logged_us, stream))
        placed_us = np.empty_like(logged_us)
        placed_us[order] = logged_us[order] + _within(np.diff(stream[order]), np.diff(logged_us[order]))
    return np.where(coarse, placed_us, logged_us)


def _within(next_stream: Ints, later: Ints) -> Ints:
    """Place in its second of each line, from how the stream and the second of the following ones differ."""
    steps = np.flatnonzero((next_stream != 0) | (later != 0))  # lines that are the last of their second
    begin = np.concatenate(([0], steps + 1))
    lines = np.diff(np.append(begin, len(later) + 1))
    before, after = _neighbours(lines, (next_stream[steps] == 0) & (later[steps] == SECOND_US))
    # Next to silence a busy second is one in which lines begin or cease, and they come as densely as in its neighbour.
    begins = (before == 0) & (after >= constants.BUSY_LINES) & (lines < after)
    ceases = (after == 0) & (before >= constants.BUSY_LINES) & (lines < before)
    room = np.where(begins, after, np.where(ceases, before, lines))
    first = np.where(begins, room - lines, 0)
    rank = np.arange(len(later) + 1) - np.repeat(begin - first, lines)
    within: Ints = (2 * rank + 1) * SECOND_US // np.repeat(2 * room, lines)
    return within


def _neighbours(lines: Ints, adjacent: Bools) -> tuple[Ints, Ints]:
    """Lines in the second before and the second after each one; adjacent: bool[seconds - 1], no silence between two."""
    before, after = np.zeros_like(lines), np.zeros_like(lines)
    before[1:] = np.where(adjacent, lines[:-1], 0)
    after[:-1] = np.where(adjacent, lines[1:], 0)
    return before, after


@dataclass(frozen=True, slots=True, eq=False)
class Anchors:
    """Pairs taken as sure, columns of length n: int64 times as placed, and the number of the stream on each side."""

    original_us: Ints
    copy_us: Ints
    original_stream: Ints
    copy_stream: Ints


@dataclass(frozen=True, slots=True, eq=False)
class Offset:
    """How far a stream's clock, delay included, is ahead at a time: linear between knots, level beyond them."""

    at_us: Floats
    ahead_us: Floats

    def remove(self, time_us: Ints) -> Ints:
        """Times of the stream on the common clock; their order is kept."""
        if not len(self.at_us):
            return time_us
        if (time_us[1:] >= time_us[:-1]).all():
            return np.maximum.accumulate(self._shifted(time_us))
        order = np.argsort(time_us, kind="stable")
        aligned = np.empty_like(time_us)
        aligned[order] = np.maximum.accumulate(self._shifted(time_us[order]))
        return aligned

    def _shifted(self, time_us: Ints) -> Ints:
        shifted: Ints = time_us - np.interp(time_us, self.at_us, self.ahead_us).astype(np.int64)
        return shifted

    def leap(self, time_us: Ints) -> Ints:
        """By how much the offsets that were learnt before and after each of the stream's own times differ."""
        if not len(self.at_us):
            return np.zeros_like(time_us)
        leaps = np.abs(np.diff(self.ahead_us, prepend=self.ahead_us[:1], append=self.ahead_us[-1:]))
        return leaps.astype(np.int64)[np.searchsorted(self.at_us, time_us)]

    def plus(self, ahead_us: int) -> "Offset":
        """The same for a clock that is ahead by a constant more: its own times are later by that, too."""
        if not len(self.at_us):
            return Offset(np.zeros(1), np.full(1, float(ahead_us)))
        return Offset(self.at_us + ahead_us, self.ahead_us + ahead_us)

    def typical(self) -> int:
        """The median offset in microseconds, 0 where none was learnt."""
        return int(np.median(self.ahead_us)) if len(self.ahead_us) else 0


NO_OFFSET = Offset(np.empty(0), np.empty(0))


@dataclass(frozen=True, slots=True, eq=False)
class Clocks:
    """The offsets of all streams of the two sides, by number."""

    originals: tuple[Offset, ...]
    copies: tuple[Offset, ...]

    @property
    def learnt(self) -> bool:
        """Whether any offset is known."""
        return any(len(offset.at_us) for offset in self.originals + self.copies)

    def most_leap(self) -> int:
        """By how much any offset changes at most from one knot to the next."""
        return max(int(np.abs(np.diff(each.ahead_us)).max(initial=0)) for each in self.originals + self.copies)


NO_CLOCKS = Clocks((NO_OFFSET,), (NO_OFFSET,))


def constant(ahead_us: int, original_streams: int, copy_streams: int) -> Clocks:
    """The clocks of all copies are ahead by the same."""
    return Clocks((NO_OFFSET,) * original_streams, (NO_OFFSET.plus(ahead_us),) * copy_streams)


def learn_clocks(anchors: Anchors, original_streams: int, copy_streams: int) -> Clocks:
    """Learn each stream's offset from sure pairs: the first primary stream is the clock, the others are set against it.

    copy - original = ahead(copy's stream) - ahead(original's stream). Constants are fitted to the medians of all
    pairs of streams first; what is left drifts, and alternating running medians follow it. The first ones are wide: a
    stream's neighbouring anchors are with several others, and while these are far off, few neighbours show only whose.
    """
    if original_streams == 1:
        rows = _InTime.of(anchors.copy_us, anchors.copy_stream, copy_streams)
        copies = rows.medians(anchors.copy_us, anchors.copy_us - anchors.original_us, constants.FEWEST_IN_MEDIAN)
        return Clocks((NO_OFFSET,), tuple(copies))
    original_ahead, copy_ahead = _constants(anchors, original_streams, copy_streams)
    original_us = anchors.original_us - original_ahead[anchors.original_stream]
    copy_us = anchors.copy_us - copy_ahead[anchors.copy_stream]
    original_rows = _InTime.of(original_us, anchors.original_stream, original_streams)
    copy_rows = _InTime.of(copy_us, anchors.copy_stream, copy_streams)
    originals = [NO_OFFSET] * original_streams
    copies = [NO_OFFSET] * copy_streams
    for width in constants.MEDIAN_WIDTHS:
        aligned = align(original_us, anchors.original_stream, originals)
        copies = copy_rows.medians(copy_us, copy_us - aligned, width)
        aligned = align(copy_us, anchors.copy_stream, copies)
        originals = original_rows.medians(original_us, original_us - aligned, width)
    return Clocks(
        tuple(offset.plus(int(ahead)) for offset, ahead in zip(originals, original_ahead, strict=True)),
        tuple(offset.plus(int(ahead)) for offset, ahead in zip(copies, copy_ahead, strict=True)),
    )


def _constants(anchors: Anchors, original_streams: int, copy_streams: int) -> tuple[Ints, Ints]:
    """How far each stream is ahead of the first primary one: least squares over the medians of all pairs of streams."""
    pair = anchors.original_stream * copy_streams + anchors.copy_stream
    delay_us = anchors.copy_us - anchors.original_us
    order = np.lexsort((delay_us, pair))
    number, start, count = np.unique(pair[order], return_index=True, return_counts=True)
    if not len(number):
        return np.zeros(original_streams, np.int64), np.zeros(copy_streams, np.int64)
    delay_us = delay_us[order]
    median = (delay_us[start + (count - 1) // 2] + delay_us[start + count // 2]) / 2
    original, copy = number // copy_streams, original_streams + number % copy_streams
    # The normal equations: one for each stream in place of one for each pair of streams, which are very many more.
    of, on = np.zeros(2 * [original_streams + copy_streams]), np.zeros(original_streams + copy_streams)
    for one, other, sign in ((original, copy, -1), (copy, original, 1)):
        np.add.at(of, (one, one), count)
        np.add.at(of, (one, other), -count)
        np.add.at(on, one, sign * count * median)
    # Of all best answers the one that sums to 0 in each set of streams that pairs connect: there is no common zero.
    connected = _connected(original, copy, len(on))
    ahead = np.rint(np.linalg.solve(of + (connected[:, None] == connected), on)).astype(np.int64)
    ahead -= ahead[0]
    return ahead[:original_streams], ahead[original_streams:]


def _connected(one: Ints, other: Ints, streams: int) -> Ints:
    """By stream: the lowest number of those that pairs connect it with, on whatever way."""
    lowest, before = np.arange(streams), np.zeros(0, np.int64)
    while not np.array_equal(lowest, before):
        before = lowest.copy()
        least = np.minimum(before[one], before[other])
        for ends in (one, other):
            np.minimum.at(lowest, ends, least)
    return lowest


def align(time_us: Ints, stream: Ints, offsets: Sequence[Offset]) -> Ints:
    """Times of many streams on the common clock."""
    return _by_stream(Offset.remove, time_us, stream, offsets)


def leaps(time_us: Ints, stream: Ints, offsets: Sequence[Offset]) -> Ints:
    """By how much the offset of its stream changes around each line: what lies between is placed only roughly."""
    return _by_stream(Offset.leap, time_us, stream, offsets)


def _by_stream(work: Callable[[Offset, Ints], Ints], time_us: Ints, stream: Ints, offsets: Sequence[Offset]) -> Ints:
    if len(offsets) == 1:
        return work(offsets[0], time_us)
    result = work(NO_OFFSET, time_us).copy()
    order = np.argsort(stream.astype(np.min_scalar_type(len(offsets))), kind="stable")  # short numbers sort faster
    for offset, rows in zip(offsets, _divided(order, stream, len(offsets)), strict=True):
        result[rows] = work(offset, time_us[rows])
    return result


@dataclass(frozen=True, slots=True, eq=False)
class _InTime:
    """The rows of all streams, one stream after the other, each in order of time; begin: int64[streams + 1]."""

    rows: Ints
    begin: Ints

    @classmethod
    def of(cls, time_us: Ints, stream: Ints, streams: int) -> "_InTime":
        """Of streams that have very many rows, some."""
        order = np.lexsort((time_us, stream)) if streams > 1 else np.argsort(time_us, kind="stable")
        pieces = _divided(order, stream, streams)
        thinned = [own[:: max(1, len(own) // _MOST_KNOTS)] for own in pieces]
        return cls(np.concatenate(thinned), np.concatenate(([0], np.cumsum([len(own) for own in thinned]))))

    def medians(self, time_us: Ints, ahead_us: Ints, width: int) -> list[Offset]:
        """By stream, the running medians of `ahead_us` over `width` neighbours (an odd number) in order of time."""
        sizes = np.diff(self.begin)
        half = np.minimum(width, sizes - 1) // 2
        found = [NO_OFFSET] * len(sizes)
        for each in np.unique(half[sizes >= constants.FEWEST_IN_MEDIAN]).tolist():
            streams = np.flatnonzero((half == each) & (sizes >= constants.FEWEST_IN_MEDIAN))
            for stream, offset in zip(streams.tolist(), self._medians(time_us, ahead_us, streams, each), strict=True):
                found[stream] = offset
        return found

    def _medians(self, time_us: Ints, ahead_us: Ints, streams: Ints, half: int) -> list[Offset]:
        """Of streams of which each median is over so many neighbours to either side."""
        step = -(-half // 2)  # wide medians overlap enough, and all widths cost the same
        places = [np.arange(self.begin[one] + half, self.begin[one + 1] - half, step) for one in streams.tolist()]
        middle, ends = np.concatenate(places), np.cumsum([len(own) for own in places])[:-1]
        window = ahead_us[self.rows[middle[:, None] + np.arange(-half, half + 1)]]
        at_us, ahead = time_us[self.rows[middle]].astype(np.float64), np.median(window, axis=1)
        return [Offset(*own) for own in zip(np.split(at_us, ends), np.split(ahead, ends), strict=True)]


def _divided(order: Ints, stream: Ints, streams: int) -> list[Ints]:
    """The pieces of an order of rows that goes from stream to stream."""
    return np.split(order, np.searchsorted(stream[order], np.arange(1, streams)))
