"""Breaks missed originals down by path, method, status, size, moment and client, and says what they have in common."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mirrorcheck.outcomes.settle import Settled
from mirrorcheck.outcomes.sides.model import SideLines
from mirrorcheck.reading.observe import ABSENT, method_name
from mirrorcheck.report import model as report
from mirrorcheck.totals import constants
from mirrorcheck.totals.totals import DecidedOriginals, moment, texts
from mirrorcheck.totals.verdict import unparsed_copies

_MOST_GROUPS = 20
_EXAMPLES = 20
_KIB = 1024
_SIZES = (-1, 0, _KIB, 16 * _KIB, 256 * _KIB, 1024 * _KIB)
_SIZE_NAMES = ("not logged", "empty", "up to 1 KiB", "1 to 16 KiB", "16 to 256 KiB", "256 KiB to 1 MiB", "over 1 MiB")
NOTHING_IN_COMMON = "No single path, method, status, size, client or moment explains the misses."
_MOST_STRETCHES = 3  # of time that are named one by one
_EMPTY = "(empty)"
_NOT_LOGGED = "not logged"

Groups = dict[str, tuple[report.MissedGroup, ...]]


def missed_by(settled: Settled, originals: DecidedOriginals, timeline: tuple[report.TimelineBin, ...]) -> Groups:
    """Break the missed originals down, beside all originals of the ratio; most misses first, at most 20 groups each.

    Nothing where chance explains the pairs: which requests were missed is not known then.
    """
    if settled.open or originals.paired.all():
        return {}
    side, table = settled.primary, settled.primary.table
    missed = np.zeros(table.height, np.bool_)
    missed[originals.row[~originals.paired]] = True
    columns = table.with_columns(judged=pl.Series(settled.in_ratio), missed=pl.Series(missed)).with_row_index("row")
    groups = {
        "path": _group(columns, "path", lambda counts: _paths(side, _rows(counts))),
        "method": _group(columns, "method", lambda counts: (method_name(code) or _EMPTY for code in counts["value"])),
        "moment": _moments(timeline),
    }
    if (table["status"] != ABSENT).any():
        groups["status"] = _group(columns, "status", lambda counts: map(_status, counts["value"]))
    if (table["request_length"] >= 0).any():
        # Not the size of the response, which no mirror sees: a request may have been too large to copy.
        size = np.searchsorted(_SIZES, table["request_length"].to_numpy(), side="left")
        groups["size"] = _group(
            columns.with_columns(size=size), "size", lambda counts: (_SIZE_NAMES[number] for number in counts["value"])
        )
    if columns.select(pl.col("remote").filter("judged").n_unique() > 1).item():
        groups["remote_addr"] = _group(columns, "remote", lambda counts: texts(side, _rows(counts), "remote_addr"))
    return groups


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


def _paths(side: SideLines, rows: NDArray[np.int64]) -> list[str]:
    return [target.partition("?")[0] or _EMPTY for target in texts(side, rows, "target")]


def _counts(columns: pl.DataFrame, name: str) -> pl.DataFrame:
    """Missed and all originals of the ratio by the values of a column, where any is missed."""
    misses = columns.lazy().filter("missed").group_by(value=name).agg(pl.col("row").min(), missed=pl.len())
    worst = misses.sort("missed", "row", descending=[True, False]).head(_MOST_GROUPS).collect()
    concerned = columns.lazy().filter(pl.col("judged") & pl.col(name).is_in(worst["value"].implode()))
    originals = concerned.group_by(value=name).agg(pl.len()).collect()
    return worst.join(originals, on="value", maintain_order="left")


def _group(
    columns: pl.DataFrame, column: str, names: Callable[[pl.DataFrame], Iterable[str]]
) -> tuple[report.MissedGroup, ...]:
    """Groups by a column; names: of each group, from its `value` and the `row` of its first line."""
    counts = _counts(columns, column)
    return tuple(map(report.MissedGroup, names(counts), counts["missed"], counts["len"]))


def _rows(counts: pl.DataFrame) -> NDArray[np.int64]:
    return counts["row"].to_numpy().astype(np.int64)


def missed_examples(
    settled: Settled, originals: DecidedOriginals, explained: NDArray[np.bool_]
) -> tuple[report.MissedLine, ...]:
    """The first missed originals by name, certain ones first; explained: bool[n], those that a rule explains, last.

    As `missed_by`, none where chance explains the pairs.
    """
    missed = ~originals.paired & (not settled.open)
    rows = originals.row[missed]
    candidates = settled.original_candidates[rows]
    rows = rows[np.lexsort((np.minimum(candidates, 2), explained[missed]))][:_EXAMPLES]
    rows = rows[np.argsort(settled.primary.placed_us[rows], kind="stable")]
    unparsed = unparsed_copies(settled) > 0
    lines = settled.primary.table[rows].select("line", "time_us", "method", "status").iter_rows(named=True)
    targets = texts(settled.primary, rows, "target")
    return tuple(
        report.MissedLine(
            file=settled.primary.parts[settled.primary.part[row]].stream.source.name,
            line=line["line"],
            time=moment(line["time_us"]),
            method=method_name(line["method"]),
            target=target,
            status=None if line["status"] == ABSENT else line["status"],
            candidates=int(settled.original_candidates[row]),
            open=unparsed,
        )
        for row, line, target in zip(rows, lines, targets, strict=True)
    )


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
