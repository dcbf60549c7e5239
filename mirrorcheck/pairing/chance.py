"""Keys and times of both sides in, whether chance explains their pairs out: mirrored, split between them, or open.

Traffic that is split between two versions looks like a mirror of the same requests where URLs are few: nearly every
line of the shadow finds a partner. What tells the two apart is what is left over. Lines are laid together in cells: of
one key, with no pause longer than a width. A mirror leaves no line of the shadow alone in its cell, and fills all cells
with the same share of copies but for independent draws. Three things that are no mirror set the bounds:

- routing at random: given the cells, each line is the shadow's with the share that all lines have (a binomial law,
  whatever the arrivals are, bursts included);
- routing in rotation: as far as neighbouring requests ask for the same, no share of a cell strays by a whole line;
- regular clients: shifted by the usual pause of its key, or of all requests, the shadow pairs just as well.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from math import sqrt

import numpy as np

from mirrorcheck.pairing.blocks import share_of_keys
from mirrorcheck.pairing.clock import SECOND_US
from mirrorcheck.pairing.lines import Bools, Floats, Ints, Keys

_PROOF = 3.0  # standard deviations below every bound; over widths and measures about one split in a hundred gets there
_SURE = 2.6  # standard deviations of the interval that is told
_ACCIDENT = 0.02  # chance that so few pairs are none
_FEW_COPIED = 0.1  # of the shadow's lines: if surely fewer are copies, the shadow is no mirror
_LONGEST = 8  # widths; longer cells are cut
_QUANTILES = (0.95, 0.8, 0.5)  # of how far the delays of pairs lie from their median
_WIDEST_US = 4 * SECOND_US  # a slow shadow's delays scatter by that
_MODEL = 0.02  # of a measure: what the laws above may be wrong by
_MOST_LINES = 20_000
_SPARSE = 3.0  # lines of a cell as wide as half of the delays scatter
_NEAR = 0.15  # of their median: returns as regular as that come from a list that is gone through again and again
_REGULAR = 0.5  # of returns, from which on they are regular
_FEW = 10  # returns of keys that tell little by themselves
_Interval = tuple[float, float, float]  # an estimate and its ends
_SHIFTS = (-2, -1, 1, 2)
_PARTS = 8  # of the shadow's lines, each of which is looked at where all of them are no mirror


class Copying(StrEnum):
    """Whether the shadow's lines are copies of the primary's."""

    PROVEN = "proven"  # no split would leave such lines
    REFUTED = "refuted"  # keys of their own show that hardly any is
    OPEN = "open"  # chance, or a split, would leave the same lines


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


@dataclass(frozen=True, slots=True)
class Share:
    """The share of the originals that was copied, whatever was paired: an estimate and the interval that surely holds.

    Ratios from 0 to 1. Where the answer is open the interval says how far it is.
    """

    copying: Copying
    estimate: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, eq=False)
class _Cells:
    """Lines, and those of the shadow among them, by cell: int64[cells]. share: of all lines, those of the shadow."""

    lines: Ints
    shadow: Ints
    share: float

    def mean_lines(self) -> float:
        """How many lines a cell has."""
        return float(self.lines.mean())


@dataclass(frozen=True, slots=True)
class _Law:
    """Mean and variance of a measure if requests are routed in some way."""

    mean: float
    variance: float


@dataclass(frozen=True, slots=True)
class _Measure:
    """A sum over cells that is small for a mirror: as found, and its laws by chance and in rotation."""

    found: float
    by_chance: _Law
    in_rotation: _Law
    cells: int

    def below(self, alike: float) -> float:
        """Standard deviations below the bound of chance and rotation; alike: see `_Returns`."""
        mean = (1 - alike) * self.by_chance.mean + alike * min(self.by_chance.mean, self.in_rotation.mean)
        variance = (1 - alike) * self.by_chance.variance + alike * self.in_rotation.variance
        return self._sigmas(mean, _Law(mean, variance))

    def below_shifted(self, others: Iterable["_Measure"]) -> float:
        """The same below what shifts in time leave, by their share of what chance would leave them."""
        shares = [each.found / each.by_chance.mean for each in others if each.by_chance.mean]
        return self._sigmas(min(shares, default=1.0) * self.by_chance.mean, self.by_chance)

    def _sigmas(self, bound: float, law: _Law) -> float:
        sigma = max(sqrt(law.variance), law.mean * max(_MODEL, 1 / sqrt(self.cells)))
        return (bound - self.found) / sigma if sigma else 0.0


def judge_copying(originals: Stamped, shadow: Stamped, delay_us: Ints, resolution_us: int) -> Share:
    """Hold what was paired against chance.

    delay_us: int64[pairs], shadow's minus original's time of the pairs that were found. resolution_us: of the stamps.
    The times are those logged: ranks within a second would set the lines of two sides side by side.
    """
    share = _judge(originals, shadow, delay_us, resolution_us)
    if share.copying is not Copying.REFUTED:
        return share
    # What is a mirror for a short while only is none on the whole, but it is no split either.
    parts = (_judge(*part, delay_us, resolution_us) for part in _parts(originals, shadow, int(np.median(delay_us))))
    proven = any(part.copying is Copying.PROVEN for part in parts)
    return Share(Copying.OPEN, share.estimate, 0.0, 1.0) if proven else share


def _parts(originals: Stamped, shadow: Stamped, delay_us: int) -> Iterator[tuple[Stamped, Stamped]]:
    """Both sides in pieces of time of which each has as many lines of the shadow."""
    for rows in np.array_split(np.argsort(shadow.time_us, kind="stable"), _PARTS):
        part = shadow.take(rows)
        times = originals.time_us + delay_us
        if len(part):
            first_us, last_us = part.time_us.min() - _WIDEST_US, part.time_us.max() + _WIDEST_US
            yield originals.take((times >= first_us) & (times <= last_us)), part


def _judge(originals: Stamped, shadow: Stamped, delay_us: Ints, resolution_us: int) -> Share:
    if not len(originals) or not len(shadow) or not len(delay_us):
        return Share(Copying.OPEN, 0.0, 0.0, 1.0)
    usual_us = round(float(np.median(delay_us)) / resolution_us) * resolution_us
    astray_us = np.abs(delay_us - usual_us)
    slack_us = max(_WIDEST_US, int(np.quantile(astray_us, _QUANTILES[0])))
    originals, shadow = _common_span(originals, shadow.shifted(-usual_us), slack_us)
    if not len(originals) or not len(shadow):
        return Share(Copying.OPEN, 0.0, 0.0, 1.0)
    returns = _Returns.among(originals)
    ours, theirs = _sample(originals, shadow)
    shifts = _Shifts.of(ours, theirs, usual_us, resolution_us)
    laid = {width_us: _lay_together(ours, theirs, width_us) for width_us in _widths(astray_us, resolution_us)}
    told = {width_us: _estimate(cells, len(theirs) / len(ours)) for width_us, cells in laid.items()}
    # Where hardly two requests of a key are near each other, a mirror leaves pairs that no rotation does.
    sparse = _lay_together(ours, theirs, int(np.median(astray_us))).mean_lines() < _SPARSE
    widest_us = returns.widest_us(resolution_us)
    for width_us, cells in laid.items():
        if width_us > widest_us:
            continue
        alike, shifted = 1.0 if sparse else returns.alike(width_us), list(shifts.by(width_us))
        if _proves(cells, alike, shifted) or (not len(returns.requests) and _is_pairs(cells)):
            estimate, low, _ = told[width_us]
            most = max(high for _, _, high in told.values())  # cells that are too narrow lose some copies
            return Share(Copying.PROVEN, estimate, low, most)
    return _unproven(told, len(shadow) / len(originals), len(delay_us) / len(originals))


def _common_span(originals: Stamped, shadow: Stamped, slack_us: int) -> tuple[Stamped, Stamped]:
    """The lines of both sides in the time that both cover, and so much before and after it."""
    first_us = max(originals.time_us.min(), shadow.time_us.min()) - slack_us
    last_us = min(originals.time_us.max(), shadow.time_us.max()) + slack_us
    sides = (each.take((each.time_us >= first_us) & (each.time_us <= last_us)) for each in (originals, shadow))
    return next(sides), next(sides)


def _unproven(told: dict[int, _Interval], per_original: float, paired: float) -> Share:
    """No width proves a mirror; if hardly a copy is there by any width that a delay may need, it is none.

    per_original: lines of the shadow. paired: pairs, which are as many as there can be.
    """
    wide = [share for width_us, share in told.items() if SECOND_US <= width_us <= _WIDEST_US]
    most = max(0.0, min(1.0, paired, max(high for _, _, high in wide)))
    estimate = min(most, max(0.0, *(estimate for estimate, _, _ in wide)))
    refuted = most < _FEW_COPIED * min(1.0, per_original)
    return Share(Copying.REFUTED if refuted else Copying.OPEN, estimate, 0.0, most)


def _widths(astray_us: Ints, resolution_us: int) -> list[int]:
    """Widths of cells to try, the likeliest first: those by which the delays scatter, and some that are usual."""
    least_us = 0 if resolution_us >= SECOND_US else resolution_us
    scatter = (int(quantile) for quantile in np.quantile(astray_us, _QUANTILES))
    usual = (20_000, 5 * resolution_us) if resolution_us < SECOND_US else (0,)
    return list(dict.fromkeys(max(least_us, width) for width in (*scatter, *usual, SECOND_US, _WIDEST_US)))


@dataclass(frozen=True, slots=True, eq=False)
class _Returns:
    """After how many requests a key returns: if always after as many, rotation deals it out to the two sides in turn.

    The primary's lines alone show it, since in a mirror each request is followed by its own copy. gap_us, requests:
    int64, of each original and the next one of its key, how far it is and how many originals on.
    """

    gap_us: Ints
    requests: Ints
    by_mix: float  # how likely two requests have one key

    @classmethod
    def among(cls, originals: Stamped) -> "_Returns":
        begin = max(0, len(originals) - _MOST_LINES) // 2
        some = originals.take(np.arange(begin, min(len(originals), begin + _MOST_LINES)))
        some = some.take(np.argsort(some.time_us, kind="stable"))
        _, counts = np.unique(some.key, return_counts=True)
        order = np.argsort(some.key, kind="stable")
        same = some.key[order][1:] == some.key[order][:-1]
        by_mix = float((counts * (counts - 1)).sum()) / max(1, len(some) * (len(some) - 1))
        return cls(np.diff(some.time_us[order])[same], np.diff(order)[same], by_mix)

    def widest_us(self, resolution_us: int) -> float:
        """How wide a cell may be: where keys return in turn, not so wide that it holds several lines of one.

        Negative where they return within one stamp.
        """
        if _most_usual(self.requests) < _REGULAR * max(_FEW, len(self.requests)):
            return float("inf")
        return (float(np.median(self.gap_us)) - resolution_us) / 2

    def alike(self, width_us: int) -> float:
        """The share of returns within a width that take the usual number of requests; that of all where these are few.

        Ratio from 0 to 1: of requests each with a key of its own, rotation leaves no two lines of one key.
        """
        usual = max(self.by_mix, _most_usual(self.requests) / max(_FEW, len(self.requests)))
        near = self.requests[self.gap_us <= width_us]
        return max(usual, (_most_usual(near) + usual * _FEW) / (len(near) + _FEW))


def _most_usual(numbers: Ints) -> int:
    """How many are one number, or near their median: of a mixed load's, hardly more than a tenth are."""
    if not len(numbers):
        return 0
    median = np.median(numbers)
    return max(int(np.bincount(numbers).max()), int((np.abs(numbers - median) <= _NEAR * median).sum()))


