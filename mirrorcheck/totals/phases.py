"""Cuts the decided originals, in order of their own time, into phases of constant mirror ratio.

The timeline is cut where that raises the likelihood (independent decisions, one ratio a phase) by more than the cuts
cost; what a cut costs depends on its place, see `cut_costs`.
"""

from dataclasses import dataclass
from itertools import pairwise
from math import ceil, log
from typing import Self

import numpy as np
from numpy.typing import NDArray

from mirrorcheck.pairing.model import Bools, Floats, Ints
from mirrorcheck.totals import constants

# What limits the work: the exact search is quadratic in places, the coarse one linear in cells x levels.
_EXACT_PLACES = 500
_COARSE_CELLS = 32_000
_LONG_RUNS = 4_000
_COARSE_LEVELS = 384
# How cheap a cut is in the coarse search: this share of its cost, yet at least that share of what a lone miss gains.
_COARSE_SHARE = 0.4
_COARSE_FLOOR = 0.75
_POLISHES = 4  # each only improves, and two are nearly always enough


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of originals mirrored at one ratio: positions [first, last], both inclusive, and their times in us."""

    first: int
    last: int
    from_us: int
    to_us: int
    originals: int
    paired: int

    @property
    def missed(self) -> int:
        """How many of the originals were not copied."""
        return self.originals - self.paired


@dataclass(frozen=True, slots=True)
class _Places:
    """Where a cut may lie: before the original `at[i]`; the first place is 0, the last n.

    at: int64[m] strictly ascending, hits: int64[m] paired originals before it, cost: float64[m] of a cut there.
    """

    at: Ints
    hits: Ints
    cost: Floats

    def __len__(self) -> int:
        return len(self.at)

    def take(self, chosen: Ints) -> Self:
        """Keep the chosen places (int64[k] indices, ascending, the first and the last among them)."""
        return type(self)(self.at[chosen], self.hits[chosen], self.cost[chosen])


def runs_of(originals: NDArray[np.integer], paired: NDArray[np.integer]) -> Ints:
    """Return int64[r]: the stretches at which a run of equal outcomes begins (0 first), none for an empty column.

    A stretch of which some were copied and some not is no run: it begins and ends one.
    """
    if not len(paired):
        return np.empty(0, dtype=np.int64)
    mixed = (paired > 0) & (paired < originals)
    ends = mixed[1:] | mixed[:-1] | ((paired[1:] > 0) != (paired[:-1] > 0))
    return np.concatenate(([0], np.flatnonzero(ends) + 1)).astype(np.int64)


def mirrored_span(paired: NDArray[np.integer] | Bools) -> slice | None:
    """Return the positions from the first with a copy to the last, a hole between them included; None without."""
    copied = paired > 0
    if not copied.any():
        return None
    return slice(int(copied.argmax()), len(copied) - int(copied[::-1].argmax()))


@dataclass(frozen=True, slots=True, eq=False)
class Stretches:
    """Originals in order of time, columns of length m; where each stretch is one original, everything is exact.

    from_us, until_us: int64, when the first and the last of a stretch was logged. originals, paired: int32 or int64,
    how many it has, and how many of them were copied.
    """

    from_us: Ints
    until_us: Ints
    originals: NDArray[np.integer]
    paired: NDArray[np.integer]

    @classmethod
    def single(cls, time_us: Ints, paired: Bools) -> Self:
        """Of single originals."""
        return cls(time_us, time_us, np.ones(len(time_us), np.int64), paired.astype(np.int64))


def cut_costs(stretches: Stretches, *, horizon_us: int) -> Floats:
    """Return what a cut must gain in log-likelihood: float64[m + 1], at p for a cut just before the stretch p.

    The timeline's own ends, 0 and m, cost nothing. Inside, every place is searched, so a cut costs 3 ln n of n
    originals. Free places are given beforehand and cost less: the pauses longer than `horizon_us` (under a steady ratio
    1 % for all of them together to be cut; a few percent with less than ten originals, where counts are coarse), and
    the first and last paired original, which are where luck puts them (0.5 % each): the stamps of their copies would
    not do, for a whole second of other originals may bear the same. No cut costs less than ln n + 1: a lone miss, or a
    lone copy, among n gains a little less, wherever it lies.
    """
    n, size = int(stretches.originals.sum()), len(stretches.originals)
    if n == 0:
        return np.zeros(1)
    lone = log(n) + 1.0
    cost = np.full(size + 1, constants.GAIN_ANYWHERE * log(n))
    edge_cost = max(constants.GAIN_AT_EDGE, lone)
    on = mirrored_span(stretches.paired)
    if on is not None:
        cost[[on.start, on.stop]] = np.minimum(cost[[on.start, on.stop]], edge_cost)
    pauses = np.flatnonzero(stretches.from_us[1:] - stretches.until_us[:-1] > horizon_us) + 1
    cost[pauses] = np.minimum(cost[pauses], max(constants.GAIN_AT_GIVEN_PLACE + log(max(len(pauses), 1)), lone))
    cost[[0, size]] = 0.0
    return cost


def cut_phases(time_us: Ints, paired: Bools, *, horizon_us: int) -> tuple[Segment, ...]:
    """Cut single originals, int64[n] in ascending order and bool[n], into phases, as `cut_stretches` does.

    Raises ValueError where the two columns differ in length.
    """
    if len(time_us) != len(paired):
        raise ValueError(f"one time for each outcome is needed: {len(time_us)} times, {len(paired)} outcomes")
    return cut_stretches(Stretches.single(time_us, paired), horizon_us=horizon_us)


def cut_stretches(stretches: Stretches, *, horizon_us: int) -> tuple[Segment, ...]:
    """Cut the decided originals into phases of constant mirror ratio; they are contiguous and cover all originals.

    The log-likelihood less the costs of the cuts is maximal where it is feasible to find the maximum (up to 500
    possible places); beyond, see `_coarse_cuts`.
    """
    if not len(stretches.originals):
        return ()
    cost = cut_costs(stretches, horizon_us=horizon_us)
    place, places = _places(stretches, cost)
    if len(places) > _EXACT_PLACES:
        rough = _polished(places, _coarse_cuts(places))
        cuts = _polished(places, rough[_optimal_cuts(places.take(rough))])
    else:
        cuts = _optimal_cuts(places)
    starts, ends = place[cuts[:-1]], place[cuts[1:]] - 1
    columns = (places.at[cuts[:-1]], places.at[cuts[1:]], stretches.from_us[starts], stretches.until_us[ends])
    return tuple(
        Segment(first=start, last=end - 1, from_us=from_us, to_us=to_us, originals=end - start, paired=hits)
        for start, end, from_us, to_us, hits in zip(
            *(column.tolist() for column in columns), np.diff(places.hits[cuts]).tolist(), strict=True
        )
    )


def join(originals: Ints, paired: Ints) -> tuple[slice, ...]:
    """Join neighbouring parts with borders given beforehand into stretches of one ratio: slices of the parts.

    `originals` and `paired` are int64[m], the counts of each part, none without an original. A border that was given
    need not pay for the search of a place: under a steady ratio 1 % of all timelines keep one or more of theirs.
    """
    cost = np.full(len(originals) + 1, constants.GAIN_AT_GIVEN_PLACE + log(max(len(originals) - 1, 1)))
    cost[[0, -1]] = 0.0
    at, hits = (np.concatenate(([0], np.cumsum(each))) for each in (originals, paired))
    cuts = _optimal_cuts(_Places(at, hits, cost)).tolist()
    return tuple(slice(start, end) for start, end in pairwise(cuts))


def _places(stretches: Stretches, cost: Floats) -> tuple[Ints, _Places]:
    """Return every place where a best cut can lie, as the number of its stretch, and as `_Places`.

    Those are the ends of runs and the free places: while a cut moves through a run of equal outcomes, what it gains is
    convex, so the best is at one of its ends.
    """
    possible = cost < cost.max()
    possible[runs_of(stretches.originals, stretches.paired)] = True
    possible[-1] = True
    place = np.flatnonzero(possible)
    at, hits = (
        np.concatenate(([0], np.cumsum(column, dtype=np.int64)))[place]
        for column in (stretches.originals, stretches.paired)
    )
    return place, _Places(at, hits, cost[place])


def misfit(originals: Ints, paired: Ints) -> Floats:
    """Return float64: minus the log-likelihood of stretches at their own best ratio, n H(k / n) in nats."""
    missed = originals - paired
    return _x_log_x(originals) - _x_log_x(paired) - _x_log_x(missed)


def _x_log_x(count: Ints) -> Floats:
    real = count.astype(np.float64)
    return real * np.log(np.maximum(real, 1.0))


def _optimal_cuts(places: _Places) -> Ints:
    """Return the indices of the best cuts, the first and the last place included: optimal partitioning with pruning.

    The pruning is that of PELT (Killick, Fearnhead and Eckley 2012), with a cost for each place: a start that is no
    better than cutting here never becomes better.
    """
    size = len(places)
    value = np.zeros(size)  # of the best partition before a place, its own cut included
    origin = np.zeros(size, dtype=np.int64)
    alive = np.zeros(1, dtype=np.int64)
    for end in range(1, size):
        total = value[alive] + misfit(places.at[end] - places.at[alive], places.hits[end] - places.hits[alive])
        best = int(total.argmin())
        origin[end] = alive[best]
        value[end] = total[best] + places.cost[end]
        alive = np.append(alive[total < value[end]], end)
    return _traced(origin, size - 1)


def _traced(origin: Ints, end: int) -> Ints:
    """Follow each phase's end to its origin, from `end` back to 0; ascending."""
    cuts = [end]
    while cuts[-1] > 0:
        cuts.append(int(origin[cuts[-1]]))
    return np.array(cuts[::-1], dtype=np.int64)


