"""Counts the outcomes of probes, run by run and number by number."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mirrorcheck.outcomes.settle import Settled
from mirrorcheck.pairing import Outcome
from mirrorcheck.probe.codes import numbers, run_codes, run_name
from mirrorcheck.probe.run import Wanted
from mirrorcheck.report import model as report

_MOST_RUNS = 20
_ONE_LEFT = 1


def probe_lines(settled: Settled) -> pl.DataFrame:
    """Lines of probes: columns run, number, outcome, shadow (the side), and lines (how many are alike)."""
    return added_lines(
        _probes(settled.primary.table, settled.original_outcome, shadow=False),
        _probes(settled.shadow.table, settled.shadow_outcome, shadow=True),
    )


def added_lines(one: pl.DataFrame, other: pl.DataFrame) -> pl.DataFrame:
    """Both, lines that are alike counted together."""
    return pl.concat([one, other]).group_by(pl.exclude("lines"), maintain_order=True).agg(pl.col("lines").sum())


def tally(lines: pl.DataFrame, wanted: Wanted | None) -> tuple[report.ProbeRun, ...]:
    """The runs with probes in the logs, most lines first; before them the one that is wanted. lines: `probe_lines`."""
    if not lines.height and wanted is None:
        return ()
    runs = {run_name(code): own for (code,), own in lines.group_by("run", maintain_order=True)}
    first = wanted.run if wanted else None
    if first:
        runs.setdefault(first, lines.clear())
    names = sorted(runs, key=lambda run: (run != first, -_count(runs[run]), run))[:_MOST_RUNS]
    return tuple(_run(name, runs[name], wanted if name == first else None) for name in names)


def unseen(probes: tuple[report.ProbeRun, ...]) -> tuple[report.Warning_, ...]:
    """What a reader must know where the primary did not log every probe that is judged."""
    return tuple(
        report.Warning_("probes_unseen", text) for run in probes if run.judged and (text := _unseen(run, probes))
    )


def _unseen(run: report.ProbeRun, probes: tuple[report.ProbeRun, ...]) -> str:
    sent = run.highest if run.sent is None else run.sent
    missing = sent - (run.seen or 0)
    if not run.seen:
        others = [other.run for other in probes if other is not run]
        there = f" It logged those of {', '.join(others)}." if others else ""
        return f"the primary logged no probe of run {run.run}: it was not reached, or this is not its log.{there}"
    if missing <= 0:
        return ""
    verb = "was" if missing == _ONE_LEFT else "were"
    return f"{missing:,} of {sent:,} probes {verb} not logged by the primary: they failed, or its log is not complete."


def _probes(table: pl.DataFrame, outcome: NDArray[np.int8], *, shadow: bool) -> pl.DataFrame:
    """Run, number, outcome and side of each probe's line, which is one."""
    codes = table["probe"].to_numpy()
    rows = np.flatnonzero(codes)
    return pl.DataFrame(
        {
            "run": run_codes(codes[rows]),
            "number": numbers(codes[rows]),
            "outcome": outcome[rows],
            "shadow": np.full(len(rows), shadow),
            "lines": np.ones(len(rows), np.int64),
        }
    )


def _run(name: str, lines: pl.DataFrame, wanted: Wanted | None) -> report.ProbeRun:
    copies = _count(lines.filter("shadow"))
    originals = _count(lines) - copies
    highest = int(lines["number"].max() or 0)  # type: ignore[arg-type]  # an int column's maximum
    judged = wanted is not None or bool((lines["outcome"] != Outcome.EXCLUDED).any())
    if not judged:
        return report.ProbeRun(name, judged, originals, copies, highest)
    found = {outcome: _numbers(lines, outcome) for outcome in Outcome}
    paired, unpaired = found[Outcome.PAIRED], found[Outcome.MISSED] | found[Outcome.UNOBSERVED]
    missed = found[Outcome.MISSED] - paired
    seen = _numbers(lines.filter(~pl.col("shadow")))
    return report.ProbeRun(
        run=name,
        judged=judged,
        originals=originals,
        copies=copies,
        highest=highest,
        sent=wanted.sent if wanted else None,
        seen=len(seen & (paired | unpaired)),
        copied_once=len(paired - found[Outcome.DUPLICATE]),
        copied_more_than_once=len(paired & found[Outcome.DUPLICATE]),
        not_copied=len(missed),
        unobserved=len((found[Outcome.UNOBSERVED] & seen) - paired - missed),
        without_original=len(found[Outcome.ORPHAN] - seen),
    )


def _count(lines: pl.DataFrame) -> int:
    return int(lines["lines"].sum())


def _numbers(lines: pl.DataFrame, outcome: Outcome | None = None) -> set[int]:
    return set((lines if outcome is None else lines.filter(pl.col("outcome") == outcome))["number"].to_list())
