"""Judges by keys and times of both sides whether chance explains their pairs: mirrored, split between them, or open.

Traffic that is split between two versions looks like a mirror of the same requests where URLs are few: nearly every
line of the shadow finds a partner. The difference is in what is left over. Lines are laid into cells of one key,
without a pause longer than a width. A mirror leaves no line of the shadow alone in its cell, and fills all cells with
the same share of copies but for independent draws. Three things that are no mirror set the bounds:

- routing at random: given the cells, each line is the shadow's with the share that all lines have (a binomial law,
  whatever the arrivals are, bursts included);
- routing in rotation: as far as neighbouring requests ask for the same, no share of a cell strays by a whole line;
- regular clients: shifted by the usual pause of its key, or of all requests, the shadow pairs just as well.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from mirrorcheck.pairing import constants
from mirrorcheck.pairing.blocks import share_of_keys
from mirrorcheck.pairing.cells import (
    Cells,
    Interval,
    Stamped,
    common_span,
    estimate_copied,
    lay_together,
    left_over,
    measure,
    unevenness,
)
from mirrorcheck.pairing.clock import SECOND_US
from mirrorcheck.pairing.model import Ints, Keys
from mirrorcheck.pairing.regularity import Returns, Shifts

_MOST_LINES = 20_000
_PARTS = 8  # of the shadow's lines; each is judged for itself where all of them are no mirror


class CopyingKind(StrEnum):
    """Whether the shadow's lines are copies of the primary's."""

    PROVEN = "proven"  # no split would leave such lines
    REFUTED = "refuted"  # keys of their own show that hardly any is
    OPEN = "open"  # chance, or a split, would leave the same lines


@dataclass(frozen=True, slots=True)
class CopiedShare:
    """The share of the originals that was copied, whatever was paired: an estimate and an interval that surely holds.

    Ratios from 0 to 1. Where the answer is open, the interval says how far.
    """

    copying: CopyingKind
    estimate: float
    low: float
    high: float


_UNKNOWN = CopiedShare(CopyingKind.OPEN, 0.0, 0.0, 1.0)


def judge_copying(originals: Stamped, shadow: Stamped, delay_us: Ints, resolution_us: int) -> CopiedShare:
    """Judge whether chance explains what was paired.

    delay_us: int64[pairs], shadow's minus original's time of the pairs that were found. resolution_us: of the stamps.
    The times are those logged: ranks within a second would set the lines of two sides side by side.
    """
    share = _judge(originals, shadow, delay_us, resolution_us)
    if share.copying is not CopyingKind.REFUTED:
        return share
    # A mirror that was on for a while only is none on the whole, but no split either.
    pieces = list(_parts(originals, shadow, int(np.median(delay_us))))
    parts = [_judge(*piece, delay_us, resolution_us) for piece in pieces]
    proven = any(part.copying is CopyingKind.PROVEN for part in parts)
    likely = sum(
        2 * part.estimate * len(ours) > min(len(ours), len(theirs))
        for part, (ours, theirs) in zip(parts, pieces, strict=True)
    )
    return CopiedShare(CopyingKind.OPEN, share.estimate, 0.0, 1.0) if proven or 2 * likely > len(parts) else share


def _parts(originals: Stamped, shadow: Stamped, delay_us: int) -> Iterator[tuple[Stamped, Stamped]]:
    """Both sides in pieces of time, each with as many lines of the shadow."""
    for rows in np.array_split(np.argsort(shadow.time_us, kind="stable"), _PARTS):
        part = shadow.take(rows)
        times = originals.time_us + delay_us
        if len(part):
            first_us, last_us = (
                part.time_us.min() - constants.WIDEST_CELL_US,
                part.time_us.max() + constants.WIDEST_CELL_US,
            )
            yield originals.take((times >= first_us) & (times <= last_us)), part


def _judge(originals: Stamped, shadow: Stamped, delay_us: Ints, resolution_us: int) -> CopiedShare:
    if not len(originals) or not len(shadow) or not len(delay_us):
        return _UNKNOWN
    usual_us = round(float(np.median(delay_us)) / resolution_us) * resolution_us
    astray_us = np.abs(delay_us - usual_us)
    scatter_us = [int(quantile) for quantile in np.quantile(astray_us, constants.DELAY_QUANTILES)]
    slack_us = max(constants.WIDEST_CELL_US, scatter_us[0])
    originals, shadow = common_span(originals, shadow.shifted(-usual_us), slack_us)
    if not len(originals) or not len(shadow):
        return _UNKNOWN
    returns = Returns.among(originals)
    ours, theirs = _sample(originals, shadow)
    if not len(ours) or not len(theirs):
        return _UNKNOWN
    shifts = Shifts.of(ours, theirs, usual_us, resolution_us)
    laid = {width_us: lay_together(ours, theirs, width_us) for width_us in _widths(scatter_us, resolution_us)}
    shares = {width_us: estimate_copied(cells, len(theirs) / len(ours)) for width_us, cells in laid.items()}
    # Where hardly two requests of a key are near each other, a mirror leaves pairs that no rotation does.
    sparse = lay_together(ours, theirs, int(np.median(astray_us))).lines.mean() < constants.SPARSE
    widest_us = returns.widest_us(resolution_us)
    for width_us, cells in laid.items():
        if width_us > widest_us:
            continue
        alike, shifted = 1.0 if sparse else returns.alike(width_us), list(shifts.by(width_us))
        if _proves(cells, alike, shifted) or (not len(returns.requests) and _is_pairs(cells)):
            estimate, low, _ = shares[width_us]
            most = max(high for _, _, high in shares.values())  # cells that are too narrow lose some copies
            return CopiedShare(CopyingKind.PROVEN, estimate, low, most)
    return _unproven(shares, len(shadow) / len(originals), len(delay_us) / len(originals))


def _unproven(shares: dict[int, Interval], per_original: float, paired: float) -> CopiedShare:
    """No width proves a mirror; if there is hardly a copy by any width that a delay may need, it is none.

    per_original: lines of the shadow. paired: pairs, which are as many as there can be.
    """
    wide = [share for width_us, share in shares.items() if SECOND_US <= width_us <= constants.WIDEST_CELL_US]
    most = max(0.0, min(1.0, paired, max(high for _, _, high in wide)))
    estimate = min(most, max(0.0, *(estimate for estimate, _, _ in wide)))
    refuted = most < constants.FEW_COPIED * min(1.0, per_original)
    return CopiedShare(CopyingKind.REFUTED if refuted else CopyingKind.OPEN, estimate, 0.0, most)


def _widths(scatter_us: list[int], resolution_us: int) -> list[int]:
    """Widths of cells to try, the likeliest first: those by which the delays scatter, and some that are usual."""
    least_us = 0 if resolution_us >= SECOND_US else resolution_us
    usual = (20_000, 5 * resolution_us) if resolution_us < SECOND_US else (0,)
    return list(
        dict.fromkeys(max(least_us, width) for width in (*scatter_us, *usual, SECOND_US, constants.WIDEST_CELL_US))
    )


def _sample(originals: Stamped, shadow: Stamped) -> tuple[Stamped, Stamped]:
    """Some keys of both sides and, where these have too many lines, only the middle of their time."""
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
    """One key in a few, where lines abound and one busy key is not all there is."""
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


def _proves(cells: Cells, alike: float, shifted: list[Cells]) -> bool:
    for amount in (unevenness, left_over):
        found = measure(cells, amount)
        if (
            found.below(alike) > constants.CHANCE_PROOF
            and found.below_shifted(measure(each, amount) for each in shifted) > constants.CHANCE_PROOF
        ):
            return True
    return False


def _is_pairs(cells: Cells) -> bool:
    """Whether requests, none like another, lie there once on each side and hardly one alone: of two, either may be."""
    several = cells.lines > 1
    pairs = several & (cells.lines == 2) & (cells.shadow == 1)  # noqa: PLR2004  # one line of each side
    count = int(pairs.sum())
    return bool(pairs.sum() == several.sum()) and 2 * count > len(pairs) and 0.5**count < constants.ACCIDENT
