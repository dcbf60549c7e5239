"""Analyzes long logs in steps of their time, and holds only the lines that are not decided.

The logs are read in step with each other: the one that is furthest behind is read next. Once there are enough lines of
which every partner was read, all that are held are settled; what is decided goes into the totals, and the others are
settled again with those that follow.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Self, TypeVar

import numpy as np
import polars as pl

from mirrorcheck.concurrency import side_by_side
from mirrorcheck.engine import constants
from mirrorcheck.engine.batch import analyze_sources, judged_span
from mirrorcheck.errors import UsageError
from mirrorcheck.outcomes.final import final_lines, take
from mirrorcheck.outcomes.left_over import as_ambiguous, join_left_over, waiting
from mirrorcheck.outcomes.settle import JudgedSpan, Settled, settle
from mirrorcheck.outcomes.sides import model as sides
from mirrorcheck.outcomes.sides.common_hop import without_common_hop
from mirrorcheck.outcomes.sides.unparsed import refuse_unparsed, refuse_unread
from mirrorcheck.pairing import Outcome
from mirrorcheck.pairing.model import Bools, Ints
from mirrorcheck.reading.readers import Meter, find_jobs
from mirrorcheck.reading.repeated import hold_repeats
from mirrorcheck.reading.required_fields import refuse_unlogged
from mirrorcheck.reading.stepped_log import ENDLESS_US, SteppedLog
from mirrorcheck.reading.stream import Stream
from mirrorcheck.reading.stream_reader import Job
from mirrorcheck.report.model import Report
from mirrorcheck.settings import Settings
from mirrorcheck.sources.files import CHUNK, Inputs, Progress
from mirrorcheck.totals.assemble import finish
from mirrorcheck.totals.history import History
from mirrorcheck.totals.timeline import SAVED, history_of, rows_in_time
from mirrorcheck.totals.totals import Totals, fold


@dataclass(frozen=True, slots=True)
class StepSize:
    """lines: decided at once, at least. whole: of fewer there is one step. bytes_: read at once of each log."""

    lines: int = constants.STEP_LINES
    whole: int = constants.WHOLE_LINES
    bytes_: int = CHUNK


_USUAL = StepSize()
Column = TypeVar("Column", Ints, Bools)


class _ReadWhole(Exception):  # noqa: N818  # no error: a way out
    """What was read shows that these logs have to be settled as a whole."""


def analyze_long(
    inputs: Inputs,
    settings: Settings,
    progress: Progress | None = None,
    size: StepSize = _USUAL,
) -> Report:
    """Analyze logs in steps where that is possible, else as a whole.

    Raises as `analyze_sources` does.
    """
    if inputs.mixed or settings.run or settings.overlap:
        return analyze_sources(inputs, settings, progress)
    jobs, meters = find_jobs(inputs, settings, progress)
    if not all(map(_in_turn, jobs)):
        return analyze_sources(inputs, settings, progress)
    try:
        return _Steps(inputs, settings, jobs, meters, size).report()
    except _ReadWhole:
        for meter in meters:
            meter.rewind()
        return analyze_sources(inputs, settings, progress)


def _in_turn(job: Job) -> bool:
    """Whether the lines of a log come in order of time, and none of them counts by what others say."""
    format_ = job.format
    if format_ is None or any(layer.newest_first for layer in format_.layers):
        return False
    return not {"container", "pod", "labels"} & format_.fields


@dataclass(frozen=True, slots=True, eq=False)
class Waiting:
    """The lines that wait though they are in time: by log their numbers, int64, and their candidates, int64."""

    lines: list[Ints]
    counts: list[Ints]

    @classmethod
    def none(cls, logs: int) -> Self:
        """No lines."""
        nothing = [np.zeros(0, np.int64) for _ in range(logs)]
        return cls(nothing, nothing)

    @classmethod
    def of(cls, lines: Sequence[Ints], chosen: Sequence[Bools], counts: Sequence[Ints]) -> Self:
        """Those chosen of some lines, by log."""
        each = list(zip(lines, chosen, counts, strict=True))
        order = [np.argsort(numbers[own]) for numbers, own, _ in each]
        return cls(
            [numbers[own][by] for (numbers, own, _), by in zip(each, order, strict=True)],
            [count[own][by] for (_, own, count), by in zip(each, order, strict=True)],
        )

    def candidates(self, lines: Iterable[Ints]) -> list[Ints]:
        """By log and line: the candidates of one that waits, 0 for others."""
        return [_looked_up(*each) for each in zip(self.lines, self.counts, lines, strict=True)]


def _looked_up(known: Ints, counts: Ints, lines: Ints) -> Ints:
    place = np.searchsorted(known, lines)
    found = np.append(known, -1)[place] == lines
    return np.where(found, np.append(counts, 0)[place], 0)


class _Steps:
    """Reads logs step by step and adds up what is decided."""

    def __init__(
        self, inputs: Inputs, settings: Settings, jobs: Sequence[Job], meters: Sequence[Meter], size: StepSize
    ) -> None:
        self._inputs, self._settings, self._size = inputs, settings, size
        self._logs = [SteppedLog(job, meter, size.bytes_) for job, meter in zip(jobs, meters, strict=True)]
        self._until_us = -ENDLESS_US  # up to here lines are decided
        self._waiting = Waiting.none(len(self._logs))
        self._span = JudgedSpan()
        self._totals: Totals | None = None
        self._read_us = -ENDLESS_US  # up to here the last step was read

    def report(self) -> Report:
        """Read all logs to their ends, and report."""
        while not self._whole:
            self._read_step()
            self._take_step()
        assert self._totals is not None  # noqa: S101  # for the type checker: there was a step
        both = self._sides([log.whole() for log in self._logs])
        refuse_unread([part.stream for part in (*both.primary, *both.shadow)])
        refuse_unparsed(both)
        return finish(self._totals, both, self._settings, SAVED, _no_table)

    @property
    def _whole(self) -> bool:
        """Whether nothing is left."""
        return self._totals is not None and all(log.ended and not log.lines for log in self._logs)

    def _read_step(self) -> None:
        """Read until enough lines can be decided, or to the end."""
        while not all(log.ended for log in self._logs):
            behind = min(self._logs, key=lambda log: log.read_us)
            due = sum(log.lines_until(behind.read_us - self._settings.horizon_us) for log in self._logs)
            enough = self._totals is not None or sum(log.lines for log in self._logs) > self._size.whole
            if enough and due >= self._size.lines and behind.read_us > self._read_us:
                return
            near_us = behind.read_us + behind.span_us
            side_by_side(SteppedLog.read_on, [log for log in self._logs if not log.ended and log.read_us <= near_us])
        if any(log.grown for log in self._logs):
            raise _ReadWhole

    def _take_step(self) -> None:
        """Settle what is held up to where all logs were read, and keep what is not decided."""
        self._read_us = read_us = min(log.read_us for log in self._logs)
        streams = [log.take(read_us) for log in self._logs]
        both = self._checked(streams)
        until_us = read_us if read_us == ENDLESS_US else read_us - self._settings.horizon_us
        piece = sides.Piece(self._totals is None, read_us == ENDLESS_US, self._until_us, until_us)
        self._until_us = until_us
        settled = settle(replace(both, piece=piece), self._settings, self._span)
        candidates = self._by_side(self._waiting.candidates(log.lines_taken for log in self._logs))
        settled = join_left_over(as_ambiguous(settled, candidates), self._settings.horizon_us)
        known = (candidates[0] > 0, candidates[1] > 0)
        originals, copies = final_lines(settled)
        history = self._history(settled, originals, known[0])
        if not piece.ends:
            wait, copies_wait = waiting(settled, self._settings.horizon_us, known)
            chosen = self._by_log(originals & wait, copies & copies_wait)
            counts = self._by_log(settled.original_candidates, settled.shadow_candidates)
            self._waiting = Waiting.of([log.lines_taken for log in self._logs], chosen, counts)
            originals, copies = originals & ~wait, copies & ~copies_wait
        decided = settled if piece.ends else take(settled, originals, copies)
        found = fold(decided, self._settings, whole=False, history=history)
        self._totals = found if self._totals is None else self._totals + found
        for log, undecided in zip(self._logs, self._by_log(~originals, ~copies), strict=True):
            log.put_back(undecided)

    def _history(self, settled: Settled, originals: Bools, known: Bools) -> History:
        """The history of those that are in time; known: those that were before, and may have been copied after all."""
        rows = rows_in_time(settled, originals & ~known)
        copied = np.flatnonzero(known & (settled.original_outcome == Outcome.PAIRED))
        if len(copied) and self._totals is not None:
            times_us = settled.primary.table["time_us"].to_numpy()[copied]
            self._totals = replace(self._totals, history=self._totals.history.corrected(times_us))
        return history_of(settled, self._settings.horizon_us, rows)

    def _by_log(self, originals: Column, copies: Column) -> list[Column]:
        """What is said of the lines of either side, by log."""
        sizes = np.cumsum([len(log.lines_taken) for log in self._logs])[:-1]
        return np.split(np.concatenate([originals, copies]), sizes)

    def _by_side(self, columns: Sequence[Ints]) -> tuple[Ints, Ints]:
        """What is said of the lines of each log, by side."""
        count = len(self._inputs.primary)
        return np.concatenate(columns[:count]), np.concatenate(columns[count:])

    def _checked(self, streams: Sequence[Stream]) -> sides.Sides:
        """The sides of a step; raises _ReadWhole where streams hold the same lines, or a hop that all share."""
        if self._totals is None:
            refuse_unlogged(streams, self._settings)
            self._span = judged_span(streams, self._settings)
        primary, shadow = (streams[: len(self._inputs.primary)], streams[len(self._inputs.primary) :])
        for side in (primary, shadow):
            if hold_repeats(side):
                raise _ReadWhole
        if self._totals is None and any(stream.common_hop for stream in without_common_hop(streams)):
            raise _ReadWhole
        return self._sides(streams)

    def _sides(self, streams: Sequence[Stream]) -> sides.Sides:
        count = len(self._inputs.primary)
        return sides.by_option(streams[:count], streams[count:])


def _no_table() -> pl.DataFrame:
    raise UsageError(
        f"the logs have more lines than a table in memory is made of ({constants.WHOLE_LINES:,}). Write it to a file "
        "with --outcomes FILE."
    )
