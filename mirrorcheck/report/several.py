"""The reports on several shadows of one primary, and what all of them say together."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Self, TypeVar

import polars as pl

from mirrorcheck.errors import UsageError
from mirrorcheck.report.model import Report

if TYPE_CHECKING:  # see `model`
    import pandas as pd

SCHEMA = "mirrorcheck.reports/1"
SHADOW_NAME = "shadow_name"


Of = TypeVar("Of")


def chosen(shadows: Mapping[str, Of], name: str) -> dict[str, Of]:
    """What is of the shadow with this name; UsageError where none has it."""
    if name not in shadows:
        there = f"There are {', '.join(shadows)}." if shadows else "Name them with --shadow NAME=FILE."
        raise UsageError(f"--shadow-name {name}: no shadow has this name. {there}")
    return {name: shadows[name]}


@dataclass(frozen=True, slots=True)
class MissedBetween:
    """How many originals were missed, at least and at most: the same number where it is known which."""

    low: int
    high: int


@dataclass(frozen=True)
class Reports(Mapping[str, Report]):
    """The report on each shadow by its name, each as if the shadow were alone.

    sentence: all of them in one line. missed_by_all, missed_by_any: the originals that every shadow missed, and those
    that one of them did at least; None where which originals were missed was not kept, as of long logs.
    """

    shadows: Mapping[str, Report]
    sentence: str
    missed_by_all: MissedBetween | None = None
    missed_by_any: MissedBetween | None = None

    def only(self, name: str) -> Self:
        """The report on one of the shadows; UsageError where none has this name."""
        return type(self)(chosen(self.shadows, name), f"{name} {self.shadows[name].verdict.word}")

    def __getitem__(self, name: str) -> Report:
        return self.shadows[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.shadows)

    def __len__(self) -> int:
        return len(self.shadows)

    def tables(self) -> Iterable[pl.DataFrame]:
        """The tables of lines of all shadows, one after the other, each row behind the name of its shadow."""
        for name, report in self.items():
            for table in report.tables():
                yield table.select(pl.lit(name).alias(SHADOW_NAME), pl.all())

    @cached_property
    def table(self) -> pl.DataFrame:
        """The same in one: the columns of `Report.table` behind `shadow_name`, an original once for each shadow."""
        return pl.concat(self.tables())

    @cached_property
    def outcomes(self) -> "pd.DataFrame":
        """The same as a pandas DataFrame, see `Report.outcomes`."""
        from mirrorcheck.report.frame import to_pandas

        return to_pandas(self.table)
