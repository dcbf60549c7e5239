"""Lays lines of both sides into cells of one key and a short time, and measures how the shadow's lines lie in them.

Measures that are small for a mirror are held against their laws: if each line's side is drawn, and if lines are dealt
out in turn.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from math import sqrt

import numpy as np

from mirrorcheck.pairing import constants
from mirrorcheck.pairing.model import Bools, Floats, Ints, Keys

_LAWS = 4096  # kept: cells of all widths and shifts hold one share of the same few sizes

Interval = tuple[float, float, float]
"""An estimate and its ends."""


@dataclass(frozen=True, slots=True, eq=False)
class Stamped:
    """Lines of one side, in any order: key, uint64[n]; time_us, int64[n], on a clock that streams of a side share."""

    key: Keys
    time_us: Ints

    def __len__(self) -> int:
        return len(self.key)

    def take(self, rows: Ints | Bools) -> "Stamped":
        """The same columns for some of the rows."""
        return Stamped(self.key[rows], self.time_us[rows])

    def shifted(self, by_us: int | Ints) -> "Stamped":
        """The same lines at other times."""
        return Stamped(self.key, self.time_us + by_us)


def common_span(originals: Stamped, shadow: Stamped, slack_us: int) -> tuple[Stamped, Stamped]:
    """The lines of both sides in the time that both cover, and so much before and after it."""
    first_us = max(originals.time_us.min(), shadow.time_us.min()) - slack_us
    last_us = min(originals.time_us.max(), shadow.time_us.max()) + slack_us
    return _between(originals, first_us, last_us), _between(shadow, first_us, last_us)


def _between(lines: Stamped, first_us: int, last_us: int) -> Stamped:
    """The lines from one time to another, both inclusive."""
    inside = (lines.time_us >= first_us) & (lines.time_us <= last_us)
    return lines if inside.all() else lines.take(inside)  # mostly all are, and a copy takes long


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Lines, and those of the shadow among them, by cell: int64[cells]. share: of all lines, those of the shadow."""

    lines: Ints
    shadow: Ints
    share: float


def lay_together(originals: Stamped, shadow: Stamped, width_us: int) -> Cells:
    """Put the lines of one key with no pause longer than the width into one cell; longer than 8 widths they are cut."""
    key = np.concatenate([originals.key, shadow.key])
    time_us = np.concatenate([originals.time_us, shadow.time_us])
    order = np.lexsort((time_us, key))
    key, time_us = key[order], time_us[order]
    begins = np.ones(len(key), np.bool_)
    begins[1:] = (key[1:] != key[:-1]) | (np.diff(time_us) > width_us)
    since_us = time_us - time_us[begins][np.cumsum(begins) - 1]
    piece = since_us // (constants.LONGEST_CELL * width_us + 1)
    begins[1:] |= piece[1:] != piece[:-1]
    cell = np.cumsum(begins) - 1
    lines = np.bincount(cell)
    theirs = np.bincount(cell[order >= len(originals)], minlength=len(lines))
    return Cells(lines, theirs, len(shadow) / len(key))


@dataclass(frozen=True, slots=True)
class _Law:
    """Mean and variance of a measure if requests are routed in some way."""

    mean: float
    variance: float


@dataclass(frozen=True, slots=True)
class Measure:
    """A sum over cells that is small for a mirror: as found, and its laws by chance and in rotation."""

    found: float
    by_chance: _Law
    in_rotation: _Law
    cells: int

    def below(self, alike: float) -> float:
        """Standard deviations below the bound of chance and rotation; alike: see `Returns.alike`."""
        mean = (1 - alike) * self.by_chance.mean + alike * min(self.by_chance.mean, self.in_rotation.mean)
        variance = (1 - alike) * self.by_chance.variance + alike * self.in_rotation.variance
        return self._sigmas(mean, _Law(mean, variance))

    def below_shifted(self, others: Iterable["Measure"]) -> float:
        """The same below what shifts in time leave, as a share of what chance would leave them."""
        shares = [each.found / each.by_chance.mean for each in others if each.by_chance.mean]
        return self._sigmas(min(shares, default=1.0) * self.by_chance.mean, self.by_chance)

    def _sigmas(self, bound: float, law: _Law) -> float:
        sigma = max(sqrt(law.variance), law.mean * max(constants.MODEL_ERROR, 1 / sqrt(self.cells)))
        return (bound - self.found) / sigma if sigma else 0.0


