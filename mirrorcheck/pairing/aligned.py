"""Puts both sides on one clock, which is learnt from the pairs of the round before, with how far copies scatter."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from mirrorcheck.concurrency import side_by_side
from mirrorcheck.pairing import clock, compiled, constants
from mirrorcheck.pairing.blocks import Matched, merge_in_blocks
from mirrorcheck.pairing.match import Pairs
from mirrorcheck.pairing.merge import Merged, Timed
from mirrorcheck.pairing.model import EVERYTHING, Bools, Ints, RequestLines, Window
from mirrorcheck.pairing.votes import agreed_offset


@dataclass(frozen=True, slots=True, eq=False)
class Alignment:
    """Both sides on one clock; int64 microseconds by row of the side.

    originals_us, copies_us: where a line lies in time. originals_level_us, copies_level_us: the stamps as logged, with
    several streams of a side set against each other; the horizon judges these. slack_us: how far times and stamps may
    differ. spread_us: how far nearly all copies lie from their originals on that clock. window: of lines that count.
    """

    originals: RequestLines
    copies: RequestLines
    originals_us: Ints
    copies_us: Ints
    originals_level_us: Ints
    copies_level_us: Ints
    clocks: clock.Clocks
    slack_us: int
    spread_us: int
    window: Window = EVERYTHING

    @property
    def near_us(self) -> int:
        """A distance that hardly a copy exceeds."""
        return 2 * self.spread_us

    @property
    def attempts_us(self) -> int:
        """How far apart the attempts at one request and their copies lie at most."""
        return constants.RETRY_WINDOW_US + self.near_us

    @property
    def slip_us(self) -> int:
        """By how much the lines of two pods of the primary may seem to come in another order than they did."""
        return self.spread_us if self.originals.stream.any() else 0

    def in_time(self, times_us: Ints) -> Bools:
        """Which times, int64[n], are those of lines that count."""
        after_us, until_us = self.window.counted_us
        in_time: Bools = (times_us > after_us) & (times_us <= until_us)
        return in_time

    def span_us(self) -> int:
        """From the first line of either side to the last."""
        times = [times for times in (self.originals_us, self.copies_us) if len(times)]
        return max(int(each.max()) for each in times) - min(int(each.min()) for each in times) if times else 0

    def delay_us(self, copy_of: Ints) -> Ints:
        """By pair, in order of originals: the copy's time minus the original's, streams set against each other."""
        rows = np.flatnonzero(copy_of >= 0)
        return self.copies_level_us[copy_of[rows]] - self.originals_level_us[rows]

    def leaps_us(self, rows: Ints, *, copies: bool) -> Ints:
        """By how much the clock changes around these lines of a side, int64 by row."""
        lines, offsets = (self.copies, self.clocks.copies) if copies else (self.originals, self.clocks.originals)
        return clock.leaps(lines.placed_us[rows], lines.stream[rows], offsets)

    @property
    def unsteady_us(self) -> int:
        """If the clock changes by more around a line, the line's place says little."""
        return constants.LEAP * self.near_us

    def merged(self, horizon_us: int) -> list[Merged]:
        """All lines in order of key and time, in blocks of keys."""
        originals, copies = self.originals, self.copies
        return merge_in_blocks(
            Timed(originals.key, self.originals_us, self.originals_level_us, np.arange(len(originals))),
            Timed(copies.key, self.copies_us, self.copies_level_us, np.arange(len(copies))),
            horizon_us + self.slack_us,
        )


def first_alignment(originals: RequestLines, copies: RequestLines) -> Alignment:
    """The stamps as they are, before anything is known of the clocks."""
    return Alignment(
        originals,
        copies,
        originals.placed_us,
        copies.placed_us,
        originals.logged_us,
        copies.logged_us,
        clock.NO_CLOCKS,
        slack_us=clock.SECOND_US,
        spread_us=clock.SECOND_US,
    )


@dataclass(frozen=True, slots=True, eq=False)
class LearntClocks:
    """The clocks of all streams, and how far copies scatter around them."""

    clocks: clock.Clocks
    spread_us: int


def learn(alignment: Alignment, matched: list[Matched], far_us: int, reaches_us: tuple[int, ...]) -> LearntClocks:
    """Learn from the pairs that are alone with their key, within the first reach that has enough of them.

    Those alone within `far_us` always count: without pairs that lie far apart the spread would look too small.
    """
    sure = _sure_pairs(alignment, matched, far_us, reaches_us)
    if sure is None and not alignment.clocks.learnt:
        # Among equals the pairs that lie closest together are found, however far apart the clocks are.
        offset_us = agreed_offset(alignment.originals, alignment.copies, far_us)
        if offset_us is not None:
            streams = _streams(alignment.originals), _streams(alignment.copies)
            return LearntClocks(clock.constant(offset_us, *streams), clock.SECOND_US)
    # Pairs among equals lie close together whether they are right or not: their spread says nothing.
    least_us = clock.SECOND_US if sure is None else constants.LEAST_SPREAD_US
    rows, partners = sure or _rows((each.merged, each.pairs) for each in matched)
    originals, copies = alignment.originals, alignment.copies
    anchors = clock.Anchors(
        originals.placed_us[rows], copies.placed_us[partners], originals.stream[rows], copies.stream[partners]
    )
    clocks = clock.learn_clocks(anchors, _streams(originals), _streams(copies))
    aligned_us = clock.align(anchors.original_us, anchors.original_stream, clocks.originals)
    scatter = np.abs(clock.align(anchors.copy_us, anchors.copy_stream, clocks.copies) - aligned_us)
    if len(rows) < constants.FEWEST_ANCHORS:
        return LearntClocks(clocks, clock.SECOND_US)
    return LearntClocks(clocks, max(int(np.quantile(scatter, constants.SPREAD_QUANTILE)), least_us))


