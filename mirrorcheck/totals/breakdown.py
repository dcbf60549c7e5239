"""Missed originals in, what they have in common out: counts by path, method, status, size, moment and client."""

from collections.abc import Callable
from datetime import datetime, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mirrorcheck.outcomes.settle import Settled
from mirrorcheck.outcomes.sides.model import SideLines
from mirrorcheck.reading.observe import ABSENT, method_name
from mirrorcheck.report import model as report
from mirrorcheck.totals.totals import DecidedOriginals, moment, texts
from mirrorcheck.totals.verdict import unparsed_copies

_MOST_GROUPS = 20
_EXAMPLES = 20
_KIB = 1024
_SIZES = (-1, 0, _KIB, 16 * _KIB, 256 * _KIB, 1024 * _KIB)
_SIZE_NAMES = ("not logged", "empty", "up to 1 KiB", "1 to 16 KiB", "16 to 256 KiB", "256 KiB to 1 MiB", "over 1 MiB")
_NEARLY_ALL = 0.9
_TELLING = 2.0  # times as frequent among the misses as among all originals
NOTHING_TELLS = "No single path, method, status, size, client or moment explains the misses."
_FEWEST = 3  # misses that can have something in common
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
        "path": _named(columns, "path", lambda rows: _paths(side, rows)),
        "method": _group(columns, "method", lambda code: method_name(code) or _EMPTY),
        "moment": _moments(timeline),
    }
    if (table["status"] != ABSENT).any():
        groups["status"] = _group(
            columns, "status", lambda status: _NOT_LOGGED if status == ABSENT else f"{status:03d}"
        )
    if (table["request_length"] >= 0).any():
        # The size of an answer that was never compared tells nothing; what was sent may have been too large to copy.
        size = np.searchsorted(_SIZES, table["request_length"].to_numpy(), side="left")
        groups["size"] = _group(columns.with_columns(size=size), "size", lambda number: _SIZE_NAMES[number])
    if columns.select(pl.col("remote").filter("judged").n_unique() > 1).item():
        groups["remote_addr"] = _named(columns, "remote", lambda rows: texts(side, rows, "remote_addr"))
    return groups


def _moments(timeline: tuple[report.TimelineBin, ...]) -> tuple[report.MissedGroup, ...]:
    clock = _clock(timeline)
    worst = sorted((each for each in timeline if each.missed), key=lambda each: -each.missed)[:_MOST_GROUPS]
    return tuple(report.MissedGroup(clock(each.from_), each.missed, each.originals) for each in worst)


def _clock(timeline: tuple[report.TimelineBin, ...]) -> Callable[[datetime], str]:
    """How the starts of the bins are written: with date or milliseconds only where these tell them apart."""
    dated = timeline[0].from_.date() != timeline[-1].to.date()
    fine = timeline[0].to - timeline[0].from_ < timedelta(seconds=1)

    def write(start: datetime) -> str:
        text = f"{start:%Y-%m-%d %H:%M:%S}" if dated else f"{start:%H:%M:%S}"
        return f"{text}.{start.microsecond // 1000:03d}" if fine else text

    return write


def _paths(side: SideLines, rows: NDArray[np.int64]) -> list[str]:
    return [target.partition("?")[0] or _EMPTY for target in texts(side, rows, "target")]


def _counts(columns: pl.DataFrame, name: str) -> pl.DataFrame:
    """Missed and all originals of the ratio by the values of a column, where any is missed."""
    misses = columns.lazy().filter("missed").group_by(value=name).agg(pl.col("row").min(), missed=pl.len())
    worst = misses.sort("missed", "row", descending=[True, False]).head(_MOST_GROUPS).collect()
    concerned = columns.lazy().filter(pl.col("judged") & pl.col(name).is_in(worst["value"].implode()))
    originals = concerned.group_by(value=name).agg(pl.len()).collect()
    return worst.join(originals, on="value", maintain_order="left")


def _group(columns: pl.DataFrame, column: str, name: Callable[[int], str]) -> tuple[report.MissedGroup, ...]:
    counts = _counts(columns, column)
    return tuple(
        report.MissedGroup(name(value), missed, originals)
        for value, missed, originals in counts.select("value", "missed", "len").iter_rows()
    )


def _named(
    columns: pl.DataFrame, column: str, names: Callable[[NDArray[np.int64]], list[str]]
) -> tuple[report.MissedGroup, ...]:
    """Groups by a hash, named by the text of their first line."""
    counts = _counts(columns, column)
    found = names(counts["row"].to_numpy().astype(np.int64))
    return tuple(
        report.MissedGroup(name, missed, originals)
        for name, missed, originals in zip(found, counts["missed"], counts["len"], strict=True)
    )


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
    table = settled.primary.table[rows]
    names = [settled.primary.parts[part].stream.source.name for part in settled.primary.part[rows]]
    targets = texts(settled.primary, rows, "target")
    return tuple(
        report.MissedLine(
            name,
            line,
            moment(time_us),
            method_name(method),
            target,
            None if status == ABSENT else status,
            int(count),
            open=unparsed,
        )
        for name, line, time_us, method, target, status, count in zip(
            names,
            table["line"],
            table["time_us"],
            table["method"],
            targets,
            table["status"],
            settled.original_candidates[rows],
            strict=True,
        )
    )


def explain(groups: Groups, phases: tuple[report.Phase, ...], timeline: tuple[report.TimelineBin, ...]) -> str:
    """One sentence on what sets the misses apart, "" without any; a stretch of time first, then any other trait."""
    missed = sum(phase.missed for phase in phases)
    if not missed or not groups:
        return ""
    poor = [phase for phase in phases if not phase.paired]
    held = sum(phase.missed for phase in poor)
    if poor and len(phases) > 1 and held >= _NEARLY_ALL * missed:
        fall = "miss falls" if missed == 1 else "misses fall"
        return f"{held:,} of {missed:,} {fall} {_stretches(poor, phases)}, where nothing was copied."
    telling = _most_telling(groups, missed, sum(phase.originals for phase in phases), timeline)
    if telling:
        return telling
    if len(phases) == 1 and missed >= _FEWEST and phases[0].paired:
        return NOTHING_TELLS
    return ""


def _stretches(poor: list[report.Phase], phases: tuple[report.Phase, ...]) -> str:
    clock = "%Y-%m-%d %H:%M:%S" if phases[0].from_.date() != phases[-1].to.date() else "%H:%M:%S"
    if len(poor) > _MOST_STRETCHES:
        return f"into {len(poor)} stretches from {poor[0].from_:{clock}} to {poor[-1].to:{clock}}"
    spans = [(f"{phase.from_:{clock}}", f"{phase.to:{clock}}") for phase in poor]
    return " and ".join(f"at {first}" if first == last else f"between {first} and {last}" for first, last in spans)


def _most_telling(groups: Groups, missed: int, originals: int, timeline: tuple[report.TimelineBin, ...]) -> str:
    """The trait that nearly all misses share and that is most unusual among all originals, "" where there is none."""
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
    best, sentence = _TELLING, ""
    for name, word in words.items():
        for group in groups.get(name, ()):
            if group.value == _NOT_LOGGED:
                continue
            lift = (group.missed / missed) / (group.originals / originals)
            if group.missed >= max(_FEWEST, _NEARLY_ALL * missed) and lift >= best:
                best = lift
                sentence = (
                    f"{group.missed:,} of {missed:,} misses are {word} {group.value}, "
                    f"as are {group.originals:,} of all {originals:,} originals."
                )
    return sentence