Amount = Callable[[Ints, Ints, float], Floats]  # of a measure: the shadow's lines of cells, all their lines, the share


def unevenness(shadow: Ints, lines: Ints, share: float) -> Floats:
    """The squared differences of the shadow's lines from their share."""
    strays: Floats = (shadow - share * lines) ** 2
    return strays


def left_over(shadow: Ints, lines: Ints, _: float) -> Floats:
    """The shadow's lines beyond those of the primary."""
    left: Floats = np.maximum(0, 2 * shadow - lines).astype(np.float64)
    return left


def measure(cells: Cells, amount: Amount) -> Measure:
    """Sum a measure up over all cells, with what its laws let expect of cells of their sizes."""
    sizes, which = np.unique(cells.lines, return_inverse=True)
    laws = [(*_by_chance(size, cells.share, amount), *_in_turn(size, cells.share, amount)) for size in sizes.tolist()]
    mean, variance, turn_mean, turn_variance = np.array(laws)[which].sum(axis=0).tolist()
    found = float(amount(cells.shadow, cells.lines, cells.share).sum())
    return Measure(found, _Law(mean, variance), _Law(turn_mean, turn_variance), len(cells.lines))


@lru_cache(_LAWS)
def _by_chance(lines: int, share: float, amount: Amount) -> tuple[float, float]:
    """Mean and variance in a cell of so many lines, each of which is the shadow's with the probability `share`."""
    shadow = np.arange(lines + 1)
    factorials = np.concatenate(([0.0], np.cumsum(np.log(np.arange(1, lines + 1)))))
    chance = np.exp(
        factorials[-1] - factorials - factorials[::-1] + shadow * np.log(share) + (lines - shadow) * np.log1p(-share)
    )
    amounts = amount(shadow, np.full(lines + 1, lines), share)
    mean = float(chance @ amounts)
    return mean, float(chance @ amounts**2) - mean**2


@lru_cache(_LAWS)
def _in_turn(lines: int, share: float, amount: Amount) -> tuple[float, float]:
    """Mean and variance in a cell if lines are dealt out in turn: the shadow gets its share, rounded up or down.

    All cells of clients that send everything twice would be even; such clients are not assumed, so one line less is as
    likely.
    """
    sizes = np.repeat([lines, lines - 1], 2)
    whole, rest = np.divmod(sizes * share, 1)
    amounts = amount(whole.astype(np.int64) + np.array([0, 1, 0, 1]), sizes, share)
    chance = np.where([False, True, False, True], rest, 1 - rest) / 2
    mean = float(chance @ amounts)
    return mean, float(chance @ amounts**2) - mean**2


def estimate_copied(cells: Cells, per_original: float) -> Interval:
    """Estimate the share of the originals that was copied, and its interval, by how evenly the shadow's lines lie.

    Of originals at random, of which a share p was copied beside other lines of the shadow, r in all to an original, the
    unevenness is 1 - 2 p / (1 + r) of that by chance.
    """
    variances = cells.lines * (cells.share * (1 - cells.share))
    strays, total = unevenness(cells.shadow, cells.lines, cells.share), float(variances.sum())
    uneven = float(strays.sum()) / total
    of_found = sqrt(float(((strays - uneven * variances) ** 2).sum())) / total
    by_chance = measure(cells, unevenness).by_chance
    sigma = max(of_found, sqrt(by_chance.variance) / total, constants.MODEL_ERROR, 1 / sqrt(len(cells.lines)))
    scale = (1 + per_original) / 2
    return tuple(scale * (1 - uneven + constants.SHARE_SIGMAS * step * sigma) for step in (0, -1, 1))  # type: ignore[return-value]
