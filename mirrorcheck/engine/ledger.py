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
from mirrorcheck.engine.traffic import NO_TRAFFIC, Traffic
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
    """Lines of one log that wait: their numbers, ascending, and their candidates, int64 each.

    counted: bool, whether the history has them.
    """

    lines: Ints
    candidates: Ints
    counted: Bools

    @classmethod
    def all(cls, each: Sequence[tuple[Ints, Ints, Bools]]) -> Self:
        """Of several pieces of a log."""
        lines, candidates, counted = (np.concatenate(columns) for columns in zip(*each, strict=True))
        order = np.argsort(lines)
        return cls(lines[order], candidates[order], counted[order])

    def of(self, lines: Ints) -> tuple[Ints, Bools]:
        """By line: its candidates if it waits, else 0; and whether the history has it."""
        place = np.searchsorted(self.lines, lines)
        waits = np.append(self.lines, -1)[place] == lines
        return np.where(waits, np.append(self.candidates, 0)[place], 0), waits & np.append(self.counted, False)[place]


@dataclass(frozen=True, slots=True, eq=False)
class Ledger:
    """totals: of the lines that left, None before any did. until_us: up to here lines are decided.

    open_us: see `Piece`. waiting: by name of their log, the lines up to until_us that are held. traffic: of the lines
    that left.
    """

    totals: Totals | None = None
    until_us: int = -ENDLESS_US
    open_us: int = -ENDLESS_US
    waiting: Mapping[str, _Waiting] = field(default_factory=dict)
    traffic: Traffic = NO_TRAFFIC

    def piece(self, until_us: int = ENDLESS_US, open_us: int = ENDLESS_US, known_us: int = -ENDLESS_US) -> Piece:
        """The piece of the logs that is held: what is found in it up to an instant was not counted before."""
        open_us = max(open_us, self.open_us)
        return Piece(self.totals is None, until_us == ENDLESS_US, self.until_us, until_us, open_us, known_us)

    def _known(self, side: SideLines) -> tuple[Ints, Bools]:
        """By row of a side: the candidates of a line that waits, else 0; and whether the history has it."""
        found, counted = np.zeros(side.table.height, np.int64), np.zeros(side.table.height, np.bool_)
        for name, rows, lines in _by_log(side):
            if name in self.waiting:
                found[rows], counted[rows] = self.waiting[name].of(lines)
        return found, counted

    def joined(self, settled: Settled, horizon_us: int) -> Settled:
        """The same with what is left over paired, as far as it is decided."""
        if not self.waiting and settled.primary.piece.ends:
            return settled  # one matching of all that is held
        known = self._known(settled.primary)[0], self._known(settled.shadow)[0]
        return join_left_over(as_ambiguous(settled, known), horizon_us)

    def history(self, settled: Settled, horizon_us: int, among: Bools | None = None) -> History:
        """The history with that of the lines that are held, or of some of them, bool by row of the primary."""
        counted = self._known(settled.primary)[1]
        chosen = settled.in_ratio if among is None else settled.in_ratio & among
        own = history_of(settled, horizon_us, rows_in_time(settled, chosen & ~counted))
        if self.totals is None:
            return own
        times_us = settled.primary.table["time_us"].to_numpy()
        copied = counted & (settled.original_outcome == Outcome.PAIRED)
        none = counted & ~copied & ~settled.in_ratio
        return self.totals.history.corrected(times_us[copied], times_us[none]) + own

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
        final = final_lines(settled)
        known = self._known(settled.primary)[0] > 1, self._known(settled.shadow)[0] > 1
        wait, copies_wait = waiting(settled, settings.horizon_us, known)
        gone = (final.originals & ~wait, final.copies & ~copies_wait)
        originals = final.originals | final.open_originals
        kept = _waiting(
            (settled.primary, originals & ~gone[0], settled.original_candidates, settled.in_ratio),
            (settled.shadow, (final.copies | final.open_copies) & ~gone[1], settled.shadow_candidates, copies_wait),
        )
        decided = take(settled, *gone)
        if spool:
            spool.add(decided)
        found = fold(decided, settings, live, whole=False, history=EMPTY)
        totals = self._with(found, self.history(settled, settings.horizon_us, originals))
        piece = settled.primary.piece
        return Ledger(totals, piece.until_us, piece.open_us, kept, self.traffic.then(decided)), gone

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


def _waiting(*sides: tuple[SideLines, Bools, Ints, Bools]) -> dict[str, _Waiting]:
    """By log, the lines that wait: a side, bool by row, the candidates, and which of them the history has."""
    found: dict[str, list[tuple[Ints, Ints, Bools]]] = {}
    for side, waits, candidates, counted in sides:
        for name, rows, lines in _by_log(side) if waits.any() else ():
            own = waits[rows]
            found.setdefault(name, []).append((lines[own], candidates[rows][own], counted[rows][own]))
    return {name: _Waiting.all(each) for name, each in found.items()}


def _by_log(side: SideLines) -> Iterator[tuple[str, slice, Ints]]:
    """The name, the rows and the numbers of the lines of each part of a side."""
    start, lines = 0, side.table["line"].to_numpy()
    for part in side.parts:
        rows = slice(start, start + part.table.height)
        start = rows.stop
        yield part.stream.source.name, rows, lines[rows]