def _coarse_cuts(places: _Places) -> Ints:
    """Return the indices of cuts near every change that pays, and of some that do not; both ends included.

    With a million runs an exact search is out of reach. This one is linear: the places are bundled into cells, a
    phase's ratio is one of 384 levels, and the best path through the levels is found cell by cell (Viterbi). What
    cells and levels blur costs some gain, so cuts are cheap here, and a change that pays its full cost is found if 40 %
    of its gain is left; the exact search afterwards, over the cuts found, charges the full cost. Up to 32,000 places
    each is a cell. With 2 million originals at 50 % a cell holds about 60, and a row of misses must be 126 long to pay
    for its two cuts at all.
    """
    border = _cell_borders(places)
    cost = _coarse_costs(places, border)
    angle = np.linspace(0.5 / np.sqrt(places.at[-1]), np.pi / 2 - 0.5 / np.sqrt(places.at[-1]), _COARSE_LEVELS)
    # Equal steps of the arc sine of the root are equally hard to distinguish, at 0.1 % as at 50 %.
    if_paired, if_missed = -2.0 * np.log(np.sin(angle)), -2.0 * np.log(np.cos(angle))
    hits = np.diff(places.hits[border]).astype(np.float64)
    misses = np.diff(places.at[border]) - hits

    value = np.zeros(_COARSE_LEVELS)  # of the best path that is at this level now
    since = np.zeros(_COARSE_LEVELS, dtype=np.int64)  # the border at which that path came to it
    origin = np.zeros(len(border), dtype=np.int64)
    for cell in range(len(border) - 1):
        best = value.argmin()
        origin[cell] = since[best]
        ceiling = value[best] + cost[cell]
        since[value > ceiling] = cell
        np.minimum(value, ceiling, out=value)
        value += hits[cell] * if_paired + misses[cell] * if_missed
    origin[-1] = since[value.argmin()]
    return border[_traced(origin, len(border) - 1)]


