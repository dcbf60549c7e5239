"""The decided originals in order of their time, and which of them were copied: exact up to a million.

Beyond, neighbours are told together in stretches of two, four, eight: what happened when is then known to a stretch.
Histories add up: that of a log is the sum of those of its pieces.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from mirrorcheck.pairing.model import Bools, Ints
from mirrorcheck.totals.exchangeable import Change, hidden_change
from mirrorcheck.totals.phases import Segment, Stretches, cut_stretches, mirrored_span

MOST_STRETCHES = 1 << 20
Counts = NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """Originals of the ratio in stretches, in order of time; columns of length m, one original each up to a million.

    from_us, until_us: int64[m], when the first and the last original of a stretch was logged. originals, paired:
    int32[m], how many it has, and how many of them were copied. drawn: int32[m], the same for what is said of their
    order, see `Exchangeable`: in sum as many. turns: int32[m], how often copied and missed ones follow each other
    within the stretch. turned: bool[m], whether its first original follows one of the other kind. first, last: whether
    the very first and the very last original count as copied. guess_us: how far outcomes may have been exchanged, 0
    where none is a guess.
    """

    from_us: Ints
    until_us: Ints
    originals: Counts
    paired: Counts
    drawn: Counts
    turns: Counts
    turned: Bools
    first: bool = False
    last: bool = False
    guess_us: int = 0

    @classmethod
    def of(cls, time_us: Ints, paired: Bools, drawn: Bools | None = None, guess_us: int = 0) -> Self:
        """Of single originals: int64[n] ascending and bool[n]; drawn: where that is not the same."""
        drawn = paired if drawn is None else drawn
        count = len(time_us)
        found = cls(
            from_us=time_us,
            until_us=time_us,
            originals=np.ones(count, np.int32),
            paired=paired.astype(np.int32),
            drawn=drawn.astype(np.int32),
            turns=np.zeros(count, np.int32),
            turned=np.diff(drawn, prepend=drawn[:1]),
            first=bool(count and drawn[0]),
            last=bool(count and drawn[-1]),
            guess_us=guess_us,
        )
        return found.bounded()

    def __len__(self) -> int:
        """How many stretches there are."""
        return len(self.from_us)

    @property
    def total(self) -> int:
        """How many originals there are."""
        return int(self.originals.sum())

    @property
    def hits(self) -> int:
        """How many of them were copied."""
        return int(self.paired.sum())

    @property
    def missed(self) -> int:
        """How many of them were not copied."""
        return self.total - self.hits

    @property
    def on(self) -> slice | None:
        """The stretches from the first with a copied original to the last, a hole between included; None without."""
        return mirrored_span(self.drawn)

    def before(self) -> Ints:
        """int64[m + 1]: how many originals come before each stretch, and in all."""
        return np.concatenate(([0], np.cumsum(self.originals, dtype=np.int64)))

    def drawn_before(self) -> Ints:
        """int64[m + 1]: how many of them count as copied in `drawn`."""
        return np.concatenate(([0], np.cumsum(self.drawn, dtype=np.int64)))

    def cut(self, horizon_us: int) -> tuple[Segment, ...]:
        """The phases of constant mirror ratio, by `drawn`."""
        stretches = Stretches(self.from_us, self.until_us, self.originals, self.drawn)
        return cut_stretches(stretches, horizon_us=horizon_us)

    def hidden_change(self) -> Change | None:
        """A change of the ratio that the order of outcomes may hide."""
        return hidden_change(self.from_us, self.originals, self.paired, self.guess_us)

    def runs(self) -> int:
        """How many rows of originals of one kind follow each other."""
        return int(self.turns.sum()) + int(self.turned[1:].sum()) + 1 if len(self) else 0

    def part(self, of: slice) -> Self:
        """Some of the stretches, one after the other."""
        return replace(self, **_columns(lambda column: column[of], self))

    def until(self, at_us: int) -> Self:
        """The stretches that end by an instant."""
        count = int(np.searchsorted(self.until_us, at_us, side="right"))
        if count == len(self):
            return self
        return replace(self.part(slice(count)), last=bool(count and self.drawn[count - 1]))

    def split(self, places: Ints) -> list[Self]:
        """The pieces between these stretches, int64 ascending."""
        return [self.part(slice(*ends)) for ends in pairwise([0, *places.tolist(), len(self)])]

    def pieces(self, sizes: Ints) -> list[Self]:
        """The pieces of so many originals each, which end where stretches do."""
        return self.split(np.searchsorted(self.before(), np.cumsum(sizes))[:-1])

    def times_us(self) -> Ints:
        """int64[total], in order: when each was logged, or the first of its stretch."""
        return np.repeat(self.from_us, self.originals)

    def outcomes(self) -> Bools:
        """bool[total], in order: whether each was copied; within a stretch the copied ones come first."""
        place = np.arange(self.total) - np.repeat(self.before()[:-1], self.originals)
        copied: Bools = place < np.repeat(self.drawn, self.originals)
        return copied

    def __add__(self, other: Self) -> Self:
        if not len(self) or not len(other):
            return self if len(self) else other
        one, following = (self, other) if self.from_us[0] <= other.from_us[0] else (other, self)
        columns = _columns(lambda *both: np.concatenate(both), one, following)
        guess_us = max(one.guess_us, following.guess_us)
        whole = type(self)(**columns, first=one.first, last=following.last, guess_us=guess_us)
        whole.turned[len(one)] = one.last != following.first
        return (whole if one.until_us[-1] <= following.from_us[0] else whole.in_order()).bounded()

    def in_order(self) -> Self:
        """The same in order of time, where stretches of two times were put one after the other."""
        order = np.argsort(self.from_us, kind="stable")
        columns = _columns(lambda column: column[order], self)
        # The kind of a stretch's last original is known where all are of one kind; else it is taken for the first's.
        kind = columns["drawn"] > 0
        columns |= {
            "until_us": np.maximum.accumulate(columns["until_us"]),
            "turned": np.diff(kind, prepend=kind[:1]),
        }
        return type(self)(**columns, first=bool(kind[0]), last=bool(kind[-1]), guess_us=self.guess_us)

    def corrected(self, copied_us: Ints, none_us: Ints) -> Self:
        """The same, but that originals that were logged at these times were copied after all, and others are none.

        copied_us, none_us: int64 each, of originals that count as not copied.
        """
        if not len(copied_us) and not len(none_us):
            return self
        paired, drawn, originals = self.paired.copy(), self.drawn.copy(), self.originals.copy()
        for column in (paired, drawn):
            np.add.at(column, self._places(copied_us, originals - column), 1)
        np.subtract.at(originals, self._places(none_us, originals - paired), 1)
        left_over = np.maximum(drawn - originals, 0)
        drawn -= left_over
        np.add.at(drawn, self._places(np.repeat(self.until_us, left_over), originals - drawn), 1)
        left = replace(self, originals=originals, paired=paired, drawn=drawn).some(originals > 0)
        kind = left.drawn > 0
        turned = np.diff(kind, prepend=kind[:1])
        return replace(left, turned=turned, first=bool(kind[:1].any()), last=bool(kind[-1:].any()))

    def _places(self, times_us: Ints, room: Counts) -> Ints:
        """The stretch next to each of these times that has room left; room: by stretch, for so many."""
        found = []
        firsts, ends = (np.searchsorted(self.until_us, times_us, side).tolist() for side in ("left", "right"))
        for first, end in zip(firsts, ends, strict=True):
            width, free = 0, first + np.flatnonzero(room[first:end])
            while not len(free) and width <= len(self):
                width = 4 * width or _NEAR
                begin = max(0, first - width)
                free = begin + np.flatnonzero(room[begin : end + width])
            nearest = free[np.abs(free - first).argmin()]
            room[nearest] -= 1
            found.append(nearest)
        return np.array(found, np.int64)

    def some(self, chosen: Bools) -> Self:
        """Some of the stretches, bool by stretch."""
        if chosen.all():
            return self
        columns: dict[str, Any] = {name: getattr(self, name)[chosen] for name in _COLUMNS}
        return replace(self, **columns)

    def bounded(self, most: int = MOST_STRETCHES) -> Self:
        """The same in at most so many stretches, as equally long as may be."""
        if len(self) <= most:
            return self
        grain = 1 << (2 * self.total // most).bit_length()
        bundle = self.before()[:-1] // grain
        first = np.flatnonzero(np.diff(bundle, prepend=-1))
        inner = self.turned.copy()
        inner[first] = False
        return replace(
            self,
            from_us=self.from_us[first],
            until_us=self.until_us[np.append(first[1:], len(self)) - 1],
            turns=np.add.reduceat(self.turns + inner, first, dtype=np.int32),
            turned=self.turned[first],
            originals=np.add.reduceat(self.originals, first),
            paired=np.add.reduceat(self.paired, first),
            drawn=np.add.reduceat(self.drawn, first),
        )


_NEAR = 64  # stretches to either side where room is looked for first
_COLUMNS = ("from_us", "until_us", "originals", "paired", "drawn", "turns", "turned")


def _columns(made: Callable[..., NDArray[np.generic]], *histories: History) -> dict[str, Any]:
    """What is made of each column of some histories, by its name."""
    return {name: made(*(getattr(each, name) for each in histories)) for name in _COLUMNS}


EMPTY = History.of(np.zeros(0, np.int64), np.zeros(0, np.bool_))
