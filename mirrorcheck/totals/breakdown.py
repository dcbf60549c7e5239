"""Breaks missed originals down by path, method, status, size, moment and client, and says what they have in common."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

import numpy as np
import polars as pl

from mirrorcheck.outcomes.settle import Settled
from mirrorcheck.outcomes.sides.model import Part, texts_at
from mirrorcheck.pairing import Outcome
from mirrorcheck.pairing.model import Ints
from mirrorcheck.reading.observe import ABSENT, method_name
from mirrorcheck.report import model as report
from mirrorcheck.totals import constants
from mirrorcheck.totals.history import History
from mirrorcheck.totals.rule_absent import Stretch, in_any
from mirrorcheck.totals.timeline import moment

_MOST_GROUPS = 20
MOST_VALUES = 10_000  # of a trait, while lines are added
_EXAMPLES = 20
_KIB = 1024
_SIZES = (-1, 0, _KIB, 16 * _KIB, 256 * _KIB, 1024 * _KIB)
_SIZE_NAMES = ("not logged", "empty", "up to 1 KiB", "1 to 16 KiB", "16 to 256 KiB", "256 KiB to 1 MiB", "over 1 MiB")
NOTHING_IN_COMMON = "No single path, method, status, size, client or moment explains the misses."
_MOST_STRETCHES = 3  # of time that are named one by one
_EMPTY = "(empty)"
_NOT_LOGGED = "not logged"

_COUNTS = (pl.col("value"), pl.col("missed", "originals", "row").cast(pl.Int64))

Groups = dict[str, tuple[report.MissedGroup, ...]]


@dataclass(frozen=True, slots=True, eq=False)
class Misses:
    """The missed originals by what they have in common, and the first ones.

    groups: by trait, the values that misses have: columns value, missed and originals (of the ratio), row (of the
    first miss) and `SideLines.places`. examples: columns placed_us, logged_us, time_us, method, status, candidates and
    places. clients: by how many addresses the originals were sent. rows: of the primary, before those of what is added.
    """

    groups: dict[str, pl.DataFrame]
    examples: pl.DataFrame
    clients: int
    rows: int

    @classmethod
    def of(cls, settled: Settled, rows: Ints, off: Sequence[Stretch], *, whole: bool) -> Self:
        """Of settled lines; rows: of the originals of the ratio, in order. off: when a rule explains misses.

        whole: nothing is added, so that no more is kept than is shown.
        """
        side, height = settled.primary, settled.primary.table.height
        missed = settled.in_ratio & (settled.original_outcome == Outcome.MISSED)
        if settled.open or (whole and not missed.any()):
            return cls({}, _first(settled, rows[:0], rows[:0], off), 0, height)
        columns = side.table.with_columns(
            judged=pl.Series(settled.in_ratio),
            missed=pl.Series(missed),
            size=pl.Series(np.searchsorted(_SIZES, side.table["request_length"].to_numpy(), side="left")),
        ).with_row_index("row")
        count = _worst if whole else _frequent
        groups = {trait: count(columns, column) for trait, column in _traits(side.table).items()}
        groups = {trait: counts.hstack(side.places(_rows(counts))) for trait, counts in groups.items()}
        clients = columns.select(pl.col("remote").filter("judged").n_unique()).item()
        late = rows[missed[rows]]
        return cls(groups, _first(settled, late, side.table["time_us"].to_numpy()[late], off), clients, height)

    def __add__(self, other: Self) -> Self:
        groups = {
            trait: _added(self.groups.get(trait), other.groups.get(trait), self.rows)
            for trait in dict.fromkeys([*self.groups, *other.groups])
        }
        clients = groups["remote_addr"].height if "remote_addr" in groups else max(self.clients, other.clients)
        examples = pl.concat([self.examples, other.examples]).sort("placed_us", maintain_order=True)
        kept = examples.group_by("certain", "explained", maintain_order=True).head(_EXAMPLES)
        return type(self)(groups, kept.sort("placed_us", maintain_order=True), clients, self.rows + other.rows)

    def by_trait(self, parts: Sequence[Part], history: History, timeline: tuple[report.TimelineBin, ...]) -> Groups:
        """The missed originals beside all originals of the ratio; most misses first, at most 20 groups each."""
        if not history.missed or not self.groups:
            return {}
        shown = {
            trait: counts.filter(pl.col("missed") > 0)
            .sort("missed", "row", descending=[True, False])
            .head(_MOST_GROUPS)
            for trait, counts in self.groups.items()
        }
        if self.clients <= 1:
            shown.pop("remote_addr", None)
        found = {trait: tuple(_named(parts, trait, counts)) for trait, counts in shown.items()}
        return {"path": found.pop("path"), "method": found.pop("method"), "moment": _moments(timeline), **found}

    def first(self, primary: Sequence[Part], off: Sequence[Stretch], *, open_: bool) -> tuple[report.MissedLine, ...]:
        """The first missed originals by name, certain ones first, and those that a rule explains last.

        off: when one does. open_: a copy may be one of the shadow's lines that did not parse.
        """
        explained = in_any(self.examples["logged_us"].to_numpy(), off)
        order = np.lexsort((~self.examples["certain"].to_numpy(), explained))[:_EXAMPLES]
        examples = self.examples[np.sort(order)]
        lines = examples.iter_rows(named=True)
        return tuple(
            report.MissedLine(
                file=line["file"],
                line=line["line"],
                time=moment(line["time_us"]),
                method=method_name(line["method"]),
                target=target,
                status=None if line["status"] == ABSENT else line["status"],
                candidates=line["candidates"],
                open=open_,
            )
            for line, target in zip(lines, texts_at(primary, examples, "target"), strict=True)
        )


def _traits(table: pl.DataFrame) -> dict[str, str]:
    """The traits of originals that are logged, and the columns that hold them, in the order of the report."""
    traits = {"path": "path", "method": "method"}
    if (table["status"] != ABSENT).any():
        traits["status"] = "status"
    if (table["request_length"] >= 0).any():
        # Not the size of the response, which no mirror sees: a request may have been too large to copy.
        traits["size"] = "size"
    return traits | {"remote_addr": "remote"}


def _named(parts: Sequence[Part], trait: str, counts: pl.DataFrame) -> Iterator[report.MissedGroup]:
    """The groups of a trait, by the names of its values."""
    match trait:
        case "path":
            targets = texts_at(parts, counts, "target")
            names: Iterable[str] = (target.partition("?")[0] or _EMPTY for target in targets)
        case "method":
            names = (method_name(code) or _EMPTY for code in counts["value"])
        case "status":
            names = map(_status, counts["value"])
        case "size":
            names = (_SIZE_NAMES[number] for number in counts["value"])
        case _:
            names = texts_at(parts, counts, trait)
    return map(report.MissedGroup, names, counts["missed"], counts["originals"])


def _moments(timeline: tuple[report.TimelineBin, ...]) -> tuple[report.MissedGroup, ...]:
    clock = _clock(timeline)
    worst = sorted((each for each in timeline if each.missed), key=lambda each: -each.missed)[:_MOST_GROUPS]
    return tuple(report.MissedGroup(clock(each.from_), each.missed, each.originals) for each in worst)


def _clock(timeline: tuple[report.TimelineBin, ...]) -> Callable[[datetime], str]:
    """How the starts of the bins are written: with date or milliseconds only where these differ."""
    dated = timeline[0].from_.date() != timeline[-1].to.date()
    fine = timeline[0].to - timeline[0].from_ < timedelta(seconds=1)

    def write(start: datetime) -> str:
        text = f"{start:%Y-%m-%d %H:%M:%S}" if dated else f"{start:%H:%M:%S}"
        return f"{text}.{start.microsecond // 1000:03d}" if fine else text

    return write


def _status(status: int) -> str:
    return _NOT_LOGGED if status == ABSENT else f"{status:03d}"


def _worst(columns: pl.DataFrame, name: str) -> pl.DataFrame:
    """Missed and all originals of the ratio by the values of a column that misses most often have."""
    misses = columns.lazy().filter("missed").group_by(value=name).agg(pl.col("row").min(), missed=pl.len())
    worst = misses.sort("missed", "row", descending=[True, False]).head(_MOST_GROUPS).collect()
    concerned = columns.lazy().filter(pl.col("judged") & pl.col(name).is_in(worst["value"].implode()))
    originals = concerned.group_by(value=name).agg(originals=pl.len()).collect()
    return worst.join(originals, on="value", maintain_order="left").select(*_COUNTS)


def _frequent(columns: pl.DataFrame, name: str) -> pl.DataFrame:
    """The same by all values, as far as there is room: misses of any of them may follow."""
    judged = columns.lazy().filter("judged").group_by(value=name)
    missed, row = pl.col("missed").sum(), pl.col("row").filter("missed").min().fill_null(pl.col("row").min())
    return _most(judged.agg(missed=missed, originals=pl.len(), row=row).select(*_COUNTS))


def _most(counts: pl.LazyFrame) -> pl.DataFrame:
    return counts.sort("missed", "originals", "row", descending=[True, True, False]).head(MOST_VALUES).collect()


def _added(one: pl.DataFrame | None, other: pl.DataFrame | None, rows: int) -> pl.DataFrame:
    """The counts of both; rows: before those of the other."""
    later = None if other is None else other.with_columns(pl.col("row") + rows)
    counts = pl.concat([each for each in (one, later) if each is not None])
    sums, others = pl.col("missed", "originals").sum(), pl.exclude("value", "missed", "originals").first()
    # The place is that of the first miss, where there is one.
    in_turn = counts.lazy().sort(pl.col("missed") == 0, maintain_order=True)
    return _most(in_turn.group_by("value", maintain_order=True).agg(sums, others).select(counts.columns))


def _rows(counts: pl.DataFrame) -> Ints:
    return counts["row"].to_numpy().astype(np.int64)


def _first(settled: Settled, rows: Ints, logged_us: Ints, off: Sequence[Stretch]) -> pl.DataFrame:
    """The first of some missed rows, of each kind that may be preferred.

    logged_us: of each. off: when a rule explains them, as far as that is known by now.
    """
    candidates, placed_us = settled.original_candidates[rows], settled.primary.placed_us[rows]
    kinds = pl.DataFrame(
        {
            "at": np.arange(len(rows)),
            "certain": candidates == 1,
            "explained": in_any(logged_us, off),
        }
    )
    at = kinds.group_by("certain", "explained").head(_EXAMPLES).sort("at")
    chosen = at["at"].to_numpy()
    table = settled.primary.table[rows[chosen]].select("time_us", "method", "status")
    own = {"placed_us": placed_us[chosen], "logged_us": logged_us[chosen], "candidates": candidates[chosen]}
    columns = pl.DataFrame(own).hstack(table).hstack(settled.primary.places(rows[chosen]))
    return at.select("certain", "explained").hstack(columns)


def explain(groups: Groups, phases: tuple[report.Phase, ...], timeline: tuple[report.TimelineBin, ...]) -> str:
    """One sentence on what sets the misses apart, "" without any; a stretch of time first, then any other trait."""
    missed = sum(phase.missed for phase in phases)
    if not missed or not groups:
        return ""
    poor = [phase for phase in phases if not phase.paired]
    held = sum(phase.missed for phase in poor)
    if poor and len(phases) > 1 and held >= constants.NEARLY_ALL * missed:
        fall = "miss falls" if missed == 1 else "misses fall"
        return f"{held:,} of {missed:,} {fall} {_stretches(poor, phases)}, where nothing was copied."
    trait = _most_unusual(groups, missed, sum(phase.originals for phase in phases), timeline)
    if trait:
        return trait
    if len(phases) == 1 and missed >= constants.FEWEST_MISSES and phases[0].paired:
        return NOTHING_IN_COMMON
    return ""


def _stretches(poor: list[report.Phase], phases: tuple[report.Phase, ...]) -> str:
    clock = "%Y-%m-%d %H:%M:%S" if phases[0].from_.date() != phases[-1].to.date() else "%H:%M:%S"
    if len(poor) > _MOST_STRETCHES:
        return f"into {len(poor)} stretches from {poor[0].from_:{clock}} to {poor[-1].to:{clock}}"
    spans = [(f"{phase.from_:{clock}}", f"{phase.to:{clock}}") for phase in poor]
    return " and ".join(f"at {first}" if first == last else f"between {first} and {last}" for first, last in spans)


def _most_unusual(groups: Groups, missed: int, originals: int, timeline: tuple[report.TimelineBin, ...]) -> str:
    """A sentence on the trait that nearly all misses share and few other originals have, "" without such a trait."""
    words = {
        "path": "for",
        "method": "with method",
        "status": "answered with",
        "size": "requests of",
        "remote_addr": "from",
    }
    if timeline:
        seconds = (timeline[0].to - timeline[0].from_).total_seconds()
        words["moment"] = f"within {seconds:g} s from"
    best, sentence = constants.UNUSUAL, ""
    for name, word in words.items():
        for group in groups.get(name, ()):
            if group.value == _NOT_LOGGED:
                continue
            lift = (group.missed / missed) / (group.originals / originals)
            if group.missed >= max(constants.FEWEST_MISSES, constants.NEARLY_ALL * missed) and lift >= best:
                best = lift
                sentence = (
                    f"{group.missed:,} of {missed:,} misses are {word} {group.value}, "
                    f"as are {group.originals:,} of all {originals:,} originals."
                )
    return sentence