def _cell_borders(places: _Places) -> Ints:
    """Return the indices of the places between which cells lie: evenly spread, and around the longest runs."""
    size = len(places)
    is_border = np.zeros(size, dtype=np.bool_)
    is_border[:: ceil(size / _COARSE_CELLS)] = True
    is_border[-1] = True
    # A long run in the midst of a cell would drown in what surrounds it, however surprising it is.
    longest = np.argsort(places.at[:-1] - places.at[1:])[:_LONG_RUNS]
    is_border[longest] = True
    is_border[longest + 1] = True
    return np.flatnonzero(is_border)


def _coarse_costs(places: _Places, border: Ints) -> Floats:
    """Return float64[cells]: what the coarse search charges for a cut at the start of a cell, see there."""
    cheapest = np.minimum.reduceat(places.cost[:-1], border[:-1])
    # Cheaper still, and chance alone would make thousands of cuts at the free places of a long log.
    return np.maximum(_COARSE_SHARE * cheapest, _COARSE_FLOOR * (log(places.at[-1]) + 1.0))


def _polished(places: _Places, cuts: Ints) -> Ints:
    """Move each cut to the best of all places between its neighbours, until none moves (or often enough)."""
    cuts = cuts.copy()
    for _ in range(_POLISHES):
        before = cuts.copy()
        for i in range(1, len(cuts) - 1):
            cuts[i] = _best_between(places, cuts[i - 1], cuts[i + 1])
        if np.array_equal(cuts, before):
            break
    return cuts


def _best_between(places: _Places, start: int, end: int) -> int:
    """Return the index of the best single cut strictly between two others."""
    inner = slice(start + 1, end)
    at, hits = places.at[inner], places.hits[inner]
    total = misfit(at - places.at[start], hits - places.hits[start]) + places.cost[inner]
    total += misfit(places.at[end] - at, places.hits[end] - hits)
    return int(start + 1 + total.argmin())
