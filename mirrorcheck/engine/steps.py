"""Analyzes long logs in steps of their time, and holds only the lines that are not decided.

The logs are read in step with each other: the one that is furthest behind is read next. Once there are enough lines,
all that are held are settled, while the next ones are read. What is decided goes into the totals, and the others are
settled again with those that follow.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Self

import numpy as np

from mirrorcheck.concurrency import give_back_freed_memory, outcomes, side_by_side
from mirrorcheck.engine import constants
from mirrorcheck.engine.batch import analyze_sources, judged_span, refuse_one_side
from mirrorcheck.engine.evict import lag_us
from mirrorcheck.engine.ledger import Ledger, TableMaker
from mirrorcheck.engine.step_sides import StepSides
from mirrorcheck.outcomes.settle import JudgedSpan, Settled, settle
from mirrorcheck.outcomes.sides.common_hop import without_common_hop
from mirrorcheck.outcomes.sides.model import Sides
from mirrorcheck.outcomes.sides.unparsed import refuse_unparsed, refuse_unread
from mirrorcheck.pairing.model import Bools, Ints
from mirrorcheck.reading.containers import keep_containers, refuse_two_of_a_pod
from mirrorcheck.reading.readers import Meter, find_jobs
from mirrorcheck.reading.repeated import hold_repeats
from mirrorcheck.reading.required_fields import refuse_unlogged
from mirrorcheck.reading.sorted_log import SortingRoom, sorted_logs
from mirrorcheck.reading.stepped_log import ENDLESS_US, SteppedLog, log_in_turn
from mirrorcheck.reading.stream import Stream, oldest_first
from mirrorcheck.reading.stream_reader import Job
from mirrorcheck.report.model import Report
from mirrorcheck.settings import Settings
from mirrorcheck.sources.files import CHUNK, Inputs, Progress
from mirrorcheck.totals.assemble import finish
from mirrorcheck.totals.lines_spool import LinesSpool
from mirrorcheck.totals.timeline import SAVED
from mirrorcheck.totals.totals import Totals


@dataclass(frozen=True, slots=True)
class StepSize:
    """lines: read for a step, at least. whole: of fewer there is one step. bytes_: read at once of each log.

    sorted_bytes: of lines of a log that is sorted.
    """

    lines: int = constants.STEP_LINES
    whole: int = constants.WHOLE_LINES
    bytes_: int = CHUNK
    sorted_bytes: int = int(constants.MEMORY * constants.SORTED_SHARE)

    @classmethod
    def of(cls, memory: int) -> Self:
        """What fits in so many bytes."""
        share = (memory - constants.OTHER_MEMORY) / (constants.MEMORY - constants.OTHER_MEMORY)
        lines, whole = (int(usual * share) for usual in (constants.STEP_LINES, constants.WHOLE_LINES))
        return cls(lines, whole, sorted_bytes=int(memory * constants.SORTED_SHARE))


_NONE = np.zeros(0, np.int64)


class _ReadWhole(Exception):  # noqa: N818  # no error: a way out
    """What was read shows that these logs have to be settled as a whole."""


class _Disorder(Exception):  # noqa: N818  # no error, either
    """What was read shows that some logs, by their places, are not in order of time."""

    def __init__(self, places: AbstractSet[int]) -> None:
        super().__init__()
        self.places = places


def analyze_long(
    inputs: Inputs,
    settings: Settings,
    progress: Progress | None = None,
    size: StepSize | None = None,
    spool: LinesSpool | None = None,
) -> Report:
    """Analyze logs in steps where that is possible, else as a whole. Logs that are not in order of time are sorted.

    size: in place of what the settings say. spool: where the outcomes of their lines are laid aside, if these are asked
    for.

    Raises as `analyze_sources` does, and InputError where there is no room to sort.
    """
    if settings.run or settings.overlap or settings.container:
        return analyze_sources(inputs, settings, progress)
    jobs, meters = find_jobs(inputs, settings, progress)
    size = size or StepSize.of(settings.memory_bytes)
    unsorted: AbstractSet[int] | None = frozenset()
    while unsorted is not None:
        try:
            with _opened(jobs, meters, size, unsorted) as logs:
                return _Steps(inputs, settings, logs, size, spool).report()
        except _Disorder as found:
            # Logs that turn out to be in disorder one after the other are not to be begun again for each of them.
            unsorted = frozenset(range(len(jobs))) if unsorted else found.places
        except _ReadWhole:
            unsorted = None
        for meter in meters:
            meter.rewind()
        if spool:
            spool.clear()
    return analyze_sources(inputs, settings, progress)


@contextmanager
def _opened(
    jobs: Sequence[Job], meters: Sequence[Meter], size: StepSize, unsorted: AbstractSet[int]
) -> Iterator[Sequence[SteppedLog]]:
    """The logs, of which some, by their places, are sorted first."""
    with SortingRoom(size.sorted_bytes) as room, ExitStack() as opened:
        chosen = sorted(place for place in unsorted if jobs[place].format)
        found = sorted_logs([(jobs[place], meters[place]) for place in chosen], room, size.bytes_)
        in_order = dict(zip(chosen, found, strict=True))
        logs = [
            in_order.get(place) or log_in_turn(job, meter, size.bytes_)
            for place, (job, meter) in enumerate(zip(jobs, meters, strict=True))
        ]
        for log in logs:
            opened.callback(log.close)
        yield logs


class _Steps:
    """Reads logs step by step and adds up what is decided."""

    def __init__(
        self,
        inputs: Inputs,
        settings: Settings,
        logs: Sequence[SteppedLog],
        size: StepSize,
        spool: LinesSpool | None,
    ) -> None:
        self._spool = spool
        self._inputs, self._settings, self._size = inputs, settings, size
        self._logs = logs
        self._span = JudgedSpan()
        self._ledger = Ledger()
        self._sides = StepSides(inputs, settings)
        self._read_us = -ENDLESS_US  # up to here the last step was read
        self._lag_us = settings.horizon_us

    def report(self) -> Report:
        """Read all logs to their ends, and report."""
        with ThreadPoolExecutor(1) as pool:
            self._read_on()
            while not self._ended:
                self._step(pool)
        found, made = self._rest()
        give_back_freed_memory()  # the columns of the last step: what a report takes would come on top of it
        return self._finish(found, made)

    @property
    def _ended(self) -> bool:
        return all(log.ended for log in self._logs)

    def _step(self, pool: ThreadPoolExecutor) -> None:
        both, streams = self._take()
        settling = pool.submit(self._decide, both)
        self._read_on()  # while they are settled
        [(self._ledger, gone)] = outcomes([settling])
        self._hold_again(both, streams, gone)

    def _read_on(self) -> None:
        """Read until there are enough lines to decide some, or to the end."""
        while not self._ended:
            behind = min(self._logs, key=lambda log: log.read_us)
            lines = sum(log.lines for log in self._logs)
            enough = self._size.whole if self._read_us == -ENDLESS_US else self._size.lines
            if lines > enough:
                if behind.read_us - self._read_us > self._settings.horizon_us:
                    return
                self._refuse_disorder()  # else all that comes would be held
            near_us = behind.read_us + behind.span_us
            side_by_side(SteppedLog.read_on, [log for log in self._logs if not log.ended and log.read_us <= near_us])
        if any(log.grown for log in self._logs):
            raise _ReadWhole

    def _take(self) -> tuple[Sides, list[Stream]]:
        """Take what is held of the time up to which all logs were read: by side, and by log."""
        self._refuse_disorder()
        self._read_us = read_us = min(log.read_us for log in self._logs)
        if read_us == ENDLESS_US:
            until_us = open_us = read_us
        else:
            disorder_us = max(log.disorder_us for log in self._logs)
            open_us = read_us - self._settings.horizon_us
            until_us = max(open_us, read_us - self._lag_us - disorder_us)
        streams = [log.take(read_us, open_us) for log in self._logs]
        return replace(self._checked(streams), piece=self._ledger.piece(until_us, open_us)), streams

    def _settled(self, both: Sides) -> Settled:
        return self._ledger.joined(settle(both, self._settings, self._span), self._settings.horizon_us)

    def _decide(self, both: Sides) -> tuple[Ledger, tuple[Bools, Bools]]:
        """Settle what was taken: the ledger with what is decided, and which lines are, by side."""
        settled = self._settled(both)
        self._lag_us = lag_us(settled, self._settings.horizon_us)
        return self._ledger.without_decided(settled, self._settings, spool=self._spool)

    def _hold_again(self, both: Sides, streams: Sequence[Stream], gone: tuple[Bools, Bools]) -> None:
        """Hold those lines that are not decided."""
        self._sides.note(both, gone)
        undecided = _undecided(both, gone)
        for log, stream in zip(self._logs, streams, strict=True):
            lines = np.concatenate([_NONE, *undecided[log.source.name]])
            log.put_back(np.isin(stream.table["line"].to_numpy(), lines))

    def _rest(self) -> tuple[Totals, TableMaker]:
        """The totals with all lines, and what makes the table of them. Lines are held no more, but of a single step."""
        rest, _ = self._take()
        self._sides.note(rest)
        settled = self._settled(rest)
        return self._ledger.with_all(settled, self._settings), self._ledger.table_maker(settled, self._spool)

    def _finish(self, found: Totals, made: TableMaker) -> Report:
        streams = keep_containers([log.whole() for log in self._logs], ())
        refuse_unread(streams)
        both = self._sides.of_all(streams)
        refuse_unparsed(both)
        if self._inputs.mixed:
            refuse_one_side(found)
        return finish(found, both, self._settings, SAVED, partial(made, both))

    def _refuse_disorder(self) -> None:
        """Raise _Disorder where more than a few lines come after their partners may have been decided, or would."""
        late, lines = (sum(getattr(log, name) for log in self._logs) for name in ("late", "lines"))
        if late > constants.LATE_LINES * lines:
            raise _Disorder({place for place, log in enumerate(self._logs) if log.late})
        if self._ledger.totals is None:
            unsorted = {place for place, log in enumerate(self._logs) if not (log.in_order or log.ended)}
            backwards = {place for place in unsorted if self._logs[place].goes_back(self._settings.horizon_us)}
            if backwards:
                raise _Disorder(backwards)

    def _checked(self, streams: Sequence[Stream]) -> Sides:
        """The sides of a step; raises _ReadWhole where streams hold the same lines, or a hop that all share."""
        begins = self._ledger.totals is None
        if begins:
            refuse_unlogged(streams, self._settings)
        if self._hold_repeats(streams):
            raise _ReadWhole
        if begins and self._ended:
            streams = oldest_first(streams)  # one step of all
        if begins:
            self._span = judged_span(streams, self._settings)
            if not self._sides.can_tell(streams) or any(each.common_hop for each in without_common_hop(streams)):
                raise _ReadWhole
        refuse_two_of_a_pod(streams)
        return self._sides.of(streams)

    def _hold_repeats(self, streams: Sequence[Stream]) -> bool:
        """Whether logs of one side hold the same lines: then they do in the lines of any time, too."""
        first, second = len(self._inputs.primary), len(self._inputs.primary) + len(self._inputs.shadow)
        for own in (slice(0, first), slice(first, second), slice(second, None)):
            side = list(zip(self._logs[own], streams[own], strict=True))
            if len(side) > 1 and hold_repeats([_as_logged(log, stream) for log, stream in side]):
                return True
        return False


def _as_logged(log: SteppedLog, stream: Stream) -> Stream:
    """The lines that were taken of a log in its own order."""
    return replace(stream, table=stream.table.sort("line")) if log.in_order else stream


def _undecided(sides: Sides, gone: tuple[Bools, Bools]) -> dict[str, list[Ints]]:
    """The numbers of the lines of either side that did not go, by log."""
    found = defaultdict[str, list[Ints]](list)
    for parts, decided in zip((sides.primary, sides.shadow), gone, strict=True):
        ends = np.cumsum([part.table.height for part in parts])
        for part, own in zip(parts, np.split(decided, ends[:-1]), strict=True) if parts else ():
            found[part.stream.source.name].append(part.table["line"].to_numpy()[~own])
    return found
