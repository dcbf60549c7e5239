"""What the reports on several shadows of one primary say together: one line, and the originals that several missed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import Self

import numpy as np
import polars as pl

from mirrorcheck.outcomes.settle import Settled
from mirrorcheck.pairing import Outcome
from mirrorcheck.report.model import Report
from mirrorcheck.report.several import MissedBetween, Reports
from mirrorcheck.totals.warnings import OTHER_PODS

_TWO = 2


@dataclass(frozen=True, slots=True, eq=False)
class Missed:
    """The originals of the ratio that one shadow missed.

    certain: their file and line, of those that no other line could stand for. low, high: how many are missed, of so
    many originals.
    """

    certain: pl.DataFrame
    low: int
    high: int
    originals: int

    @classmethod
    def of(cls, settled: Settled, report: Report) -> Self:
        """Of settled lines and their report; where the count is a range, no single one is certain."""
        count, range_ = report.ratio.missed, report.missed_range
        sure = settled.in_ratio & (settled.original_outcome == Outcome.MISSED) & (settled.original_candidates == 1)
        rows = np.flatnonzero(sure)[: 0 if range_ else None]
        low, high = (int(range_.low), int(range_.high)) if range_ else (count, count)
        return cls(settled.primary.places(rows).select("file", "line"), low, high, report.originals.total)

    @property
    def exact(self) -> bool:
        """Whether it is certain of each original whether it was missed."""
        return self.certain.height == self.low == self.high


def together(shadows: Mapping[str, Report], missed: Sequence[Missed] | None) -> Reports:
    """Put the reports together; missed: by shadow, None where that was not kept of one of them."""
    lines = sum(each.shadow_side.lines.parsed for each in shadows.values())
    named = {name: _beside(name, each, lines) for name, each in shadows.items()}
    by_all = by_any = None
    if missed is not None:
        by_all, by_any = _by_all(missed), _by_any(missed)
    return Reports(named, _sentence(named, by_all), by_all, by_any)


def _beside(name: str, report: Report, lines: int) -> Report:
    """The report on a shadow with its name; the lines of the other ones are no surprise. lines: of all shadows."""
    of_others = lines - report.shadow_side.lines.parsed
    expected = report.other_lines is not None and report.other_lines.parsed == of_others
    return replace(
        report,
        shadow_side=replace(report.shadow_side, label=f"shadow ({name})"),
        warnings=tuple(each for each in report.warnings if not (expected and each.code == OTHER_PODS)),
    )


def _by_all(missed: Sequence[Missed]) -> MissedBetween:
    sure = reduce(
        lambda one, other: one.join(other, on=["file", "line"], how="semi"), (each.certain for each in missed)
    )
    low = sure.height
    return MissedBetween(low, low if _is_exact(missed) else min(each.high for each in missed))


def _by_any(missed: Sequence[Missed]) -> MissedBetween:
    sure = pl.concat(each.certain for each in missed).unique().height
    low = max(sure, *(each.low for each in missed))
    return MissedBetween(
        low, sure if _is_exact(missed) else min(sum(each.high for each in missed), missed[0].originals)
    )


def _is_exact(missed: Sequence[Missed]) -> bool:
    return all(each.exact for each in missed)


def _sentence(shadows: Mapping[str, Report], by_all: MissedBetween | None) -> str:
    words = ", ".join(f"{name} {each.verdict.word}" for name, each in shadows.items())
    misses = [_misses(name, each) for name, each in shadows.items() if _most(each)]
    if len(misses) == 1 or len(shadows) == 1:
        return f"{words}: {misses[0]}" if misses else words
    if not misses:
        return words
    all_ = "both" if len(shadows) == _TWO else "all"
    joint = f"how many by {all_} is not known" if by_all is None else f"{_between(by_all.low, by_all.high)} by {all_}"
    return f"{words}: {', '.join(misses)}; {joint}"


def _misses(name: str, report: Report) -> str:
    range_, missed, total = report.missed_range, report.ratio.missed, report.ratio.paired + report.ratio.missed
    found = _between(int(range_.low), int(range_.high)) if range_ else f"{missed:,}"
    return f"{found} of {total:,} missed by {name}"


def _most(report: Report) -> int:
    """The most originals that a shadow may have missed."""
    return int(report.missed_range.high) if report.missed_range else report.ratio.missed


def _between(low: int, high: int) -> str:
    return (f"{low:,}" if low else "none") if low == high else f"{low:,} to {high:,}"