def align(
    originals: RequestLines,
    copies: RequestLines,
    learnt: LearntClocks,
    horizon_us: int,
    window: Window = EVERYTHING,
) -> Alignment:
    """Place both sides by the clocks; no line is moved so far that its order and its horizon disagree."""
    clocks = learnt.clocks
    original_level_us, copy_level_us = _level(originals, clocks.originals), _level(copies, clocks.copies)
    most_us = max(0, horizon_us - clock.SECOND_US) // (2 if len(clocks.originals) > 1 else 1)
    furthest = max(float(np.abs(offset.ahead_us).max(initial=0)) for offset in clocks.originals + clocks.copies)
    sides = ((originals, clocks.originals, original_level_us), (copies, clocks.copies, copy_level_us))
    originals_us, copies_us = side_by_side(lambda side: _moved(*side, most_us), sides)
    return Alignment(
        originals,
        copies,
        originals_us,
        copies_us,
        original_level_us,
        copy_level_us,
        clocks,
        slack_us=clock.SECOND_US + int(furthest),
        spread_us=learnt.spread_us,
        window=window,
    )


def _moved(lines: RequestLines, offsets: tuple[clock.Offset, ...], level_us: Ints, most_us: int) -> Ints:
    """Times on the common clock, at most so far from where the stamps place them."""
    if all(not len(offset.at_us) for offset in offsets):
        return lines.placed_us
    placed_us = lines.placed_us
    if level_us is not lines.logged_us:
        placed_us = placed_us + level_us - lines.logged_us
    moved_us = clock.align(lines.placed_us, lines.stream, offsets)
    # What numpy.clip gives, in a third of the time.
    return np.minimum(np.maximum(moved_us, placed_us - most_us), placed_us + most_us)


def _streams(lines: RequestLines) -> int:
    return int(lines.stream.max(initial=0)) + 1


def _level(lines: RequestLines, offsets: tuple[clock.Offset, ...]) -> Ints:
    """Logged stamps with the streams of a side set against each other; as they were where there is but one."""
    if len(offsets) == 1:
        return lines.logged_us
    typical = np.array([offset.typical() for offset in offsets])
    level_us: Ints = lines.logged_us - (typical - int(np.median(typical)))[lines.stream]
    return level_us


def _sure_pairs(
    alignment: Alignment, matched: list[Matched], far_us: int, reaches_us: tuple[int, ...]
) -> tuple[Ints, Ints] | None:
    """Rows of the pairs whose key occurs once on either side within reach, or None where these are too few.

    Where the clock leaps, lines that are no pair may be alone with each other within a short reach.
    """
    far = [mark_alone(each.merged, far_us)[each.pairs.original] for each in matched]
    for reach_us in reaches_us:
        near = (mark_alone(each.merged, reach_us)[each.pairs.original] & _steady(alignment, each) for each in matched)
        alone = [each | own for each, own in zip(far, near, strict=True)]
        if sum(int(each.sum()) for each in alone) >= constants.FEWEST_ANCHORS:
            return _rows((each.merged, each.pairs.take(own)) for each, own in zip(matched, alone, strict=True))
    return None


def _steady(alignment: Alignment, matched: Matched) -> Bools:
    """By pair: the clock does not leap around either of the two lines."""
    if alignment.clocks.most_leap() <= alignment.unsteady_us:
        return np.ones(len(matched.pairs.original), np.bool_)
    row, pairs = matched.merged.row, matched.pairs
    originals_us = alignment.leaps_us(row[pairs.original], copies=False)
    copies_us = alignment.leaps_us(row[pairs.copy], copies=True)
    steady: Bools = np.maximum(originals_us, copies_us) <= alignment.unsteady_us
    return steady


def _rows(matched: Iterable[tuple[Merged, Pairs]]) -> tuple[Ints, Ints]:
    """Rows of the originals and of the copies of all pairs."""
    rows = [(merged.row[pairs.original], merged.row[pairs.copy]) for merged, pairs in matched]
    return np.concatenate([original for original, _ in rows]), np.concatenate([copy for _, copy in rows])


def mark_alone(merged: Merged, apart_us: int) -> Bools:
    """By place: the line stands in a group of one original and one copy."""
    if compiled.kernel:
        marked = np.empty(len(merged), np.bool_)
        compiled.kernel.mark_alone(merged.run, merged.time_us, merged.is_copy, apart_us, marked)
        return marked
    group = merged.groups(apart_us)
    single = (np.bincount(group, weights=merged.is_copy) == 1) & (np.bincount(group, weights=~merged.is_copy) == 1)
    alone: Bools = single[group]
    return alone
