"""Missed originals in, what they have in common out: counts by path, method, status, size, moment and client."""

from collections.abc import Callable
from datetime import datetime, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mirrorcheck import report, summary
from mirrorcheck.observe import method_name
from mirrorcheck.outcomes import Settled, SideLines
from mirrorcheck.summary import Decided, moment, texts

_MOST_GROUPS = 20
_EXAMPLES = 20
_KIB = 1024
_SIZES = (-1, 0, _KIB, 16 * _KIB, 256 * _KIB, 1024 * _KIB)
_SIZE_NAMES = ("not logged", "empty", "up to 1 KiB", "1 to 16 KiB", "16 to 256 KiB", "256 KiB to 1 MiB", "over 1 MiB")
_NEARLY_ALL = 0.9
_TELLING = 2.0  # times as frequent among the misses as among all originals
_FEWEST = 3  # misses that can have something in common
_MOST_STRETCHES = 3  # of time that are named one by one
_EMPTY = "(empty)"

Groups = dict[str, tuple[report.MissedGroup, ...]]


def missed_by(settled: Settled, originals: Decided, timeline: tuple[report.TimelineBin, ...]) -> Groups:
    """Break the missed originals down, beside all originals of the ratio; most misses first, at most 20 groups each."""
    if originals.paired.all():
        return {}
    table = settled.primary.table
    columns = table.select("path", "method", "status", "request_length", "remote")[originals.row]
    frame = pd.DataFrame({name: columns[name].to_numpy() for name in columns.columns})
    frame["missed"] = ~originals.paired
    frame["row"] = originals.row
    starts = [summary.micros(each.from_) for each in timeline]
    frame["moment"] = np.searchsorted(starts, originals.logged_us, side="right") - 1
    clock = _clock(timeline)
    groups = {
        "path": _named(frame, "path", lambda rows: _paths(settled.primary, rows)),
        "method": _group(frame, "method", lambda code: method_name(code) or _EMPTY),
        "status": _group(frame, "status", lambda status: f"{status:03d}"),
        "moment": _group(frame, "moment", lambda number: clock(timeline[number].from_)),
    }
    if (frame["request_length"] >= 0).any():
        # The size of an answer that was never compared tells nothing; what was sent may have been too large to copy.
        frame["size"] = np.searchsorted(_SIZES, frame["request_length"].to_numpy(), side="left")
        groups["size"] = _group(frame, "size", lambda size: _SIZE_NAMES[size])
    if len(frame["remote"].unique()) > 1:
        groups["remote_addr"] = _named(frame, "remote", lambda rows: texts(settled.primary, rows, "remote_addr"))
    return groups


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


def _counts(frame: pd.DataFrame, column: str) -> pd.DataFrame:
    counts = frame.groupby(column, sort=True).agg(
        missed=("missed", "sum"), originals=("missed", "size"), row=("row", "first")
    )
    return counts[counts["missed"] > 0].sort_values("missed", ascending=False, kind="stable").head(_MOST_GROUPS)


def _group(frame: pd.DataFrame, column: str, name: Callable[[int], str]) -> tuple[report.MissedGroup, ...]:
    return tuple(
        report.MissedGroup(name(int(value)), int(missed), int(originals))
        for value, missed, originals in _counts(frame, column)[["missed", "originals"]].itertuples()
    )


def _named(
    frame: pd.DataFrame, column: str, names: Callable[[NDArray[np.int64]], list[str]]
) -> tuple[report.MissedGroup, ...]:
    """Groups by a hash, named by the text of their first line."""
    counts = _counts(frame, column)
    found = names(counts["row"].to_numpy())
    return tuple(
        report.MissedGroup(name, int(missed), int(originals))
        for name, missed, originals in zip(found, counts["missed"], counts["originals"], strict=True)
    )


def missed_examples(settled: Settled, originals: Decided) -> tuple[report.MissedLine, ...]:
    """The first missed originals by name, certain ones first."""
    rows = originals.row[~originals.paired]
    candidates = settled.original_candidates[rows]
    rows = rows[np.argsort(np.minimum(candidates, 2), kind="stable")][:_EXAMPLES]
    rows = rows[np.argsort(settled.primary.placed_us[rows], kind="stable")]
    table = settled.primary.table[rows]
    names = [settled.primary.parts[part].stream.source.name for part in settled.primary.part[rows]]
    targets = texts(settled.primary, rows, "target")
    return tuple(
        report.MissedLine(name, line, moment(time_us), method_name(method), target, status, int(count))
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
    if not missed:
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
        return "No single path, method, status, size, client or moment explains the misses."
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
            lift = (group.missed / missed) / (group.originals / originals)
            if group.missed >= max(_FEWEST, _NEARLY_ALL * missed) and lift >= best:
                best = lift
                sentence = (
                    f"{group.missed:,} of {missed:,} misses are {word} {group.value}, "
                    f"as are {group.originals:,} of all {originals:,} originals."
                )
    return sentence