def _sample(originals: Stamped, shadow: Stamped) -> tuple[Stamped, Stamped]:
    """Some keys of both sides and, where these have too many lines, a stretch of their time from the middle."""
    originals, shadow = _thinned(originals, shadow)
    lines = len(originals) + len(shadow)
    if lines <= _MOST_LINES:
        return originals, shadow
    keys = np.unique(originals.key)
    order = np.random.default_rng(len(keys)).permutation(len(keys))  # the same of the same logs
    own = np.searchsorted(keys, originals.key)
    sizes = np.bincount(own, minlength=len(keys))[order]
    chosen = keys[np.sort(order[: 1 + int(np.searchsorted(np.cumsum(sizes), _MOST_LINES * len(originals) // lines))])]
    return _middle(originals.take(np.isin(originals.key, chosen)), _of_keys(shadow, chosen, keys))


def _thinned(originals: Stamped, shadow: Stamped) -> tuple[Stamped, Stamped]:
    """One key in a few of both sides, where lines abound and no busy key is all there is."""
    share = (len(originals) + len(shadow)) // (4 * _MOST_LINES)
    if share <= 1:
        return originals, shadow
    ours, theirs = (side.take(share_of_keys(side.key, share)) for side in (originals, shadow))
    return (ours, theirs) if len(ours) + len(theirs) >= _MOST_LINES else (originals, shadow)


def _of_keys(shadow: Stamped, chosen: Keys, known: Keys) -> Stamped:
    """The shadow's lines of the chosen keys, and as large a share of those whose key no original has."""
    strangers = np.flatnonzero(~np.isin(shadow.key, known))
    step = max(1, len(known) // len(chosen))
    rows = np.concatenate([np.flatnonzero(np.isin(shadow.key, chosen)), strangers[::step]])
    return shadow.take(np.sort(rows))


def _middle(originals: Stamped, shadow: Stamped) -> tuple[Stamped, Stamped]:
    lines = len(originals) + len(shadow)
    if lines <= 2 * _MOST_LINES:
        return originals, shadow
    times = np.sort(originals.time_us)
    half = len(times) * _MOST_LINES // (2 * lines)
    begin, end = times[len(times) // 2 - half], times[len(times) // 2 + half]
    sides = (side.take((side.time_us >= begin) & (side.time_us <= end)) for side in (originals, shadow))
    return next(sides), next(sides)


def _lay_together(originals: Stamped, shadow: Stamped, width_us: int) -> _Cells:
    key = np.concatenate([originals.key, shadow.key])
    time_us = np.concatenate([originals.time_us, shadow.time_us])
    order = np.lexsort((time_us, key))
    key, time_us = key[order], time_us[order]
    begins = np.ones(len(key), np.bool_)
    begins[1:] = (key[1:] != key[:-1]) | (np.diff(time_us) > width_us)
    since_us = time_us - time_us[begins][np.cumsum(begins) - 1]
    piece = since_us // (_LONGEST * width_us + 1)
    begins[1:] |= piece[1:] != piece[:-1]
    cell = np.cumsum(begins) - 1
    lines = np.bincount(cell)
    theirs = np.bincount(cell[order >= len(originals)], minlength=len(lines))
    return _Cells(lines, theirs, len(shadow) / len(key))


def _proves(cells: _Cells, alike: float, shifted: list[_Cells]) -> bool:
    for amount in (_unevenness, _left_over):
        measure = _measure(cells, amount)
        if measure.below(alike) > _PROOF and measure.below_shifted(_measure(each, amount) for each in shifted) > _PROOF:
            return True
    return False


def _is_pairs(cells: _Cells) -> bool:
    """Whether requests, none like another, lie there once on each side and hardly one alone: of two, either may be."""
    several = cells.lines > 1
    pairs = several & (cells.lines == 2) & (cells.shadow == 1)  # noqa: PLR2004  # one line of each side
    count = int(pairs.sum())
    return bool(pairs.sum() == several.sum()) and 2 * count > len(pairs) and 0.5**count < _ACCIDENT


_Amount = Callable[[Ints, Ints, float], Floats]  # of a measure: the shadow's lines of cells, all their lines, the share


def _unevenness(shadow: Ints, lines: Ints, share: float) -> Floats:
    """The squares by which the shadow's lines stray from their share."""
    strays: Floats = (shadow - share * lines) ** 2
    return strays


def _left_over(shadow: Ints, lines: Ints, _: float) -> Floats:
    """The shadow's lines beyond those of the primary."""
    left: Floats = np.maximum(0, 2 * shadow - lines).astype(np.float64)
    return left


def _measure(cells: _Cells, amount: _Amount) -> _Measure:
    sizes, which = np.unique(cells.lines, return_inverse=True)
    laws = [(*_by_chance(size, cells.share, amount), *_in_turn(size, cells.share, amount)) for size in sizes.tolist()]
    mean, variance, turn_mean, turn_variance = np.array(laws)[which].sum(axis=0).tolist()
    found = float(amount(cells.shadow, cells.lines, cells.share).sum())
    return _Measure(found, _Law(mean, variance), _Law(turn_mean, turn_variance), len(cells.lines))


def _by_chance(lines: int, share: float, amount: _Amount) -> tuple[float, float]:
    """Mean and variance in a cell of so many lines, each of which is the shadow's with the probability `share`."""
    shadow = np.arange(lines + 1)
    factorials = np.concatenate(([0.0], np.cumsum(np.log(np.arange(1, lines + 1)))))
    chance = np.exp(
        factorials[-1] - factorials - factorials[::-1] + shadow * np.log(share) + (lines - shadow) * np.log1p(-share)
    )
    amounts = amount(shadow, np.full(lines + 1, lines), share)
    mean = float(chance @ amounts)
    return mean, float(chance @ amounts**2) - mean**2


def _in_turn(lines: int, share: float, amount: _Amount) -> tuple[float, float]:
    """Mean and variance in a cell if lines are dealt out in turn: the shadow gets its share, rounded up or down.

    All cells of clients that send everything twice would be even; no such clients are reckoned with, and so one line
    less is as likely.
    """
    sizes = np.repeat([lines, lines - 1], 2)
    whole, rest = np.divmod(sizes * share, 1)
    amounts = amount(whole.astype(np.int64) + np.array([0, 1, 0, 1]), sizes, share)
    chance = np.where([False, True, False, True], rest, 1 - rest) / 2
    mean = float(chance @ amounts)
    return mean, float(chance @ amounts**2) - mean**2


def _estimate(cells: _Cells, per_original: float) -> _Interval:
    """The share of the originals that was copied, and its interval, by how evenly the shadow's lines are spread.

    Of originals at random, of which a share p was copied beside other lines of the shadow, r in all to an original, the
    unevenness is 1 - 2 p / (1 + r) of that by chance.
    """
    variances = cells.lines * (cells.share * (1 - cells.share))
    strays, total = _unevenness(cells.shadow, cells.lines, cells.share), float(variances.sum())
    uneven = float(strays.sum()) / total
    of_found = sqrt(float(((strays - uneven * variances) ** 2).sum())) / total
    by_chance = _measure(cells, _unevenness).by_chance
    sigma = max(of_found, sqrt(by_chance.variance) / total, _MODEL, 1 / sqrt(len(cells.lines)))
    scale = (1 + per_original) / 2
    return tuple(scale * (1 - uneven + _SURE * step * sigma) for step in (0, -1, 1))  # type: ignore[return-value]


@dataclass(frozen=True, slots=True, eq=False)
class _Shifts:
    """Both sides, the usual delay gone, and by how much the shadow is shifted against the primary.

    own_us: int64, the usual pause of each line's key, 0 where it has none. all_us: of all requests. A split has no
    direction: it pairs as well with the delay turned round.
    """

    originals: Stamped
    shadow: Stamped
    own_us: Ints
    all_us: int
    delay_us: int
    resolution_us: int

    @classmethod
    def of(cls, originals: Stamped, shadow: Stamped, delay_us: int, resolution_us: int) -> "_Shifts":
        own_us = _pause_of_key(originals, shadow.key)
        all_us = int(np.median(np.diff(np.sort(originals.time_us)))) if len(originals) > 1 else 0
        return cls(originals, shadow, own_us, all_us, delay_us, resolution_us)

    def by(self, width_us: int) -> Iterator[_Cells]:
        """Cells of the lines shifted a few times both ways; where a pause is shorter than a cell, by more than that.

        By whole steps of the stamps, or lines that the stamps put together would lie apart for that alone.
        """
        beyond_us = (3 * width_us // self.resolution_us + 1) * self.resolution_us
        own_us = np.where(self.own_us > 2 * width_us, self.own_us, beyond_us)
        all_us = self.all_us if self.all_us > 2 * width_us else beyond_us
        steps = [each for times in _SHIFTS for each in (times * own_us, times * all_us)]
        if abs(self.delay_us) > 2 * width_us:
            steps.append(2 * self.delay_us)
        for step_us in steps:
            ours, theirs = _common_span(self.originals, self.shadow.shifted(step_us), 0)
            # Logs shorter than a few pauses do not show whether what is shifted pairs as well.
            if 2 * min(len(ours), len(theirs)) >= min(len(self.originals), len(self.shadow)):
                yield _lay_together(ours, theirs, width_us)


def _pause_of_key(originals: Stamped, keys: Keys) -> Ints:
    """The median time from an original to the next one of its key, by these keys; 0 where there is none."""
    order = np.lexsort((originals.time_us, originals.key))
    key, pause_us = originals.key[order][1:], np.diff(originals.time_us[order])
    same = key == originals.key[order][:-1]
    key, pause_us = key[same], pause_us[same]
    if not len(key):
        return np.zeros(len(keys), np.int64)
    order = np.lexsort((pause_us, key))
    known, first, count = np.unique(key[order], return_index=True, return_counts=True)
    median_us = pause_us[order][first + count // 2]
    place = np.searchsorted(known, keys).clip(0, len(known) - 1)
    return np.where(known[place] == keys, median_us[place], 0)
