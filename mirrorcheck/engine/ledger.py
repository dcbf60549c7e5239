"""Keeps what is decided: the totals of lines that are not held any more, and which of those held are counted already.

Lines are settled together with those that follow them. Those up to an instant are decided then and leave, but for the
unpaired ones that wait, see `left_over`: they are in the history of the originals, and in no other count.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np
import polars as pl

from mirrorcheck.engine import constants
from mirrorcheck.errors import UsageError
from mirrorcheck.outcomes.final import final_lines, take
from mirrorcheck.outcomes.left_over import as_ambiguous, join_left_over, waiting
from mirrorcheck.outcomes.settle import Settled
from mirrorcheck.outcomes.sides.model import Piece, SideLines, Sides
from mirrorcheck.pairing import Outcome
from mirrorcheck.pairing.model import ENDLESS_US, Bools, Ints
from mirrorcheck.settings import Settings
from mirrorcheck.totals.history import EMPTY, History
from mirrorcheck.totals.lines_spool import LinesSpool
from mirrorcheck.totals.lines_table import outcome_table
from mirrorcheck.totals.timeline import SAVED, LiveFacts, history_of, rows_in_time
from mirrorcheck.totals.totals import Totals, fold

TableMaker = Callable[[Sides], Iterable[pl.DataFrame]]


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting:
    """Lines of one log that wait: their numbers, ascending, and their candidates, int64 each."""

    lines: Ints
    candidates: Ints

    @classmethod
    def all(cls, each: Sequence[tuple[Ints, Ints]]) -> Self:
        """Of several pieces of a log."""
        lines, candidates = (np.concatenate(columns) for columns in zip(*each, strict=True))
        order = np.argsort(lines)
        return cls(lines[order], candidates[order])

    def of(self, lines: Ints) -> Ints:
        """By line: its candidates if it waits, else 0."""
        place = np.searchsorted(self.lines, lines)
        waits = np.append(self.lines, -1)[place] == lines
        return np.where(waits, np.append(self.candidates, 0)[place], 0)


@dataclass(frozen=True, slots=True, eq=False)
class Ledger:
    """totals: of the lines that left, None before any did. until_us: up to here lines are decided.

    waiting: by name of their log, the lines that are held and counted in the history.
    """

    totals: Totals | None = None
    until_us: int = -ENDLESS_US
    waiting: Mapping[str, _Waiting] = field(default_factory=dict)

    def piece(self, until_us: int = ENDLESS_US) -> Piece:
        """The piece of the logs that is held: what is found in it up to an instant was not counted before."""
        return Piece(self.totals is None, until_us == ENDLESS_US, self.until_us, until_us)

    def known(self, settled: Settled) -> tuple[Ints, Ints]:
        """By row of either side: the candidates of a line that waits, else 0."""
        return self._known(settled.primary), self._known(settled.shadow)

    def _known(self, side: SideLines) -> Ints:
        found = np.zeros(side.table.height, np.int64)
        for name, rows, lines in _by_log(side):
            if name in self.waiting:
                found[rows] = self.waiting[name].of(lines)
        return found

    def joined(self, settled: Settled, horizon_us: int) -> Settled:
        """The same with what is left over paired, as far as it is decided."""
        if not self.waiting and settled.primary.piece.ends:
            return settled  # one matching of all that is held
        return join_left_over(as_ambiguous(settled, self.known(settled)), horizon_us)

    def history(self, settled: Settled, horizon_us: int, among: Bools | None = None) -> History:
        """The history with that of the lines that are held, or of some of them, bool by row of the primary."""
        waits = self._known(settled.primary) > 0
        chosen = settled.in_ratio if among is None else settled.in_ratio & among
        own = history_of(settled, horizon_us, rows_in_time(settled, chosen & ~waits))
        if self.totals is None:
            return own
        copied = np.flatnonzero(waits & (settled.original_outcome == Outcome.PAIRED))
        times_us = settled.primary.table["time_us"].to_numpy()[copied]
        return self.totals.history.corrected(times_us) + own

    def with_all(self, settled: Settled, settings: Settings, live: LiveFacts = SAVED) -> Totals:
        """The totals with all lines that are held."""
        found = fold(settled, settings, live, whole=self.totals is None, history=EMPTY)
        return self._with(found, self.history(settled, settings.horizon_us))

    def without_decided(
        self, settled: Settled, settings: Settings, live: LiveFacts = SAVED, spool: LinesSpool | None = None
    ) -> tuple["Ledger", tuple[Bools, Bools]]:
        """The ledger with the lines that are decided up to the end of their piece, and which these are, by side.

        spool: where they are laid aside, if they are asked for.
        """
        originals, copies = final_lines(settled)
        known = self.known(settled)
        wait, copies_wait = waiting(settled, settings.horizon_us, (known[0] > 0, known[1] > 0))
        gone = (originals & ~wait, copies & ~copies_wait)
        kept = {
            **_waiting(settled.primary, originals & wait, settled.original_candidates),
            **_waiting(settled.shadow, copies & copies_wait, settled.shadow_candidates),
        }
        decided = take(settled, *gone)
        if spool:
            spool.add(decided)
        found = fold(decided, settings, live, whole=False, history=EMPTY)
        totals = self._with(found, self.history(settled, settings.horizon_us, originals))
        return Ledger(totals, settled.primary.piece.until_us, kept), gone

    def tables(self, settled: Settled, sides: Sides, spool: LinesSpool | None) -> Iterable[pl.DataFrame]:
        """The table of all lines, in pieces, with those that are held; sides: all that was read.

        Raises UsageError where the others were not laid aside.
        """
        return self.table_maker(settled, spool)(sides)

    def table_maker(self, settled: Settled, spool: LinesSpool | None) -> TableMaker:
        """What makes this table of the sides; lines that are held are laid aside with those that are not any more."""
        if self.totals is None:
            return lambda _: [outcome_table(settled)]
        if spool is None:
            return _refuse_table
        spool.add(settled)
        return spool.tables

    def _with(self, found: Totals, history: History) -> Totals:
        whole = found if self.totals is None else self.totals + found
        return replace(whole, history=history)


NOTHING = Ledger()


def _refuse_table(_: Sides) -> Iterable[pl.DataFrame]:
    raise UsageError(
        f"there are more lines than a table in memory is made of ({constants.WHOLE_LINES:,}). Write it to a file with "
        "--outcomes FILE."
    )


def _waiting(side: SideLines, waits: Bools, candidates: Ints) -> dict[str, _Waiting]:
    """The lines of a side that wait, by log."""
    found: dict[str, list[tuple[Ints, Ints]]] = {}
    for name, rows, lines in _by_log(side) if waits.any() else ():
        own = waits[rows]
        found.setdefault(name, []).append((lines[own], candidates[rows][own]))
    return {name: _Waiting.all(each) for name, each in found.items()}


def _by_log(side: SideLines) -> Iterator[tuple[str, slice, Ints]]:
    """The name, the rows and the numbers of the lines of each part of a side."""
    start, lines = 0, side.table["line"].to_numpy()
    for part in side.parts:
        rows = slice(start, start + part.table.height)
        start = rows.stop
        yield part.stream.source.name, rows, lines[rows]
